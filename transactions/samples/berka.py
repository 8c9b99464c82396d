"""The Berka bank: a real Czech bank's accounts of 1993–94, anonymised by its publisher (PKDD 1999).

Reads its files from a folder and gives the 790 accounts that have lines in `trans_1993_1994`, with
their owners and users. There are no names in the data: people are called by their client number.
Amounts in the file are rounded to tenths while its balances are not, so the opening balance here
is what the last stated balance leaves after all lines: under 0.50 on most accounts, more on the
17 whose last interest line was cut off with the file.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from transactions.samples.bank import (
    HolderRole,
    SampleAccount,
    SampleBank,
    SampleCustomer,
    SampleHolder,
    SampleTransaction,
)

BUSINESS_DAY = date(1994, 3, 31)
_LINES = "trans_1993_1994.asc.gz"
_AGES = ((25, "under 25"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))
# What the bank's own payment symbol says; where it is silent the operation does, else nothing.
_BY_SYMBOL = {
    "SIPO": "household_payment",
    "POJISTNE": "insurance",
    "UVER": "loan_payments",
    "SLUZBY": "account_fees",
    "UROK": "interest_earned",
    "SANKC. UROK": "interest_paid",
    "DUCHOD": "pension",
}
_BY_OPERATION = {
    "VKLAD": "cash_deposit",
    "VYBER": "cash_withdrawal",
    "VYBER KARTOU": "cash_withdrawal",
}


class SampleDataMissing(Exception):
    """A file of the data set isn't where it was looked for; the message names it."""


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise SampleDataMissing(f"{path.name} is not in the folder of the Berka data.")
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from csv.DictReader(lines, delimiter=";")


def day(text: str) -> date:
    """A day written YYMMDD; all of the data lies in the 1900s."""
    return date(1900 + int(text[:2]), int(text[2:4]), int(text[4:6]))


def birth_day(birth_number: str) -> date:
    """The day of birth in a Czech birth number: YYMMDD, the month of women counted 50 higher."""
    year, month, number = int(birth_number[:2]), int(birth_number[2:4]), int(birth_number[4:6])
    return date(1900 + year, month - 50 if month > 50 else month, number)


def age_bracket(born: date, on: date) -> str:
    """The bracket of the age in whole years on that day."""
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return next((name for limit, name in _AGES if years < limit), "65+")


def read_berka(folder: Path) -> SampleBank:
    """The Berka bank as sample objects.

    Parameters
    ----------
    folder : Path
        Holds account.csv, client.csv, disp.csv, district.csv and trans_1993_1994.asc.gz.

    Raises
    ------
    SampleDataMissing
        If one of these is absent.
    """
    lines: dict[str, list[dict[str, str]]] = {}
    for row in _rows(folder / _LINES):
        lines.setdefault(row["account_id"], []).append(row)
    districts = {row["A1"]: row for row in _rows(folder / "district.csv")}
    opened = {row["account_id"]: day(row["date"]) for row in _rows(folder / "account.csv")}
    holders: dict[str, list[SampleHolder]] = {key: [] for key in lines}
    since: dict[str, date] = {}
    for row in _rows(folder / "disp.csv"):
        account = row["account_id"]
        if account not in lines:
            continue
        role: HolderRole = "owner" if row["type"] == "OWNER" else "user"
        holders[account].append(SampleHolder(_reference(row["client_id"]), role))
        client = row["client_id"]
        since[client] = min(since.get(client, opened[account]), opened[account])
    customers = tuple(
        _customer(row, districts[row["district_id"]], since[row["client_id"]])
        for row in _rows(folder / "client.csv")
        if row["client_id"] in since
    )
    accounts: list[SampleAccount] = []
    transactions: list[SampleTransaction] = []
    for key in sorted(lines, key=int):
        ordered = _in_order(lines[key])
        written = [_transaction(row) for row in ordered]
        stated = Decimal(ordered[-1]["balance"])
        accounts.append(
            SampleAccount(
                key=_account_key(key),
                holders=tuple(sorted(holders[key], key=lambda holder: holder.role)),
                kind="current",
                currency="CZK",
                masked_number=f"··{int(key):04d}"[-6:],
                label="Current account",
                opened_on=opened[key],
                opening_balance=stated - sum((row.amount for row in written), Decimal(0)),
                stated_on=BUSINESS_DAY,
                stated_balance=stated,
            )
        )
        transactions += written
    return SampleBank(
        name="Berka",
        country="CZ",
        time_zone="Europe/Prague",
        currency="CZK",
        locale="en",
        business_day=BUSINESS_DAY,
        branches=tuple(sorted(_regions(districts.values()))),
        customers=customers,
        accounts=tuple(accounts),
        transactions=tuple(transactions),
    )


def _reference(client_id: str) -> str:
    return f"B-{int(client_id):05d}"


def _account_key(account_id: str) -> str:
    return f"B-account-{int(account_id):05d}"


def _region(district: dict[str, str]) -> str:
    name = district["A3"]
    return name[:1].upper() + name[1:]


def _regions(districts: Iterable[dict[str, str]]) -> set[str]:
    return {_region(district) for district in districts}


def _customer(client: dict[str, str], district: dict[str, str], since: date) -> SampleCustomer:
    # Districts are too small to form groups of k; the eight regions stand in for branches.
    return SampleCustomer(
        reference=_reference(client["client_id"]),
        full_name=f"Client {client['client_id']}",
        age_bracket=age_bracket(birth_day(client["birth_number"]), BUSINESS_DAY),
        location=district["A2"],
        employment_status="",
        branch=_region(district),
        created_on=since,
    )


def _amount(row: dict[str, str]) -> Decimal:
    # VYBER in the column of types is an older word for money out.
    return Decimal(row["amount"]) * (1 if row["type"] == "PRIJEM" else -1)


def _in_order(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of one account by day, and inside a day so that each balance follows from the last.

    The file mixes the rows of a day; which one came last matters, for its balance is the account's.
    """
    ordered: list[dict[str, str]] = []
    balance = Decimal(0)
    for _, group in groupby(sorted(rows, key=lambda row: row["date"]), lambda row: row["date"]):
        left = list(group)
        while left:
            row = min(left, key=lambda r: abs(Decimal(r["balance"]) - _amount(r) - balance))
            left.remove(row)
            ordered.append(row)
            balance = Decimal(row["balance"])
    return ordered


def _transaction(row: dict[str, str]) -> SampleTransaction:
    symbol, operation = row["k_symbol"].strip(), row["operation"].strip()
    bank, account = row["bank"].strip(), row["account"].strip()
    if account == "0":
        account = ""
    booked_on = day(row["date"])
    return SampleTransaction(
        account=_account_key(row["account_id"]),
        booked_on=booked_on,
        value_on=booked_on,
        amount=_amount(row),
        raw_text=" ".join(filter(None, (operation or row["type"], symbol, bank, account))),
        counterparty=f"Account at bank {bank}" if bank else "",
        source_category=symbol or None,
        category=_BY_SYMBOL.get(symbol) or _BY_OPERATION.get(operation, ""),
        counterparty_account=f"{account}/{bank}" if bank and account else "",
    )
