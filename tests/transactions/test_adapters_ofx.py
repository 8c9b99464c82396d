"""OFX and QFX: every way in which banks write it, and what each value becomes."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from tests.conftest import DATA
from transactions.adapters import Detection, Line, NotATransaction, Refused, Reject, Row, Stated
from transactions.adapters import detect as detect_file
from transactions.adapters import rows as rows_of
from transactions.adapters.ofx_rows import MAX_DEPTH, provider_id
from transactions.adapters.report import check_folder

HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
ANSWERS = Path(__file__).with_name("answers.csv")


def block(**values: str) -> str:
    """One payment in SGML; a name given as DTPOSTED="" is left out where its value is "-"."""
    said = {"TRNTYPE": "DEBIT", "DTPOSTED": "20240801", "TRNAMT": "-4.50", "FITID": "A17"} | values
    return (
        "<STMTTRN>" + "".join(f"<{k}>{v}\n" for k, v in said.items() if v != "-") + "</STMTTRN>\n"
    )


def statement(*blocks: str, head: str = HEAD, after: str = "", account: str = "9100") -> str:
    return (
        f"{head}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1"
        f"<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>\n{''.join(blocks)}"
        f"</BANKTRANLIST>{after}</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def read(text: str | bytes, **choices: str) -> tuple[Detection, list[Row]]:
    content = text.encode("cp1252") if isinstance(text, str) else text
    found = detect_file(content, choices=choices)
    return found, list(rows_of(BytesIO(content), found.layout))


def line_of(text: str | bytes) -> Line:
    (row,) = read(text)[1]
    assert isinstance(row, Line), row
    return row


def code_of(text: str | bytes) -> str:
    with pytest.raises(Refused) as refusal:
        read(text)
    assert refusal.value.message.endswith(".")
    return refusal.value.code


# -- the real files ------------------------------------------------------------------------------


def test_every_real_file_is_as_its_answers_say(data: Path) -> None:
    checks = [
        c for c in check_folder(data / "exports", answers=ANSWERS) if c.file.startswith("ofx/")
    ]
    assert len(checks) == 30
    assert [c for c in checks if not c.good] == []


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        ("signon_failed", "signon_failed", "invalid identification code or your password"),
        ("empty_ofx", "no_rows", "no transactions"),
        ("two_accounts", "no_rows", "states balances"),
    ],
)
def test_a_file_without_payments_says_why(file: str, code: str, words: str, data: Path) -> None:
    with pytest.raises(Refused) as refusal:
        detect_file((DATA / f"exports/ofx/{file}.ofx").read_bytes())
    assert refusal.value.code == code
    assert words in refusal.value.message


def test_rows_without_a_day_are_rejected_with_their_tag(data: Path) -> None:
    _, found = read((DATA / "exports/ofx/date_missing.ofx").read_bytes())
    rejected = [(r.column, r.value, r.code) for r in found if isinstance(r, Reject)]
    assert rejected == [
        ("DTPOSTED", "", "date_missing"),
        ("DTPOSTED", "", "date_missing"),
        ("DTPOSTED", "20120231", "date_impossible"),
    ]
    assert all(r.reason and r.fix and "<FITID>" in r.raw for r in found if isinstance(r, Reject))


def test_the_same_statement_in_xml_and_with_commas_is_the_same(data: Path) -> None:
    folder = DATA / "exports/ofx"
    _, dots = read((folder / "stmt_xml.ofx").read_bytes())
    commas, found = read((folder / "stmt_euro_decimal_comma.ofx").read_bytes())
    assert commas.layout.decimal == ","
    plain = [r._replace(raw="") if not isinstance(r, Line) else r for r in found]
    assert plain == [r._replace(raw="") if not isinstance(r, Line) else r for r in dots]


# -- the ways of writing it ----------------------------------------------------------------------

PLAIN = statement(block(NAME="BAKERY"))
AS_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n<OFX><STMTRS>'
    "<CURDEF>USD</CURDEF><BANKACCTFROM><ACCTID>9100</ACCTID></BANKACCTFROM><BANKTRANLIST><STMTTRN>"
    "<TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240801</DTPOSTED><TRNAMT>-4.50</TRNAMT><FITID>A17</FITID>"
    "<NAME>BAKERY</NAME></STMTTRN></BANKTRANLIST></STMTRS></OFX>"
)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", ""),
        HEAD.replace("\n", "") + PLAIN.removeprefix(HEAD),
        PLAIN.removeprefix(HEAD),
        "\n\n  " + PLAIN.removeprefix(HEAD),
        f"<!--\n{HEAD}-->\n" + PLAIN.removeprefix(HEAD),
        PLAIN.replace("</STMTTRN>", ""),
        PLAIN.replace("</STMTTRN>", "").replace("</BANKTRANLIST>", "").replace("</STMTRS>", ""),
        PLAIN.replace("<NAME>BAKERY", "<NAME>BAKERY</MEMO></STRAY>"),
        PLAIN.replace("<NAME>", "<NAME >").replace("STMTTRN", "stmttrn"),
        PLAIN.replace("<NAME>BAKERY", "<NAME><![CDATA[BAKERY]]>"),
        PLAIN.replace("<NAME>BAKERY", "<MEMO/><NAME>BAKERY<!-- <NAME>no -->"),
        AS_XML,
        AS_XML.replace("</NAME>", "").replace("</FITID>", ""),
        AS_XML.replace("><", ">\n\t<"),
        AS_XML.partition("?>\n<?OFX")[2].partition("?>\n")[2],
    ],
)  # fmt: skip
def test_every_way_of_writing_gives_the_same_row(text: str) -> None:
    row = line_of(text)
    assert row._replace(line=0) == Line(
        0, date(2024, 8, 1), None, Decimal("-4.50"), "BAKERY", "", "", "", "9100", "USD", None,
        "A17 2024-08-01 -4.5", "posted",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_letters_are_read_whatever_the_header_says(encoding: str) -> None:
    assert line_of(statement(block(NAME="CAFÉ Zoë")).encode(encoding)).text == "CAFÉ Zoë"


def test_the_header_names_the_page_that_bytes_alone_do_not_tell() -> None:
    czech = statement(block(NAME="ř")).replace("CHARSET:1252", "CHARSET:1250").encode("cp1250")
    found, (row,) = read(czech)
    assert isinstance(row, Line)
    assert (found.layout.encoding, row.text) == ("cp1250", "ř")


def test_bytes_of_no_letter_cost_their_own_row() -> None:
    body = statement(block(NAME="ONE"), block(NAME="TW?", FITID="B"), block(NAME="3", FITID="C"))
    broken = body.replace("CHARSET:1252", "CHARSET:1253").encode().replace(b"TW?", b"TW\xd2\xff")
    _, found = read(broken)
    assert [r.code if isinstance(r, Reject) else r.line for r in found] == [8, "encoding", 20]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("A &amp; B", "A & B"),
        ("A &amp;amp; B", "A & B"),
        ("A &lt;3 B", "A <3 B"),
        ("A <3 B", "A <3 B"),
        ("A < B", "A < B"),
        ("AT&T", "AT&T"),
        ("CAF&#201;", "CAFÉ"),
        ("R&COPY SHOP", "R&COPY SHOP"),
        ("A\n   B", "A B"),
    ],
)
def test_entities_and_stray_marks(written: str, text: str) -> None:
    assert line_of(statement(block(NAME=written))).text == text


# -- what a value becomes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "memo", "text", "party"),
    [
        ("STARBUCKS STORE 12345 SEATTL", "STARBUCKS STORE 12345 SEATTLE WA",
         "STARBUCKS STORE 12345 SEATTLE WA", ""),
        ("JOE'S HAIR", "POS MERCHANDISE;JOE'S HAIR", "POS MERCHANDISE;JOE'S HAIR", "JOE'S HAIR"),
        ("ACME", "INVOICE 7", "ACME INVOICE 7", "ACME"),
        ("ACME", "-", "ACME", ""),
        ("-", "INVOICE 7", "INVOICE 7", ""),
        ("-", "-", "DEBIT", ""),
    ],
)  # fmt: skip
def test_name_and_memo_are_said_once(name: str, memo: str, text: str, party: str) -> None:
    row = line_of(statement(block(NAME=name, MEMO=memo)))
    assert (row.text, row.counterparty) == (text, party)


def test_the_payee_is_the_other_party_and_numbers_are_the_reference() -> None:
    row = line_of(
        statement(block(PAYEE="<NAME>Joe Day<CITY>Ulm</PAYEE>", CHECKNUM="000319", REFNUM="77"))
    )
    assert (row.counterparty, row.text, row.reference) == ("Joe Day", "Joe Day", "000319")
    assert line_of(statement(block(CHECKNUM="0", REFNUM="77"))).reference == "77"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("20240801", date(2024, 8, 1)),
        ("20240801235959.999[-5:EST]", date(2024, 8, 1)),
        ("20240801000000[+9:JST]", date(2024, 8, 1)),
        ("2024-08-01", date(2024, 8, 1)),
        ("2024-08-01T10:00:00", date(2024, 8, 1)),
    ],
)
def test_the_day_is_the_one_written(written: str, day: date) -> None:
    assert line_of(statement(block(DTPOSTED=written))).booked_on == day


def test_the_value_day_is_when_money_is_there_else_when_it_was_spent() -> None:
    both = line_of(statement(block(DTUSER="20240730", DTAVAIL="20240803")))
    assert both.value_on == date(2024, 8, 3)
    assert line_of(statement(block(DTUSER="20240730"))).value_on == date(2024, 7, 30)
    assert line_of(statement(block(DTUSER="soon"))).value_on is None


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("TRNAMT", {"TRNAMT": "-"}, "amount_missing"),
        ("TRNAMT", {"TRNAMT": "1e3000000"}, "amount_format"),
        ("TRNAMT", {"TRNAMT": "NaN"}, "amount_format"),
        ("TRNAMT", {"TRNAMT": "1.00001"}, "amount_precision"),
        ("TRNAMT", {"TRNAMT": "9" * 30}, "amount_size"),
        ("DTPOSTED", {"DTPOSTED": "yesterday"}, "date_format"),
        ("CURSYM", {"CURRENCY": "<CURRATE>1<CURSYM>ZZZ</CURRENCY>"}, "currency_unknown"),
        ("MEMO", {"MEMO": "x" * 20_001}, "cell_size"),
    ],
)
def test_what_cannot_be_read_is_rejected_by_its_tag(
    column: str, values: dict[str, str], code: str
) -> None:
    _, (bad, good) = read(statement(block(**values), block(FITID="B")))
    assert isinstance(bad, Reject) and isinstance(good, Line)
    assert (bad.column, bad.code) == (column, code)
    assert bad.reason.endswith(".") and bad.fix


def test_the_rows_own_currency_is_taken_and_an_original_one_is_not() -> None:
    own = line_of(statement(block(CURRENCY="<CURRATE>1.1<CURSYM>EUR</CURRENCY>")))
    assert own.currency == "EUR"
    original = line_of(statement(block(ORIGCURRENCY="<CURRATE>1.1<CURSYM>EUR</ORIGCURRENCY>")))
    assert original.currency == "USD"


def test_pending_payments_are_pending() -> None:
    pending = (
        "<BANKTRANLISTP><STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20240802<TRNAMT>-1.00<NAME>X</STMTTRNP>"
    )
    _, (one, two) = read(statement(block(), after=pending + "</BANKTRANLISTP>"))
    assert isinstance(one, Line) and isinstance(two, Line)
    assert (one.status, two.status, two.booked_on) == ("posted", "pending", date(2024, 8, 2))


def test_balances_are_stated_and_what_is_available_is_none() -> None:
    after = (
        "<LEDGERBAL><BALAMT>-20.5<DTASOF>20240831120000</LEDGERBAL><AVAILBAL><BALAMT>900"
        "<DTASOF>20240831</AVAILBAL>"
    )
    _, (_, ledger, available) = read(statement(block(), after=after))
    assert isinstance(ledger, Stated) and isinstance(available, NotATransaction)
    assert (ledger.day, ledger.amount, ledger.account, ledger.currency, ledger.opening) == (
        date(2024, 8, 31), Decimal("-20.5"), "9100", "USD", False,
    )  # fmt: skip


def test_several_accounts_in_one_file() -> None:
    one, two = statement(block()), statement(block(), head="", account="4929000000001111")
    card = two.replace("BANKACCTFROM", "CCACCTFROM").replace("STMTRS", "CCSTMTRS")
    found, (first, second) = read(one + card)
    assert isinstance(first, Line) and isinstance(second, Line)
    assert (first.account, second.account) == ("9100", "4929000000001111")
    (accounts,) = [e.found for e in found.evidence if e.what == "Accounts"]
    assert accounts == "bank account 9100 in USD, card ··1111 in USD"


def test_lines_rise_also_in_a_file_of_one_line() -> None:
    _, found = read(statement(*(block(FITID=f"B{n}") for n in range(3))).replace("\n", ""))
    assert [r.line for r in found] == [1, 2, 3]


def test_securities_are_no_payments() -> None:
    trade = "<BUYSTOCK><INVBUY><INVTRAN><FITID>T1</INVTRAN><TOTAL>-9.00</INVBUY></BUYSTOCK>"
    cash = f"<INVBANKTRAN>{block()}<SUBACCTFUND>CASH</INVBANKTRAN>"
    text = (
        f"{HEAD}<OFX><INVSTMTRS><CURDEF>USD<INVACCTFROM><ACCTID>7</INVACCTFROM><INVTRANLIST>{trade}"
        "{}</INVTRANLIST></INVSTMTRS></OFX>"
    )
    assert code_of(text.format("")) == "investments"
    _, (bought, moved) = read(text.format(cash))
    assert isinstance(bought, NotATransaction) and isinstance(moved, Line)


def test_the_sign_can_be_turned() -> None:
    content = PLAIN.encode()
    found = detect_file(content)
    (row,) = rows_of(BytesIO(content), found.layout.flipped())
    assert isinstance(row, Line) and row.amount == Decimal("4.50")


def test_a_file_that_is_cut_off_costs_the_row_it_ends_in() -> None:
    whole = statement(block(), block(FITID="B", TRNAMT="-45.00", NAME="GROCER"))
    first, end = whole.index("<STMTTRN>", whole.index("</STMTTRN>")), whole.rindex("</STMTTRN>")
    for at in range(first + 9, end + 9, 5):
        _, found = read(whole[:at])
        assert [r.code if isinstance(r, Reject) else r.line for r in found] == [8, "cut_off"], at
    assert len(read(whole[: end + 10])[1]) == 2


# -- the bank's id -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fitid", ["", "0", "000000", "--", "None", "n/a", "20240801", "20240801000000"]
)
def test_an_id_that_tells_nothing_apart_is_none(fitid: str) -> None:
    assert provider_id(fitid, date(2024, 8, 1), "-4.5") == ""


def test_an_id_goes_with_its_day_and_amount() -> None:
    day, other = date(2024, 8, 1), date(2024, 8, 2)
    ids = {
        provider_id("1", day, "-4.5"),
        provider_id("1", day, "-4.5"),
        provider_id("1", other, "-4.5"),
        provider_id("1", day, "-5"),
        provider_id("202408010", day, "-4.5"),
    }
    assert len(ids) == 4


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (PLAIN.replace("<OFX>", '<!DOCTYPE OFX [<!ENTITY a "b">]><OFX>'), "entities"),
        (PLAIN.replace("<OFX>", "<!ENTITY a 'b'><OFX>"), "entities"),
        (PLAIN.replace("BAKERY", "B" * 200_000), "cut_off"),
        (PLAIN.replace("<NAME>", "<!-- no end <NAME>"), "cut_off"),
        (HEAD + "<OFX>" + "<X>1" * (MAX_DEPTH + 9), "damaged"),
        (
            PLAIN.replace("<STMTTRNRS>", "<STMTTRNRS><STATUS><CODE>2000<SEVERITY>ERROR</STATUS>")
            .replace("STMTTRN>", "OTHER>"),
            "bank_error",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Date,Text,Amount\n2024-08-01,<OFX> fees,-3.20\n2024-08-02,OFXHEADER:100,9.00\n",
        "Day;Text;Amount\n01.08.2024;<OFX>;-3,20\n13.08.2024;B;-1,00\n",
    ],
)
def test_a_table_that_speaks_of_ofx_is_a_table(text: str) -> None:
    assert detect_file(text.encode()).adapter == "GENERIC_CSV"
