"""The rate of a day between two currencies, as stored, turned round or crossed through a third.

A line is counted by the rate of its booking day, else by the last one of at most seven days before; without
one it isn't counted at all. Two currencies without a rate of their own are crossed through the euro, then
through the bank's currency. What is turned round or crossed keeps ten digits, and that very number is shown
and multiplied. A converted amount is rounded to its currency's decimals, halves away from zero, line by line:
so a sum of converted rows is exact.
"""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Self

from accounts.customers.queries import bank_profile
from transactions.models import ExchangeRate
from transactions.plain_money import decimals_of

EURO = "EUR"
OLDEST = timedelta(days=7)
DERIVED_DIGITS = 10
# Room for the longest amount times the longest rate: nothing is rounded before the end.
_wide = Context(prec=60)
_derived = Context(prec=DERIVED_DIGITS, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of a currency in another, used on a day; `day` is the rate's own (of two legs the older).

    `via` is the currency it was crossed through; `is_turned`: stored the other way round.
    """

    value: Decimal
    day: date
    source: str
    via: str = ""
    is_turned: bool = False


def converted(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """The amount at this rate, to the decimals of the currency it becomes, halves away from zero."""
    step = Decimal(1).scaleb(-decimals_of(currency))
    return _wide.multiply(amount, rate).quantize(step, ROUND_HALF_UP, _wide)


Leg = tuple[list[date], list[tuple[Decimal, str]]]


class RateBook:
    """The rates between one currency and some others over some days; one query."""

    def __init__(
        self, to: str, currencies: Collection[str], first: date, last: date, *, home: str = ""
    ) -> None:
        self.to = to
        home = home or bank_profile().currency
        self.hubs = [hub for hub in dict.fromkeys((EURO, home)) if hub != to]
        named = {to, *currencies, *self.hubs}
        self._legs: dict[tuple[str, str], Leg] = {}
        self._found: dict[tuple[str, date], Rate | None] = {}
        if not set(currencies) - {to}:
            return
        rows = (
            ExchangeRate.objects.filter(
                base__in=named, quote__in=named, day__gte=first - OLDEST, day__lte=last
            )
            .order_by("day")
            .values_list("base", "quote", "day", "rate", "source")
        )
        for base, quote, day, rate, source in rows:
            days, rates = self._legs.setdefault((base, quote), ([], []))
            days.append(day)
            rates.append((rate.normalize(), source))

    @classmethod
    def of_day(cls, to: str, currencies: Collection[str], day: date) -> Self:
        return cls(to, currencies, day, day)

    def rate(self, currency: str, day: date) -> Rate | None:
        """What one unit of `currency` counts as on this day; None where no rate is stored."""
        key = (currency, day)
        if key not in self._found:
            self._found[key] = self._between(currency, self.to, day) or self._crossed(currency, day)
        return self._found[key]

    def _between(self, base: str, quote: str, day: date) -> Rate | None:
        """As stored, or the other way round where that is the newer one."""
        direct, turned = self._last(base, quote, day), self._last(quote, base, day)
        if direct and (not turned or turned.day <= direct.day):
            return direct
        if turned:
            value = _derived.divide(Decimal(1), turned.value)
            return Rate(value.normalize(), turned.day, turned.source, is_turned=True)
        return None

    def _last(self, base: str, quote: str, day: date) -> Rate | None:
        days, rates = self._legs.get((base, quote), ([], []))
        at = bisect_right(days, day) - 1
        if at < 0 or day - days[at] > OLDEST:
            return None
        value, source = rates[at]
        return Rate(value, days[at], source)

    def _crossed(self, currency: str, day: date) -> Rate | None:
        for hub in self.hubs:
            if hub == currency:
                continue
            one, two = self._between(currency, hub, day), self._between(hub, self.to, day)
            if one and two:
                value = _cross(one, two)
                sources = " · ".join(dict.fromkeys((one.source, two.source)))
                return Rate(value, min(one.day, two.day), sources, via=hub)
        return None


def _cross(one: Rate, two: Rate) -> Decimal:
    return _derived.multiply(one.value, two.value).normalize()
