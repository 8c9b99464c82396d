"""Sample banks as files: a folder of customers as the folder loader reads it, and long CSV files
of one account for measurements.
"""
# ruff: noqa: S311 - invented lines need a seed that repeats, not secrets

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random
from typing import Literal, TextIO

from transactions.categories.reference import BY_CODE, first_level
from transactions.samples.bank import SampleBank, SampleTransaction
from transactions.samples.places import SHOPS

Layout = Literal["generic", "chase_checking"]

_FOLDER_KINDS = ("current", "card")


def write_folder(bank: SampleBank, path: Path, *, lines: int | None = None, seed: int = 0) -> int:
    """Write `customers/<Name>.csv`, `products.csv` and `profiles.csv` under `path`.

    Parameters
    ----------
    bank : SampleBank
        Each customer's file holds the posted lines of their own current account and card in the
        bank's currency, oldest first, with the name of the first-level category.
    path : Path
        Made when absent; files of these names in it are replaced.
    lines : int or None
        How many lines all files hold together, spread evenly; more than a life has are invented
        by `account_lines`. None writes each life as it is.
    seed : int
        For the invented lines.

    Returns
    -------
    int
        Lines written to the customers' files.
    """
    (path / "customers").mkdir(parents=True, exist_ok=True)
    written = 0
    own = _own_lines(bank)
    for position, customer in enumerate(bank.customers):
        rows = own.get(customer.reference, [])
        if lines is not None:
            share = lines // len(bank.customers) + (position < lines % len(bank.customers))
            rows = rows[-share:] if share else []
            more = account_lines(
                share - len(rows), seed=f"{seed}/{customer.reference}", today=bank.business_day
            )
            rows = sorted([*more, *rows], key=lambda row: row.booked_on)
        with (path / "customers" / f"{customer.full_name}.csv").open("w", newline="") as file:
            written += _write_generic(file, rows)
    with (path / "profiles.csv").open("w", newline="") as file:
        profiles = csv.writer(file)
        profiles.writerow(["name", "age_bracket", "location", "employment_status", "created_at"])
        profiles.writerows(
            [c.full_name, c.age_bracket, c.location, c.employment_status, c.created_on.isoformat()]
            for c in bank.customers
        )
    with (path / "products.csv").open("w", newline="") as file:
        products = csv.writer(file)
        products.writerow(["code", "name", "kind", "description"])
        products.writerows([p.code, p.name, p.kind, p.description] for p in bank.products)
    return written


def _own_lines(bank: SampleBank) -> dict[str, list[SampleTransaction]]:
    owners = {
        account.key: account.owner
        for account in bank.accounts
        if account.kind in _FOLDER_KINDS and account.currency == bank.currency
    }
    lines: dict[str, list[SampleTransaction]] = {}
    for row in bank.transactions:
        owner = owners.get(row.account)
        if owner is not None and not row.pending:
            lines.setdefault(owner, []).append(row)
    for rows in lines.values():
        rows.sort(key=lambda row: row.booked_on)
    return lines


def write_csv(
    lines: Iterable[SampleTransaction],
    path: Path,
    *,
    rows: int = 200_000,
    layout: Layout = "generic",
) -> int:
    """Write up to `rows` lines of one account as a bank's download; returns how many.

    `generic` has date, description, amount and category with ISO days; `chase_checking` the seven
    headings and month-first days of that bank's download, with a running balance from zero.
    """
    with path.open("w", newline="") as file:
        some = islice(lines, rows)
        return _write_generic(file, some) if layout == "generic" else _write_chase(file, some)


def category_name(code: str) -> str:
    """The first-level name that a file carries for a category code; empty for none."""
    return BY_CODE[first_level(code)].name if code else ""


def _write_generic(file: TextIO, rows: Iterable[SampleTransaction]) -> int:
    writer = csv.writer(file)
    writer.writerow(["date", "description", "amount", "category"])
    count = 0
    for row in rows:
        day, name = row.booked_on.isoformat(), category_name(row.category)
        writer.writerow([day, row.raw_text, row.amount, name])
        count += 1
    return count


def _write_chase(file: TextIO, rows: Iterable[SampleTransaction]) -> int:
    writer = csv.writer(file)
    writer.writerow(
        ["Details", "Posting Date", "Description", "Amount", "Type", "Balance", "Check or Slip #"]
    )
    balance, count = Decimal(0), 0
    for row in rows:
        balance += row.amount
        details, kind = ("DEBIT", "DEBIT_CARD") if row.amount < 0 else ("CREDIT", "ACH_CREDIT")
        day = f"{row.booked_on:%m/%d/%Y}"
        writer.writerow([details, day, row.raw_text, row.amount, kind, balance, ""])
        count += 1
    return count


def account_lines(
    rows: int, *, seed: int | str, today: date, days: int = 730, account: str = "long"
) -> Iterator[SampleTransaction]:
    """Exactly `rows` invented lines of one account over `days` up to `today`, oldest first.

    About 5,000 different texts however many rows, as a busy account has; pay comes in now and
    then, so sums have two signs. The lines are made one at a time: memory stays flat.
    """
    chance = Random(f"{seed}/lines")
    shops = [shop for group in SHOPS.values() for shop in group]
    first = today - timedelta(days=days - 1)
    for number in range(rows):
        day = first + timedelta(days=number * days // rows)
        if chance.random() < 0.03:
            amount = Decimal(chance.randint(90_000, 420_000)).scaleb(-2)
            yield SampleTransaction(
                account, day, day, amount, "SALARY HARBOUR WORKS", "Harbour Works", None, "wages"
            )
            continue
        shop = chance.choice(shops)
        amount = Decimal(-chance.randint(shop.low * 100, shop.high * 100)).scaleb(-2)
        text = f"CARD 4821 {shop.name.upper()} {chance.randint(100, 250):04d}"
        yield SampleTransaction(account, day, day, amount, text, shop.name, shop.mcc, shop.category)
