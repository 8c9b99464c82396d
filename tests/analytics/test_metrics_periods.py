"""Several periods of one slice in one query, and what a person may choose from."""

from datetime import date, timedelta

import pytest

from accounts.customers.models import BankProfile, Customer
from analytics.metrics import cells as reading
from tests import factories
from tests.query_count import counted
from transactions.models import AccountHolder
from transactions.reach import Reach
from transactions.slices import currency_of, slice_of


@pytest.fixture
def customer(north: str) -> Customer:
    made = factories.make_customer()
    for currency in ("EUR", "USD"):
        account = factories.make_account(customer=made, currency=currency)
        factories.make_transactions(
            account,
            [
                {
                    "amount": amount,
                    "category": code,
                    "booked_on": date(2026, 5, 20) + timedelta(days=n),
                }
                for n in range(30)
                for amount, code in (("-3", "coffee"), ("7", None), ("-2", "own_transfer"))
            ],
        )
    return made


@pytest.mark.parametrize("by", [(), ("category",), ("subcategory",)])
def test_periods_read_together_are_what_each_is_alone(
    customer: Customer, by: tuple[str, ...]
) -> None:
    spans = [
        (date(2026, 6, 1), date(2026, 6, 22)),
        (date(2026, 5, 1), date(2026, 5, 22)),
        (date(2026, 5, 25), date(2026, 5, 26)),
        (date(2020, 1, 1), date(2020, 2, 1)),
    ]
    slice = slice_of(customer)
    with counted() as queries:
        found = reading.cells_of_periods(slice, spans, by)
    assert len(queries) == 1
    assert list(found) == spans and found[spans[-1]] == []
    for start, end in spans:
        alone = reading.cells_from_lines(slice.over(start, end), by)
        assert sorted(map(repr, found[start, end])) == sorted(map(repr, alone)), (start, end)
    assert reading.cells_of_periods(slice, []) == {}


def test_reach_says_the_currency_as_slices_do(customer: Customer) -> None:
    pounds = factories.make_account(customer=customer, currency="GBP")
    for bank in ("EUR", "GBP", "CZK"):
        BankProfile.objects.filter(pk=1).update(currency=bank)
        from django.db import connection

        connection.tenant._profile = None  # type: ignore[attr-defined]
        reach = Reach(customer)
        assert reach.currency() == currency_of(customer)
        chosen = (reach.account_refs[pounds.public_id],)
        assert reach.currency(chosen) == currency_of(customer, chosen) == "GBP"


def test_reach_holds_what_this_person_may_choose_and_no_more(customer: Customer) -> None:
    shared = factories.make_account()
    factories.add_holder(shared, customer, AccountHolder.Role.USER)
    dining = factories.category("dining")
    mine = factories.make_category(
        name="Canteen", customer=customer, parent=factories.category("coffee")
    )
    other = factories.make_customer()
    factories.make_category(name="Theirs", customer=other, parent=dining)
    factories.make_category(name="Gone", code="gone", is_hidden=True)
    with counted() as queries:
        reach = Reach(customer)
        groups = dict(reach.groups())
        assert len(reach.accounts) == 3 and len(reach.owned) == 2
    assert len(queries) == 2
    names = [ref.name for refs in groups.values() for ref in refs]
    assert "Theirs" not in names and "Gone" not in names
    assert groups["Dining"][0].name == "Dining" and "Canteen" in [r.name for r in groups["Dining"]]
    assert reach.root(mine.pk).pk == dining.pk, "a person's own may lie two levels down"
    assert "Gone" in [ref.name for ref in reach.refs.values()], "old lines still have their name"
    assert reach.ref(None).pk == reach.ref(10**9).pk == 0
