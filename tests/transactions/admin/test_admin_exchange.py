"""Import and export of transactions in the admin, through plan and commit."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.customers.models import AccessGrant, AccessRecord, Customer
from accounts.models import Role, User
from tests.factories import (
    make_account,
    make_person,
    make_transaction,
    make_transactions,
)
from tests.transactions.admin.addresses import LIST, change, text
from transactions.audit import audit_ledger
from transactions.models import (
    BankAccount,
    ImportBatch,
    Transaction,
)

# -- import --------------------------------------------------------------------------------------

IMPORT = f"{LIST}import/"
FILE = """Date,Description,Amount
2026-06-01,Bakery,-3.20
2026-06-02,Salary June,2500.00
2026-06-31,Nonsense,-1.00
2026-06-03,Rent,-900.00
"""


def upload(client: Client, account: BankAccount, content: str | bytes = FILE) -> Any:
    body = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("june.csv", body, content_type="text/csv")
    return client.post(IMPORT, {"account": account.pk, "import_file": file})


def confirmation(response: Any) -> dict[str, str]:
    form = response.context["confirm_form"]
    return {"batch": str(form.initial["batch"]), "plan_hash": form.initial["plan_hash"]}


def test_a_dry_run_shows_a_verdict_per_row_and_writes_nothing(
    client: Client, opened: Customer
) -> None:
    account = make_account(customer=opened)
    page = upload(client, account)
    rows = page.context["result"].rows
    assert [(r.line, r.verdict) for r in rows] == [
        (2, "new"), (3, "new"), (4, "rejected"), (5, "new"),
    ]  # fmt: skip
    assert "Bakery" in text(page) and "2026-06-31" in text(page)
    assert not Transaction.objects.exists() and not LogEntry.objects.exists()
    assert ImportBatch.objects.get().file.name == "june.csv"


@pytest.mark.trap("import-without-an-admin-log")
def test_applying_commits_that_plan_and_the_same_file_again_brings_nothing(
    client: Client, opened: Customer
) -> None:
    account = make_account(customer=opened)
    confirm = confirmation(upload(client, account))
    answer = client.post(f"{LIST}process_import/", confirm, follow=True)
    assert "3 transactions were brought in." in text(answer)
    assert sum(t.amount for t in Transaction.objects.all()) == Decimal("1596.80")
    assert not audit_ledger()
    again = upload(client, account)
    assert again.context["confirm_form"] is None and "nothing to bring in" in text(again)
    twice = client.post(f"{LIST}process_import/", confirm, follow=True)
    assert "no longer there" in text(twice) and Transaction.objects.count() == 3


def test_a_plan_that_changed_meanwhile_is_refused(client: Client, opened: Customer) -> None:
    account = make_account(customer=opened)
    old = confirmation(upload(client, account))
    first = confirmation(upload(client, account))
    client.post(f"{LIST}process_import/", first)
    answer = client.post(f"{LIST}process_import/", old, follow=True)
    assert "Nothing was written" in text(answer) and Transaction.objects.count() == 3
    forged = confirmation(upload(client, account, FILE + "2026-06-09,Late,-1.00\n"))
    answer = client.post(f"{LIST}process_import/", forged | {"plan_hash": "0" * 64}, follow=True)
    assert "made anew since you saw it" in text(answer) and Transaction.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ""),
        (b"hello", ""),
        (b"Date,Description,Amount\n", ""),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(
    client: Client, opened: Customer, content: bytes, sentence: str
) -> None:
    page = upload(client, make_account(customer=opened), content)
    assert page.status_code == 200
    errors = page.context["form"].errors.get("import_file", [])
    assert errors or page.context["confirm_form"] is None
    assert sentence in " ".join(errors) and not Transaction.objects.exists()


def test_a_long_file_is_sent_the_wizards_way(
    client: Client, opened: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transactions.admin.exchange.IMPORT_LIMIT", 10)
    assert "Bring it in under Imports" in text(upload(client, make_account(customer=opened)))


def test_a_stranger_and_another_persons_plan_are_refused(
    client: Client, opened: Customer, ada: User
) -> None:
    assert "Select a valid choice" in text(upload(client, make_account()))
    confirm = confirmation(upload(client, make_account(customer=opened)))
    assert "no customer open" not in text(client.get(IMPORT))
    grants = AccessGrant.objects.filter(staff=ada)
    grants.update(expires_at=grants.get().opened_at)
    gate = client.post(f"{LIST}process_import/", confirm)
    assert gate.status_code == 302 and "/open/" in gate["Location"]
    client.force_login(make_person(role=Role.ADMIN))
    assert "no customer open" in text(client.get(IMPORT))
    answer = client.post(f"{LIST}process_import/", confirm, follow=True)
    assert "no longer there" in text(answer) and not Transaction.objects.exists()


def test_an_import_is_looked_at_under_a_purpose(client: Client, opened: Customer) -> None:
    upload(client, make_account(customer=opened))
    batch = ImportBatch.objects.get()
    issue = batch.issues.get()
    assert "Nonsense" in text(client.get(change("importissue", issue.pk)))
    assert "3 new, 1 rejected" in text(client.get("/admin/transactions/importbatch/"))
    listed = client.get(f"/admin/transactions/importissue/?batch__id__exact={batch.pk}")
    assert "1 import issue" in text(listed) and "Nonsense" not in text(listed)
    ImportBatch.objects.update(customer=None)
    assert "Nonsense" not in text(client.get(change("importissue", issue.pk)))


# -- export --------------------------------------------------------------------------------------

EXPORT = f"{LIST}export/"


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_an_opened_account_is_exported_whole_and_formulas_are_harmless(
    client: Client, opened: Customer
) -> None:
    account = make_account(customer=opened)
    for words in ("=HYPERLINK(1)", "+49 30 1", "@cmd", "-2+3"):
        make_transaction(account=account, amount="-5.00", raw_text=words)
    make_transaction(raw_text="Of somebody else")
    rows = rows_of(client.post(EXPORT, {"account": account.pk}))
    assert {r["text"] for r in rows} == {"'=HYPERLINK(1)", "'+49 30 1", "'@cmd", "'-2+3"}
    assert {(r["amount"], r["currency"]) for r in rows} == {("-5.00", "EUR")}
    assert AccessRecord.objects.filter(what="admin: export").count() == 1


def test_without_an_account_the_export_is_masked_and_keeps_the_filter(client: Client) -> None:
    make_transaction(raw_text="Secret shop", status="pending")
    make_transaction(raw_text="Secret bar")
    answer = client.post(EXPORT, {"account": ""})
    assert "Secret" not in text(answer) and "120.00" not in text(answer)
    assert list(rows_of(answer)[0]) == ["id", "account", "booked_on", "status"]
    filtered = rows_of(client.post(f"{EXPORT}?status__exact=pending", {"account": ""}))
    assert [r["status"] for r in filtered] == ["pending"]
    assert client.post(f"{EXPORT}?booked_on__gte=rubbish", {"account": ""}).status_code < 500


def test_a_strangers_account_is_not_exported(client: Client) -> None:
    account = make_account()
    answer = client.post(EXPORT, {"account": account.pk})
    assert answer.status_code == 200 and "Select a valid choice" in text(answer)


def test_too_many_rows_are_refused_in_a_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transactions.admin.exchange.EXPORT_LIMIT", 1)
    make_transactions(make_account(), [{}, {}])
    assert "more than 1 rows" in text(client.post(EXPORT, {"account": ""}))
