"""Amounts as files and the API write them: plain digits, a dot, a hyphen for less than nothing."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision

_step_of = lru_cache(maxsize=256)(lambda decimals: Decimal(1).scaleb(-decimals))


@lru_cache(maxsize=256)
def decimals_of(currency: str) -> int:
    return int(get_currency_precision(currency))


def plain_amount(amount: Decimal, currency: str) -> str:
    """At least the currency's own decimals, more where the amount has them (the ledger keeps four)."""
    short = amount.quantize(_step_of(decimals_of(currency)))
    if short == amount:
        return format(short if short else abs(short), "f")
    return format(amount.normalize(), "f")
