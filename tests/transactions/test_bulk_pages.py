"""The pages of a file for many customers: who may open them, and what they never say."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role, User
from tests import factories
from tests.conftest import HOSTS, NORTH
from tests.transactions.bulk_case import make_people
from transactions.audit import audit_ledger
from transactions.models import BankAccount, ImportBatch, ImportProfile, Transaction

TEXT = (
    "Customer,Date,Text,Amount\nK00000,2026-05-01,Bakery,-4.20\nK00001,2026-05-01,Fuel,-48.00\n"
    "Person K 00001,2026-05-02,Secret Shop,-9.00\nK0000X,2026-05-02,Unknown,-1\nK0000X,2026-05-03,Unknown,-2\n"
    "=cmd,2026-05-03,Formula,-2\nann@example.com,2026-05-03,Address,-2\nBARE,2026-05-04,No account,-3\n"
)


@pytest.fixture
def ana(north: str) -> User:
    make_people(2)
    factories.make_customer(reference="BARE")
    return factories.make_person(role=Role.ANALYST)


def as_user(user: User) -> Client:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    client.force_login(user)
    return client


def upload(user: User, text: str = TEXT) -> Any:
    file = SimpleUploadedFile("many.csv", text.encode(), "text/csv")
    return as_user(user).post("/imports/many/", {"file": file})


def given(user: User, text: str = TEXT) -> tuple[ImportBatch, str]:
    answer = upload(user, text)
    assert answer.status_code == 302, answer.content
    batch = ImportBatch.objects.get()
    return batch, f"/imports/{batch.public_id}/"


def test_from_upload_to_undo(ana: User) -> None:
    batch, at = given(ana)
    client = as_user(ana)
    page = client.get(at).content.decode()
    assert "Nothing is written yet" in page and "Whose the rows are" in page
    assert "K00000" in page and "K0000X" in page and "Make 1 account" in page
    assert client.post(f"{at}accounts/").status_code == 302
    assert "1 account was made for this file" in client.get(at).content.decode()
    batch.refresh_from_db()
    answer = client.post(f"{at}commit/", {"plan_hash": batch.plan_hash})
    assert answer.headers["Location"].endswith("/done/")
    assert Transaction.objects.count() == 4 and audit_ledger() == []
    assert "4 payments are new" in client.get(f"{at}done/").content.decode()
    assert "4 rows go" in client.get(f"{at}undo/").content.decode()
    client.post(f"{at}undo/", {"edited": "0"})
    assert not Transaction.objects.exists() and BankAccount.objects.count() == 2
    assert "Many customers" in client.get("/imports/").content.decode()


def test_names_and_addresses_are_not_said_back(ana: User) -> None:
    """A name that leads to a customer isn't shown beside their reference, an address not at all."""
    batch, at = given(ana)
    client = as_user(ana)
    preview = client.get(at).content.decode()
    assert "Person K" not in preview and "1 customer found by full name" in preview
    pages = [client.get(f"{at}{page}").content.decode() for page in ("", "format/", "columns/")]
    pages += [b"".join(client.get(f"{at}{file}").streaming_content).decode()
              for file in ("unknown.csv", "rejected.csv")]  # fmt: skip
    assert not any("ann@example.com" in page for page in pages)
    assert "ann@example.com" not in str(list(batch.issues.values()))


def test_the_unknown_come_as_csv_each_once_with_their_lines(ana: User) -> None:
    _batch, at = given(ana)
    answer = as_user(ana).get(f"{at}unknown.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = {row["customer"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["K0000X"]["lines"] == "5 6" and rows["K0000X"]["rows"] == "2"
    assert len(rows) == 3 and "'=cmd" in rows, "formulas are harmless"


def test_rejected_rows_come_under_their_own_columns(ana: User) -> None:
    """So that they can be mended in a table and brought in again."""
    _batch, at = given(ana)
    text = b"".join(as_user(ana).get(f"{at}rejected.csv").streaming_content).decode("utf-8-sig")
    heads, *rows = csv.reader(io.StringIO(text))
    assert len(rows) >= 3 and {len(row) for row in rows} == {len(heads)}
    assert {"K0000X"} <= {cell for row in rows for cell in row}


def test_a_colleague_sees_counts_and_no_row(ana: User) -> None:
    batch, at = given(ana)
    ben = factories.make_person(role=Role.ANALYST)
    client = as_user(ben)
    page = client.get(at).content.decode()
    assert "Whose the rows are" in page and "K0000X" not in page and "Secret" not in page
    assert "plan_hash" not in page
    for path in ("format/", "columns/", "unknown.csv"):
        assert client.get(at + path).status_code == 404, path
    for path in ("commit/", "accounts/", "delete/", ""):
        assert client.post(at + path, {"plan_hash": batch.plan_hash}).status_code == 404, path
    text = b"".join(client.get(f"{at}rejected.csv").streaming_content).decode()
    assert "customer_unknown" in text and "K0000X" not in text and "Unknown" not in text
    assert not Transaction.objects.exists()


def test_it_is_for_staff_who_bring_files_in(ana: User) -> None:
    _batch, at = given(ana)
    cleo = factories.make_customer(with_sign_in=True).user
    assert cleo
    for user, status in ((cleo, 403), (factories.make_person(role=Role.VIEWER), 403)):
        assert as_user(user).get("/imports/many/").status_code == status
        assert as_user(user).get(at).status_code in (403, 404)
        assert as_user(user).post(f"{at}accounts/").status_code == 403


def test_a_file_that_doesnt_say_whose_rows_asks_for_the_column(ana: User) -> None:
    answer = upload(ana, "Date,Text,Amount,Ours\n2026-05-01,Bakery,-1,77\n")
    assert answer.headers["Location"].endswith("/columns/")
    client, batch = as_user(ana), ImportBatch.objects.get()
    here = answer.headers["Location"]
    roles = {"column_0": "booked_on", "column_1": "text", "column_2": "amount"}
    refused = client.post(here, roles)
    assert refused.status_code == 400 and "whose each row is" in refused.content.decode()
    answer = client.post(here, roles | {"column_3": "customer", "keep": "on", "keep_as": "Ours"})
    assert answer.headers["Location"].endswith(f"{batch.public_id}/")
    assert not ImportProfile.objects.exists(), "the bank's mappings are the admin's"


def test_an_admins_mapping_is_the_banks_and_means_nothing_to_one_customer(ana: User) -> None:
    ada = factories.make_person(role=Role.ADMIN)
    text = "Date,Text,Amount,Ours\n2026-05-01,Bakery,-1,K00000\n"
    _batch, at = given(ada, text)
    roles = {
        "column_0": "booked_on",
        "column_1": "text",
        "column_2": "amount",
        "column_3": "customer",
    }
    as_user(ada).post(f"{at}columns/", roles | {"keep": "on", "keep_as": "Ours"})
    assert ImportProfile.objects.get().customer is None
    customer = factories.make_customer(with_sign_in=True)
    account = factories.make_account(customer=customer)
    file = SimpleUploadedFile("mine.csv", text.encode(), "text/csv")
    assert customer.user
    as_user(customer.user).post("/imports/new/", {"file": file, "account": str(account.public_id)})
    own = ImportBatch.objects.get(customer=customer)
    assert own.counts["new"] == 1 and "customer" not in own.layout["columns"]


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"\0\1\2" * 300])
def test_bad_files_get_a_sentence(ana: User, body: bytes) -> None:
    file = SimpleUploadedFile("x.csv", body, "text/csv")
    answer = as_user(ana).post("/imports/many/", {"file": file}, follow=True)
    said = b'role="alert"' in answer.content or b'class="error"' in answer.content
    assert answer.status_code in (200, 400) and said
