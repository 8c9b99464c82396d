"""Which rate a day has, and what an amount comes to by it."""

from datetime import date
from decimal import Decimal

import pytest

from tests.factories import make_rate
from transactions.rates.book import RateBook, converted

DAY = date(2026, 11, 3)


def book(to: str = "EUR", *currencies: str) -> RateBook:
    return RateBook(to, currencies or ("USD",), date(2026, 10, 1), date(2026, 11, 30), home="EUR")


def test_the_days_own_rate_counts_else_the_last_of_at_most_seven_days_before(north: str) -> None:
    make_rate("USD", "EUR", DAY, "0.9213")
    found = book()
    assert found.rate("USD", DAY).value == Decimal("0.9213")
    assert found.rate("USD", date(2026, 11, 10)).day == DAY
    assert found.rate("USD", date(2026, 11, 11)) is None
    assert found.rate("USD", date(2026, 11, 2)) is None


def test_the_newer_of_both_directions_counts(north: str) -> None:
    make_rate("USD", "EUR", date(2026, 11, 1), "0.9")
    make_rate("EUR", "USD", DAY, "1.25")
    rate = book().rate("USD", DAY)
    assert (rate.value, rate.is_turned, rate.day) == (Decimal("0.8"), True, DAY)
    assert book().rate("USD", date(2026, 11, 2)).value == Decimal("0.9")


def test_two_currencies_without_a_rate_of_their_own_are_crossed_through_the_euro(
    north: str,
) -> None:
    make_rate("EUR", "USD", DAY, "1.0854")
    make_rate("EUR", "JPY", date(2026, 11, 2), "162.35")
    rate = book("USD", "JPY").rate("JPY", DAY)
    # 1/162.35 to ten digits, times 1.0854 to ten digits.
    assert (rate.value, rate.via, rate.day) == (Decimal("0.006685555898"), "EUR", date(2026, 11, 2))


def test_without_the_euro_they_are_crossed_through_the_banks_currency(north: str) -> None:
    make_rate("USD", "CZK", DAY, "22.5")
    make_rate("GBP", "CZK", DAY, "30")
    found = RateBook("GBP", ("USD",), DAY, DAY, home="CZK").rate("USD", DAY)
    assert found.via == "CZK" and found.value.quantize(Decimal("0.0001")) == Decimal("0.7500")


@pytest.mark.parametrize(
    ("amount", "rate", "currency", "becomes"),
    [
        ("120.00", "0.9213", "EUR", "110.56"),
        ("0.05", "0.5", "EUR", "0.03"),  # a half goes away from zero
        ("-0.05", "0.5", "EUR", "-0.03"),
        ("10.00", "162.35", "JPY", "1624"),
        ("-1.50", "162.35", "JPY", "-244"),
        ("100", "0.3071", "KWD", "30.710"),
        ("1", "0.0005", "KWD", "0.001"),
        ("0.0001", "0.0000000001", "BHD", "0.000"),
        ("99999999999999.9999", "9999999999.9999999999", "ISK", "999999999999999998990000"),
    ],
)
def test_an_amount_is_rounded_to_its_new_currencys_decimals(
    amount: str, rate: str, currency: str, becomes: str
) -> None:
    assert str(converted(Decimal(amount), Decimal(rate), currency)) == becomes
