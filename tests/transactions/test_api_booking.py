"""POST transactions: each row's verdict, what is written, whose accounts, what is refused."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.customers.models import Customer
from accounts.models import Role, User
from tests.conftest import HOSTS, NORTH
from tests.factories import (
    add_holder,
    make_account,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
)
from transactions import ids
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.models import BankAccount, ImportBatch, MonthTotal, Transaction

URL = "/api/v1/transactions"


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer(with_sign_in=True)


@pytest.fixture
def account(customer: Customer) -> BankAccount:
    return make_account(customer=customer)


def send(user: User | None, body: Any, query: str = "", **headers: str) -> Any:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert user
    client.force_login(user)
    return client.post(
        f"{URL}{query}", json.dumps(body), content_type="application/json", headers=headers
    )


def row(account: BankAccount, **fields: Any) -> dict[str, Any]:
    return {
        "account_id": str(account.public_id), "booked_on": "2026-06-14", "amount": "-42.10",
        "description": "POS 4821 GREEN MARKET 0614", **fields,
    }  # fmt: skip


def verdicts(answer: Any) -> list[str]:
    return [result["verdict"] for result in answer.json()["results"]]


def test_one_is_booked_at_once_with_its_totals(customer: Customer, account: BankAccount) -> None:
    answer = send(customer.user, row(account))
    said = answer.json()
    assert (answer.status_code, verdicts(answer)) == (201, ["new"]), said
    line = Transaction.objects.get(account=account)
    assert ids.decode(said["results"][0]["transaction_id"]) == line.pk
    assert line.amount == Decimal("-42.10") and line.category and line.category.code == "groceries"
    assert MonthTotal.objects.get(account=account).money_out == Decimal("-42.10")
    batch = ImportBatch.objects.get(public_id=said["import_id"])
    assert batch.state == ImportBatch.State.COMMITTED and batch.source == "api"
    assert AuditEntry.objects.filter(act="import.committed").count() == 1
    services.undo(batch)
    assert not Transaction.objects.filter(account=account).exists() and audit_ledger() == []


def test_every_row_has_its_own_verdict(customer: Customer, account: BankAccount) -> None:
    make_transaction(account=account, amount="-9.99", raw_text="Written by hand")
    many = [
        row(account),
        row(account, amount="-1.23456"),
        row(account, booked_on="2026-06-15", amount="-9.99", description="Looks like it"),
        row(account, booked_on="15.06.2026"),
        row(account, currency="USD"),
        row(account, external_id="a1", description="With an id", status="pending"),
    ]
    answer = send(customer.user, {"transactions": many})
    assert answer.status_code == 201
    assert verdicts(answer) == ["new", "rejected", "same?", "rejected", "rejected", "new"]
    found = [(r["code"], r["column"]) for r in answer.json()["results"] if r["verdict"] == "rejected"]  # fmt: skip
    assert found == [
        ("amount_precision", "amount"), ("date_format", "booked_on"), ("currency_mismatch", "currency"),
    ]  # fmt: skip
    assert answer.json()["counts"] == {"new": 2, "same": 0, "same?": 1, "changed": 0, "rejected": 3}
    again = send(customer.user, {"transactions": [many[0], many[5] | {"status": "posted"}]})
    assert (again.status_code, verdicts(again)) == (201, ["same", "changed"])
    anyway = send(customer.user, {"transactions": [many[2] | {"book_anyway": True}]})
    assert (anyway.status_code, verdicts(anyway)) == (201, ["new"])
    assert audit_ledger() == []


def test_what_is_there_already_writes_nothing(customer: Customer, account: BankAccount) -> None:
    two = [row(account), row(account)]
    first = send(customer.user, {"transactions": two})
    assert verdicts(first) == ["new", "new"]
    batches = ImportBatch.objects.count()
    again = send(customer.user, {"transactions": two})
    assert (again.status_code, verdicts(again)) == (200, ["same", "same"])
    assert again.json()["import_id"] is None and ImportBatch.objects.count() == batches
    said = [[r["transaction_id"] for r in a.json()["results"]] for a in (first, again)]
    assert said[0] == said[1] and len(set(said[0])) == 2


def test_a_key_sends_the_first_answer_again(customer: Customer, account: BankAccount) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = send(customer.user, row(account), **key)
    second = send(customer.user, row(account), **key)
    assert first.status_code == second.status_code == 201 and first.content == second.content
    assert Transaction.objects.filter(account=account).count() == 1
    assert send(customer.user, row(account, amount="-1"), **key).status_code == 422


def test_only_accounts_the_customer_holds(customer: Customer, account: BankAccount) -> None:
    foreign = make_account()
    answer = send(customer.user, row(foreign))
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["transactions.0.account_id"]
    missing = send(customer.user, row(account, account_id=str(uuid4())))
    assert missing.json()["fields"] == answer.json()["fields"]
    shared = make_account()
    add_holder(shared, customer)
    assert send(customer.user, row(shared)).status_code == 201
    assert not Transaction.objects.filter(account=foreign).exists()


def test_staff_need_a_purpose(customer: Customer, account: BankAccount) -> None:
    ana, vic = make_person(role=Role.ANALYST), make_person(role=Role.VIEWER)
    named = f"?customer_id={customer.public_id}"
    assert send(vic, row(account), named).status_code == 403
    assert send(ana, row(account)).json()["code"] == "customer_required"
    assert send(ana, row(account), named).json()["code"] == "purpose_required"
    assert not Transaction.objects.filter(account=account).exists()
    make_grant(staff=ana, customer=customer)
    assert send(ana, row(account), named).status_code == 201
    assert ImportBatch.objects.get().created_by == ana


@pytest.mark.parametrize(
    ("fields", "code", "column"),
    [
        ({"amount": -42.1}, "amount_format", "amount"),
        ({"amount": "NaN"}, "amount_format", "amount"),
        ({"amount": "1e5"}, "amount_format", "amount"),
        ({"amount": "9" * 20}, "amount_size", "amount"),
        ({"amount": None}, "amount_missing", "amount"),
        ({"booked_on": "2026-02-30"}, "date_impossible", "booked_on"),
        ({"booked_on": None}, "date_missing", "booked_on"),
        ({"booked_on": "2199-01-01"}, "day_ahead", "booked_on"),
        ({"value_on": 5}, "date_format", "value_on"),
        ({"description": " "}, "description_missing", "description"),
        ({"description": "x" * 501}, "field_length", "description"),
        ({"description": ["x"]}, "field_format", "description"),
        ({"status": "void"}, "status_unknown", "status"),
        ({"currency": "ZZZ"}, "currency_unknown", "currency"),
        ({"account_id": 7}, "account_unknown", "account_id"),
        ({"account_id": None}, "account_missing", "account_id"),
        ({"category_id": "x"}, "field_unknown", "category_id"),
        ({"book_anyway": "yes"}, "field_format", "book_anyway"),
    ],
)  # fmt: skip
def test_a_row_that_cant_be_read_says_why(
    customer: Customer, account: BankAccount, fields: dict[str, Any], code: str, column: str
) -> None:
    """Beside a good row, which goes in."""
    bad = row(account, **fields)
    answer = send(customer.user, {"transactions": [row(account), bad]})
    assert answer.status_code == 201
    found = answer.json()["results"][1]
    assert (found["verdict"], found["code"], found["column"]) == ("rejected", code, column)
    assert found["reason"] and found["fix"] and found["transaction_id"] is None


@pytest.mark.parametrize("body", [[], 5, "x", {"transactions": []}, {"transactions": {}}, {},
                                  {"transactions": [1]}, {"transactions": [{}], "more": 1}])  # fmt: skip
def test_a_body_that_cant_be_read_is_refused(customer: Customer, body: Any) -> None:
    answer = send(customer.user, body)
    assert answer.status_code == 400 and answer.json()["fields"]


def test_five_hundred_rows_in_one_call_and_no_more(
    customer: Customer, account: BankAccount
) -> None:
    many = [row(account, external_id=f"n{n}") for n in range(501)]
    assert send(customer.user, {"transactions": many}).status_code == 400
    answer = send(customer.user, {"transactions": many[:500]})
    assert answer.status_code == 201 and answer.json()["counts"]["new"] == 500
    assert audit_ledger() == []


def test_an_id_of_a_program_is_no_id_of_the_bank(customer: Customer, account: BankAccount) -> None:
    """Or a program that guessed one could rewrite what the bank booked."""
    send(customer.user, row(account, external_id="77"))
    assert Transaction.objects.get(account=account).provider_id == "api:77"


def test_a_card_number_is_not_kept(customer: Customer, account: BankAccount) -> None:
    number = "4111 1111 1111 1111"
    send(customer.user, row(account, description=f"CARD {number}", counterparty=number, reference=number))  # fmt: skip
    line = Transaction.objects.get(account=account)
    assert not any("1111 1111 1" in text for text in (line.raw_text, line.counterparty, line.reference))  # fmt: skip
