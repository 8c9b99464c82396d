"""Lines in other currencies, counted in one: the rows that have a rate, and what each comes to.

Python looks every rate up once per currency and day; the database multiplies by those very numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, reduce
from operator import or_
from typing import Any

import orjson
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields import CharField, DecimalField
from django.db.models.functions import Coalesce

from transactions.models.ledger import TransactionQuerySet
from transactions.plain_money import decimals_of
from transactions.rates.book import Rate, RateBook, converted


@dataclass(frozen=True)
class Converted:
    """One amount as it counts in another currency, and the rate it was counted by."""

    amount: Decimal
    currency: str
    rate: Rate


class _RateOf(Func):
    """The rate of a row's currency and day out of one JSON object; null where there is none."""

    template = "(%(expressions)s)::numeric"
    arg_joiner = ""
    output_field = DecimalField(max_digits=30, decimal_places=20)

    def __init__(self, rates: str) -> None:
        super().__init__(Value(rates), F("account__currency"), F("booked_on"))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **more: Any) -> Any:
        parts = [compiler.compile(part) for part in self.source_expressions]
        (rates, first), (currency, second), (day, third) = parts
        # A day as a plain number: the text of a date follows the connection's settings.
        sql = f"({rates}::jsonb ->> ({currency} || ({day} - date '2000-01-01')))::numeric"
        return sql, (*first, *second, *third)


class _Rounded(Func):
    """Halves away from zero, as transactions.rates.book.converted does."""

    function = "round"
    output_field = DecimalField(max_digits=30, decimal_places=4)


_START = date(2000, 1, 1).toordinal()


@dataclass(frozen=True)
class Conversion:
    """What some rows of several currencies come to in one of them."""

    to: str
    rates: dict[tuple[str, date], Rate] = field(default_factory=dict)
    missing: frozenset[tuple[str, date]] = frozenset()

    @classmethod
    def of(cls, rows: TransactionQuerySet, to: str) -> "Conversion":
        """Of rows as `transactions.queries.lines` gives them; two queries."""
        foreign = rows.exclude(account__currency=to).order_by()
        pairs = set(foreign.values_list("account__currency", "booked_on").distinct())
        if not pairs:
            return cls(to)
        days = [day for _, day in pairs]
        book = RateBook(to, {currency for currency, _ in pairs}, min(days), max(days))
        found = {pair: book.rate(*pair) for pair in pairs}
        return cls(
            to,
            {pair: rate for pair, rate in found.items() if rate},
            frozenset(pair for pair, rate in found.items() if not rate),
        )

    def of_row(self, amount: Decimal, currency: str, day: date) -> Converted | None:
        rate = self.rates.get((currency, day))
        return Converted(converted(amount, rate.value, self.to), self.to, rate) if rate else None

    def rated(self) -> Q:
        """Rows of other currencies that have a rate."""
        return reduce(or_, self._ranges(), Q(pk__in=[]))

    def counted(self) -> Q:
        """All rows that count: those of the currency itself, and others with a rate."""
        return reduce(or_, self._ranges(), Q(account__currency=self.to))

    def _ranges(self) -> Iterator[Q]:
        """Days with a rate as few ranges; a day without any row may lie in one."""
        for currency in sorted({c for c, _ in self.rates}):
            has = {d: True for c, d in self.rates if c == currency}
            has |= {d: False for c, d in self.missing if c == currency}
            run: list[date] = []
            for day in sorted(has):
                if has[day]:
                    run.append(day)
                elif run:
                    yield _between(currency, run)
                    run = []
            if run:
                yield _between(currency, run)

    @cached_property
    def _json(self) -> str:
        return orjson.dumps(
            {
                f"{currency}{day.toordinal() - _START}": f"{rate.value:f}"
                for (currency, day), rate in self.rates.items()
            }
        ).decode()

    def amount(self) -> Combinable:
        """What a row adds: its amount, converted where it has a rate, else as it is."""
        if not self.rates:
            return F("amount")
        money = _Rounded(F("amount") * _RateOf(self._json), Value(decimals_of(self.to)))
        home = When(account__currency=self.to, then=F("amount"))
        return Case(
            home,
            default=Coalesce(money, F("amount")),
            output_field=DecimalField(max_digits=30, decimal_places=4),
        )

    def currency(self) -> Combinable:
        """The currency that a row counts in: this one where it is or has a rate, else its own."""
        return Case(
            When(self.counted(), then=Value(self.to)),
            default=F("account__currency"),
            output_field=CharField(),
        )


def _between(currency: str, days: list[date]) -> Q:
    return Q(account__currency=currency, booked_on__gte=days[0], booked_on__lte=days[-1])
