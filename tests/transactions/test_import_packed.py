"""Workbooks and archives through the wizard: brought in, read otherwise, refused with a sentence."""

import gzip
from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.transactions.made_xlsx import DAY, n, workbook, zipped
from tests.transactions.test_import_pages import signed_in, upload
from tests.transactions.test_imports import GENERIC, total
from transactions.imports.pages import profiles
from transactions.models import BankAccount, ImportBatch, Transaction

HEAD = ["Date", "Description", "Amount"]


def sheet(start: int, *amounts: str) -> list[list[str]]:
    return [HEAD, *([n(str(start + at), DAY), f"SHOP {at}", n(a)] for at, a in enumerate(amounts))]


def newest() -> ImportBatch:
    found = ImportBatch.objects.order_by("-pk").first()
    assert found is not None
    return found


@pytest.fixture
def account(north_client: Any) -> BankAccount:
    return factories.make_account(customer=signed_in(north_client))


def commit(client: Any) -> None:
    batch = newest()
    client.post(f"/imports/{batch.public_id}/commit/", {"plan_hash": batch.plan_hash})


def test_a_workbook_goes_in_and_its_csv_brings_nothing_new(
    north_client: Any, account: BankAccount
) -> None:
    book = workbook(
        {"Info": [["My bank"]], "Movements": sheet(45505, "-3.2", "1284.0699999999999")}
    )
    upload(north_client, account, book, "export.xlsx")
    page = north_client.get(f"/imports/{newest().public_id}/format/").content.decode()
    assert "“Movements”" in page and "Sheet" in page and "SHOP 0" in page
    assert 'value="encoding"' not in page and 'value="delimiter"' not in page
    assert north_client.get(f"/imports/{newest().public_id}/columns/").status_code == 200
    commit(north_client)
    assert total(account) == Decimal("1280.87")
    assert {t.booked_on.isoformat() for t in Transaction.objects.all()} == {
        "2024-08-01",
        "2024-08-02",
    }
    same = b"Date,Description,Amount\n2024-08-01,SHOP 0,-3.20\n2024-08-02,SHOP 1,1284.07\n"
    upload(north_client, account, same)
    assert (newest().counts["new"], newest().counts["same"]) == (0, 2)


def test_another_sheet_can_be_chosen(north_client: Any, account: BankAccount) -> None:
    other = [["Day", "Text", "Sum"], [n("45600", DAY), "OLD", n("-7.5")]]
    book = workbook({"Movements": sheet(45505, "-1", "-2"), "Archive": other})
    upload(north_client, account, book, "export.xlsx")
    url = f"/imports/{newest().public_id}/format/"
    north_client.post(url, {"act": "read", "field": "sheet", "value": "2"})
    assert newest().layout["within"] == ["sheet:2"]
    north_client.post(url, {"act": "plan"})
    assert newest().counts["new"] == 1
    answer = north_client.post(url, {"act": "read", "field": "sheet", "value": "x"}, follow=True)
    assert b"Choose one of the list" in answer.content


@pytest.mark.parametrize("pack", [gzip.compress, lambda body: zipped({"export.csv": body})])
def test_a_packed_export_goes_in_as_if_unpacked(
    north_client: Any, account: BankAccount, pack: Any
) -> None:
    upload(north_client, account, pack(GENERIC), "export.zip")
    assert newest().counts["new"] == 4
    for step in ("", "format/", "columns/"):
        assert north_client.get(f"/imports/{newest().public_id}/{step}").status_code == 200
    commit(north_client)
    upload(north_client, account, GENERIC)
    assert newest().counts["new"] == 0


def test_a_mapping_kept_from_a_workbook_reads_the_next_csv(
    north_client: Any, account: BankAccount
) -> None:
    upload(north_client, account, workbook({"M": sheet(45505, "-3", "-4")}), "export.xlsx")
    profile = profiles.keep(newest(), "Mine")
    assert profile is not None and profile.layout["within"] == []
    upload(north_client, account, b"Date,Description,Amount\n2024-09-01,X,-3.20\n")
    assert newest().detection["saved"] and newest().counts["new"] == 1
    upload(north_client, account, workbook({"M": sheet(45605, "-3", "-4")}), "export.xlsx")
    assert newest().detection["saved"] and newest().layout["within"] == ["sheet:1"]
    assert newest().counts["new"] == 2


SENTENCES = [
    (zipped({"a.csv": GENERIC, "b.csv": GENERIC}), "The archive holds 2 files (“a.csv”, “b.csv”)"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "save it as an Excel workbook (.xlsx) or as CSV"),
    (zipped({"a.zip": zipped({"b.csv": GENERIC})}), "Inside this archive is another one."),
    (workbook({"M": [["just", "words"]]}), "No column with days was found"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), SENTENCES)
def test_what_cannot_be_read_is_said(
    north_client: Any, account: BankAccount, body: bytes, words: str
) -> None:
    page = upload(north_client, account, body, "export.zip")
    shown = north_client.get(page.headers["Location"])
    assert shown.status_code == 200 and words in shown.content.decode()


def test_the_bank_can_be_chosen_by_name_where_the_file_leaves_it_open(
    north_client: Any, account: BankAccount
) -> None:
    body = "".join(f"2024-08-0{d},F{d},,{d}.10,,x\n" for d in range(1, 6)).encode()
    upload(north_client, account, body, "export.csv")
    url = f"/imports/{newest().public_id}/format/"
    page = north_client.get(url).content.decode()
    assert "Choose the bank" in page and "<optgroup" in page
    answer = north_client.post(
        url, {"act": "read", "field": "catalogue", "value": "nl-ing"}, follow=True
    )
    assert "Choose another layout" in answer.content.decode()
    known = "Datum;Naam;Rek;Tegen;Code;Af;Bedrag;Soort;Mededeling\n" + "".join(
        f"2026080{d};F{d};a;b;c;{'Bij' if d == 3 else 'Af'};{d},10;x;M{d}\n" for d in range(1, 6)
    )
    upload(north_client, account, known.encode(), "export.csv")
    url = f"/imports/{newest().public_id}/format/"
    north_client.post(url, {"act": "read", "field": "catalogue", "value": "nl-ing-checking-2020"})
    assert (
        newest().layout["sign"] == "direction"
        and newest().detection["label"] == "Export of ING Checking 2020 (NL)"
    )
    north_client.post(url, {"act": "plan"})
    assert newest().counts["new"] == 5
    commit(north_client)
    assert total(account) == Decimal("3.10") - Decimal("1.10") - Decimal("2.10") - Decimal(
        "4.10"
    ) - Decimal("5.10")
    north_client.post(url, {"act": "read", "field": "catalogue", "value": "no such"})


def test_a_workbook_with_an_account_column_goes_to_each_account(north_client: Any) -> None:
    customer = signed_in(north_client)
    first = factories.make_account(customer=customer, name="Everyday", currency="EUR")
    factories.make_account(customer=customer, name="Savings", currency="EUR")
    rows = [
        ["Account", "Date", "Description", "Amount", "Currency"],
        ["Everyday", n("45505", DAY), "BREAD", n("-3.2"), "EUR"],
        ["Savings", n("45505", DAY), "INTEREST", n("5"), "EUR"],
        ["Holiday", n("45506", DAY), "TICKET", n("-9"), "EUR"],
    ]
    upload(north_client, first, workbook({"M": rows}), "all.xlsx")
    batch = newest()
    page = north_client.get(f"/imports/{batch.public_id}/format/").content.decode()
    assert all(name in page for name in ("Everyday", "Savings", "Holiday"))
    assert (batch.counts["new"], batch.counts["rejected"]) == (2, 1)
    form = north_client.get(f"/imports/{batch.public_id}/format/").context["accounts_form"]
    said = {"act": "accounts"}
    for at, named in enumerate(form.names):
        said[f"name_{at}"] = "new" if named["name"] == "Holiday" else form[f"name_{at}"].value()
    north_client.post(f"/imports/{batch.public_id}/format/", said)
    assert (newest().counts["new"], newest().counts["rejected"]) == (3, 0)
    commit(north_client)
    found = Transaction.objects.values_list("account__name", "amount")
    assert dict(found) == {
        "Everyday": Decimal("-3.2"),
        "Savings": Decimal("5"),
        "Holiday": Decimal("-9"),
    }
