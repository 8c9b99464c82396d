"""Forecasts on a customer's pages: what was issued, in words, with its record and the months behind it."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.customers.models import BankProfile, Customer
from analytics.forecasts import queries
from analytics.forecasts.models import ForecastIssue, ForecastPoint, ForecastScore
from analytics.nights.models import Run
from tests import factories
from tests.sweep import crawl
from transactions.models import AccountHolder

TODAY = date(2026, 6, 21)


@pytest.fixture
def customer(north: str) -> Customer:
    BankProfile.objects.filter(pk=1).update(business_day=TODAY, currency="EUR", locale="en")
    made = factories.make_customer(with_sign_in=True)
    account = factories.make_account(customer=made)
    rows = [
        {"amount": "-10", "category": "coffee", "booked_on": date(2026, m, 4)} for m in range(1, 7)
    ]
    factories.make_transactions(account, rows)
    return made


@pytest.fixture
def client(north_client: Client, customer: Customer) -> Client:
    north_client.force_login(customer.user)  # type: ignore[arg-type]
    return north_client


def make_run(books: str = "ab12cd34") -> Run:
    return Run.objects.create(
        business_day=TODAY, inputs_hash=books + "0" * 56, code_version="1",
        computed_through=date(2026, 5, 31), started_at=timezone.now(), state=Run.State.PUBLISHED,
        published_at=timezone.now(),
    )  # fmt: skip


def issue(
    customer: Customer, run: Run, *, months: int = 5, value: Any = "50", **fields: Any
) -> None:
    """All three flows; with less than five months none has points."""
    for flow in ("income", "expenses", "net"):
        made = ForecastIssue.objects.create(
            run=run, customer=customer, flow=flow, currency="EUR", months_used=months, months_needed=5,
            model="light_blend" if months >= 5 else "", issued_through=date(2026, 5, 1), **fields,
        )  # fmt: skip
        if months >= 5:
            for month in (6, 7):
                ForecastPoint.objects.create(
                    issue=made, month=date(2026, month, 1), value=Decimal(value), low=40, high=61
                )
        ForecastScore.objects.create(
            run=run, flow=flow, model="light_blend", basis="replayed", mase=0.8,
            naive_mase=0.7 if flow == "net" else 1.0, coverage_ratio=0.8147, series=20,
        )  # fmt: skip


def text_of(body: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def read(client: Client, url: str) -> tuple[crawl.Page, str]:
    response = client.get(url)
    assert response.status_code == 200, url
    body = response.content.decode()
    return crawl.read(body), text_of(body)


def test_the_overview_says_method_band_and_record(client: Client, customer: Customer) -> None:
    issue(customer, make_run())
    found, text = read(client, "/overview/")
    assert "Expect €50.00 in and €50.00 out" in text
    assert "From the mean of four simple averages of your last months; 5 months used." in text
    assert "8 of 10 outcomes: €40.00 to €61.00" in text
    assert "Error 0.8; the last month again: 1." in text
    assert text.count("No closer than that: take it with care.") == 1, "net alone lost to naive"
    assert [f.value for f in found.figures if f.metric == "forecast_coverage"] == ["81"] * 3
    assert all(f.trace.startswith("/forecast/") for f in found.figures if "forecast" in f.metric)
    assert not found.bare and not found.untraced


def test_too_little_history_says_how_much_is_missing(client: Client, customer: Customer) -> None:
    issue(customer, make_run(), months=3)
    found, text = read(client, "/overview/")
    assert "Not enough data yet: 3 months, needs 5." in text
    assert not [f for f in found.figures if f.metric.startswith("forecast_net")]


def test_without_a_night_the_card_says_when(client: Client, customer: Customer) -> None:
    assert "First forecast tonight" in read(client, "/overview/")[1]


def test_a_filter_does_not_move_the_forecast_and_the_page_says_so(
    client: Client, customer: Customer
) -> None:
    issue(customer, make_run())
    assert "for all accounts and categories" not in read(client, "/overview/")[1]
    coffee = factories.category("dining").public_id
    _, text = read(client, f"/overview/?categories={coffee}")
    assert "All three are for all accounts and categories." in text
    assert "Expect €50.00 in" in text


def test_the_page_of_a_forecast_shows_its_run_and_the_months_it_rests_on(
    client: Client, customer: Customer
) -> None:
    issue(customer, make_run())
    found, _ = read(client, "/overview/")
    trace = next(f.trace for f in found.figures if f.metric == "forecast_expenses")
    found, text = read(client, trace)
    history = [f for f in found.figures if f.metric == "expenses"]
    assert [f.value for f in history] == ["10.0000"] * 5
    assert "start_date=2026-01-01&end_date=2026-01-31" in history[-1].trace
    assert "2026-06-21-ab12cd34" in text and "Months used 5 (needs 5)" in text
    assert "Told three months back for 20 customers" in text
    for figure in history:
        assert client.get(figure.trace).status_code == 200
    assert not found.bare and not found.untraced


def test_the_months_are_those_of_accounts_counted_under_this_person(
    client: Client, customer: Customer
) -> None:
    issue(customer, make_run())
    shared = factories.make_account()
    factories.add_holder(shared, customer, AccountHolder.Role.USER)
    factories.make_transactions(
        shared, [{"amount": "-7", "category": "coffee", "booked_on": date(2026, 3, 9)}]
    )
    found, _ = read(client, "/forecast/expenses/")
    assert {f.value for f in found.figures if f.metric == "expenses"} == {"10.0000"}


def test_an_older_run_stays_what_it_was(client: Client, customer: Customer) -> None:
    old = make_run()
    issue(customer, old)
    issue(customer, make_run("ffff0000"), value="99")
    assert "Expect €99.00 in" in read(client, "/overview/")[1]
    _, text = read(client, f"/forecast/income/?run={queries.run_name(old)}&currency=EUR")
    assert "June 2026: €50.00" in text.replace(" ;", ";")


@pytest.mark.parametrize(
    "query", ["run=2026-06-21-ffffffff", "run=x", "run=2026-13-01-ab", "currency=CZK"]
)
def test_what_was_never_issued_is_missing(client: Client, customer: Customer, query: str) -> None:
    issue(customer, make_run())
    assert client.get("/forecast/income/").status_code == 200
    assert client.get(f"/forecast/income/?{query}").status_code == 404
    assert client.get("/forecast/savings_rate/").status_code == 404
