"""How many of a real bank's standing orders are found, and how much of what is found is one.

The Berka files (PKDD 1999): `order.csv` lists each account's standing orders, the `trans*` files its rows.
Definitions stand in docs/regular-payments.md. Accounts are halved by their number, even and odd: what is changed
for the one half shows in the other whether it holds.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from analytics.regulars.calc.streams import Found, find_streams
from transactions.samples.berka import SampleDataMissing, day

ENOUGH = 6
_IN = {"PRIJEM", "credit"}
# The bank's own symbols for what comes regularly, in both spellings of its files.
_SYMBOLS = {
    "SIPO", "POJISTNE", "UVER", "DUCHOD", "SLUZBY", "UROK",
    "household", "insurrance payment", "insurance payment", "loan payment", "old-age pension",
    "payment for statement", "interest credited",
}  # fmt: skip
_EPOCH_ORDINAL = 719_163


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the search and the judge need it; `amount` in ten-thousandths, without its sign."""

    account: int
    day: int
    amount: int
    is_in: bool
    operation: str
    symbol: str
    to: str

    @property
    def is_named(self) -> bool:
        """Whether it says whom or what it is for: bare cash does not, so nothing about it is due."""
        return bool(self.to or self.symbol)

    @property
    def key(self) -> tuple[Any, ...]:
        """What the search groups by: the other account where there is one, else the bank's own words."""
        return (self.account, self.is_in, self.to or f"{self.operation}|{self.symbol}")


@dataclass(frozen=True, slots=True)
class Order:
    number: str
    account: int
    to: str
    amount: int


@dataclass
class Outcome:
    """One half's figures; `missed` and `wrong` say which."""

    orders: int = 0
    found: int = 0
    streams: int = 0
    right: int = 0
    unjudged: int = 0
    paid: int = 0
    right_paid: int = 0
    missed: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        return round(self.found / self.orders, 4) if self.orders else None

    @property
    def precision(self) -> float | None:
        """The unjudged count as wrong."""
        return round(self.right / self.streams, 4) if self.streams else None

    @property
    def precision_judged(self) -> float | None:
        judged = self.streams - self.unjudged
        return round(self.right / judged, 4) if judged else None

    @property
    def precision_paid(self) -> float | None:
        """Of streams paid to another bank's account alone: what a standing order can be."""
        return round(self.right_paid / self.paid, 4) if self.paid else None

    def add(self, other: "Outcome") -> None:
        for name in (
            "orders",
            "found",
            "streams",
            "right",
            "unjudged",
            "paid",
            "right_paid",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missed += other.missed
        self.wrong += other.wrong

    def as_dict(self) -> dict[str, Any]:
        return {
            "recall": self.recall,
            "precision": self.precision,
            "orders": self.orders,
            "found": self.found,
            "streams": self.streams,
            "right": self.right,
            "unjudged": self.unjudged,
            "precision_judged": self.precision_judged,
            "precision_paid": self.precision_paid,
        }


def _open(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def _amount(text: str) -> int:
    return round(float(text) * 10_000)


def _number(text: str) -> str:
    """An account number without quotes and leading zeros; "" for none."""
    return text.strip().lstrip("0")


def read_rows(path: Path) -> list[Row]:
    """The rows of one file of the set, Czech or English words."""
    rows = []
    for row in _open(path):
        bank, account = row["bank"].strip(), _number(row["account"])
        amount = _amount(row["amount"])
        if amount <= 0:
            continue
        rows.append(
            Row(
                account=int(row["account_id"]),
                day=day(row["date"]).toordinal() - _EPOCH_ORDINAL,
                amount=amount,
                is_in=row["type"].strip() in _IN,
                operation=row["operation"].strip(),
                symbol=row["k_symbol"].strip(),
                to=f"{account}/{bank}" if bank and account else "",
            )
        )
    return rows


def read_orders(path: Path) -> list[Order]:
    return [
        Order(
            number=row["order_id"],
            account=int(row["account_id"]),
            to=f"{_number(row['account_to'])}/{row['bank_to'].strip()}",
            amount=_amount(row["amount"]),
        )
        for row in _open(path)
    ]


def transaction_files(folder: Path) -> list[Path]:
    """The `trans*` files of the folder, each read on its own. Raises SampleDataMissing."""
    if not (folder / "order.csv").is_file():
        raise SampleDataMissing("order.csv is not in the folder of the Berka data.")
    found = sorted(
        path
        for path in folder.glob("trans*")
        if path.name.removesuffix(".gz").endswith((".csv", ".asc", ".txt"))
    )
    if not found:
        raise SampleDataMissing("No file of transactions (trans….csv.gz) is in the folder.")
    return found


def search(rows: list[Row]) -> list[Found]:
    """The streams among rows of many accounts; those with two payments are left out, and cash."""
    numbers: dict[tuple[Any, ...], int] = {}
    named = np.array([place for place, row in enumerate(rows) if row.is_named], dtype=np.int64)
    key = np.array([numbers.setdefault(rows[i].key, len(numbers)) for i in named], dtype=np.int64)
    days = np.array([rows[i].day for i in named], dtype=np.int64)
    amount = np.array([rows[i].amount for i in named], dtype=np.int64)
    return [
        replace(one, rows=named[one.rows])
        for one in find_streams(key, days, amount)
        if one.maturity != "candidate"
    ]


def judge(rows: list[Row], found: Iterable[Found], orders: list[Order]) -> dict[str, Outcome]:
    """Figures of one file, per half ("tune": even account numbers, "report": odd ones)."""
    outcomes = {"tune": Outcome(), "report": Outcome()}

    def half(account: int) -> Outcome:
        return outcomes["report" if account % 2 else "tune"]

    present = {row.account for row in rows}
    by_order: dict[tuple[int, str, int], set[int]] = {}
    for number, row in enumerate(rows):
        if not row.is_in and row.to:
            by_order.setdefault((row.account, row.to, row.amount), set()).add(number)
    named = {(order.account, order.to, order.amount) for order in orders}
    streams = list(found)
    owner = {row: place for place, one in enumerate(streams) for row in one.rows.tolist()}
    for order in orders:
        if order.account not in present:
            continue
        mine = by_order.get((order.account, order.to, order.amount), set())
        if len(mine) < ENOUGH:
            continue
        outcome = half(order.account)
        outcome.orders += 1
        places = Counter(owner[row] for row in mine if row in owner)
        best = places.most_common(1)
        if best and best[0][1] >= 0.8 * len(mine):
            one = streams[best[0][0]]
            if one.cadence.name == "monthly" and best[0][1] >= 0.8 * one.rows.size:
                outcome.found += 1
                continue
        outcome.missed.append(
            {
                "account": order.account,
                "order": order.number,
                "payments": len(mine),
                "days": sorted(_day(rows[row].day) for row in mine),
                "in_streams": [count for _place, count in places.most_common(3)],
            }
        )
    for one in streams:
        parts = [rows[row] for row in one.rows.tolist()]
        first = parts[0]
        outcome = half(first.account)
        right = sum(
            row.symbol in _SYMBOLS or (row.account, row.to, row.amount) in named for row in parts
        )
        is_right = right > 0.5 * len(parts)
        outcome.streams += 1
        outcome.right += is_right
        if first.to and not first.is_in:
            outcome.paid += 1
            outcome.right_paid += is_right
        if first.is_in and first.to and not first.symbol:
            # Money from another bank without a symbol: a wage or not, the data doesn't say.
            outcome.unjudged += 1
        elif not is_right:
            outcome.wrong.append(
                {
                    "account": first.account,
                    "operation": first.operation,
                    "to_account": bool(first.to),
                    "cadence": one.cadence.name,
                    "payments": len(parts),
                    "amounts": sorted({row.amount // 10_000 for row in parts})[:6],
                }
            )
    return outcomes


def _day(number: int) -> str:
    return date.fromordinal(number + _EPOCH_ORDINAL).isoformat()


def evaluate(folder: Path) -> dict[str, Any]:
    """All figures of a folder: over all files, per half, per file, with misses. Raises SampleDataMissing."""
    files = transaction_files(folder)
    orders = read_orders(folder / "order.csv")
    total = {"tune": Outcome(), "report": Outcome()}
    per_file: dict[str, Any] = {}
    for path in files:
        rows = read_rows(path)
        outcomes = judge(rows, search(rows), orders)
        whole = Outcome()
        for name, outcome in outcomes.items():
            total[name].add(outcome)
            whole.add(outcome)
        per_file[path.name] = {"rows": len(rows), **whole.as_dict()}
    whole = Outcome()
    for outcome in total.values():
        whole.add(outcome)
    return {
        **whole.as_dict(),
        "halves": {name: outcome.as_dict() for name, outcome in total.items()},
        "files": per_file,
        "misses": whole.missed,
        "wrong": whole.wrong,
    }
