"""G26 money_exact: registry = API = page = CSV = a loop over integers, to the last minor unit."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.html import strip_tags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.customers.models import BankProfile, Customer
from analytics.metrics.cells import cells_from_lines
from analytics.metrics.registry import figures
from tests.factories import category, make_account, make_customer, make_transactions
from tests.guards import Guard
from transactions.plain_money import plain_amount
from transactions.slices import CustomerRef, Slice

TODAY = date(2026, 6, 21)
# Minor units of a currency, as powers of ten; every amount below is an integer of 1/10,000.
DECIMALS = {"JPY": 0, "EUR": 2, "KWD": 3, "USD": 2, "CLF": 4}
KINDS = {"salary": "income", "groceries": "expense", "own_transfer": "transfer", None: ""}
METRICS = ("income", "expenses", "net")
PEOPLE = st.sampled_from(sorted(DECIMALS))


@dataclass(frozen=True)
class Ledger:
    currency: str
    lines: list[tuple[int, str | None, bool]]  # ten-thousandths, category, pending

    def truth(self) -> dict[str, int]:
        """The figures in ten-thousandths, by integers alone."""
        income = expenses = 0
        for units, code, pending in self.lines:
            kind = KINDS[code]
            if pending or kind == "transfer":
                continue
            if kind == "income" or (not kind and units > 0):
                income += units
            else:
                expenses -= units
        return {"income": income, "expenses": expenses, "net": income - expenses}


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    currency = draw(PEOPLE)
    step = 10 ** (4 - DECIMALS[currency])
    # Minor units of the currency; now and then the finer ones that the ledger keeps as well.
    fine = st.integers(-(10**13), 10**13).map(lambda n: n)
    minor = st.one_of(st.integers(-9_999, 9_999), st.integers(-(10**10), 10**10)).map(
        lambda n: n * step
    )
    line = st.tuples(st.one_of(minor, minor, fine), st.sampled_from(list(KINDS)), st.booleans())
    lines = draw(st.lists(line, min_size=1, max_size=9))
    return Ledger(currency, [(u, c, p and u % 3 == 0) for u, c, p in lines])


def decimal_of(units: int) -> Decimal:
    return Decimal(units).scaleb(-4)


def units_of(text: Any) -> int:
    """Ten-thousandths of an exact number as text; a float would not get here."""
    assert isinstance(text, str | Decimal), type(text)
    value = Decimal(text) * 10_000
    assert value == int(value), text
    return int(value)


def booked(ledger: Ledger) -> Customer:
    customer = make_customer(with_sign_in=True)
    account = make_account(customer=customer, currency=ledger.currency)
    make_transactions(account, [
        {"amount": decimal_of(units), "category": code, "booked_on": date(2026, 6, 1 + n % 20),
         "status": "pending" if pending else "posted"}
        for n, (units, code, pending) in enumerate(ledger.lines)
    ])  # fmt: skip
    return customer


def of_registry(ledger: Ledger, customer: Customer) -> None:
    month = Slice(
        currency=ledger.currency, customer=CustomerRef(customer.pk, customer.public_id),
        start=date(2026, 6, 1), end=date(2026, 7, 1),
    )  # fmt: skip
    for cells in (None, cells_from_lines(month, ())):
        row = figures(month, METRICS, cells=cells)[0]
        assert {m: units_of(row[m].value) for m in METRICS} == ledger.truth()


def client_of(customer: Customer) -> Client:
    assert customer.user
    client = Client(HTTP_HOST="north.test")
    client.force_login(customer.user)
    return client


def of_api(ledger: Ledger, customer: Customer) -> None:
    client, truth = client_of(customer), ledger.truth()
    said = client.get(f"/api/v1/kpi/dashboard/{customer.public_id}").json()
    assert said["currency"] == ledger.currency
    shown = {"income": "total_income", "expenses": "total_expenses", "net": "net_cash_flow"}
    assert {m: units_of(said[shown[m]]["value"]) for m in METRICS} == truth
    assert units_of(said["monthly_trend"][-1]["net"]) == truth["net"]
    parts = [units_of(c["amount"]) for c in said["expense_categories"]]
    assert sum(parts) == truth["expenses"]
    listed = client.get("/api/v1/transactions?limit=500").json()["items"]
    assert sorted(units_of(i["amount"]) for i in listed) == sorted(u for u, _, _ in ledger.lines)
    for metric in ("income", "expenses"):
        traced = client.get(said[shown[metric]]["trace"]).json()
        assert units_of(traced["sum"]) == truth[metric]


def of_csv(ledger: Ledger, customer: Customer) -> None:
    client, truth = client_of(customer), ledger.truth()
    body = b"".join(client.get("/transactions/export.csv").streaming_content)
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert sorted(units_of(r["amount"]) for r in rows) == sorted(u for u, _, _ in ledger.lines)
    body = b"".join(client.get("/transactions/export.csv?metric=expenses").streaming_content)
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert -sum(units_of(r["amount"]) for r in rows) == truth["expenses"]


_FIGURE = re.compile(r'data-metric="(\w+)" data-value="([^"]*)"[^>]*>(.*?)</(?:a|span)>', re.DOTALL)
_AMOUNT = re.compile(
    r"(?P<minus>[\u2212-]?)[^0-9A-Za-z\s\u2212-]{0,3}(?:[A-Z]{3}\s?)?(?P<digits>[0-9][0-9,]*(?:\.[0-9]+)?)"
)


def of_page(ledger: Ledger, customer: Customer) -> None:
    """What stands in the page, for machines and for eyes."""
    page = client_of(customer).get("/overview/?period=2026-06").content.decode()
    found: dict[str, set[int]] = {}
    read: list[str] = []
    for metric, exact, inside in _FIGURE.findall(page):
        found.setdefault(metric, set()).add(units_of(exact) if exact else 0)
        words = strip_tags(inside).strip()
        # A figure's own text, such as €−1,234.50; a chart's mark says a sentence instead.
        if exact and (said := _AMOUNT.fullmatch(words)):
            shown = said["minus"].replace("\u2212", "-") + said["digits"].replace(",", "")
            assert units_of(shown) == units_of(exact), (words, exact)
            read.append(metric)
    truth = ledger.truth()
    if all(pending for _units, _code, pending in ledger.lines):
        # A month in which nothing is booked yet shows no figures at all.
        assert not found and not any(truth.values())
        return
    assert set(METRICS) <= set(read), "no amount was read as people see it"
    for metric in METRICS:
        assert truth[metric] in found.get(metric, set()), (metric, truth[metric], found)


@pytest.fixture
def june(north: str) -> None:
    BankProfile.objects.update(business_day=TODAY)
    tenant = connection.tenant  # type: ignore[attr-defined]
    if hasattr(tenant, "_profile"):
        del tenant._profile
    assert category("groceries")


SIZES = [
    pytest.param(300, 60, 10, id="fast"),
    pytest.param(10_000, 1_000, 100, id="full", marks=pytest.mark.nightly),
]


def proved(ledgers_: int, *doors: Callable[[Ledger, Customer], None]) -> int:
    """Asks the doors for as many ledgers; how many were asked."""
    done = 0

    @settings(
        max_examples=ledgers_, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(ledgers())
    def law(ledger: Ledger) -> None:
        nonlocal done
        customer = booked(ledger)
        for door in doors:
            door(ledger, customer)
        done += 1

    law()
    return done


@pytest.mark.guard("G26")
@pytest.mark.parametrize(("ledgers_", "api", "pages"), SIZES)
def test_every_door_says_the_integers(
    june: None, quiet: None, guard: Guard, ledgers_: int, api: int, pages: int
) -> None:
    # Each door in a run of its own: a ledger that fails at one is made small at that one.
    done = proved(ledgers_, of_registry)
    assert proved(api, of_api) >= api and proved(pages, of_csv, of_page) >= pages
    reached = f"0 minor units apart: registry {done}, API {api}, pages and CSV {pages} ledgers"
    guard("G26", reached=reached, n=done, seed="derandomized")


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [("JPY", "1234", "1234"), ("EUR", "0.1", "0.10"), ("KWD", "-0.0005", "-0.0005"),
     ("KWD", "1.5", "1.500"), ("EUR", "99999999999.9999", "99999999999.9999"), ("EUR", "-0.00", "0.00")],
)  # fmt: skip
def test_files_say_the_currency_s_own_decimals(currency: str, amount: str, text: str) -> None:
    assert plain_amount(Decimal(amount), currency) == text
