"""What the search and the person say of a customer's regular payments, put together; and what is due."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from analytics.regulars.models import RegularPayment, RegularPaymentDate
from transactions.models import Category, Transaction

COMING_DAYS = 35
# What is called new: begun within so many days, with at most so many payments.
NEW_DAYS, NEW_PAYMENTS = 100, 4
# A changed price is told for so long.
CHANGED_DAYS = 120
SHOWN_DATES = 12


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price before and after, the day of the first payment at the new one, and the difference in a year."""

    before: Decimal
    after: Decimal
    since: date
    yearly: Decimal
    is_in: bool

    @property
    def yearly_signed(self) -> Decimal:
        """The difference in a year from the owner's side: a dearer payment is below zero."""
        return self.yearly if self.is_in else -self.yearly

    @property
    def is_rise(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class Regular:
    """One stream as people see it: their own words where there are any, else the search's."""

    row: RegularPayment
    name: str
    cadence: str
    amount: Decimal
    next_on: date | None
    state: str  # found, confirmed, rejected, lapsed; candidate while seen only twice
    days_late: int
    change: PriceChange | None
    is_new: bool
    is_transfer: bool

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def public_id(self) -> Any:
        return self.row.public_id

    @property
    def is_in(self) -> bool:
        return self.row.direction == RegularPayment.Direction.IN

    @property
    def signed(self) -> Decimal:
        """The amount from the owner's side."""
        return self.amount if self.is_in else -self.amount

    @property
    def is_active(self) -> bool:
        """Whether it counts as coming: found or confirmed, and not stopped."""
        return self.state in ("found", "confirmed")

    @property
    def varies(self) -> bool:
        return self.row.own_amount is None and self.row.amount_low != self.row.amount_high


@dataclass(frozen=True, slots=True)
class Due:
    """A payment to come, or one that should have come already (`is_late`)."""

    regular: Regular
    day: date
    is_late: bool

    @property
    def amount(self) -> Decimal:
        return self.regular.signed


def regulars_of(accounts: Collection[int], *, today: date) -> list[Regular]:
    """All streams of these accounts but the removed ones, nearest next day first. Two queries."""
    rows = list(
        RegularPayment.objects.filter(account__in=accounts)
        .exclude(word=RegularPayment.Word.REMOVED)
        .select_related("account")
    )
    transfers = set(
        Category.objects.filter(
            kind=Category.Kind.TRANSFER, pk__in={row.category_id for row in rows}
        ).values_list("pk", flat=True)
    )
    made = [told(row, today=today, is_transfer=row.category_id in transfers) for row in rows]
    return sorted(made, key=lambda one: (one.next_on or date.max, one.name, one.pk))


def told(row: RegularPayment, *, today: date, is_transfer: bool = False) -> Regular:
    """One row as people see it on `today`."""
    cadence = row.own_cadence or row.cadence
    next_on = next_of(row)
    late = (today - next_on).days if next_on else 0
    state = _state(row, cadence, next_on, today)
    began = row.first_on or today
    return Regular(
        row=row,
        name=row.own_name or row.name,
        cadence=cadence,
        amount=row.amount_typical if row.own_amount is None else row.own_amount,
        next_on=next_on,
        state=state,
        days_late=max(late, 0),
        change=_change(row, cadence),
        is_new=(
            state in ("found", "candidate")
            and (today - began).days <= NEW_DAYS
            and row.payments <= NEW_PAYMENTS
        ),
        is_transfer=is_transfer,
    )


def next_of(row: RegularPayment) -> date | None:
    """The first due day after the last payment: from the person's day and rhythm where they gave any."""
    from analytics.regulars.calc.cadences import CADENCES
    from analytics.regulars.calc.due import next_due, read_rule

    if not (row.own_next_on or row.own_cadence):
        return row.next_on
    cadence = CADENCES[row.own_cadence or row.cadence]
    if row.own_next_on is None:
        if row.last_on is None or row.own_cadence == row.cadence:
            return row.next_on
        return next_due(cadence, read_rule(""), row.last_on)
    day = row.own_next_on
    # A payment within its window of the person's day was the one they meant.
    paid = row.last_on + timedelta(days=cadence.tolerance) if row.last_on else date.min
    while day <= paid:
        day = next_due(cadence, read_rule(""), day)
    return day


def _state(row: RegularPayment, cadence: str, next_on: date | None, today: date) -> str:
    from analytics.regulars.calc.describe import has_lapsed

    if row.word == RegularPayment.Word.REJECTED:
        return "rejected"
    if next_on and has_lapsed(cadence, next_on, today):
        return "lapsed"
    if row.word == RegularPayment.Word.CONFIRMED or row.by_hand:
        return "confirmed"
    return "candidate" if row.maturity == RegularPayment.Maturity.CANDIDATE else "found"


def _change(row: RegularPayment, cadence: str) -> PriceChange | None:
    from analytics.regulars.calc.cadences import CADENCES

    if row.was_amount is None or row.changed_on is None:
        return None
    yearly = (row.amount_typical - row.was_amount) * CADENCES[cadence].yearly
    is_in = row.direction == RegularPayment.Direction.IN
    return PriceChange(row.was_amount, row.amount_typical, row.changed_on, yearly, is_in)


def coming_up(regulars: Iterable[Regular], *, today: date, days: int = COMING_DAYS) -> list[Due]:
    """What is due from `today` on for `days` days, by day; the late ones first, each at its own due day."""
    from analytics.regulars.calc.due import days_after, read_rule

    until = today + timedelta(days=days - 1)
    found = []
    for one in regulars:
        if not one.is_active or one.next_on is None:
            continue
        own = one.row.own_cadence or one.row.own_next_on
        rule = read_rule("" if own else one.row.due_rule)
        for place, day in enumerate(days_after(one.cadence, rule, one.next_on, until=until)):
            if day >= today or place == 0:
                found.append(Due(one, day, day < today))
    return sorted(found, key=lambda due: (due.day, due.regular.name, due.regular.pk))


def totals(due: Iterable[Due], *, is_in: bool) -> dict[str, Decimal]:
    """What is due one way, per currency, > 0; transfers between own accounts are left out."""
    found: dict[str, Decimal] = {}
    for one in due:
        if one.regular.is_in == is_in and not one.regular.is_transfer:
            currency = one.regular.row.currency
            found[currency] = found.get(currency, Decimal(0)) + one.regular.amount
    return found


def dates_of(regulars: Collection[Regular]) -> dict[int, list[tuple[date, date]]]:
    """Each stream's last dates, oldest first: (expected on, booked on). Two queries."""
    rows = list(
        RegularPaymentDate.objects.filter(regular__in=[one.pk for one in regulars])
        .order_by("regular_id", "-expected_on", "-transaction_id")
        .values_list("regular_id", "transaction_id", "expected_on")
    )
    last: dict[int, list[tuple[int, date]]] = {}
    for regular, row, expected in rows:
        kept = last.setdefault(regular, [])
        if len(kept) < SHOWN_DATES:
            kept.append((row, expected))
    booked = dict(
        Transaction.objects.filter(
            pk__in=[row for kept in last.values() for row, _ in kept]
        ).values_list("pk", "booked_on")
    )
    return {
        regular: [(expected, booked[row]) for row, expected in reversed(kept) if row in booked]
        for regular, kept in last.items()
    }


def rows_of(regular: RegularPayment, accounts: Collection[int]) -> list[Transaction]:
    """The rows a stream is made of, newest first, within the accounts given."""
    ids = RegularPaymentDate.objects.filter(regular=regular).values("transaction_id")
    return list(
        Transaction.objects.filter(pk__in=ids, account__in=accounts).order_by("-booked_on", "-id")
    )


def has_been_searched(accounts: Collection[int]) -> bool:
    """Whether a search has looked at any of these accounts and found something."""
    return RegularPayment.objects.filter(account__in=accounts).exists()
