"""A slice out of a query string and back into it, and what a person is told when it can't be read."""

from datetime import date
from uuid import uuid4

import pytest
from django.http import QueryDict

from accounts.customers.models import Customer
from tests.factories import category, make_account, make_category, make_customer
from transactions.doors import API, STAFF_PAGE
from transactions.periods import add_months, last_months, period_before, this_month, year_before
from transactions.queries import category_refs
from transactions.slice_parsing import BadSlice, read_slice
from transactions.slices import AccountRef, Slice, slice_of


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer()


def read(text: str, customer: Customer) -> Slice:
    return read_slice(QueryDict(text), customer, door=API, others={"customer_id"})


def faults(text: str, customer: Customer) -> dict[str, str]:
    with pytest.raises(BadSlice) as caught:
        read(text, customer)
    return caught.value.fields


def test_both_days_are_included(customer: Customer) -> None:
    slice = read("start_date=2026-06-01&end_date=2026-06-30", customer)
    assert (slice.start, slice.end) == (date(2026, 6, 1), date(2026, 7, 1))
    assert slice.from_totals
    assert not read("start_date=2026-06-01&end_date=2026-06-29", customer).from_totals


def test_what_is_printed_is_read_back(customer: Customer) -> None:
    account = make_account(customer=customer)
    refs = category_refs(type(category("coffee")).objects.filter(code__in=["coffee", "rent"]))
    slice = slice_of(
        customer, start=date(2026, 1, 25), end=date(2026, 6, 25), month_start=25, text="a&b=c, d%",
        accounts=(AccountRef(account.pk, account.public_id, account.name, account.currency),),
        categories=tuple(refs),
    )  # fmt: skip
    assert read(slice.query(API), customer) == slice
    assert f"customer_id={customer.public_id}" in slice.query(API)
    assert "customer" not in slice.query()
    assert f"customer={customer.public_id}" in slice.query(STAFF_PAGE)
    assert read("", customer) == slice_of(customer)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("start_date=2026-02-31", "start_date", "“2026-02-31” isn't a day"),
        ("start_date=01.06.2026", "start_date", "YYYY-MM-DD"),
        ("start_date=20260601", "start_date", "YYYY-MM-DD"),
        ("start_date=2026-W01-1", "start_date", "YYYY-MM-DD"),
        ("end_date=9999-12-31", "end_date", "1900-01-01 to 2199-12-31"),
        ("start_date=0001-01-01", "start_date", "1900-01-01"),
        ("start_date=２０２６-06-01", "start_date", "YYYY-MM-DD"),
        ("start_date=2026-06-02&end_date=2026-06-01", "end_date", "before the first"),
        ("start_date=2026-06-02&start_date=2026-06-03", "start_date", "more than once"),
        ("categories=coffee", "categories", "no category “coffee”"),
        (f"categories={uuid4()}", "categories", "no category"),
        (f"account_id={uuid4()}", "account_id", "no account"),
        ("account_id=1", "account_id", "no account “1”"),
        ("currency=eur", "currency", "three capital letters"),
        ("currency=EURO", "currency", "three capital letters"),
        ("month_start=29", "month_start", "from 1 to 28"),
        ("month_start=-1", "month_start", "from 1 to 28"),
        ("q=" + "x" * 101, "q", "100 characters"),
        ("profit=1", "profit", "no such parameter"),
        ("categories=" + ",".join(str(uuid4()) for _ in range(101)), "categories", "at most 100"),
    ],
)
def test_what_cannot_be_read_is_said(customer: Customer, text: str, name: str, words: str) -> None:
    found = faults(text, customer)
    assert list(found) == [name]
    assert words in found[name]


def test_all_faults_are_told_at_once(customer: Customer) -> None:
    assert set(faults("start_date=x&categories=y&sort=z", customer)) == {
        "start_date", "categories", "sort",
    }  # fmt: skip


def test_what_is_somebody_elses_is_as_unknown_as_nothing(customer: Customer) -> None:
    other = make_customer()
    theirs = make_account(customer=other).public_id
    own = make_category(customer=other, parent=category("dining")).public_id
    nobodys = uuid4()
    for name, foreign in (("account_id", theirs), ("categories", own)):
        said = faults(f"{name}={foreign}", customer)[name]
        missing = faults(f"{name}={nobodys}", customer)[name]
        assert said.replace(str(foreign), "") == missing.replace(str(nobodys), "")


def test_months_begin_where_they_are_told_to() -> None:
    assert this_month(date(2026, 3, 5), 28) == (date(2026, 2, 28), date(2026, 3, 28))
    assert this_month(date(2026, 6, 25), 25) == (date(2026, 6, 25), date(2026, 7, 25))
    assert last_months(date(2026, 6, 15), 12) == (date(2025, 7, 1), date(2026, 7, 1))
    assert add_months(date(2026, 1, 28), -13) == date(2024, 12, 28)
    with pytest.raises(ValueError, match="1 to 28"):
        this_month(date(2026, 3, 5), 29)


def test_a_period_is_compared_with_the_one_before() -> None:
    march = (date(2026, 3, 1), date(2026, 4, 1))
    assert period_before(*march) == (date(2026, 2, 1), date(2026, 3, 1))
    assert period_before(date(2026, 3, 3), date(2026, 3, 10)) == (
        date(2026, 2, 24),
        date(2026, 3, 3),
    )
    assert year_before(date(2024, 2, 1), date(2024, 3, 1)) == (date(2023, 2, 1), date(2023, 3, 1))
