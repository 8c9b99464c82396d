from decimal import Decimal

import pytest

from transactions.plain_money import plain_amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("-120.0000", "EUR", "-120.00"),
        ("0.0000", "EUR", "0.00"),
        ("-0.0000", "EUR", "0.00"),
        ("1234567.1000", "USD", "1234567.10"),
        ("1.2345", "EUR", "1.2345"),
        ("-1.2500", "KWD", "-1.250"),
        ("1200.0000", "JPY", "1200"),
        ("1200.5", "JPY", "1200.5"),
        ("1E+3", "JPY", "1000"),
        ("999999999999999.9999", "EUR", "999999999999999.9999"),
    ],
)
def test_amounts_have_their_currencys_decimals(amount: str, currency: str, text: str) -> None:
    assert plain_amount(Decimal(amount), currency) == text
