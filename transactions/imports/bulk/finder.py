"""Whose each row of a file for many customers is, and which account it goes to; nothing is guessed.

The file is looked through once for the customers it names, so that only these are held in memory and the
rows stream past while the database is busy taking them in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from transactions.adapters import CUSTOMER_MARK, Line, RawRows, Refused
from transactions.adapters.words import fold
from transactions.imports import reading
from transactions.imports.accounts import (
    AccountFinder,
    Misplaced,
    NamedAccount,
    mask,
    names_account,
)
from transactions.imports.bulk.covering import covered, is_email
from transactions.imports.errors import PlanMissing
from transactions.models import AccountHolder, BankAccount, ImportBatch

# More names than any bank's file holds: the column is something else, such as the text.
MOST_CUSTOMERS = 200_000
_CHUNK = 1_000
UNKNOWN, AMBIGUOUS, NOBODY, EMAIL = (
    "customer_unknown", "customer_ambiguous", "customer_missing", "customer_email",
)  # fmt: skip
# Codes of rows whose customer is not known.
CUSTOMER_CODES = (UNKNOWN, AMBIGUOUS, NOBODY, EMAIL)


@dataclass(slots=True)
class Person:
    """A customer whom the file names, and the accounts its rows may go to."""

    pk: int
    by_name: bool
    accounts: list[BankAccount] = field(default_factory=list)


class BulkFinder(AccountFinder):
    """Finds by customer and account together, as a layout with a customer column puts them."""

    def __init__(self, batch: ImportBatch) -> None:
        self.default = None
        self.people = _people(batch)

    def find(self, name: str, currency: str) -> BankAccount | Misplaced:
        who, _mark, account_name = name.partition(CUSTOMER_MARK)
        person = self.people.get(who)
        if person is None:
            return _unknown(who)
        if isinstance(person, Misplaced):
            return person
        fitting = [a for a in person.accounts if not account_name or names_account(account_name, a)]
        if currency:
            fitting = [a for a in fitting if a.currency == currency]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return Misplaced(
                "account", mask(account_name), "account_ambiguous",
                "The customer has several accounts, and the row doesn’t say which.",
                "Name the account, or its currency, in a column.",
            )  # fmt: skip
        return Misplaced(
            "account", mask(account_name), "account_absent",
            "The customer has no such account.", "Have it made for this file, or mend the name.",
        )  # fmt: skip

    def shown(self, name: str) -> str:
        who, _mark, account_name = name.partition(CUSTOMER_MARK)
        return " · ".join(filter(None, (covered(who), mask(account_name))))

    def covered(self, text: str) -> str:
        return covered(text)

    def said(self, named: Iterable[NamedAccount]) -> dict[str, Any]:
        """What the plan keeps of it: rows by customer (those named by reference), how many were found by
        name, and accounts that are missing."""
        rows: dict[int, int] = {}
        by_name: dict[int, int] = {}
        missing: dict[tuple[int, str, str], int] = {}
        for one in named:
            who, _mark, account_name = one.name.partition(CUSTOMER_MARK)
            person = self.people.get(who)
            if not isinstance(person, Person):
                continue
            if one.account is not None:
                counted = by_name if person.by_name else rows
                counted[person.pk] = counted.get(person.pk, 0) + one.rows
            else:
                found = self.find(one.name, one.currency)
                if isinstance(found, Misplaced) and found.code == "account_absent":
                    key = (person.pk, cut_card_numbers(mask(account_name)), one.currency)
                    missing[key] = missing.get(key, 0) + one.rows
        return {
            "customers": [[pk, n] for pk, n in sorted(rows.items(), key=lambda r: (-r[1], r[0]))],
            "by_name": [len(by_name), sum(by_name.values())],
            "missing": [[*key, n] for key, n in sorted(missing.items())],
        }


def _unknown(who: str) -> Misplaced:
    if not who:
        return Misplaced(
            "customer",
            "",
            NOBODY,
            "The row names no customer.",
            "Fill in the customer’s reference.",
        )
    if is_email(who):
        return Misplaced(
            "customer", "", EMAIL, "An e-mail address names nobody here.",
            "Put the customer’s reference into this column.",
        )  # fmt: skip
    return Misplaced(
        "customer", covered(who), UNKNOWN, "The bank has no customer of this reference or full name.",
        "Mend it, or make the customer first.",
    )  # fmt: skip


def _people(batch: ImportBatch) -> dict[str, Person | Misplaced]:
    """Every customer that the file names: a person, or why there is none."""
    if reading.layout_of(batch).column("customer") is None:
        raise PlanMissing("Say first which column names the customer.", "layout_missing")
    named = _names_in(batch)
    found: dict[str, Person | Misplaced] = {}
    asked = iter(sorted(name for name in named if name and not is_email(name)))
    while chunk := list(islice(asked, _CHUNK)):
        for pk, reference in Customer.objects.filter(reference__in=chunk).values_list(
            "pk", "reference"
        ):
            found[reference] = Person(pk, by_name=False)
    rest = {name for name in named if name and name not in found and not is_email(name)}
    found |= _by_other_words(rest) if rest else {}
    _add_accounts(batch, [p for p in found.values() if isinstance(p, Person)])
    return found


def _names_in(batch: ImportBatch) -> set[str]:
    """The distinct cells that name customers."""
    rows, _progress = reading.open_quick(batch)
    named: set[str] = set()
    for name in _customer_cells(rows):
        named.add(name)
        if len(named) > MOST_CUSTOMERS:
            raise Refused(
                "too_many_customers",
                f"This column names more than {MOST_CUSTOMERS:,} customers, so it is another one. "
                "Choose the column that names them.",
            )
    return named


def _customer_cells(rows: Any) -> Iterator[str]:
    if isinstance(rows, RawRows):
        at = rows.layout.columns["customer"][0]
        yield from (cells[at].strip() for _n, cells, _raw, problem in rows.records
                    if not problem and len(cells) > at)  # fmt: skip
        return
    for row in rows:
        if isinstance(row, Line):
            yield row.account.partition(CUSTOMER_MARK)[0]


def _by_other_words(names: set[str]) -> dict[str, Person | Misplaced]:
    """By reference in other letters, else by full name: only where one customer alone is meant."""
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(fold(name), []).append(name)
    by_reference: dict[str, set[int]] = {}
    by_name: dict[str, set[int]] = {}
    people = Customer.objects.values_list("pk", "reference", "full_name")
    for pk, reference, full_name in people.iterator(chunk_size=5_000):
        if (key := fold(reference)) in folded:
            by_reference.setdefault(key, set()).add(pk)
        if (key := fold(full_name)) in folded:
            by_name.setdefault(key, set()).add(pk)
    found: dict[str, Person | Misplaced] = {}
    for key, spelled in folded.items():
        meant = by_reference.get(key) or by_name.get(key) or set()
        for name in spelled:
            if len(meant) == 1 and key:
                found[name] = Person(next(iter(meant)), by_name=key not in by_reference)
            elif meant:
                found[name] = Misplaced(
                    "customer", covered(name), AMBIGUOUS, "Several customers of the bank have this name.",
                    "Put the customer’s reference into this column.",
                )  # fmt: skip
    return found


def _add_accounts(batch: ImportBatch, people: list[Person]) -> None:
    of: dict[int, list[Person]] = {}
    for person in people:
        of.setdefault(person.pk, []).append(person)
    pks = iter(sorted(of))
    while chunk := list(islice(pks, _CHUNK)):
        holdings = AccountHolder.objects.filter(customer__in=chunk).select_related("account")
        for holding in holdings.order_by("account_id"):
            if holding.account.draft_of in (None, batch.pk):
                for person in of[holding.customer_id]:
                    person.accounts.append(holding.account)
