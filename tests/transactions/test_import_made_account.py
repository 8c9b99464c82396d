"""An account made for a file goes with the file, unless something else is on it."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import factories
from tests.conftest import HOSTS, NORTH
from tests.transactions.test_import_pages import signed_in
from tests.transactions.test_imports import GENERIC, brought_in
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.imports.made import accounts_that_go
from transactions.imports.pages.understood import FileShown
from transactions.models import (
    AccountHolder,
    BalanceStatement,
    BankAccount,
    ImportBatch,
    KeptEdit,
    Transaction,
)
from transactions.reach import Reach

NAMED = (
    b"Account,Date,Text,Amount,Currency\n"
    b"Holiday,2026-05-01,BREAD,-4.20,EUR\n"
    b"Holiday,2026-05-02,MILK,-3.20,EUR\n"
)


@pytest.fixture
def customer(north_client):
    return signed_in(north_client)


def send(client, body: bytes = GENERIC, **said: str) -> ImportBatch:
    """The draft of a file sent with “A new account”."""
    file = SimpleUploadedFile("export.csv", body, "text/csv")
    new = {"account": "new", "name": "Harbour", "kind": "current", "currency": "EUR"}
    assert client.post("/imports/new/", {"file": file, **new, **said}).status_code == 302
    return ImportBatch.objects.latest("pk")


def go(client, batch: ImportBatch, page: str, **said: str) -> str:
    """Posts and returns the page that one is led to."""
    answer = client.post(f"/imports/{batch.public_id}/{page}/", said)
    assert answer.status_code == 302
    return client.get(urlsplit(answer.headers["Location"]).path).content.decode()


def commit(client, batch: ImportBatch) -> None:
    go(client, batch, "commit", plan_hash=batch.plan_hash)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.COMMITTED


def test_the_pages_say_that_the_account_is_made_and_how_it_goes(north_client, customer):
    batch = send(north_client)
    words = "The account “Harbour” was made for this file; it goes if you throw the draft away."
    for page in ("", "format/", "columns/"):
        shown = north_client.get(f"/imports/{batch.public_id}/{page}").content.decode()
        assert f"No payment is written yet. {words}" in shown, page
        assert "Nothing is written yet" not in shown, page


def test_a_draft_thrown_away_takes_its_account_along(north_client, customer):
    batch = send(north_client)
    shown = go(north_client, batch, "delete")
    assert "with it the account “Harbour” that was made for it" in shown
    assert not BankAccount.objects.exists() and not AccountHolder.objects.exists()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7 nothing", b"PK\x03\x04\x14\0\0\0", b"\x89PNG\r\n\x1a\n"]
)
def test_a_file_that_cannot_be_read_makes_no_account(north_client, customer, body):
    batch = send(north_client, body)
    assert batch.state == ImportBatch.State.REFUSED and not BankAccount.objects.exists()
    shown = north_client.get(f"/imports/{batch.public_id}/format/").content.decode()
    assert "was made for this file" not in shown
    go(north_client, batch, "delete")
    assert not BankAccount.objects.exists() and not ImportBatch.objects.exists()


UNCLEAR = b"Date,Text,Amount\n01/02/2026,Bread,-4.20\n02/03/2026,Milk,-3.20\n"


def test_the_account_is_made_once_the_open_question_is_answered(north_client, customer):
    batch = send(north_client, UNCLEAR, currency="CZK")
    assert batch.refused_code == "ambiguous_dates" and not BankAccount.objects.exists()
    assert FileShown(batch).currency() == "CZK"
    go(north_client, batch, "format", act="read", field="date_order", value="dmy")
    batch.refresh_from_db()
    account = BankAccount.objects.get()
    assert (account.name, account.currency, batch.account) == ("Harbour", "CZK", account)
    commit(north_client, batch)
    assert list(BankAccount.objects.held_by(customer)) == [account]


# -- nobody meets it before the file is committed ------------------------------------------------


def places(client, ada_client, customer) -> dict[str, bool]:
    """Where an account called Harbour shows: by place."""
    texts = {url: client.get(url).content.decode() for url in ("/profile/", "/imports/new/")}
    texts["/overview/"] = client.get("/overview/").content.decode()
    texts["/transactions/"] = client.get("/transactions/").content.decode()
    other = send(client, NAMED, account="new", name=f"Other {uuid4().hex[:8]}")
    texts["another draft"] = client.get(f"/imports/{other.public_id}/format/").content.decode()
    go(client, other, "delete")
    said = {name: "Harbour" in text for name, text in texts.items()}
    reach = Reach(customer)
    said["reach"] = bool(reach.accounts or reach.account_refs)
    url = "/admin/transactions/bankaccount/"
    said["admin"] = bool(ada_client.get(url).context["cl"].result_count)
    return said


def test_nobody_meets_the_account_before_its_file_is_committed(north_client, customer, ada):
    ada_client = Client(HTTP_HOST=HOSTS[NORTH])
    ada_client.force_login(ada)
    batch = send(north_client)
    found = places(north_client, ada_client, customer)
    assert not any(found.values()), found
    again = {"name": "harbour", "account": "new", "currency": "EUR", "kind": "current"}
    file = SimpleUploadedFile("export.csv", GENERIC, "text/csv")
    refused = north_client.post("/imports/new/", {"file": file, **again})
    assert refused.status_code == 400
    assert "A file that isn’t brought in yet makes an account of this name" in (
        refused.content.decode()
    )
    commit(north_client, batch)
    found = places(north_client, ada_client, customer)
    assert all(found[name] for name in ("/profile/", "/imports/new/", "reach", "admin")), found


def lines_of_another_file(account: BankAccount) -> None:
    """Of a file that itself names no account, so that the lines alone speak."""
    other = brought_in(account, GENERIC.replace(b"Fuel", b"Tea")).batch
    ImportBatch.objects.filter(pk=other.pk).update(account=None, basis={})


def an_open_draft(account: BankAccount) -> None:
    ImportBatch.objects.create(customer=account.holders.get().customer, account=account)


def a_draft_that_names_it(account: BankAccount) -> None:
    chosen = {"accounts": [{"name": "x", "currency": "", "account": account.pk}]}
    ImportBatch.objects.create(customer=account.holders.get().customer, choices=chosen)


def a_balance(account: BankAccount) -> None:
    BalanceStatement.objects.create(account=account, day="2026-05-01", amount=1, source="bank")


def another_holder(account: BankAccount) -> None:
    user = AccountHolder.Role.USER
    AccountHolder.objects.create(account=account, customer=factories.make_customer(), role=user)


def a_kept_edit(account: BankAccount) -> None:
    with ledger.writing_accounts([account.pk], wait=True):
        KeptEdit.objects.create(account=account, fingerprint=uuid4(), payload={})


@pytest.mark.parametrize(
    "put",
    [
        lines_of_another_file,
        an_open_draft,
        a_draft_that_names_it,
        a_balance,
        another_holder,
        a_kept_edit,
    ],
)
def test_an_account_that_something_else_is_on_stays(north_client, customer, put):
    batch = send(north_client)
    account = BankAccount.objects.get()
    put(account)
    assert accounts_that_go(batch) == []
    assert "Its account stays" in go(north_client, batch, "delete")
    assert BankAccount.objects.get() == account
    assert BankAccount.objects.get().draft_of is None
    assert not ImportBatch.objects.filter(pk=batch.pk).exists()


def test_an_account_that_was_there_before_stays(north_client, customer):
    account = factories.make_account(customer=customer)
    batch = send(north_client, account=str(account.public_id))
    assert "Nothing was written" in go(north_client, batch, "delete")
    assert BankAccount.objects.get() == account


def test_an_undo_takes_the_account_along_and_the_file_can_come_in_again(north_client, customer):
    batch = send(north_client)
    commit(north_client, batch)
    asked = north_client.get(f"/imports/{batch.public_id}/undo/").content.decode()
    assert "“Harbour”, made for this file, goes with it" in asked
    assert "every figure is as it was before" in go(north_client, batch, "undo", edited="0")
    assert not BankAccount.objects.exists() and not AccountHolder.objects.exists()
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.UNDONE and batch.account is None
    assert audit_ledger() == []
    assert "This file belongs to" in go(north_client, batch, "again")


def test_an_undo_leaves_an_account_that_holds_a_kept_edit(north_client, customer):
    batch = send(north_client)
    commit(north_client, batch)
    row = Transaction.objects.filter(batch_id=batch.pk)[:1]
    ledger.recategorise(row, category=None)
    assert services.undo_preview(batch).accounts == ()
    services.undo(batch)
    assert BankAccount.objects.count() == 1 and KeptEdit.objects.count() == 1


def test_accounts_made_for_names_in_the_file_go_too(north_client, customer):
    factories.make_account(customer=customer)
    factories.make_account(customer=customer, masked_number="··7777")
    batch = send(north_client, NAMED, account="file")
    go(north_client, batch, "format", act="accounts", name_0="new")
    batch.refresh_from_db()
    assert batch.counts["new"] == 2 and BankAccount.objects.filter(name="Holiday").exists()
    commit(north_client, batch)
    services.undo(batch)
    assert BankAccount.objects.count() == 2 and not BankAccount.objects.filter(name="Holiday")
    batch.refresh_from_db()
    assert batch.choices["accounts"] == []


# -- another account is chosen after all ---------------------------------------------------------


def test_choosing_another_account_takes_the_made_one_away(north_client, customer):
    other = factories.make_account(customer=customer, name="Everyday")
    batch = send(north_client)
    shown = go(north_client, batch, "format", act="accounts", account=str(other.public_id))
    assert "“Harbour”, made for this file, is gone again" in shown
    assert list(BankAccount.objects.all()) == [other]
    batch.refresh_from_db()
    assert batch.account == other and batch.counts["new"] and batch.choices["made_accounts"] == []
    assert (
        "made for this file"
        not in north_client.get(f"/imports/{batch.public_id}/").content.decode()
    )
    commit(north_client, batch)
    assert audit_ledger() == []


def test_choosing_the_made_account_once_more_leaves_it(north_client, customer):
    factories.make_account(customer=customer)
    batch = send(north_client)
    go(north_client, batch, "format", act="accounts", account=str(batch.account.public_id))
    assert BankAccount.objects.filter(name="Harbour").exists()


def test_a_made_account_that_something_else_is_on_stays_when_another_is_chosen(
    north_client, customer
):
    other = factories.make_account(customer=customer)
    batch = send(north_client)
    a_balance(batch.account)
    go(north_client, batch, "format", act="accounts", account=str(other.public_id))
    assert BankAccount.objects.filter(name="Harbour").exists()


def test_an_account_made_for_a_name_goes_when_the_name_is_another_account_after_all(
    north_client, customer
):
    mine = factories.make_account(customer=customer)
    factories.make_account(customer=customer, masked_number="··7777")
    batch = send(north_client, NAMED, account="file")
    go(north_client, batch, "format", act="accounts", name_0="new")
    assert BankAccount.objects.filter(name="Holiday").exists()
    go(north_client, batch, "format", act="accounts", name_0=str(mine.public_id))
    assert not BankAccount.objects.filter(name="Holiday").exists()


# -- a plan from before --------------------------------------------------------------------------

STALE = "The account was changed after this plan was made"


def test_a_draft_says_that_its_plan_is_of_before_an_undo(north_client, customer):
    first = send(north_client)
    commit(north_client, first)
    account = str(first.account.public_id)
    draft = send(north_client, GENERIC + b"2026-05-30,Late train,-9.10\n", account=account)
    page = f"/imports/{draft.public_id}/"
    assert STALE not in north_client.get(page).content.decode()
    before = draft.counts["new"]
    services.undo(first)
    shown = north_client.get(page).content.decode()
    assert STALE in shown and 'name="act" value="plan"' in shown
    north_client.post(page, {"act": "plan"})
    assert STALE not in north_client.get(page).content.decode()
    draft.refresh_from_db()
    assert draft.counts["new"] > before


def test_a_file_that_was_all_here_can_be_planned_anew_after_an_undo(north_client, customer):
    first = send(north_client)
    commit(north_client, first)
    again = send(north_client, account=str(first.account.public_id))
    assert again.state == ImportBatch.State.EMPTY
    services.undo(first)
    page = f"/imports/{again.public_id}/"
    assert STALE in north_client.get(page).content.decode()
    north_client.post(page, {"act": "plan"})
    again.refresh_from_db()
    assert again.state == ImportBatch.State.PLANNED


# -- whose currency ------------------------------------------------------------------------------


def test_a_file_without_a_currency_is_said_to_be_taken_in_the_accounts(north_client, customer):
    batch = send(north_client, currency="CHF")
    said = "Amounts are taken as CHF, the currency of account Harbour, since the file names none."
    for page in ("", "format/"):
        assert said in north_client.get(f"/imports/{batch.public_id}/{page}").content.decode(), page


@pytest.mark.parametrize(
    "body",
    [
        b"Date,Text,Amount,Currency\n2026-05-01,BREAD,-4.20,EUR\n2026-05-02,MILK,-3.20,EUR\n",
        b"Date,Text,Amount EUR\n2026-05-01,BREAD,-4.20\n2026-05-02,MILK,-3.20\n",
        b"Date,Text,Amount\n2026-05-01,BREAD,EUR -4.20\n2026-05-02,MILK,EUR -3.20\n",
    ],
)
def test_a_file_that_names_its_currency_is_not(north_client, customer, body):
    batch = send(north_client, body)
    page = north_client.get(f"/imports/{batch.public_id}/").content.decode()
    assert "Amounts are taken as" not in page and "Money of the new rows" in page
