"""Budgets in the admin, and the nights to be looked at."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.customers.models import Customer
from accounts.models import User
from analytics.budgets.models import Budget
from analytics.nights.models import Run, RunStep
from analytics.segments.models import Segment, SegmentProfile
from tests import twins
from tests.factories import (
    category,
    make_budget,
    make_category,
    make_customer,
)
from tests.seen import seen

ADD = "/admin/analytics/budget/add/"


@pytest.fixture
def client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


def form(customer: Customer, **fields: Any) -> dict[str, Any]:
    return {
        "customer": customer.pk, "category": category("groceries").pk, "month": "2026-06-01",
        "amount": "250.00", "currency": "EUR",
    } | fields  # fmt: skip


def test_a_budget_is_entered_changed_and_deleted(client: Client, opened: Customer) -> None:
    assert client.post(ADD, form(opened)).status_code == 302
    budget = Budget.objects.get()
    assert (budget.month, budget.amount, budget.customer) == (
        date(2026, 6, 1),
        Decimal(250),
        opened,
    )
    url = reverse("admin:analytics_budget_change", args=[budget.pk])
    other = make_customer()
    said = form(other, amount="300") | seen(client, url)
    assert client.post(url, said).status_code == 302
    budget.refresh_from_db()
    assert (budget.amount, budget.customer) == (Decimal(300), opened)
    delete = reverse("admin:analytics_budget_delete", args=[budget.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"month": "2026-06-15"}, "give its first day, such as 2026-06-01"),
        ({"month": "31 February"}, "Enter a valid date"),
        ({"amount": "-5"}, "without a minus sign"),
        ({"amount": "1e3000000"}, "no more than"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"currency": "EUX"}, "A currency is three letters"),
        ({"category": "0"}, "Select a valid choice"),
    ],
)
def test_a_bad_budget_gets_a_sentence(
    client: Client, opened: Customer, fields: dict[str, Any], sentence: str
) -> None:
    answer = client.post(ADD, form(opened, **fields))
    assert answer.status_code == 200 and sentence in answer.content.decode()
    assert not Budget.objects.exists()


def test_the_same_month_twice_and_a_persons_own_category_are_refused(
    client: Client, opened: Customer
) -> None:
    make_budget(customer=opened, category="groceries", month=date(2026, 6, 1))
    assert "change that one" in client.post(ADD, form(opened)).content.decode()
    own = make_category(customer=opened, parent=category("groceries"))
    answer = client.post(ADD, form(opened, category=own.pk))
    assert "Select a valid choice" in answer.content.decode()


def test_a_customer_who_is_not_opened_is_no_choice(client: Client, opened: Customer) -> None:
    stranger = make_customer()
    answer = client.post(ADD, form(stranger))
    assert "Select a valid choice" in answer.content.decode()
    budget = make_budget(
        customer=stranger, category="groceries", month=date(2026, 6, 1), amount="77.31"
    )
    assert "77.31" not in client.get("/admin/analytics/budget/").content.decode()
    delete = client.post(f"/admin/analytics/budget/{budget.pk}/delete/", {"post": "yes"})
    assert delete.status_code == 302 and "/open/" in delete["Location"]
    assert Budget.objects.filter(pk=budget.pk).exists()


def test_a_night_is_shown_and_small_groups_are_not_counted_out(client: Client) -> None:
    run = Run.objects.create(
        business_day=date(2026, 6, 15), computed_through=date(2026, 5, 31), inputs_hash="x",
        code_version="1", started_at=twins.NOW, state=Run.State.PUBLISHED,
    )  # fmt: skip
    RunStep.objects.create(run=run, name="segments", position=1, done=True, milliseconds=1234)
    for position, (name, customers) in enumerate((("Steady", 120), ("Rare", 3))):
        segment = Segment.objects.create(position=position, first_run=run)
        SegmentProfile.objects.create(
            run=run, segment=segment, name=name, description="-", customers=customers, centre=[]
        )
    page = client.get(reverse("admin:analytics_run_change", args=[run.pk])).content.decode()
    assert "segments" in page and "1234" in page
    assert "120" in page and "fewer than 10" in page
