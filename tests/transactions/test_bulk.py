"""A file for many customers: whose each row is, what stays out and why, accounts made, taken back whole."""

import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.audit.models import AuditEntry
from accounts.customers.models import Customer
from tests import factories
from tests.transactions.bulk_case import bulk, made_file, make_people, planned
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.imports.bulk.services import make_missing
from transactions.imports.errors import PlanMissing
from transactions.imports.made import accounts_that_go
from transactions.models import BankAccount, ImportBatch, Transaction

SEED = 36


@pytest.fixture
def two(north: str) -> list[Customer]:
    return make_people(2)


def rejected(batch: ImportBatch) -> list[tuple[int, str]]:
    return list(batch.issues.filter(verdict="rejected").values_list("line", "code"))


def of(customer: Customer) -> "Counter[Decimal]":
    rows = Transaction.objects.filter(account__holders__customer=customer)
    return Counter(rows.values_list("amount", flat=True))


def test_each_row_goes_to_its_customer_and_all_out_again(two: list[Customer]) -> None:
    batch = planned(
        "Customer;Date;Text;Amount\n"
        "K00001;2026-05-01;Bakery;-4.20\nK00000;2026-05-01;Salary;1000.00\n K00001 ;2026-05-02;Fuel;-48.00\n"
    )
    assert batch.counts["new"] == 3 and batch.is_bulk
    assert batch.choices["bulk"]["customers"] == [[two[1].pk, 2], [two[0].pk, 1]]
    services.commit(batch, plan_hash=batch.plan_hash)
    assert of(two[0]) == {Decimal(1000): 1}
    assert of(two[1]) == {Decimal("-4.20"): 1, Decimal("-48.00"): 1}
    assert audit_ledger() == []
    batch.refresh_from_db()
    services.undo(batch)
    assert not Transaction.objects.exists() and audit_ledger() == []


def test_the_same_file_again_brings_nothing(two: list[Customer]) -> None:
    text = made_file(200, 2, seed=SEED)
    first = planned(text)
    services.commit(first, plan_hash=first.plan_hash)
    again = planned(text)
    assert again.state == ImportBatch.State.EMPTY and again.counts["same"] == 200


def test_nobody_is_guessed(two: list[Customer]) -> None:
    """Unknown, ambiguous, missing and named by e-mail: each row stays out, and says so."""
    factories.make_customer(full_name="Jo Smith")
    factories.make_customer(full_name="Jo Smith")
    batch = planned(
        "Customer,Date,Text,Amount\n"
        "K00000,2026-05-01,Good,-1\nK0000,2026-05-01,Unknown,-2\nJo Smith,2026-05-01,Two,-3\n"
        ",2026-05-01,Nobody,-4\nkate@example.com,2026-05-01,Address,-5\nkate@example.com,x,Broken,-6\n"
        "person k 00001,2026-05-01,By name,-7\nk00001,2026-05-01,Other letters,-8\n"
    )
    assert rejected(batch) == [
        (3, "customer_unknown"), (4, "customer_ambiguous"), (5, "customer_missing"), (6, "customer_email"),
        (7, "date_format"),
    ]  # fmt: skip
    assert batch.counts["new"] == 3
    assert batch.choices["bulk"]["by_name"] == [1, 1]
    said = list(batch.issues.values_list("value", "reason", "fix", "raw"))
    assert not any("kate" in text for texts in said for text in texts)
    services.commit(batch, plan_hash=batch.plan_hash)
    assert of(two[1]) == {Decimal(-7): 1, Decimal(-8): 1} and audit_ledger() == []


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("Customer,Date,Text,Amount\nK00000,2026-05-01,A,-1\n", "Customer"),
        ("Date,Text,Who,Amount\n2026-05-01,A,K00000,-1\n2026-05-02,B,K00001,-2\n", "Who"),
        ("Date;Popis;Zákazník;Castka\n01.05.2026;A;K00000;-1,00\n", "Zákazník"),
        ("Date,Description,Reference,Amount\n2026-05-01,A,K00000,-1\n", "Reference"),
        ("Customer name,Customer no,Date,Text,Amount\nX,K00001,2026-05-01,A,-1\n", "Customer no"),
        ("Kunde,Datum,Betrag,Text\nnobody,2026-05-01,-1,A\n", "Kunde"),
    ],
)  # fmt: skip
def test_the_column_is_found_by_what_stands_in_it(
    two: list[Customer], text: str, column: str
) -> None:
    batch = bulk(text)
    at = batch.layout["columns"]["customer"][0]
    assert batch.layout["header"][at] == column
    assert [e for e in batch.detection["evidence"] if e["what"] == "Customer"]


def test_a_file_without_such_a_column_asks_for_it(two: list[Customer]) -> None:
    batch = bulk("Date,Text,Amount\n2026-05-01,A,-1\n")
    with pytest.raises(PlanMissing, match="which column"):
        services.plan(batch)


def test_a_format_without_customers_is_refused(two: list[Customer], data: Path) -> None:
    path = next((data / "exports").rglob("*.ofx"))
    batch = bulk(path.read_text(errors="replace"), name="x.ofx")
    assert batch.refused_code == "no_customers_in_format"


def test_accounts_by_name_number_and_currency(two: list[Customer]) -> None:
    savings = factories.make_account(customer=two[0], name="Savings", masked_number="··7777")
    dollars = factories.make_account(
        customer=two[0], name="Everyday", currency="USD", masked_number=""
    )
    batch = planned(
        "Customer,Account,Currency,Date,Text,Amount\n"
        "K00000,savings,EUR,2026-05-01,A,-1\nK00000,DE00 1234 7777,EUR,2026-05-02,B,-2\n"
        "K00000,,USD,2026-05-03,C,-3\nK00000,,EUR,2026-05-04,D,-4\nK00001,,,2026-05-05,E,-5\n"
        "K00001,,GBP,2026-05-06,F,-6\nK00001,Holiday,EUR,2026-05-07,G,-7\n"
    )
    assert rejected(batch) == [
        (5, "account_ambiguous"),
        (7, "account_absent"),
        (8, "account_absent"),
    ]
    assert batch.choices["bulk"]["missing"] == [
        [two[1].pk, "", "GBP", 1],
        [two[1].pk, "Holiday", "EUR", 1],
    ]
    services.commit(batch, plan_hash=batch.plan_hash)
    assert Transaction.objects.filter(account=savings).count() == 2
    assert Transaction.objects.filter(account=dollars).count() == 1 and audit_ledger() == []


def test_missing_accounts_are_made_and_go_with_the_draft(two: list[Customer]) -> None:
    bare = factories.make_customer(reference="BARE")
    text = (
        "Customer,Account,Date,Text,Amount\nBARE,,2026-05-01,A,-1\nBARE,,2026-05-02,B,-2\n"
        "K00000,Holiday,2026-05-03,C,-3\nK00000,DE12 3456 7890 1234,2026-05-03,C,-3\nK00001,,2026-05-04,D,-4\n"
    )
    for end in ("throw away", "undo"):
        batch = planned(text)
        assert batch.counts["rejected"] == 4 and make_missing(batch) == 3
        batch.refresh_from_db()
        assert len(accounts_that_go(batch)) == 3
        assert not BankAccount.objects.held_by(bare).exists(), "a draft's account is nobody's yet"
        batch = services.plan(batch)
        assert batch.counts["new"] == 5, rejected(batch)
        if end == "throw away":
            assert len(services.discard(batch)) == 3
        else:
            services.commit(batch, plan_hash=batch.plan_hash)
            assert BankAccount.objects.held_by(bare).count() == 1
            made = BankAccount.objects.get(holders__customer=two[0], masked_number="··1234")
            assert "3456" not in made.name
            batch.refresh_from_db()
            services.undo(batch)
        assert BankAccount.objects.count() == 2 and audit_ledger() == []


def test_an_account_that_something_else_uses_stays(two: list[Customer]) -> None:
    bare = factories.make_customer(reference="BARE")
    batch = planned("Customer,Date,Text,Amount\nBARE,2026-05-01,A,-1\n")
    make_missing(batch)
    batch = services.plan(batch)
    services.commit(batch, plan_hash=batch.plan_hash)
    factories.make_transaction(account=BankAccount.objects.held_by(bare).get())
    batch.refresh_from_db()
    services.undo(batch)
    assert BankAccount.objects.held_by(bare).count() == 1 and audit_ledger() == []


def test_one_act_in_the_log(two: list[Customer]) -> None:
    batch = planned(made_file(50, 2, seed=SEED))
    services.commit(batch, plan_hash=batch.plan_hash)
    entry = AuditEntry.objects.get(act="import.committed")
    assert entry.customer_id is None


SIZES = [
    pytest.param(5_000, 300, id="fast"),
    pytest.param(1_000_000, 5_000, id="nightly", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("rows", "customers"), SIZES)
def test_many_rows_of_many_customers(north: str, rows: int, customers: int) -> None:
    """Every row at its own customer, by a count of our own; a tenth of the customers is unknown."""
    known = customers * 9 // 10
    make_people(known)
    text = made_file(rows, customers, seed=SEED)
    expected: Counter[str] = Counter(line[:6] for line in text.splitlines()[1:])
    unknown = sum(n for who, n in expected.items() if int(who[1:]) >= known)
    batch = planned(text)
    print(f"seed {SEED}: {batch.counts}")
    assert batch.counts["rows"] == rows and batch.counts["rejected"] == unknown
    services.commit(batch, plan_hash=batch.plan_hash)
    rows_of = dict(
        Customer.objects.filter(pk__in=[pk for pk, _n in batch.choices["bulk"]["customers"]])
        .values_list("reference", "pk")
    )  # fmt: skip
    found = Counter(
        Transaction.objects.values_list("account__holders__customer__reference", flat=True)
    )
    assert found == {who: n for who, n in expected.items() if int(who[1:]) < known}
    assert {rows_of[who]: n for who, n in found.items()} == dict(batch.choices["bulk"]["customers"])
    assert audit_ledger() == []
    batch.refresh_from_db()
    services.undo(batch)
    assert not Transaction.objects.exists() and audit_ledger() == []


def test_mixed_rows_of_one_day_are_numbered_by_account(two: list[Customer]) -> None:
    """Equal payments of two customers are two, and each customer's two equal ones are both kept."""
    lines = ["K00000,2026-05-01,Bakery,-4.20", "K00001,2026-05-01,Bakery,-4.20"] * 2
    random.Random(SEED).shuffle(lines)
    batch = planned("Customer,Date,Text,Amount\n" + "\n".join(lines) + "\n")
    assert batch.counts["new"] == 4
    services.commit(batch, plan_hash=batch.plan_hash)
    assert of(two[0]) == of(two[1]) == {Decimal("-4.20"): 2}
