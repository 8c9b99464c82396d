"""Invented exchange rates for a sample bank: near to life, the same for the same days, and named as invented."""

from datetime import date, timedelta
from decimal import Decimal

from transactions.rates.reading import NewRate

SOURCE = "demo"
MONTHS = 26
_SATURDAY = 5
# About what one of each was worth in units of the euro, to begin with.
_IN_EURO = {"USD": "1.0840", "GBP": "0.8420", "JPY": "161.50", "KWD": "0.3320", "CZK": "25.10"}


def sample_rates(home: str, currencies: set[str], today: date) -> list[NewRate]:
    """One rate for each weekday of two years, up to today; between the bank's currency and others it holds."""
    found = []
    for currency in sorted(currencies - {home}):
        if currency not in _IN_EURO or home != "EUR":
            continue
        middle = Decimal(_IN_EURO[currency])
        for back in range(MONTHS * 31, -1, -1):
            day = today - timedelta(days=back)
            if day.weekday() >= _SATURDAY:
                continue
            # A slow swing and a small one, in ten-thousandths of the middle.
            ordinal = day.toordinal()
            swing = abs(ordinal % 180 - 90) * 4 - 180 + (ordinal * 37 % 23) - 11
            rate = (middle * (10_000 + swing) / 10_000).quantize(Decimal("0.0001"))
            found.append(NewRate(home, currency, day, rate, SOURCE))
    return found
