"""The figures over the API: shapes as agreed, amounts as text, the same numbers as the registry."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client

from accounts.customers.models import AccessRecord, BankProfile, Customer
from accounts.models import User
from analytics.metrics.registry import METRICS, figure
from analytics.metrics.slices import slice_of
from tests import oracle
from tests.conftest import HOSTS, NORTH
from tests.factories import (
    category,
    make_account,
    make_budget,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
    make_transactions,
)
from tests.query_count import counted
from transactions.flows import FLOWS

TODAY = date(2026, 6, 15)
FIGURE = {"value", "unit", "currency", "trace"}
KPIS = ("dashboard", "income", "expenses", "cashflow")


@pytest.fixture
def customer(north: str) -> Customer:
    BankProfile.objects.update(business_day=TODAY)
    made = make_customer(with_sign_in=True)
    account = make_account(customer=made)
    make_transactions(
        account,
        [
            {"amount": "2940", "category": "salary"},
            {"amount": "-700", "category": "rent"},
            {"amount": "-42.10", "category": "coffee"},
            {"amount": "12.10", "category": "coffee"},
            {"amount": "-30"},
            {"amount": "-500", "category": "own_transfer"},
            {"amount": "-11", "category": "coffee", "booked_on": date(2025, 7, 1)},
            {"amount": "-99", "category": "coffee", "booked_on": date(2025, 6, 30)},
        ],
    )
    dollars = make_account(customer=made, currency="USD")
    make_transaction(account=dollars, amount="-31", category="coffee")
    make_budget(customer=made, category="dining", month=date(2026, 6, 1), amount="25")
    return made


def client_of(user: User | None) -> Client:
    assert user
    client = Client(HTTP_HOST=HOSTS[NORTH])
    client.force_login(user)
    return client


def get(customer: Customer, path: str) -> Any:
    answer = client_of(customer.user).get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_dashboard_has_the_agreed_shape(customer: Customer) -> None:
    said = get(customer, f"kpi/dashboard/{customer.public_id}")
    assert set(said) == {
        "total_income", "total_expenses", "net_cash_flow", "savings_rate", "expense_categories",
        "monthly_trend", "budget_vs_actual", "currency", "not_included",
    }  # fmt: skip
    of = f"customer_id={customer.public_id}&start_date=2026-06-01&end_date=2026-06-30"
    dining = category("dining").public_id
    assert said["total_income"] == {
        "value": "2940.00",
        "unit": "money",
        "currency": "EUR",
        "trace": f"/api/v1/transactions?{of}&currency=EUR&metric=income",
    }
    assert said["total_expenses"]["value"] == "760.00"
    assert said["net_cash_flow"] == {
        "value": "2180.00",
        "unit": "money",
        "currency": "EUR",
        "trace": f"/api/v1/trace/net?{of}&currency=EUR",
    }
    assert said["savings_rate"] == {
        "value": "74.1",
        "unit": "percent",
        "currency": None,
        "trace": f"/api/v1/trace/savings_rate?{of}&currency=EUR",
    }
    assert said["expense_categories"][1] == {
        "category": {"id": str(dining), "name": "Dining"},
        "amount": "30.00",
        "share_pct": "3.9",
        "trace": f"/api/v1/transactions?{of}&categories={dining}&currency=EUR&metric=expenses",
    }
    assert [c["category"]["name"] for c in said["expense_categories"]] == [
        "Housing", "Dining", "Uncategorised",
    ]  # fmt: skip
    assert said["expense_categories"][2]["category"]["id"] is None
    trend = said["monthly_trend"]
    assert [m["month"] for m in trend] == [f"2025-{m:02}" for m in range(7, 13)] + [
        f"2026-{m:02}" for m in range(1, 7)
    ]
    assert trend[0] == {
        "month": "2025-07",
        "income": "0.00",
        "expenses": "11.00",
        "net": "-11.00",
        "trace": f"/api/v1/trace/net?customer_id={customer.public_id}"
        "&start_date=2025-07-01&end_date=2025-07-31&currency=EUR",
    }
    assert said["budget_vs_actual"] == [
        {
            "category": {"id": str(dining), "name": "Dining"},
            "budget": "25.00",
            "actual": "30.00",
            "variance": "5.00",
            "trace": f"/api/v1/trace/variance?{of}&categories={dining}&currency=EUR",
        }
    ]
    assert said["currency"] == "EUR"
    assert said["not_included"] == [{"currency": "USD", "count": 1, "amount": "-31.00"}]


@pytest.mark.parametrize(
    ("name", "metric", "total"),
    [("income", "income", "2940.00"), ("expenses", "expenses", "771.00")],
)
def test_one_figure_by_month(customer: Customer, name: str, metric: str, total: str) -> None:
    said = get(customer, f"kpi/{name}/{customer.public_id}?months=12")
    assert set(said) == {"customer_id", "currency", "months", "total", "not_included"}
    assert said["customer_id"] == str(customer.public_id)
    assert len(said["months"]) == 12
    assert set(said["months"][0]) == {"month", "value", "trace"}
    assert set(said["total"]) == FIGURE
    assert said["total"]["value"] == total
    assert sum(Decimal(m["value"]) for m in said["months"]) == Decimal(total)
    assert said["total"]["trace"].endswith(f"end_date=2026-06-30&currency=EUR&metric={metric}")


def test_cash_flow_by_month(customer: Customer) -> None:
    said = get(customer, f"kpi/cashflow/{customer.public_id}?months=1")
    assert said["months"] == [
        {
            "month": "2026-06",
            "income": "2940.00",
            "expenses": "760.00",
            "net": "2180.00",
            "trace": said["total"]["trace"],
        }
    ]
    assert said["total"]["value"] == "2180.00"
    assert said["not_included"] == [{"currency": "USD", "count": 1, "amount": "-31.00"}]


def test_twelve_months_are_the_rule(customer: Customer) -> None:
    path = f"kpi/expenses/{customer.public_id}"
    assert get(customer, path) == get(customer, path + "?months=12")
    assert get(customer, path + "?months=13")["total"]["value"] == "870.00"


def test_the_cards(customer: Customer) -> None:
    said = get(customer, "transactions/metrics?start_date=2026-06-01&end_date=2026-06-30")
    assert set(said) == {"total_spend", "average_transaction", "top_categories", "not_included"}
    assert said["total_spend"]["value"] == "760.00"
    assert said["average_transaction"]["value"] == "190.00"
    assert set(said["average_transaction"]) == FIGURE
    assert [c["amount"] for c in said["top_categories"]] == ["700.00", "30.00", "30.00"]
    assert said["not_included"] == [{"currency": "USD", "count": 1, "amount": "31.00"}]
    none = get(customer, "transactions/metrics?start_date=2024-01-01&end_date=2024-01-31")
    assert none["average_transaction"]["value"] is None
    assert none["top_categories"] == []


def test_a_trace_gives_value_and_parts(customer: Customer) -> None:
    slice = "start_date=2026-06-01&end_date=2026-06-30"
    said = get(customer, f"trace/net?{slice}")
    assert set(said) == {"value", "parts"}
    assert said["value"] == "2180.00"
    assert [(p["metric"], p["value"]) for p in said["parts"]] == [
        ("income", "2940.00"), ("expenses", "760.00"),
    ]  # fmt: skip
    assert set(said["parts"][0]) == {"metric", "value", "trace"}
    entered = get(customer, f"trace/budget?{slice}")
    assert entered == {
        "value": "25.00", "parts": [{"metric": "budget", "value": "25.00", "trace": None}],
    }  # fmt: skip
    assert get(customer, "trace/savings_rate?end_date=2020-01-01")["value"] is None


def traces(said: Any) -> list[tuple[dict[str, Any], str]]:
    if isinstance(said, list):
        return [pair for one in said for pair in traces(one)]
    if isinstance(said, dict):
        own = [(said, said["trace"])] if said.get("trace") else []
        return own + [pair for one in said.values() for pair in traces(one)]
    return []


def test_every_figure_of_the_api_leads_to_rows_that_add_up(customer: Customer) -> None:
    """Follows each trace down to the lists and compares their sums, to the cent."""
    client = client_of(customer.user)
    me = customer.public_id
    waiting = [f"/api/v1/kpi/{name}/{me}" for name in KPIS]
    waiting += ["/api/v1/transactions/metrics", f"/api/v1/transactions/metrics?customer_id={me}"]
    waiting += [f"/api/v1/trace/{name}?start_date=2026-06-01" for name in METRICS]
    seen: set[str] = set()
    lists = 0
    met: set[str] = set()
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        said = client.get(url).json()
        for holder, trace in traces(said):
            met.add(trace.partition("?")[0].removeprefix("/api/v1/trace/"))
            met.add(QueryDict(trace.partition("?")[2]).get("metric", ""))
            if "/transactions?" in trace:
                page = client.get(trace + "&limit=500").json()
                amounts = sum((Decimal(row["amount"]) for row in page["items"]), Decimal(0))
                assert abs(amounts) == abs(Decimal(page["sum"]))
                value = holder.get("value") or holder.get("amount")
                assert Decimal(value) in (Decimal(page["sum"]), page["total"]), (holder, page)
                lists += 1
            else:
                waiting.append(trace)
                answer = client.get(trace).json()
                value = next(
                    holder[k] for k in ("net", "variance", "share_pct", "value") if k in holder
                )
                assert answer["value"] == value, (holder, answer)
    assert lists > 60
    assert met >= set(FLOWS) | {"net", "variance", "savings_rate", "spent_above_zero"}


def test_api_registry_and_oracle_agree(customer: Customer) -> None:
    said = get(customer, f"kpi/dashboard/{customer.public_id}")
    slice = slice_of(customer, start=date(2026, 6, 1), end=date(2026, 7, 1))
    plain = oracle.values(
        oracle.chosen(oracle.all_lines(), slice), ["income", "expenses", "net", "savings_rate"]
    )
    for key, name in (
        ("total_income", "income"), ("total_expenses", "expenses"), ("net_cash_flow", "net"),
        ("savings_rate", "savings_rate"),
    ):  # fmt: skip
        assert Decimal(said[key]["value"]) == figure(slice, name).value == plain[name]


def test_a_quiet_customer_has_zeros_and_no_rate(north: str) -> None:
    BankProfile.objects.update(business_day=TODAY)
    quiet = make_customer(with_sign_in=True)
    said = get(quiet, f"kpi/dashboard/{quiet.public_id}")
    assert said["total_income"]["value"] == "0.00"
    assert said["savings_rate"]["value"] is None
    assert said["expense_categories"] == said["budget_vs_actual"] == said["not_included"] == []
    assert len(said["monthly_trend"]) == 12


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("months=0", "months"),
        ("months=121", "months"),
        ("months=twelve", "months"),
        ("start_date=2026-01-01", "start_date"),
        ("account_id=7", "account_id"),
    ],
)
def test_what_cannot_be_read_is_named(customer: Customer, query: str, name: str) -> None:
    client = client_of(customer.user)
    answer = client.get(f"/api/v1/kpi/income/{customer.public_id}?{query}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [name])


def test_a_foreign_customer_is_as_missing_as_none(customer: Customer) -> None:
    client = client_of(customer.user)
    foreign, missing = make_customer().public_id, uuid4()
    for name in KPIS:
        bodies = []
        for who in (foreign, missing, "x"):
            answer = client.get(f"/api/v1/kpi/{name}/{who}")
            assert answer.status_code == 404
            bodies.append(answer.content.replace(answer.json()["request_id"].encode(), b""))
        assert bodies[0] == bodies[1] == bodies[2]
    assert client.get("/api/v1/trace/profit").status_code == 404


def test_staff_need_a_purpose(customer: Customer) -> None:
    ana = make_person(role="analyst")
    client = client_of(ana)
    paths = [f"kpi/{name}/{customer.public_id}" for name in KPIS]
    paths += [
        f"{p}?customer_id={customer.public_id}" for p in ("transactions/metrics", "trace/net")
    ]
    for path in paths:
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "purpose_required"), path
    assert client.get("/api/v1/transactions/metrics").json()["code"] == "customer_required"
    make_grant(staff=ana, customer=customer)
    for path in paths:
        assert client.get(f"/api/v1/{path}").status_code == 200
    assert AccessRecord.objects.count() == len(paths)
    viewer = client_of(make_person(role="viewer"))
    assert {viewer.get(f"/api/v1/{path}").status_code for path in paths} == {403}


def test_ten_times_the_rows_ask_no_more_queries(customer: Customer) -> None:
    client = client_of(customer.user)
    account = make_account(customer=customer)
    paths = [f"kpi/{name}/{customer.public_id}" for name in KPIS]
    paths += ["transactions/metrics", "trace/share"]
    counts = []
    for rows in (10, 300):
        codes = ("coffee", "salary", "fuel", None, "own_transfer")
        make_transactions(
            account, [{"amount": "-1", "category": codes[n % len(codes)]} for n in range(rows)]
        )
        sent = {}
        for path in paths:
            with counted() as found:
                assert client.get(f"/api/v1/{path}").status_code == 200
            sent[path] = len(found)
        counts.append(sent)
    assert counts[0] == counts[1]
    print({path.split("/0")[0]: n for path, n in counts[0].items()})
    assert max(counts[0].values()) <= 12, counts
