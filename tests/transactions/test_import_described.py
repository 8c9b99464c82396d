"""OFX and QIF files on the whole road: pages, plan, commit, again in every disguise, undo."""

import re
from decimal import Decimal
from random import Random

import pytest

from tests import factories
from tests.transactions.test_adapters_ofx import HEAD, block, statement
from tests.transactions.test_adapters_qif import record
from tests.transactions.test_import_pages import signed_in, upload
from tests.transactions.test_import_preview import commit, newest, tally, url
from tests.transactions.test_imports import brought_in, planned, total
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.models import BalanceStatement, ImportBatch, Transaction

ROWS = [
    block(DTPOSTED="20260501", TRNAMT="3040.00", FITID="101", NAME="HARBOUR WORKS", MEMO="SALARY"),
    block(DTPOSTED="20260502", TRNAMT="-4.20", FITID="102", NAME="CORNER BAKERY"),
    block(DTPOSTED="20260502", TRNAMT="-4.20", FITID="103", NAME="CORNER BAKERY"),
    block(DTPOSTED="20260502", TRNAMT="-4.20", FITID="", NAME="KIOSK"),
    block(DTPOSTED="20260502", TRNAMT="-4.20", FITID="", NAME="KIOSK"),
    block(DTPOSTED="20260503", TRNAMT="-48.20", FITID="104", NAME="CAFÉ"),
]
LEDGERBAL = "<LEDGERBAL><BALAMT>2975.00<DTASOF>20260531120000</LEDGERBAL>"


def ofx(rows: list[str], *, encoding: str = "cp1252", after: str = LEDGERBAL) -> bytes:
    return statement(*rows, after=after).replace("USD", "EUR").encode(encoding)


QIF = [
    record("D25/12'25", "T3040.00", "PHARBOUR WORKS"),
    record("D26/12'25", "T-4.20", "PCORNER BAKERY", "LFood"),
    record("D26/12'25", "T-4.20", "PCORNER BAKERY", "LFood"),
    record("D27/12'25", "T-48.20", "PFUEL", "SCar", "$-40.00", "SFood", "$-8.20"),
]


def qif(records: list[str], *, encoding: str = "utf-8") -> bytes:
    return ("!Type:Bank\n" + "".join(records)).encode(encoding)


@pytest.fixture
def account(north_client):
    return factories.make_account(customer=signed_in(north_client))


def shown(page) -> str:
    """A page's words, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", "", page.content.decode()).split())


# -- nothing twice -------------------------------------------------------------------------------


def test_an_ofx_file_again_in_every_disguise_changes_nothing(north):
    account = factories.make_account()
    assert brought_in(account, ofx(ROWS)).new == 6
    assert total(account) == Decimal("2975.00")
    shuffled = ROWS[:]
    Random(7).shuffle(shuffled)
    one_line = ofx(ROWS).replace(b"\n", b"")
    for body in (
        ofx(ROWS) + b"\n", ofx(shuffled), ofx(ROWS, encoding="utf-8"), ofx(ROWS, encoding="utf-16"),
        one_line, ofx(ROWS).replace(b"\n", b"\r\n"), ofx(ROWS).removeprefix(HEAD.encode()),
    ):  # fmt: skip
        again = planned(account, body)
        assert again.state == ImportBatch.State.EMPTY
        assert (again.counts["same"], again.counts["rejected"]) == (6, 0)
    assert audit_ledger() == []


def test_a_qif_file_again_in_every_disguise_changes_nothing(north):
    account = factories.make_account()
    assert brought_in(account, qif(QIF)).new == 4
    shuffled = QIF[:]
    Random(7).shuffle(shuffled)
    for body in (
        qif(shuffled), qif(QIF, encoding="utf-16"), qif(QIF).replace(b"\n", b"\r\n"),
        qif(QIF).replace(b"'25", b"'2025"),
    ):  # fmt: skip
        again = planned(account, body)
        assert again.state == ImportBatch.State.EMPTY and again.counts["same"] == 4


def test_ids_that_begin_anew_in_each_file_neither_overwrite_nor_lose(north):
    account = factories.make_account()
    brought_in(account, ofx([block(DTPOSTED="20260501", FITID="1", NAME="A")]))
    later = ofx([block(DTPOSTED="20260601", FITID="1", NAME="B"), ROWS[5]])
    assert brought_in(account, later).new == 2
    texts = Transaction.objects.filter(account=account).values_list("raw_text", flat=True)
    assert sorted(texts) == ["A", "B", "CAFÉ"]


def test_one_id_for_every_payment_of_a_file(north):
    """Different days or amounts are different payments; the same said twice is one; the rest is asked."""
    account = factories.make_account()
    rows = [
        block(DTPOSTED="20260501", FITID="9", NAME="A"),
        block(DTPOSTED="20260502", FITID="9", NAME="A"),
        block(DTPOSTED="20260502", FITID="9", NAME="A", TRNAMT="-9.00"),
        block(DTPOSTED="20260502", FITID="9", NAME="A"),
        block(DTPOSTED="20260502", FITID="9", NAME="B"),
    ]
    batch = planned(account, ofx(rows))
    assert (batch.counts["new"], batch.counts["same"], batch.counts["rejected"]) == (3, 1, 1)
    assert batch.issues.get(verdict="rejected").code == "id_repeated"


def test_a_text_that_the_bank_rewords_changes_its_row(north):
    account = factories.make_account()
    brought_in(account, ofx(ROWS))
    again = planned(account, ofx([*ROWS[:5], ROWS[5].replace("CAFÉ", "CAFÉ CENTRAL ULM")]))
    assert (again.counts["same"], again.counts["changed"]) == (5, 1)


# -- balances ------------------------------------------------------------------------------------


def test_the_balance_a_file_states_is_noted_and_goes_with_its_undo(north):
    account = factories.make_account()
    result = brought_in(account, ofx(ROWS))
    noted = BalanceStatement.objects.get(account=account)
    assert (str(noted.day), noted.amount) == ("2026-05-31", Decimal("2975.00"))
    services.undo(result.batch, confirm_edits=0)
    assert total(account) == 0 and not BalanceStatement.objects.filter(account=account).exists()
    assert audit_ledger() == []


def opened(amount: str) -> str:
    return record("D01/12'25", f"T{amount}", "POpening Balance", "L[Current]")


def closed(amount: str) -> str:
    return "!Account\n" + record("NCurrent", f"${amount}", "/31/12'25") + "!Type:Bank\n"


@pytest.mark.parametrize(
    ("closing", "words"),
    [
        ("3083.40", "The file’s own balances agree:"),
        ("3080.40", "The file’s own balances differ by −€3.00:"),
    ],
)
def test_opening_and_payments_lead_to_the_closing_balance(
    closing, words, north_client, account
):  # fmt: skip
    upload(north_client, account, qif([opened("100.00"), *QIF, closed(closing)]))
    page = shown(north_client.get(url(newest())))
    assert words in page and "opens with €100.00" in page


# -- the pages -----------------------------------------------------------------------------------


def test_an_ofx_file_goes_through_the_pages_without_the_step_of_columns(north_client, account):
    upload(north_client, account, ofx(ROWS), name="statement.csv")
    batch = newest()
    page = north_client.get(url(batch))
    assert tally(page) == (6, 0, 0, 0, 0)
    body = shown(page)
    assert "The file states €2,975.00" in body and "No earlier balance is known" in body
    assert "Step 3 of 4" in body and "OFX 1.02" in body
    assert b"/columns/" not in page.content
    assert north_client.get(url(batch, "columns/"))["Location"] == url(batch, "format/")
    page = north_client.get(url(batch, "format/"))
    assert "bank account 9100 in EUR" in shown(page) and "Step 2 of 4" in shown(page)
    assert b"/columns/" not in page.content and b"Day order" not in page.content
    assert commit(north_client, batch)["Location"] == url(batch, "done/")
    assert total(account) == Decimal("2975.00")
    done = shown(north_client.get(url(batch, "done/")))
    assert "Step 4 of 4" in done
    north_client.post(url(batch, "undo/"))
    assert total(account) == 0 and audit_ledger() == []


def test_a_qif_file_asks_for_its_days_and_then_goes_on(north_client, account):
    upload(north_client, account, qif([record("D03/04/26", "T-1.00", "PX")]), name="a.qif")
    batch = newest()
    body = shown(north_client.get(url(batch, "format/")))
    assert "Which day is 03/04/26?" in body and "3 April 2026" in body and "4 March 2026" in body
    said = {"act": "read", "field": "date_order", "value": "dmy"}
    answer = north_client.post(url(batch, "format/"), said)
    assert answer["Location"] == url(batch)
    assert commit(north_client, batch)["Location"] == url(batch, "done/")
    assert str(Transaction.objects.get(account=account).booked_on) == "2026-04-03"
    north_client.post(url(batch, "undo/"))
    assert total(account) == 0 and audit_ledger() == []


def test_the_accounts_of_an_ofx_file_are_mapped(north_client, account):
    other = factories.make_account(customer=account.holders.get().customer, name="Savings")
    two = statement(ROWS[1].replace("102", "9"), head="", account="77776666")
    body = ofx(ROWS) + two.replace("USD", "EUR").encode()
    upload(north_client, account, body)
    batch = newest()
    page = north_client.get(url(batch, "format/"))
    names = [named["name"] for named in page.context["accounts_form"].names]
    assert names == ["9100", "77776666"] and "··6666" in shown(page)
    said = {"name_0": str(account.public_id), "name_1": str(other.public_id), "act": "accounts"}
    north_client.post(url(batch, "format/"), said)
    commit(north_client, batch)
    assert [Transaction.objects.filter(account=a).count() for a in (account, other)] == [6, 1]


def test_a_refusal_says_why_on_the_page(north_client, account):
    failed = (
        f"{HEAD}<OFX><SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Wrong</STATUS></SONRS></OFX>"
    )
    upload(north_client, account, failed.encode())
    body = shown(north_client.get(url(newest(), "format/")))
    assert "The bank refused the sign-on (15500): “Wrong”." in body


def test_stated_balances_of_accounts_without_rows_do_not_ask_for_them(north):
    account = factories.make_account()
    quiet = statement(head="", account="5550", after=LEDGERBAL).replace("USD", "EUR")
    batch = planned(account, ofx(ROWS) + quiet.encode())
    assert batch.counts["new"] == 6
    assert [n["name"] for n in batch.choices["names"]] == ["9100"]
    assert [b["account"] for b in batch.choices["balances"]] == [account.pk]
