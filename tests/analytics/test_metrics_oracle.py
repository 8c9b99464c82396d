"""Totals = lines = a plain loop in Python = the rows behind the trace, for hundreds of random slices."""

import os
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from accounts.customers.models import Customer
from analytics.metrics.cells import cells_from_lines
from analytics.metrics.registry import METRICS, Row, figures
from analytics.metrics.slices import API, Slice, read_slice, slice_of
from analytics.metrics.trace import rows_for
from tests import oracle
from tests.factories import (
    add_holder,
    category,
    make_account,
    make_category,
    make_customer,
    make_transactions,
)
from transactions.flows import FLOWS
from transactions.models import BankAccount, Category
from transactions.queries import category_refs, list_page, uncategorised
from transactions.slices import AccountRef

SLICES = 400
NAMES = [name for name, metric in METRICS.items() if metric.groups]
GROUPINGS = (None, "month", "category", "month,category")
FIRST, DAYS = date(2024, 11, 20), 560
CODES = (
    "salary", "interest", "supermarket", "coffee", "restaurants", "dining", "rent", "own_transfer",
    "card_payment", "clothing",
)  # fmt: skip


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"SEED={seed}")
    return random.Random(seed)


def a_bank(chance: random.Random) -> tuple[Customer, list[BankAccount]]:
    """Two customers with a joint account, two currencies, and every odd kind of row."""
    customer, other = make_customer(), make_customer()
    own = make_category(
        name="Skating", customer=customer, parent=category("entertainment"), kind="expense"
    )
    deep = make_category(name="Beans", customer=customer, parent=category("coffee"), kind="expense")
    accounts = [make_account(customer=customer, currency=c) for c in ("EUR", "EUR", "USD")]
    joint = make_account(customer=other)
    add_holder(joint, customer)
    accounts.append(joint)
    for account in [*accounts, make_account(customer=other)]:
        rows: list[dict[str, Any]] = []
        for _ in range(120):
            cents = Decimal(chance.randrange(-2_000_000, 800_000)) / chance.choice((100, 10_000))
            rows.append(
                {
                    "amount": chance.choice((cents, cents, cents, -cents, Decimal(0))),
                    "booked_on": FIRST + timedelta(days=chance.randrange(DAYS)),
                    "category": chance.choice((*CODES, own, deep, None, None)),
                    "status": "pending" if chance.random() < 0.05 else "posted",
                    "is_split": chance.random() < 0.03,
                    "raw_text": chance.choice(
                        ("Corner Café", "CAFE 100%", "Mill_Lane", "Straße 9")
                    ),
                    "counterparty": chance.choice(("", "Mill")),
                }
            )
        # A category that no longer exists counts as none.
        rows.append({"amount": "-3.33", "category_id": 10**9, "booked_on": FIRST})
        make_transactions(account, rows)
    return customer, accounts


def a_slice(chance: random.Random, customer: Customer, accounts: list[BankAccount]) -> Slice:
    first, last = sorted(FIRST + timedelta(days=chance.randrange(-40, DAYS + 40)) for _ in "ab")
    kind = chance.random()
    month_start = 1
    if kind < 0.8:
        first, last = (
            first.replace(day=1),
            (last.replace(day=28) + timedelta(days=4)).replace(day=1),
        )
    if 0.7 < kind < 0.9:
        month_start = chance.randrange(2, 29)
    named = chance.sample(accounts, chance.choice((0, 0, 0, 1, 2)))
    found = category_refs(Category.objects.filter(pk__in=_some(chance)))
    if chance.random() < 0.1:
        found.append(uncategorised())
    return slice_of(
        customer,
        currency=chance.choice(("", "", "EUR", "USD")),
        start=first,
        end=last,
        accounts=tuple(AccountRef(a.pk, a.public_id, a.name, a.currency) for a in named),
        categories=tuple(found),
        text=chance.choice(("", "", "", "", "café", "CAFE 1", "100%", "l_l", "mill", "STRAßE")),
        month_start=month_start,
    )


def _some(chance: random.Random) -> list[int]:
    if chance.random() < 0.6:
        return []
    found = list(Category.objects.exclude(customer=None).values_list("pk", flat=True))
    found += [category(code).pk for code in ("dining", "coffee", "rent", "salary", "entertainment")]
    return chance.sample(found, chance.randrange(1, 4))


def as_values(rows: list[Row]) -> dict[Any, dict[str, Any]]:
    return {
        (row.month, row.category.pk if row.category else None): {
            name: row[name].value for name in NAMES
        }
        for row in rows
    }


def test_totals_lines_and_a_plain_loop_agree(north: str, chance: random.Random) -> None:
    customer, accounts = a_bank(chance)
    lines = oracle.all_lines()
    from_totals = 0
    for _ in range(SLICES):
        slice = a_slice(chance, customer, accounts)
        from_totals += slice.from_totals
        for by in GROUPINGS:
            told = as_values(figures(slice, NAMES, by))
            if slice.from_totals:
                groups = by.split(",") if by else []
                again = as_values(figures(slice, NAMES, by, cells=cells_from_lines(slice, groups)))
                assert told == again, (slice, by)
            expected = oracle.groups(lines, slice, NAMES, by)
            if by == "month":
                assert list(told) == [(month, None) for month in slice.months()]
                nothing = oracle.values([], NAMES)
                expected = {k: expected.pop(k, nothing) for k in told} | expected
            assert told == expected, (slice, by)
    assert SLICES * 0.15 < from_totals < SLICES * 0.8


def test_each_sum_equals_the_rows_behind_its_trace(north: str, chance: random.Random) -> None:
    customer, accounts = a_bank(chance)
    for _ in range(60):
        slice = a_slice(chance, customer, accounts)
        row = figures(slice, NAMES, door=API)[0]
        for name, flow in FLOWS.items():
            figure = row[name]
            assert figure.trace
            path, _, query = figure.trace.partition("?")
            params = QueryDict(query)
            assert (path, params["metric"]) == ("/api/v1/transactions", name)
            read = read_slice(params, customer, door=API, others={"metric"})
            assert read == slice
            amounts = [a for (a,) in rows_for(read, name).values_list("amount")]
            page = list_page(read, flow=flow, limit=500)
            assert page.total == len(amounts) == len(page.rows)
            if figure.unit == "count":
                assert figure.value == len(amounts)
            else:
                assert figure.value == flow.sign * sum(amounts, Decimal(0)) == page.sum


def test_categories_and_months_add_up_to_the_whole(north: str, chance: random.Random) -> None:
    customer, accounts = a_bank(chance)
    sums = [n for n in NAMES if METRICS[n].flow]
    for _ in range(40):
        slice = a_slice(chance, customer, accounts)
        whole = figures(slice, sums)[0]
        for by in GROUPINGS[1:]:
            rows = figures(slice, sums, by)
            for name in sums:
                assert sum(row[name].value or 0 for row in rows) == whole[name].value
            for row in chance.sample(rows, min(3, len(rows))):
                alone = figures(row.slice, sums)[0]
                assert {n: f.value for n, f in alone.figures.items()} == {
                    n: f.value for n, f in row.figures.items()
                }, (row.slice, by)
