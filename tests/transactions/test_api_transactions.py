"""GET transactions: its shape, whose rows it gives, what it refuses and in which words."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.customers.models import AccessRecord, Customer
from accounts.models import User
from tests.conftest import HOSTS, NORTH
from tests.factories import (
    category,
    make_account,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
    make_transactions,
)
from tests.query_count import counted
from transactions.queries import make_cursor

URL = "/api/v1/transactions"


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer(with_sign_in=True)


def as_user(user: User | None) -> Client:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert user
    client.force_login(user)
    return client


def get(customer: Customer, query: str = "", url: str = URL) -> Any:
    return as_user(customer.user).get(f"{url}?{query}")


def fields(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.content
    said = answer.json()
    assert said["type"] == "validation_error"
    return said["fields"]


def test_a_row_has_the_agreed_shape(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transaction(
        account=account, amount="-42.1", category="coffee", raw_text="POS 4821 BEANS", clean_text="Beans",
        counterparty="Beans Ltd", value_on=date(2026, 6, 16),
    )  # fmt: skip
    said = get(customer).json()
    coffee = category("coffee")
    assert set(said) == {"items", "total", "next_cursor"}
    assert (said["total"], said["next_cursor"]) == (1, None)
    row = said["items"][0]
    assert len(row.pop("id")) == 32
    assert row == {
        "account_id": str(account.public_id),
        "booked_on": "2026-06-15",
        "value_on": "2026-06-16",
        "amount": "-42.10",
        "currency": "EUR",
        "description": "Beans",
        "raw_description": "POS 4821 BEANS",
        "merchant": "Beans",
        "category": {"id": str(coffee.public_id), "name": "Coffee and bakery"},
        "category_origin": "source",
        "status": "posted",
        "tags": [],
        "note": "",
        "parent_id": None,
    }


def test_filters_choose_rows(customer: Customer) -> None:
    one, two = make_account(customer=customer), make_account(customer=customer)
    make_transaction(account=one, amount="-1", category="coffee", booked_on=date(2026, 6, 1))
    make_transaction(account=two, amount="-2", category="rent", booked_on=date(2026, 6, 30))
    make_transaction(account=two, amount="-3", booked_on=date(2026, 7, 1), raw_text="Corner")
    dining, rent = category("dining").public_id, category("rent").public_id

    def amounts(query: str) -> list[str]:
        return [row["amount"] for row in get(customer, query).json()["items"]]

    assert amounts("start_date=2026-06-01&end_date=2026-06-30") == ["-2.00", "-1.00"]
    assert amounts("end_date=2026-06-29") == ["-1.00"]
    assert amounts(f"categories={dining},{rent}") == ["-2.00", "-1.00"]
    assert amounts("categories=none") == ["-3.00"]
    assert amounts(f"account_id={two.public_id}") == ["-3.00", "-2.00"]
    assert amounts("q=CORN") == ["-3.00"]
    assert amounts("status=pending") == []
    assert amounts("limit=1&skip=1") == ["-2.00"]
    assert amounts(f"customer_id={customer.public_id}") == ["-3.00", "-2.00", "-1.00"]


def test_a_cursor_goes_on(customer: Customer) -> None:
    make_transactions(make_account(customer=customer), [{"amount": f"-{n}"} for n in range(1, 6)])
    first = get(customer, "limit=2").json()
    second = get(customer, f"limit=2&cursor={first['next_cursor']}").json()
    assert [row["amount"] for row in second["items"]] == ["-3.00", "-2.00"]
    assert second["total"] == 5


def test_the_sum_stands_beside_the_rows_of_a_figure(customer: Customer) -> None:
    make_transactions(
        make_account(customer=customer),
        [
            {"amount": "-20.5", "category": "clothing"},
            {"amount": "5", "category": "clothing"},
            {"amount": "-1", "category": "own_transfer"},
            {"amount": "-9"},
            {"amount": "9"},
        ],
    )
    make_transaction(account=make_account(customer=customer, currency="USD"), amount="-7")
    said = get(customer, "metric=expenses").json()
    assert (said["sum"], said["total"]) == ("24.50", 3)
    assert get(customer, "metric=expenses&currency=USD").json()["sum"] == "7.00"
    assert get(customer, "metric=income&limit=1").json()["sum"] == "9.00"


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("start_date=yesterday", "start_date", "“yesterday” isn't a day"),
        ("start_date=2026-07-01&end_date=2026-06-01", "end_date", "before the first"),
        ("categories=food", "categories", "no category “food”"),
        ("account_id=1", "account_id", "no account “1”"),
        ("limit=501", "limit", "from 1 to 500"),
        ("limit=0", "limit", "from 1 to 500"),
        ("limit=ten", "limit", "“ten” must be a whole number"),
        ("limit=١٠", "limit", "whole number"),
        ("skip=10001", "skip", "from 0 to 10000. Beyond that go on with cursor"),
        ("skip=99999999999", "skip", "from 0 to 10000. Beyond that go on with cursor"),
        ("skip=-1", "skip", "whole number"),
        ("skip=1&cursor=x", "skip", "not both"),
        ("cursor=x", "cursor", "isn't from here"),
        ("metric=net", "metric", "expenses"),
        ("metric=profit", "metric", "expenses"),
        ("status=booked", "status", "posted or pending"),
        ("currency=euro", "currency", "three capital letters"),
        ("page=2", "page", "no such parameter"),
    ],
)
def test_what_cannot_be_read_is_named(
    customer: Customer, query: str, name: str, words: str
) -> None:
    found = fields(get(customer, query))
    assert list(found) == [name]
    assert words in found[name][0]


@pytest.mark.trap("text-no-database-holds")
def test_a_nul_is_refused(customer: Customer) -> None:
    for query in ("q=%00", "categories=%00", "%00=1"):
        answer = get(customer, query)
        assert (answer.status_code, answer.json()["code"]) == (400, "unstorable_text")
    assert get(customer, "q=%ED%A0%80").status_code == 200


def test_skip_reaches_ten_thousand(customer: Customer) -> None:
    make_account(customer=customer)
    assert get(customer, "skip=10000").status_code == 200


def test_a_foreign_id_answers_like_a_missing_one(customer: Customer) -> None:
    theirs = make_transaction().account
    other = theirs.holders.get().customer
    for name, foreign in (("customer_id", other.public_id), ("account_id", theirs.public_id)):
        missing = uuid4()
        one = get(customer, f"{name}={foreign}")
        two = get(customer, f"{name}={missing}")
        assert one.status_code == two.status_code
        blank = [
            a.content.replace(str(i).encode(), b"").replace(a.json()["request_id"].encode(), b"")
            for a, i in ((one, foreign), (two, missing))
        ]
        assert blank[0] == blank[1]
    assert get(customer, f"customer_id={other.public_id}").status_code == 404
    assert get(customer, "customer_id=x").status_code == 404


def test_staff_need_a_customer_and_a_purpose(customer: Customer) -> None:
    make_transaction(account=make_account(customer=customer))
    ana = make_person(role="analyst")
    client = as_user(ana)
    answer = client.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (400, "customer_required")
    named = f"{URL}?customer_id={customer.public_id}"
    answer = client.get(named)
    assert (answer.status_code, answer.json()["code"]) == (403, "purpose_required")
    make_grant(staff=ana, customer=customer)
    assert client.get(named).json()["total"] == 1
    assert AccessRecord.objects.get().what == "API: transactions"
    assert client.get(f"{URL}?customer_id={uuid4()}").status_code == 404


def test_roles_without_the_right_are_refused(north: str) -> None:
    vic = make_person(role="viewer")
    answer = as_user(vic).get(URL)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    anonymous = Client(HTTP_HOST=HOSTS[NORTH]).get(URL)
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")


def test_a_sign_in_without_a_customer_has_nothing(north: str) -> None:
    assert as_user(make_person()).get(URL).status_code == 404


def test_ten_times_the_rows_ask_no_more_queries(customer: Customer) -> None:
    accounts = [make_account(customer=customer) for _ in range(2)]
    client = as_user(customer.user)
    sent = []
    for rows in (20, 180):
        for account in accounts:
            make_transactions(account, [{"amount": "-1", "category": "coffee"}] * rows)
        with counted() as found:
            assert client.get(f"{URL}?limit=20&metric=expenses").status_code == 200
        sent.append(len(found))
    assert sent[0] == sent[1] <= 12, sent


def test_a_mark_from_elsewhere_is_refused(customer: Customer) -> None:
    make_account(customer=customer)
    forged = make_cursor(date(2026, 6, 1), "0" * 32)
    assert list(fields(get(customer, f"cursor={forged}"))) == ["cursor"]
