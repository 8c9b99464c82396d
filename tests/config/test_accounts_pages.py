"""The pages about accounts: balances, net worth per currency, what doesn't add up, and the acts on them."""

from datetime import date

import pytest
from django.test import Client

from accounts.customers.models import BankProfile, Customer
from tests import factories
from transactions.models import BalanceStatement, BankAccount

TODAY = date(2026, 6, 21)


@pytest.fixture
def cleo(north: str) -> Customer:
    BankProfile.objects.update_or_create(
        pk=1, defaults={"name": "North", "currency": "EUR", "business_day": TODAY}
    )
    return factories.make_customer(with_sign_in=True)


@pytest.fixture
def client(cleo: Customer, north_client: Client) -> Client:
    north_client.force_login(cleo.user)
    return north_client


def state(account: BankAccount, day: date, amount: str, source: str = "bank") -> None:
    BalanceStatement.objects.create(account=account, day=day, amount=amount, source=source)


def spend(account: BankAccount, *lines: tuple[date, str]) -> None:
    factories.make_transactions(
        account, [{"booked_on": day, "amount": amount} for day, amount in lines]
    )


def test_the_page_shows_balances_and_net_worth_per_currency(cleo: Customer, client: Client) -> None:
    euro = factories.make_account(customer=cleo, name="Everyday")
    state(euro, date(2026, 5, 31), "100.00")
    spend(
        euro,
        (date(2026, 5, 31), "-40.00"),
        (date(2026, 6, 1), "-12.50"),
        (date(2026, 6, 22), "-99.00"),
    )
    dollars = factories.make_account(customer=cleo, name="Dollars", currency="USD")
    state(dollars, date(2026, 6, 1), "50")
    factories.make_account(customer=cleo, name="Old loan", kind="loan")
    body = client.get("/bank-accounts/").content.decode()
    assert 'data-metric="balance" data-value="87.5000"' in body
    assert (
        'data-metric="net_worth" data-value="50.0000" data-unit="money" data-currency="USD"' in body
    )
    assert "Old loan" in body and "not known" in body
    assert "no rate of the last seven days is stored: USD" in body


def test_every_figure_opens_what_it_is_made_of(cleo: Customer, client: Client) -> None:
    euro = factories.make_account(customer=cleo)
    state(euro, date(2026, 5, 31), "100.00")
    state(euro, date(2026, 6, 20), "80.00")
    spend(euro, (date(2026, 6, 1), "-12.50"))
    for door in ("/api/v1/trace/unexplained", "/api/v1/trace/balance"):
        said = client.get(f"{door}?start_date=2026-06-01&end_date=2026-06-30&currency=EUR").json()
        print(said)
    body = client.get(f"/bank-accounts/{euro.public_id}/").content.decode()
    assert 'data-metric="unexplained" data-value="-7.5000"' in body
    page = client.get("/trace/net_worth/?end_date=2026-06-21&currency=EUR")
    assert page.status_code == 200


def test_the_api_tells_accounts_with_balance_and_trace(cleo: Customer, client: Client) -> None:
    yen = factories.make_account(customer=cleo, currency="JPY", name="Yen")
    state(yen, date(2026, 5, 31), "1000")
    spend(yen, (date(2026, 6, 2), "-250"))
    other = factories.make_account(name="Not hers")
    (one,) = client.get("/api/v1/accounts").json()["items"]
    assert (one["balance"], one["as_of"], one["stated_on"], one["lines"]) == (
        "750",
        "2026-06-21",
        "2026-05-31",
        1,
    )
    assert client.get(f"/api/v1/accounts/{yen.public_id}").json() == one
    assert client.get(f"/api/v1/accounts/{other.public_id}").status_code == 404
    parts = client.get(one["trace"]).json()
    assert parts["value"] == "750" and [p["value"] for p in parts["parts"]] == ["1000", "-250"]
    assert client.get(parts["parts"][1]["trace"]).json()["sum"] == "-250"
