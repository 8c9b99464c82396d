"""The list of transactions: order, pages, marks, filters, and its budget of queries."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile, Customer
from tests.conftest import SOUTH
from tests.factories import make_account, make_customer, make_transaction, make_transactions
from tests.query_count import counted
from transactions import ids
from transactions.flows import FLOWS
from transactions.models import BankAccount, Transaction
from transactions.queries import BadCursor, list_page, make_cursor, read_cursor
from transactions.slices import AccountRef, Slice, slice_of


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer()


def fill(customer: Customer, accounts: int, rows: int) -> list[BankAccount]:
    made = [make_account(customer=customer) for _ in range(accounts)]
    chance = random.Random(7)
    for account in made:
        days = [date(2026, 1, 1) + timedelta(days=chance.randrange(40)) for _ in range(rows)]
        make_transactions(account, [{"amount": "-1", "booked_on": day} for day in days])
    return made


def expected(customer: Customer) -> list[int]:
    found = Transaction.objects.filter(account__holders__customer=customer)
    return list(found.order_by("-booked_on", "-id").values_list("id", flat=True))


def walk(slice: Slice, limit: int, **more: Any) -> list[int]:
    seen: list[int] = []
    cursor = ""
    while True:
        page = list_page(slice, limit=limit, cursor=cursor, **more)
        seen += [row["id"] for row in page.rows]
        if not page.next_cursor:
            return seen
        assert len(page.rows) == limit
        cursor = page.next_cursor


@pytest.mark.parametrize("accounts", [1, 3, 14])
def test_pages_hold_every_row_once_newest_first(customer: Customer, accounts: int) -> None:
    fill(customer, accounts, 23)
    make_transaction()
    assert walk(slice_of(customer), 7) == expected(customer)
    assert list_page(slice_of(customer), limit=500).total == accounts * 23


@pytest.mark.parametrize("accounts", [1, 3, 14])
def test_skip_passes_over_rows(customer: Customer, accounts: int) -> None:
    fill(customer, accounts, 23)
    page = list_page(slice_of(customer), limit=5, skip=9)
    assert [row["id"] for row in page.rows] == expected(customer)[9:14]


def test_a_row_that_comes_meanwhile_shifts_no_page(customer: Customer) -> None:
    account = fill(customer, 1, 10)[0]
    before = expected(customer)
    first = list_page(slice_of(customer), limit=4)
    make_transaction(account=account, booked_on=date(2026, 3, 1))
    then = list_page(slice_of(customer), limit=4, cursor=first.next_cursor or "")
    assert [row["id"] for row in then.rows] == before[4:8]


def test_a_row_carries_public_ids_category_and_account(customer: Customer) -> None:
    account = make_account(customer=customer)
    made = make_transaction(account=account, amount="-4.5", category="coffee", raw_text="CAFÉ 7")
    row = list_page(slice_of(customer)).rows[0]
    assert ids.decode(row["public_id"]) == made.pk
    assert (row["account"].public_id, row["category"].name) == (
        account.public_id,
        "Coffee and bakery",
    )
    assert row["category"].public_id == made.category.public_id


def test_pending_rows_are_listed_but_not_behind_a_figure(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transaction(account=account, status="pending")
    assert list_page(slice_of(customer)).total == 1
    assert list_page(slice_of(customer), status="posted").total == 0
    page = list_page(slice_of(customer), flow=FLOWS["count"])
    assert (page.total, page.sum) == (0, 0)


def test_split_parents_are_not_lines(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transaction(account=account, is_split=True)
    assert list_page(slice_of(customer)).total == 0


def test_an_account_of_somebody_else_lists_nothing(customer: Customer) -> None:
    other = make_transaction().account
    make_account(customer=customer)
    ref = AccountRef(other.pk, other.public_id, other.name, other.currency)
    assert list_page(slice_of(customer, accounts=(ref,))).rows == []
    assert list_page(slice_of(make_customer())).rows == []


@pytest.mark.parametrize("text", ["", "x", "WzFd:abc", "é", "\x00", "a:b:c", "x" * 5000])
def test_a_mark_that_is_not_ours_is_refused(customer: Customer, text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text)


def test_a_mark_of_another_bank_is_refused(customer: Customer) -> None:
    cursor = make_cursor(date(2026, 6, 1), ids.encode_one(5))
    assert read_cursor(cursor) == (date(2026, 6, 1), 5)
    key = bytes(BankProfile.objects.get().id_key)
    with in_bank(SOUTH):
        BankProfile.objects.update(id_key=key)
        with pytest.raises(BadCursor):
            read_cursor(cursor)


@pytest.mark.parametrize(
    "given",
    [{"limit": 0}, {"limit": 501}, {"skip": -1}, {"skip": 10_001}, {"skip": 1, "cursor": "x"}],
)
def test_bounds_are_kept(customer: Customer, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        list_page(slice_of(customer), **given)


def test_ten_times_the_rows_ask_no_more_queries(customer: Customer) -> None:
    counts = []
    for rows in (20, 180):
        fill(customer, 2, rows)
        slice = slice_of(customer)
        list_page(slice, limit=1)
        with counted() as sent:
            list_page(slice, limit=15)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 5


def test_a_deep_page_reads_the_index_not_the_list(customer: Customer) -> None:
    account = make_account(customer=customer)
    rows = [
        {"amount": "-1", "booked_on": date(2020, 1, 1) + timedelta(days=n % 900)}
        for n in range(3000)
    ]
    make_transactions(account, rows)
    with connection.cursor() as cursor:
        cursor.execute("analyze transactions_transaction")
    deep = walk_to(slice_of(customer), 2500)
    with counted() as sent:
        list_page(slice_of(customer), limit=50, cursor=deep)
    scan = next(sql for sql in sent if "LIMIT 51" in sql)
    with connection.cursor() as cursor:
        # Which road is cheaper for so few rows depends on how full the table's pages are; what counts is
        # that an index leads straight to the page.
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute("explain (analyze, format json) " + scan)
        plan = cursor.fetchone()[0][0]["Plan"]
    assert rows_read(plan) < 200, plan


def walk_to(slice: Slice, row: int) -> str:
    page = list_page(slice, limit=1, skip=row)
    return page.next_cursor or ""


def rows_read(plan: dict[str, Any]) -> float:
    own = plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0)
    return max([own, *(rows_read(child) for child in plan.get("Plans", []))])
