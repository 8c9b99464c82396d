"""How numbers, money and days are written on screen."""

from datetime import date
from decimal import Decimal

import pytest

from analytics import formats

D = Decimal


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        ("-48.20", "EUR", "en", "−€48.20"),
        ("3040", "EUR", "en", "€3,040.00"),
        ("-48.20", "EUR", "de", "−48,20\u00a0€"),
        ("1200", "JPY", "en", "¥1,200"),
        ("1200.5", "JPY", "en", "¥1,200.5"),
        ("1.25", "KWD", "en", "KWD\u00a01.250"),
        ("1234.5", "CZK", "en", "CZK\u00a01,234.50"),
        ("0", "EUR", "en", "€0.00"),
        ("-0.00", "EUR", "en", "€0.00"),
    ],
)
def test_money_has_the_decimals_of_its_currency(
    amount: str, currency: str, locale: str, text: str
) -> None:
    assert formats.money(D(amount), currency, locale) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1.2345", "€1.2345"), ("1.2300", "€1.23"), ("1.2", "€1.20"), ("7.125", "€7.125")],
)
def test_up_to_four_decimals_are_kept_and_shown(amount: str, text: str) -> None:
    assert formats.money(D(amount), "EUR") == text


def test_money_in_can_carry_a_plus_and_nothing_else_does() -> None:
    assert formats.money(D("34.9"), "EUR", signed=True) == "+€34.90"
    assert formats.money(D("0"), "EUR", signed=True) == "€0.00"
    assert formats.money(D("-34.9"), "EUR", signed=True) == "−€34.90"


def test_a_large_amount_keeps_every_digit() -> None:
    assert formats.money(D("123456789012345.6789"), "EUR") == "€123,456,789,012,345.6789"


def test_per_cent_stands_behind_a_narrow_space_that_does_not_break() -> None:
    assert formats.percent(D("36.7")) == "36.7\u202f%"
    assert formats.percent(D("-0.2"), "de") == "−0,2\u202f%"


def test_per_cent_keeps_the_decimals_it_was_given() -> None:
    assert formats.percent(D("32.0")) == "32.0\u202f%"
    assert formats.percent(104) == "104\u202f%"
    assert formats.percent(D("1E+2")) == "100\u202f%"


def test_axis_labels_are_short() -> None:
    assert formats.short_money(3000, "EUR") == "€3k"
    assert formats.short_money(D("1500000"), "EUR") == "€1.5m"
    assert formats.short_money(-500, "EUR") == "−€500"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 11, 1), date(2026, 12, 1), "November 2026"),
        (date(2026, 11, 1), date(2026, 11, 22), "1–21 November 2026"),
        (date(2026, 11, 21), date(2026, 11, 22), "21 November 2026"),
        (date(2026, 1, 1), date(2027, 1, 1), "2026"),
        (date(2025, 12, 1), date(2026, 12, 1), "December 2025 to November 2026"),
        (date(2026, 9, 1), date(2026, 12, 1), "September to November 2026"),
        (date(2026, 10, 30), date(2026, 11, 3), "30 October to 2 November 2026"),
        (date(2025, 12, 30), date(2026, 1, 3), "30 December 2025 to 2 January 2026"),
    ],
)
def test_a_period_is_named_with_both_days_included(start: date, end: date, text: str) -> None:
    assert formats.period(start, end) == text


def test_days_follow_the_locale() -> None:
    day = date(2026, 9, 5)
    assert formats.day(day) == "5 September 2026"
    assert formats.day(day, style="full") == "Saturday 5 September 2026"
    assert formats.day(day, "en_US") == "September 5, 2026"
    assert formats.day(day, "de") == "5. September 2026"
    assert formats.day_short(day) == "5 Sep"


def test_an_unknown_locale_reads_as_english() -> None:
    assert formats.money(D("1"), "EUR", "xx-nowhere") == "€1.00"


def test_an_axis_label_is_never_rounded_to_another_value() -> None:
    assert formats.short_money(D("1250000"), "EUR") == "€1.25m"
    assert formats.short_money(D("7500"), "EUR") == "€7.5k"
    assert formats.short_money(D("10000000"), "EUR") == "€10m"
