"""Steps 1 to 3 of the wizard: the file and its account, how it is read, what its columns are."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from tests.transactions.test_import_pages import signed_in, upload
from tests.transactions.test_imports import GENERIC
from transactions.imports import services
from transactions.models import BankAccount, ImportBatch, ImportProfile, PlannedChunk

AMBIGUOUS = (
    b"Date,Description,Amount\n03/04/2026,Corner Bakery,-4.20\n05/06/2026,Fuel Point,-48.20\n"
)
NAMED = (
    b"Date,Description,Amount,Account,Currency\n"
    b"2026-05-01,Corner Bakery,-4.20,DE89370400440532013000,EUR\n"
    b"2026-05-02,Fuel Point,-48.20,DE02120300000000202051,EUR\n"
)


@pytest.fixture
def account(north_client):
    return factories.make_account(customer=signed_in(north_client))


def send(client, body, **said):
    file = SimpleUploadedFile("export.csv", body, "text/csv")
    return client.post("/imports/new/", {"file": file, **said})


def url(batch, step=""):
    return f"/imports/{batch.public_id}/{step}"


def days(batch):
    batch.refresh_from_db()
    return batch.counts["first_day"], batch.counts["last_day"]


# -- upload --------------------------------------------------------------------------------------


def test_the_first_account_is_made_in_the_files_own_currency(north_client):
    customer = signed_in(north_client)
    body = b"Date,Text,Amount,Currency\n2026-05-01,BREAD,-4.20,CZK\n2026-05-02,MILK,-3.20,CZK\n"
    page = send(north_client, body, account="new", name="Praha", kind="current", currency="")
    made = BankAccount.objects.get(holders__customer=customer)
    assert page.status_code == 302 and (made.name, made.currency) == ("Praha", "CZK")
    assert ImportBatch.objects.get().counts["new"] == 2


def test_an_upload_that_lacks_something_says_what_and_leaves_nothing(north_client, account):
    for said, words in (
        ({"account": ""}, "Choose the account this file belongs to."),
        ({"account": "new", "name": ""}, "Give the new account a name"),
        ({"account": "new", "name": account.name}, "An account of this name is there already."),
        ({"account": "new", "name": "X", "currency": "QQQ"}, "“QQQ” is no currency."),
        ({"account": "0198-no-such"}, "This account is not there."),
    ):
        page = send(north_client, GENERIC, **said)
        assert page.status_code == 400 and words in page.content.decode(), said
    assert b"Choose the file first." in north_client.post("/imports/new/", {}).content
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_with_the_limit(north_client, account, settings):
    settings.UPLOAD_LIMIT_CUSTOMER = 2**20
    page = upload(north_client, account, GENERIC + b"x" * 2**20)
    assert page.status_code == 413 and b"larger than 1 MB" in page.content
    assert not ImportBatch.objects.exists()


def test_accounts_that_a_file_names_are_asked_for_and_can_be_made(north_client, account):
    factories.make_account(customer=account.holders.get().customer, masked_number="··7777")
    page = send(north_client, NAMED, account="file")
    batch = ImportBatch.objects.get()
    assert page.headers["Location"] == url(batch, "format/")
    asked = north_client.get(url(batch, "format/")).content.decode()
    assert "The file names 2 accounts." in asked and "Needs you" in asked
    assert "··3000 · EUR" in asked and "See what would happen" not in asked
    said = {"act": "accounts", "name_0": str(account.public_id), "name_1": "new"}
    page = north_client.post(url(batch, "format/"), said)
    assert page.headers["Location"] == url(batch)
    made = BankAccount.objects.get(masked_number="··2051")
    batch.refresh_from_db()
    assert batch.counts["new"] == 2 and batch.counts["rejected"] == 0
    assert set(batch.basis["accounts"]) == {str(account.pk), str(made.pk)}


def test_an_account_in_another_currency_is_no_dead_end(north_client, account):
    body = b"Date,Text,Amount,Currency\n2026-05-01,BREAD,-4.20,CZK\n2026-05-02,MILK,-3.20,CZK\n"
    upload(north_client, account, body)
    batch = ImportBatch.objects.get()
    assert (
        "Rows that name no account · CZK"
        in north_client.get(url(batch, "format/")).content.decode()
    )
    north_client.post(url(batch, "format/"), {"act": "accounts", "name_0": "new"})
    batch.refresh_from_db()
    assert batch.counts["new"] == 2 and BankAccount.objects.filter(currency="CZK").count() == 1


# -- format --------------------------------------------------------------------------------------


def test_what_was_found_stands_with_its_reason_and_the_first_lines(north_client, account):
    upload(
        north_client, account, b"Kontoauszug\n\nDatum;Text;Betrag\n01.05.2026;Br\xf6tchen;-4,20\n"
    )
    page = north_client.get(url(ImportBatch.objects.get(), "format/")).content.decode()
    for words in ("Day order", "day, month, year", "comma: 1.284,07", "Windows-1252", "semicolon",
                  "line 3", "it is not UTF-8", "Brötchen", "Kontoauszug"):  # fmt: skip
        assert words in page, words


def test_an_open_question_is_answered_by_the_first_row(north_client, account):
    page = upload(north_client, account, AMBIGUOUS)
    batch = ImportBatch.objects.get()
    assert page.headers["Location"] == url(batch, "format/")
    asked = north_client.get(url(batch, "format/")).content.decode()
    assert "Which day is 03/04/2026?" in asked
    assert "3 April 2026" in asked and "4 March 2026" in asked
    assert north_client.get(url(batch, "columns/")).status_code == 302
    answer = {"act": "read", "field": "date_order", "value": "dmy"}
    page = north_client.post(url(batch, "format/"), answer)
    assert page.headers["Location"] == url(batch) and days(batch) == ("2026-04-03", "2026-06-05")


def test_days_amounts_and_letters_can_be_read_otherwise(north_client, account):
    upload(
        north_client, account, b"Date;Text;Amount\n01.02.2026;Br\xf6t;-4,20\n03.02.2026;X;-1.200\n"
    )
    batch = ImportBatch.objects.get()
    for field, value in (("date_order", "mdy"), ("decimal", "."), ("encoding", "cp1250")):
        page = north_client.post(
            url(batch, "format/"), {"act": "read", "field": field, "value": value}
        )
        assert page.headers["Location"] == url(batch, "format/"), field
    shown = north_client.get(url(batch, "format/")).content.decode()
    assert shown.count("as you chose") == 3
    north_client.post(url(batch, "format/"), {"act": "plan"})
    batch.refresh_from_db()
    assert (batch.layout["date_order"], batch.layout["decimal"]) == ("mdy", ".")
    assert days(batch)[1] == "2026-03-02"


def test_the_sign_can_be_turned_and_turned_back(north_client, account):
    upload(north_client, account)
    batch = ImportBatch.objects.get()
    before = batch.sums
    north_client.post(url(batch, "format/"), {"act": "turn", "value": "flip"})
    north_client.post(url(batch, "format/"), {"act": "plan"})
    batch.refresh_from_db()
    total = sum(Decimal(kind["out"]) for kind in batch.sums["EUR"].values())
    assert total == Decimal("3040.00")
    north_client.post(url(batch, "format/"), {"act": "turn", "value": "flip"})
    north_client.post(url(batch, "format/"), {"act": "plan"})
    batch.refresh_from_db()
    assert batch.sums == before


def test_what_no_page_offers_is_refused_and_changes_nothing(north_client, account):
    upload(north_client, account)
    batch = ImportBatch.objects.get()
    for field, value in (("encoding", "rot13"), ("delimiter", "Q"), ("header_line", "-1"),
                         ("header_line", "9" * 900), ("adapter", "CHASE"), ("", "")):  # fmt: skip
        page = north_client.post(
            url(batch, "format/"), {"act": "read", "field": field, "value": value}, follow=True
        )
        assert page.status_code == 200 and 'class="note bad"' in page.content.decode(), field
    page = north_client.post(
        url(batch, "format/"), {"act": "read", "field": "delimiter", "value": "|"}, follow=True
    )
    assert "nothing was changed" in page.content.decode()
    layout = batch.layout
    batch.refresh_from_db()
    assert batch.layout == layout and batch.state == ImportBatch.State.PLANNED


def test_saying_which_account_does_not_answer_why_a_file_is_refused(north_client, account):
    upload(north_client, account, AMBIGUOUS)
    batch = services.choose(ImportBatch.objects.get(), account=account)
    assert batch.state == ImportBatch.State.REFUSED and batch.refused_code == "ambiguous_dates"


# -- columns -------------------------------------------------------------------------------------

MIXED = b"Day,Other,What,Sum,Note\n" + b"".join(
    b"2026-05-0%d,2026-06-0%d,SHOP %d,-1.00,n\n" % (n, n, n) for n in range(1, 6)
)


def roles(batch, client, **change):
    """The columns form as the page shows it, with some choices changed."""
    page = client.get(url(batch, "columns/"))
    form = page.context["form"]
    said = {name: form[name].value() or "" for name in form.fields}
    return said | change


def test_a_column_can_be_something_else_and_is_kept_for_the_next_file(north_client, account):
    upload(north_client, account, MIXED)
    batch = ImportBatch.objects.get()
    assert days(batch)[0] == "2026-05-01"
    said = roles(batch, north_client, column_0="", column_1="booked_on")
    page = north_client.post(url(batch, "columns/"), said | {"keep": "on", "keep_as": "Mine"})
    assert page.headers["Location"] == url(batch) and days(batch)[0] == "2026-06-01"
    kept = ImportProfile.objects.get()
    assert kept.name == "Mine" and kept.customer == account.holders.get().customer

    upload(north_client, account, MIXED.replace(b"SHOP", b"MARKET"))
    second = ImportBatch.objects.exclude(pk=batch.pk).get()
    assert second.detection["saved"] and days(second)[0] == "2026-06-01"
    shown = north_client.get(url(second, "columns/")).content.decode()
    assert "Saved as “Mine”" in shown
    # Kept again under another name, it takes the place of the first.
    again = roles(second, north_client, keep="on", keep_as="Ours")
    north_client.post(url(second, "columns/"), again)
    assert [p.name for p in ImportProfile.objects.all()] == ["Ours"]

    north_client.post(url(second, "columns/"), {"act": "forget"})
    assert not ImportProfile.objects.exists()
    upload(north_client, account, MIXED.replace(b"SHOP", b"KIOSK"))
    third = ImportBatch.objects.order_by("-pk").first()
    assert days(third)[0] == "2026-05-01"


def test_nobody_elses_mapping_is_used_or_forgotten(north_client, account):
    upload(north_client, account, MIXED)
    batch = ImportBatch.objects.get()
    said = roles(batch, north_client, column_0="", column_1="booked_on", keep="on", keep_as="Mine")
    north_client.post(url(batch, "columns/"), said)
    other = factories.make_account(customer=signed_in(north_client))
    upload(north_client, other, MIXED)
    theirs = ImportBatch.objects.exclude(pk=batch.pk).get()
    assert not theirs.detection["saved"] and days(theirs)[0] == "2026-05-01"
    north_client.post(url(theirs, "columns/"), {"act": "forget"})
    assert ImportProfile.objects.count() == 1


def test_columns_that_make_no_file_are_named(north_client, account):
    upload(north_client, account, MIXED)
    batch = ImportBatch.objects.get()
    for change, words in (
        ({"column_0": ""}, "Choose which column is “Booked on”"),
        ({"column_3": ""}, "Choose which column is “Amount”"),
        ({"column_1": "booked_on"}, "Only one column can be “Booked on”; you chose 2."),
        ({"column_4": "money_in"}, "“Money out” and “Money in”, not all"),
        ({"column_4": "nonsense"}, "Choose one of the list for each column."),
    ):
        page = north_client.post(url(batch, "columns/"), roles(batch, north_client) | change)
        assert page.status_code == 400 and words in page.content.decode(), change
    assert days(batch)[0] == "2026-05-01"


def test_a_correction_keeps_the_columns_a_person_named(north_client, account):
    upload(north_client, account, MIXED)
    batch = ImportBatch.objects.get()
    north_client.post(
        url(batch, "columns/"), roles(batch, north_client, column_0="", column_1="booked_on")
    )
    north_client.post(url(batch, "format/"), {"act": "read", "field": "decimal", "value": ","})
    batch.refresh_from_db()
    assert batch.layout["columns"]["booked_on"] == [1] and batch.layout["decimal"] == ","


# -- drafts --------------------------------------------------------------------------------------


def test_a_draft_can_be_thrown_away_with_its_file(north_client, account):
    upload(north_client, account)
    batch = ImportBatch.objects.get()
    file = batch.file
    page = north_client.post(url(batch, "delete/"), follow=True)
    assert b"The draft is gone. Nothing was written." in page.content
    assert not ImportBatch.objects.exists() and not PlannedChunk.objects.exists()
    assert not type(file).objects.filter(pk=file.pk).exists()


def test_the_steps_done_lead_back(north_client, account):
    upload(north_client, account)
    batch = ImportBatch.objects.get()
    page = north_client.get(url(batch)).content.decode()
    for step in ("format/", "columns/"):
        assert f'<li class="done"><a href="{url(batch, step)}">' in page
    assert date.fromisoformat(days(batch)[0]) == date(2026, 5, 1)
