from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.days import ORDERS, DayError, looks_like_day, orders_fitting, parse_day

READ = [
    ("31/12/2024", "dmy", date(2024, 12, 31)),
    ("12/31/2024", "mdy", date(2024, 12, 31)),
    ("2024-12-31", "ymd", date(2024, 12, 31)),
    ("2024-12-31", "dmy", date(2024, 12, 31)),
    ("2012/3/22", "ymd", date(2012, 3, 22)),
    ("2024.01.05.", "ymd", date(2024, 1, 5)),
    ("22.02.18", "dmy", date(2018, 2, 22)),
    ("08/05/24", "mdy", date(2024, 8, 5)),
    ("1/2/2024", "mdy", date(2024, 1, 2)),
    ("20240801", "dmy", date(2024, 8, 1)),
    ("01082024", "dmy", date(2024, 8, 1)),
    ("930101", "ymd", date(1993, 1, 1)),
    ("12-Dec-2019", "ymd", date(2019, 12, 12)),
    ("1 Aug 24", "dmy", date(2024, 8, 1)),
    ("Aug 5, 2024", "dmy", date(2024, 8, 5)),
    ("Mon, 5 Aug 2024", "dmy", date(2024, 8, 5)),
    ("12. März 2024", "dmy", date(2024, 3, 12)),
    ("5 juil. 2024", "dmy", date(2024, 7, 5)),
    ("15 août 2024", "dmy", date(2024, 8, 15)),
    ("3 mei 2024", "dmy", date(2024, 5, 3)),
    ("29/02/2024", "dmy", date(2024, 2, 29)),
    ("2017-04-25T03:15:53", "ymd", date(2017, 4, 25)),
    ("2018-02-25 12:34:56 +0000", "ymd", date(2018, 2, 25)),
    ("2017-02-14-11.57.44.235044", "ymd", date(2017, 2, 14)),
    ("13-01-2019 23:57", "dmy", date(2019, 1, 13)),
    ("1/2/2024 3:04:05 PM", "mdy", date(2024, 1, 2)),
    (" '2024-08-01 ", "ymd", date(2024, 8, 1)),
]

REFUSED = [
    ("", "dmy", "date_missing"),
    ("   ", "dmy", "date_missing"),
    ("31/02/2024", "dmy", "date_impossible"),
    ("2024-02-31", "ymd", "date_impossible"),
    ("29/02/2023", "dmy", "date_impossible"),
    ("2024-13-01", "ymd", "date_impossible"),
    ("0/0/2024", "dmy", "date_impossible"),
    ("1111/11/11", "ymd", "date_impossible"),
    ("25/12/2024", "mdy", "date_order"),
    ("invalid_date", "dmy", "date_format"),
    ("Pending", "dmy", "date_format"),
    ("10/2009/09", "dmy", "date_format"),
    ("１２/01/2024", "dmy", "date_format"),
    ("12/01-2024", "dmy", "date_format"),
    ("45321", "ymd", "date_format"),
    ("x" * 10_000, "dmy", "date_format"),
]


@pytest.mark.parametrize(("text", "order", "day"), READ)
def test_day_is_read(text: str, order: str, day: date) -> None:
    assert parse_day(text, order) == day


@pytest.mark.parametrize(("text", "order", "code"), REFUSED)
def test_other_text_is_refused_with_its_code(text: str, order: str, code: str) -> None:
    with pytest.raises(DayError) as refusal:
        parse_day(text, order)
    assert refusal.value.code == code
    assert refusal.value.reason
    assert refusal.value.fix


def test_impossible_day_says_what_is_impossible() -> None:
    with pytest.raises(DayError, match="February 2024 has no day 31"):
        parse_day("31/02/2024", "dmy")
    with pytest.raises(DayError, match="no month 13"):
        parse_day("2024-13-01", "ymd")


def test_orders_that_fit() -> None:
    assert orders_fitting("08/02/2024") == {"dmy", "mdy"}
    assert orders_fitting("25/12/2024") == {"dmy"}
    assert orders_fitting("12/25/2024") == {"mdy"}
    assert orders_fitting("2024-08-02") == set(ORDERS)
    assert orders_fitting("31/02/2024") == set()


def test_shape_of_a_day_is_known_even_where_it_is_none() -> None:
    assert looks_like_day("31/02/2024")
    assert not looks_like_day("Total")


@given(st.dates(min_value=date(1980, 1, 1), max_value=date(2079, 12, 31)))
def test_every_writing_of_a_day_gives_that_day(day: date) -> None:
    assert parse_day(f"{day:%d/%m/%Y}", "dmy") == day
    assert parse_day(f"{day:%m/%d/%y}", "mdy") == day
    assert parse_day(f"{day:%Y%m%d}", "dmy") == day
    assert parse_day(f"{day:%d %B %Y}", "mdy") == day
    assert parse_day(f"{day:%b %d, %Y}", "ymd") == day


@given(st.text(max_size=60), st.sampled_from(ORDERS))
def test_any_text_is_a_day_or_a_day_error(text: str, order: str) -> None:
    try:
        parse_day(text, order)
    except DayError as refusal:
        assert refusal.code.startswith("date_")
