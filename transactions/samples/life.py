"""One customer's accounts filling up, month by month: the tools every sample person is made with.

Amounts are whole minor units (cents) until a line is written. Each month has its own random
numbers, so moving `today` on within a month adds lines and changes none of those before.
"""
# ruff: noqa: S311 - invented shopping needs a seed that repeats, not secrets

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from transactions.samples.bank import (
    AccountKind,
    SampleAccount,
    SampleCustomer,
    SampleHolder,
    SampleTransaction,
)
from transactions.samples.places import Shop

DECIMALS: dict[str, int] = {"JPY": 0, "KWD": 3}


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the window and its place in it, 0 for the first."""

    year: int
    number: int
    index: int

    def day(self, day: int) -> date:
        """That day of the month, the last one where the month is shorter."""
        return date(self.year, self.number, min(day, monthrange(self.year, self.number)[1]))

    @property
    def last_day(self) -> date:
        return self.day(31)


def window(today: date, months: int) -> tuple[Month, ...]:
    """The `months` calendar months that end with the one `today` lies in."""
    first = today.year * 12 + today.month - 1 - (months - 1)
    return tuple(
        Month((first + index) // 12, (first + index) % 12 + 1, index) for index in range(months)
    )


def working_day_before(day: date) -> date:
    """The day itself, or the Friday before a weekend: when employers pay."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def as_money(minor: int, currency: str) -> Decimal:
    """Minor units as an amount with the currency's own number of decimals."""
    return Decimal(minor).scaleb(-DECIMALS.get(currency, 2))


@dataclass(slots=True)
class Account:
    """An account while it is being filled."""

    key: str
    kind: AccountKind
    currency: str
    label: str
    tail: str
    holders: tuple[SampleHolder, ...]
    opened_on: date
    # The lowest balance its lines may lead to; the opening balance is chosen to meet it. None
    # where the opening balance is given.
    lowest: int | None
    opening: int = 0
    total: int = 0
    rows: list[tuple[date, int, SampleTransaction]] = field(default_factory=list)


class Life:
    """A customer with accounts; `say` writes a line, later days than `today` are not written."""

    def __init__(
        self, customer: SampleCustomer, *, seed: str, today: date, months: Sequence[Month]
    ) -> None:
        self.customer = customer
        self.today = today
        self.months = months
        self.start = max(months[0].day(1), customer.created_on)
        self.accounts: dict[str, Account] = {}
        self.traits = Random(f"{seed}/{customer.reference}/traits")
        self._seed = f"{seed}/{customer.reference}"

    def chance(self, month: Month) -> Random:
        """The month's own random numbers."""
        return Random(f"{self._seed}/{month.year}-{month.number}")

    def open(
        self,
        kind: AccountKind,
        *,
        name: str,
        tail: str,
        label: str,
        currency: str,
        lowest: int | None = None,
        opening: int = 0,
        also: str | None = None,
    ) -> Account:
        """Open an account under `name`; `also` is a second customer who may use it."""
        holders: tuple[SampleHolder, ...] = (SampleHolder(self.customer.reference, "owner"),)
        if also is not None:
            holders += (SampleHolder(also, "user"),)
        account = Account(
            key=f"{self.customer.reference}-{name}",
            kind=kind,
            currency=currency,
            label=label,
            tail=tail,
            holders=holders,
            opened_on=self.customer.created_on,
            lowest=lowest,
            opening=opening,
        )
        self.accounts[name] = account
        return account

    def say(
        self,
        account: Account,
        day: date,
        minor: int,
        raw_text: str,
        counterparty: str,
        category: str,
        *,
        source_category: str | None = None,
        value_on: date | None = None,
        pending: bool = False,
        counterparty_account: str = "",
    ) -> bool:
        """Write one line; False when the day is outside the person's time with the bank."""
        if not self.start <= day <= self.today or minor == 0:
            return False
        row = SampleTransaction(
            account=account.key,
            booked_on=day,
            value_on=value_on or day,
            amount=as_money(minor, account.currency),
            raw_text=raw_text,
            counterparty=counterparty,
            source_category=source_category,
            category=category,
            pending=pending,
            counterparty_account=counterparty_account,
        )
        account.rows.append((day, 0 if pending else minor, row))
        account.total += 0 if pending else minor
        return True

    def buy(
        self,
        account: Account,
        day: date,
        shop: Shop,
        minor: int,
        *,
        store: int = 0,
        note: str = "",
        pending: bool = False,
    ) -> bool:
        """Pay in a shop; a negative `minor` is money back from it."""
        word = "CARD" if minor >= 0 else "REFUND CARD"
        number = f" {store:04d}" if store else ""
        return self.say(
            account,
            day,
            -minor,
            f"{word} {account.tail} {shop.name.upper()}{number}{note}",
            shop.name,
            shop.category,
            source_category=shop.mcc,
            # The bank books a purchase on the day it is made and has the money a day later.
            value_on=day + timedelta(days=1) if account.kind == "card" else day,
            pending=pending,
        )

    def pay(
        self, account: Account, day: date, minor: int, to: str, category: str, *, what: str = ""
    ) -> bool:
        """A standing order or direct debit to a company."""
        text = f"DIRECT DEBIT {to.upper()}{' ' + what.upper() if what else ''}"
        return self.say(account, day, -minor, text, to, category)

    def move(self, source: Account, target: Account, day: date, minor: int, category: str) -> bool:
        """Money between two own accounts: one line in each."""
        texts = {
            "savings_transfer": ("TRANSFER TO SAVINGS", "SAVINGS DEPOSIT FROM"),
            "card_payment": ("PAYMENT TO CREDIT CARD", "PAYMENT THANK YOU"),
            "loan_principal": ("LOAN PRINCIPAL", "LOAN PRINCIPAL RECEIVED"),
        }
        out_text, in_text = texts.get(category, ("INTERNAL TRANSFER TO", "INTERNAL TRANSFER FROM"))
        out = self.say(source, day, -minor, f"{out_text} {target.tail}", target.label, category)
        return out and self.say(
            target, day, minor, f"{in_text} {source.tail}", source.label, category
        )

    def finished(self) -> Iterator[tuple[SampleAccount, list[SampleTransaction]]]:
        """Each account with its lines in order, its opening balance found from `lowest`."""
        for account in self.accounts.values():
            account.rows.sort(key=lambda row: row[0])
            opening = account.opening
            if account.lowest is not None:
                balance = least = 0
                for _, minor, _ in account.rows:
                    balance += minor
                    least = min(least, balance)
                opening = account.lowest - least
            yield (
                SampleAccount(
                    key=account.key,
                    holders=account.holders,
                    kind=account.kind,
                    currency=account.currency,
                    masked_number=f"··{account.tail}",
                    label=account.label,
                    opened_on=account.opened_on,
                    opening_balance=as_money(opening, account.currency),
                    stated_on=self.today,
                    stated_balance=as_money(opening + account.total, account.currency),
                ),
                [row for _, _, row in account.rows],
            )
