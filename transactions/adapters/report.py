"""What a file holds, without taking it in: the sums of `read_export` and the table of
`check_exports`."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from transactions import adapters
from transactions.adapters.base import (
    Detection,
    Layout,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Row,
    Stated,
)

EXPECTED, EXPECTED_OFX = "expected.csv", "expected_ofx.csv"
_FIRST = 4  # amounts that expected_ofx.csv states of a file


@dataclass
class Summary:
    """One file: how it was read and what it holds, or why it was refused."""

    file: str
    detection: Detection | None = None
    refused: Refused | None = None
    transactions: int = 0
    not_transactions: int = 0
    rejected: list[Reject] = field(default_factory=list)
    first_date: date | None = None
    last_date: date | None = None
    money_out: dict[str, Decimal] = field(default_factory=dict)  # by currency, "" where unsaid
    money_in: dict[str, Decimal] = field(default_factory=dict)
    first_rows: list[Line | Reject] = field(default_factory=list)

    def add(self, row: Row) -> None:
        if isinstance(row, NotATransaction | Stated):
            self.not_transactions += 1
            return
        if len(self.first_rows) < _FIRST:
            self.first_rows.append(row)
        if isinstance(row, Reject):
            self.rejected.append(row)
            return
        self.transactions += 1
        day = row.booked_on
        self.first_date = day if self.first_date is None else min(self.first_date, day)
        self.last_date = day if self.last_date is None else max(self.last_date, day)
        side = self.money_in if row.amount > 0 else self.money_out
        side[row.currency] = side.get(row.currency, Decimal(0)) + abs(row.amount)

    def as_json(self) -> dict[str, Any]:
        found = self.detection
        return {
            "file": self.file,
            "adapter": found.adapter if found else None,
            "layout": found.layout.to_json() if found else None,
            "transactions": self.transactions,
            "not_transactions": self.not_transactions,
            "rejected": [
                {"line": r.line, "column": r.column, "code": r.code} for r in self.rejected
            ],
            "first_date": self.first_date.isoformat() if self.first_date else None,
            "last_date": self.last_date.isoformat() if self.last_date else None,
            "money_out": _sums(self.money_out),
            "money_in": _sums(self.money_in),
            "refused": {"code": self.refused.code, "message": self.refused.message}
            if self.refused
            else None,
        }

    def as_text(self) -> str:
        if self.refused:
            return f"{self.file}\n  refused ({self.refused.code}): {self.refused.message}\n"
        assert self.detection is not None
        found = self.detection
        lines = [
            self.file,
            f"  adapter            {found.adapter}: {found.label}",
            *(f"  {e.what.lower():<18} {e.found} ({e.why})" for e in found.evidence),
            f"  transactions       {self.transactions}",
            f"  not transactions   {self.not_transactions}",
            f"  rejected           {len(self.rejected)}",
            *(
                f"    line {r.line}, {r.column or 'whole row'}: {r.code}. {r.reason} {r.fix}"
                for r in self.rejected
            ),
            f"  first and last day {self.first_date or '-'} to {self.last_date or '-'}",
            f"  money out          {_sums(self.money_out)}",
            f"  money in           {_sums(self.money_in)}",
        ]
        return "\n".join(lines) + "\n"


def _sums(by_currency: dict[str, Decimal]) -> str:
    """The sum as text; several currencies stand side by side and are never added."""
    if len(by_currency) < 2:
        return f"{next(iter(by_currency.values()), Decimal('0.00')):f}"
    return ", ".join(f"{c or 'unsaid'} {s:f}" for c, s in sorted(by_currency.items()))


def read_file(path: Path, *, only: str | None = None, saved: Sequence[Layout] = ()) -> Summary:
    """The summary of one file, read as an import would read it."""
    try:
        with path.open("rb") as stream:
            found = adapters.detect_file(stream, name=path.name, saved=saved, only=only)
            stream.seek(0)
            return summarise(path.name, found, adapters.rows(stream, found.layout))
    except Refused as refusal:
        return Summary(path.name, refused=refusal)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        unreadable = Refused("unreadable", f"The file cannot be read: {reason}.")
        return Summary(path.name, refused=unreadable)


def summarise(file: str, detection: Detection, rows: Iterable[Row]) -> Summary:
    """Counts, days and sums of rows as they come."""
    summary = Summary(file, detection=detection)
    for row in rows:
        summary.add(row)
    return summary


# The check of a folder against its answers


@dataclass(frozen=True)
class Check:
    """One file against its answer."""

    file: str
    verdict: str  # "equal", "refused", "different", "missing"
    detail: str
    good: bool


_KEYS = (
    "transactions",
    "rows_not_transactions",
    "first_date",
    "last_date",
    "money_out",
    "money_in",
)
# Banks with an adapter of their own: a refusal is no answer for their files.
_OWN = ("chase", "discover", "capital_one", "capitalone")


def check_folder(
    folder: Path, *, saved: Sequence[Layout] = (), answers: Path | None = None
) -> Iterator[Check]:
    """Every file of `expected.csv` and `expected_ofx.csv`; FileNotFoundError if neither is there.

    Parameters: `answers` is one more table of answers for files of the folder, with the columns of
    `expected.csv` and two of its own: `rejected`, how many rows can't be read, and `refused`, the code
    of a file that can't be read at all.
    """
    expected, expected_ofx = folder / EXPECTED, folder / EXPECTED_OFX
    if not expected.is_file() and not expected_ofx.is_file():
        raise FileNotFoundError(f"{folder} holds neither {EXPECTED} nor {EXPECTED_OFX}.")
    if answers is not None and not answers.is_file():
        raise FileNotFoundError(f"There is no {answers.name} there.")
    for answer in _answers(expected):
        yield _check(folder, answer, saved)
    for answer in _answers(expected_ofx):
        yield _check_ofx(folder, answer)
    for answer in _answers(answers) if answers is not None else ():
        yield _check(folder, answer, saved)


def _answers(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return [row for row in csv.DictReader(stream) if row.get("file")]


def _check(folder: Path, answer: dict[str, str], saved: Sequence[Layout]) -> Check:
    name = answer["file"]
    path = folder / name
    if not path.is_file():
        return Check(name, "missing", "the file is not there", False)
    found = read_file(path, saved=saved)
    wanted = answer.get("refused") or ""
    if found.refused and wanted:
        detail = f"{found.refused.code}: {found.refused.message}"
        return Check(name, "refused", detail, found.refused.code == wanted)
    if wanted:
        return Check(name, "different", f"read, not refused for {wanted}", False)
    if found.refused:
        own = Path(name).name.lower().startswith(_OWN)
        detail = f"{found.refused.code}: {found.refused.message}"
        return Check(name, "refused", detail, not own)
    got = (
        str(found.transactions),
        str(found.not_transactions),
        str(found.first_date or ""),
        str(found.last_date or ""),
        _sums(found.money_out),
        _sums(found.money_in),
    )
    differences = [
        f"{key} is {mine or 'none'}, not {answer.get(key) or 'none'}"
        for key, mine in zip(_KEYS, got, strict=True)
        if not _equal(mine, answer.get(key) or "")
    ]
    if len(found.rejected) != int(answer.get("rejected") or 0):
        differences.append(f"{len(found.rejected)} rejected")
    assert found.detection is not None
    if differences:
        return Check(name, "different", "; ".join(differences), False)
    return Check(name, "equal", found.detection.label, True)


def _equal(mine: str, answer: str) -> bool:
    if mine == answer:
        return True
    try:
        return Decimal(mine) == Decimal(answer)
    except InvalidOperation:
        return False


def _check_ofx(folder: Path, answer: dict[str, str]) -> Check:
    """Blocks counted, whether or not they can be read, and the amounts that stand in the first."""
    name = answer["file"]
    path = folder / name
    if not path.is_file():
        return Check(name, "missing", "the file is not there", False)
    found = read_file(path)
    blocks, wanted = found.transactions + len(found.rejected), int(answer["transactions"])
    if found.refused:
        detail = f"{found.refused.code}: {found.refused.message}"
        return Check(name, "refused", detail, not wanted and found.refused.code != "no_adapter")
    differences = []
    if blocks != wanted:
        differences.append(f"transactions is {blocks}, not {wanted}")
    amounts = [_amount_of(row) for row in found.first_rows]
    stated = [Decimal(a.replace(",", ".")) for a in answer["first_amounts"].split()]
    if amounts[: len(stated)] != stated:
        differences.append(f"the first amounts are {amounts}, not {stated}")
    if differences:
        return Check(name, "different", "; ".join(differences), False)
    assert found.detection is not None
    detail = found.detection.label
    if found.rejected:
        detail += f", {len(found.rejected)} rejected"
    return Check(name, "equal", detail, True)


def _amount_of(row: Line | Reject) -> Decimal | None:
    if isinstance(row, Line):
        return row.amount
    found = re.search(r"<TRNAMT>\s*([-+0-9.,]+)", row.raw)
    return Decimal(found[1].replace(",", ".")) if found else None


__all__ = ["Check", "Line", "Summary", "check_folder", "read_file", "summarise"]
