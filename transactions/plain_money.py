"""Amounts as files and the API write them: plain digits, a dot, a hyphen for less than nothing."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision

_step_of = lru_cache(maxsize=256)(lambda decimals: Decimal(1).scaleb(-decimals))


# Currencies whose small coins are no longer struck: CLDR leaves their decimals out, banks book them (ISO 4217).
_BOOKED = {
    "IQD": 3,
    **dict.fromkeys(
        ["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SLL", "SOS", "SYP", "YER"],
        2,
    ),
}


@lru_cache(maxsize=256)
def decimals_of(currency: str) -> int:
    """How many decimals amounts of a currency are booked with: JPY 0, EUR 2, KWD 3."""
    return _BOOKED.get(currency, int(get_currency_precision(currency)))


def plain_number(amount: Decimal, currency: str) -> Decimal:
    """The same number with the decimals that `plain_amount` writes."""
    return Decimal(plain_amount(amount, currency))


def plain_amount(amount: Decimal, currency: str) -> str:
    """At least the currency's own decimals, more where the amount has them (the ledger keeps four)."""
    short = amount.quantize(_step_of(decimals_of(currency)))
    if short == amount:
        return format(short if short else abs(short), "f")
    return format(amount.normalize(), "f")
