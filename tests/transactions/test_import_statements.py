"""CAMT and MT940 statements on the whole road: pages, plan, commit, again, undo; the real files too."""

from decimal import Decimal

import pytest

from tests import factories
from tests.transactions import made_camt, made_mt940
from tests.transactions.statements import ANSWERS, EXPORTS
from tests.transactions.test_import_described import shown
from tests.transactions.test_import_pages import signed_in, upload
from tests.transactions.test_import_preview import commit, newest, tally, url
from tests.transactions.test_imports import brought_in, planned, total
from transactions.audit import audit_ledger
from transactions.models import BalanceStatement, ImportBatch


def _balance(kind: str, amount: str, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def camt(closing: str = "1090.00", **more: int) -> bytes:
    day = "<BookgDt><Dt>2026-03-06</Dt></BookgDt>"
    return made_camt.document(
        _balance("OPBD", "100.00", "2026-03-01") + _balance("CLBD", closing, "2026-03-31")
        + made_camt.entry("10.00") + made_camt.entry("10.00")
        + made_camt.entry("1010.00", "CRDT", day=day),
        **more,
    )  # fmt: skip


def mt940(closing: str = "1090,00", end: str = "\n") -> bytes:
    return made_mt940.message(
        ":61:2603050305D10,00NTRFNONREF", ":86:CORNER BAKERY",
        ":61:2603050305D10,00NTRFNONREF", ":86:CORNER BAKERY",
        ":61:2603060306C1010,00NTRFNONREF", ":86:HARBOUR WORKS SALARY",
        opening=":60F:C260301EUR100,00", closing=f":62F:C260331EUR{closing}", end=end,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "again"),
    [(camt(), camt(version=2)), (mt940(), mt940(end="\r\n"))],
    ids=["camt", "mt940"],
)
def test_a_statement_goes_through_the_pages_and_again_and_back(first, again, north_client):
    account = factories.make_account(customer=signed_in(north_client))
    upload(north_client, account, first, name="statement.txt")
    batch = newest()
    page = north_client.get(url(batch))
    # Equal payments of one day are two.
    assert tally(page)[0] == 3 and "The file’s own balances agree:" in shown(page)
    assert "Step 3 of 4" in shown(page) and b"/columns/" not in page.content
    assert commit(north_client, batch)["Location"] == url(batch, "done/")
    assert total(account) == Decimal("990.00")
    assert BalanceStatement.objects.get(account=account).amount == Decimal("1090.00")
    repeated = planned(account, again)
    assert repeated.state == ImportBatch.State.EMPTY and repeated.counts["same"] == 3
    north_client.post(url(batch, "undo/"))
    assert total(account) == 0 and not BalanceStatement.objects.filter(account=account).exists()
    assert audit_ledger() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [(camt(), "each entry says CRDT or DBIT"), (mt940(), "each row says C or D")],
    ids=["camt", "mt940"],
)
def test_a_sign_that_the_format_states_is_said_and_cannot_be_turned(body, words, north_client):
    account = factories.make_account(customer=signed_in(north_client))
    upload(north_client, account, body, name="statement.xml")
    page = north_client.get(url(newest(), "format/"))
    assert words in shown(page) and "minus is money out" not in shown(page)
    assert b'value="flip"' not in page.content


@pytest.mark.parametrize("body", [camt("1089.00"), mt940("1089,00")], ids=["camt", "mt940"])
def test_a_statement_whose_rows_do_not_lead_to_its_balance_says_so(body, north_client):
    account = factories.make_account(customer=signed_in(north_client))
    upload(north_client, account, body, name="statement.xml")
    page = shown(north_client.get(url(newest())))
    assert "The file’s own balances differ by −€1.00:" in page


@pytest.mark.parametrize(
    ("file", "currency"),
    [("camt/camt052.v2.xml", "SEK"), ("mt940/jejik_rabobank-iban.sta", "EUR"),
     ("mt940/mBank_mt940.sta", "PLN"), ("mt940/self-provided_february_30.sta", "EUR")],
)  # fmt: skip
def test_a_real_statement_comes_in_to_the_cent(file, currency, north, data):
    answer = ANSWERS[file]
    account = factories.make_account(currency=currency)
    result = brought_in(account, (EXPORTS / file).read_bytes())
    assert result.new == int(answer["transactions"])
    assert total(account) == Decimal(answer["money_in"]) - Decimal(answer["money_out"])
    assert audit_ledger() == []
