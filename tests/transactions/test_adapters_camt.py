"""CAMT.052, .053, .054: the real files against answers read by hand, and made ones for the oddities."""

from datetime import date
from decimal import Decimal

import pytest

from tests.transactions.made_camt import ACCOUNT, IBAN, details, document, entry
from tests.transactions.statements import (
    ANSWERS,
    EXPORTS,
    balanced,
    check_answer,
    check_refused,
    lines,
    read,
    rejects,
)
from transactions.adapters.base import (
    Line,
    NotATransaction,
    Reject,
    Row,
    Stated,
)
from transactions.adapters.camt import Camt
from transactions.adapters.camt_xml import MAX_DETAILS
from transactions.adapters.sample import Sample

FILES = [file for file in ANSWERS if file.startswith("camt/")]


def _one(inner: str) -> Row:
    (row,) = read(Camt(), document(inner))[1]
    return row


def _line(inner: str) -> Line:
    row = _one(inner)
    assert isinstance(row, Line)
    return row


# The real files


@pytest.mark.parametrize("file", [f for f in FILES if not ANSWERS[f]["refused"]])
def test_file_is_read_as_its_answer_says(file: str, data: object) -> None:
    check_answer(file, read(Camt(), (EXPORTS / file).read_bytes())[1])


@pytest.mark.parametrize("file", [f for f in FILES if ANSWERS[f]["refused"]])
def test_file_without_a_statement_is_refused(file: str, data: object) -> None:
    check_refused(file, Camt())


def test_every_file_has_its_answer(data: object) -> None:
    assert set(FILES) == {f"camt/{path.name}" for path in (EXPORTS / "camt").iterdir()}


def test_version_8_row_by_row(data: object) -> None:
    found, rows = read(Camt(), (EXPORTS / "camt/camt053.v8.xml").read_bytes())
    assert found.evidence[0].found == "CAMT.053, statement, version 8"
    opening, closing, available, _, line = rows
    assert isinstance(opening, Stated)
    assert isinstance(closing, Stated)
    assert (opening.opening, opening.amount, opening.currency) == (True, Decimal("18.15"), "EUR")
    assert (closing.opening, closing.amount, closing.currency) == (False, Decimal("-27.00"), "SEK")
    assert isinstance(available, NotATransaction)
    assert line == Line(
        110, date(2014, 12, 31), date(2015, 1, 2), Decimal("8.85"), "4654654654654654", "NAME NAME",
        "MUELL/FINP/RA12345 4654654654654654", "", "NL26VAYB8060476890", "EUR", None, "", "posted",
    )  # fmt: skip


def test_debit_names_the_creditor_as_the_other_party(data: object) -> None:
    _, rows = read(Camt(), (EXPORTS / "camt/camt052.v2.xml").read_bytes())
    (line,) = lines(rows)
    assert (line.amount, line.counterparty) == (Decimal(-200000), "Company Name")
    assert (line.text, line.account) == ("Credit", "CH2801234000123456789")


def test_two_statements_of_one_file_follow_each_other(data: object) -> None:
    _, rows = read(Camt(), (EXPORTS / "camt/camt053.v2.multi.statement.xml").read_bytes())
    assert list(balanced(rows)) == [True, True]
    assert [line.text for line in lines(rows)] == [
        "Transaction Description 1", "Transaction Description 2",
    ]  # fmt: skip


def test_balance_with_a_time_of_day_keeps_its_day(data: object) -> None:
    _, (row,) = read(Camt(), (EXPORTS / "camt/camt53.only-Dt-with-DtTm.xml").read_bytes())
    assert isinstance(row, Stated)
    assert (row.day, row.amount) == (date(2025, 7, 23), Decimal("5442.09"))


# Versions, namespaces, encodings


@pytest.mark.parametrize("version", [0, *range(2, 14)])
@pytest.mark.parametrize(
    ("message", "group"),
    [("BkToCstmrStmt", "Stmt"), ("BkToCstmrAcctRpt", "Rpt"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn")],
)
def test_every_version_of_every_message_is_read(version: int, message: str, group: str) -> None:
    content = document(entry(), version=version, message=message, group=group)
    found, rows = read(Camt(), content)
    assert [line.amount for line in lines(rows)] == [Decimal("-10.00")]
    assert f"version {version}" in found.evidence[0].found or not version


def test_prefixed_namespace_is_read_alike() -> None:
    content = document(entry()).decode()
    names = (
        "Document",
        "BkToCstmrStmt",
        "Stmt",
        "Ntry",
        "Amt",
        "Acct",
        "IBAN",
        "Id",
        "BookgDt",
        "Dt",
    )
    for name in names:
        content = content.replace(f"<{name}>", f"<c:{name}>").replace(f"</{name}>", f"</c:{name}>")
        content = content.replace(f"<{name} ", f"<c:{name} ")
    content = content.replace("xmlns=", "xmlns:c=")
    assert read(Camt(), content.encode())[1] == read(Camt(), document(entry()))[1]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("ISO-8859-1", "latin-1"),
        ("windows-1250", "cp1250"), ("UTF-8", "cp1252"), ("utf-16", "utf-8"), ("no-such", "utf-8"),
    ],
)  # fmt: skip
def test_letters_are_the_same_in_every_encoding(declared: str, written: str) -> None:
    remittance = "<RmtInf><Ustrd>Miete für Hütte Köln</Ustrd></RmtInf>"
    content = document(entry(after=details(remittance))).decode().replace("UTF-8", declared)
    (line,) = lines(read(Camt(), content.encode(written))[1])
    assert line.text == "Miete für Hütte Köln"


def test_file_of_another_kind_is_left_to_others() -> None:
    for content in (
        b"<Document><CstmrCdtTrfInitn/></Document>",
        b"Date,BkToCstmrStmt\n",
        b"<html>",
    ):
        assert Camt().detect(Sample(content), ()) is None


# What an entry says


@pytest.mark.parametrize(
    ("way", "reversal", "amount", "party"),
    [
        ("CRDT", "", "10.00", "Payer"), ("DBIT", "", "-10.00", "Payee"),
        # ISO 20022: CRDT and reversal means that the original was a debit.
        ("CRDT", "true", "10.00", "Payee"), ("DBIT", "1", "-10.00", "Payer"),
        ("DBIT", "false", "-10.00", "Payee"),
    ],
)  # fmt: skip
def test_sign_is_the_indicator_and_a_reversal_turns_the_parties(
    way: str, reversal: str, amount: str, party: str
) -> None:
    parties = (
        "<RltdPties><Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr><Cdtr><Nm>Payee</Nm></Cdtr></RltdPties>"
    )
    before = f"<RvslInd>{reversal}</RvslInd>" if reversal else ""
    line = _line(entry(way=way, before=before, after=details(parties)))
    assert (line.amount, line.counterparty) == (Decimal(amount), party)


@pytest.mark.parametrize(
    ("sts", "status"),
    [
        ("<Sts>BOOK</Sts>", "posted"), ("<Sts><Cd>BOOK</Cd></Sts>", "posted"), ("", "posted"),
        ("<Sts>PDNG</Sts>", "pending"), ("<Sts><Cd>PDNG</Cd></Sts>", "pending"),
        ("<Sts><Cd>FUTR</Cd></Sts>", "pending"),
    ],
)  # fmt: skip
def test_status_is_read_in_both_shapes(sts: str, status: str) -> None:
    assert _line(entry(sts=sts)).status == status


def test_entry_for_information_moves_no_money() -> None:
    for sts in ("<Sts>INFO</Sts>", "<Sts><Cd>INFO</Cd></Sts>"):
        row = _one(entry(sts=sts))
        assert isinstance(row, NotATransaction)
        assert row.why == "is for information only"
        assert row.raw.startswith('<Ntry><Amt Ccy="EUR">10.00</Amt>')
        assert row.raw.endswith("</Ntry>")


def test_pending_entry_without_a_day_is_no_transaction_yet() -> None:
    row = _one(entry(sts="<Sts>PDNG</Sts>", day=""))
    assert isinstance(row, NotATransaction)


@pytest.mark.parametrize(
    ("day", "booked", "value"),
    [
        ("<BookgDt><DtTm>2024-03-05T23:59:59-05:00</DtTm></BookgDt>", "2024-03-05", None),
        ("<BookgDt><Dt>2024-03-05+01:00</Dt></BookgDt>", "2024-03-05", None),
        ("<ValDt><Dt>2024-03-06</Dt></ValDt>", "2024-03-06", "2024-03-06"),
        ("<BookgDt><Dt>2024-03-05</Dt></BookgDt><ValDt><Dt>2024-03-07</Dt></ValDt>", "2024-03-05",
         "2024-03-07"),
    ],
)  # fmt: skip
def test_day_is_the_one_written(day: str, booked: str, value: str | None) -> None:
    line = _line(entry(day=day))
    assert line.booked_on.isoformat() == booked
    assert (line.value_on.isoformat() if line.value_on else None) == value


@pytest.mark.parametrize(
    ("bad_entry", "column", "code"),
    [
        (entry("-10.00"), "Amt", "amount_format"),
        (entry("10,00"), "Amt", "amount_format"),
        (entry("1e3"), "Amt", "amount_format"),
        (entry(""), "Amt", "amount_missing"),
        (entry("0.123456"), "Amt", "amount_precision"),
        (entry("9" * 17), "Amt", "amount_size"),
        (entry(currency="euro"), "Ccy", "currency_unknown"),
        (entry(way=""), "CdtDbtInd", "direction_missing"),
        (entry(way="DEBIT"), "CdtDbtInd", "direction_unknown"),
        (entry(sts="<Sts>DONE</Sts>"), "Sts", "status_unknown"),
        (entry(day=""), "BookgDt", "date_missing"),
        (entry(day="<BookgDt><Dt>2024-02-30</Dt></BookgDt>"), "BookgDt", "date_impossible"),
        (entry(day="<BookgDt><Dt>05/03/2024</Dt></BookgDt>"), "BookgDt", "date_format"),
        (entry(day="<BookgDt><Dt>yesterday</Dt></BookgDt>"), "BookgDt", "date_format"),
    ],
)  # fmt: skip
def test_unreadable_entry_costs_itself_alone(bad_entry: str, column: str, code: str) -> None:
    _, rows = read(Camt(), document(f"{entry('1.00')}\n{bad_entry}\n{entry('2.00')}"))
    assert rejects(rows) == [(9, column, code)]
    assert [line.amount for line in lines(rows)] == [Decimal("-1.00"), Decimal("-2.00")]
    (bad,) = [row for row in rows if isinstance(row, Reject)]
    assert bad.reason.endswith(".")
    assert bad.fix
    assert bad.raw == bad_entry


def test_references_and_texts() -> None:
    long = "x" * 140
    detail = (
        "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RmtInf>"
        f"<Ustrd>{long}</Ustrd><Ustrd>yz</Ustrd><Ustrd>second</Ustrd>"
        "<Strd><RfrdDocInf><Nb>INV-7</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf>"
        "</Strd></RmtInf>"
    )
    line = _line(entry(after=details(detail)))
    assert line.text == f"{long}yz second"
    assert line.reference == "RF18539007547034 INV-7"
    assert line.provider_id == ""


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (details("<AddtlTxInf>Card payment</AddtlTxInf>"), "Card payment"),
        ("<AddtlNtryInf>Account fee</AddtlNtryInf>", "Account fee"),
        (details("<RltdPties><Cdtr><Nm>Corner Shop</Nm></Cdtr></RltdPties>"), "Corner Shop"),
        (details("<RmtInf><Strd><AddtlRmtInf>Order 5</AddtlRmtInf></Strd></RmtInf>"), "Order 5"),
    ],
)  # fmt: skip
def test_text_where_nothing_is_remitted(after: str, text: str) -> None:
    assert _line(entry(after=after)).text == text


# Batches


def _part(amount: str, text: str, *, way: str = "", currency: str = "EUR") -> str:
    ways = f"<CdtDbtInd>{way}</CdtDbtInd>" if way else ""
    return f'<Amt Ccy="{currency}">{amount}</Amt>{ways}<RmtInf><Ustrd>{text}</Ustrd></RmtInf>'


def test_batch_whose_payments_add_up_is_one_line_each() -> None:
    parts = details(
        _part("7.50", "rent"), _part("3.00", "water"), _part("0.50", "back", way="CRDT")
    )
    _, rows = read(Camt(), document(entry(after=parts)))
    assert [(line.amount, line.text) for line in lines(rows)] == [
        (Decimal("-7.50"), "rent"), (Decimal("-3.00"), "water"), (Decimal("0.50"), "back"),
    ]  # fmt: skip
    assert [line.line for line in lines(rows)] == [8, 9, 10]


def test_amounts_of_version_2_split_a_batch_too() -> None:
    parts = details(*(
        f'<AmtDtls><TxAmt><Amt Ccy="EUR">{a}</Amt></TxAmt></AmtDtls>' for a in ("4.00", "6.00")
    ))  # fmt: skip
    _, rows = read(Camt(), document(entry(after=parts), version=2))
    assert [line.amount for line in lines(rows)] == [Decimal("-4.00"), Decimal("-6.00")]


@pytest.mark.parametrize(
    "parts",
    [
        (_part("7.50", "rent"), _part("3.00", "water")),  # a charge went off
        (_part("7.50", "rent"), _part("2.50", "water", currency="USD")),
        (_part("7.50", "rent"), "<RmtInf><Ustrd>water</Ustrd></RmtInf>"),
    ],
)  # fmt: skip
def test_batch_that_does_not_add_up_stays_one_line(parts: tuple[str, str]) -> None:
    line = _line(entry(after=details(*parts)))
    assert (line.amount, line.text) == (Decimal("-10.00"), "rent; water")


def test_endless_batch_stays_one_line() -> None:
    parts = details(*["<X/>"] * (MAX_DETAILS + 5))
    assert _line(entry(after=parts + "<AddtlNtryInf>wages</AddtlNtryInf>")).text == "wages"


# Balances


def _balance(code: str, amount: str, day: str, *, way: str = "CRDT", sub: str = "") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry>{sub}</Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def test_balance_of_the_day_before_opens_the_next_day() -> None:
    row = _one(_balance("PRCD", "5.00", "2024-02-29", way="DBIT"))
    assert isinstance(row, Stated)
    assert (row.day, row.amount, row.opening) == (date(2024, 3, 1), Decimal("-5.00"), True)


@pytest.mark.parametrize(
    "balance",
    [
        _balance("ITBD", "5.00", "2024-03-05"),
        _balance("CLBD", "5.00", "2024-03-05", sub="<SubTp><Cd>INTM</Cd></SubTp>"),
        _balance("CLBD", "five", "2024-03-05"), _balance("CLBD", "5.00", "2024-02-31"),
        _balance("CLBD", "5.00", "2024-03-05", way="?"),
    ],
)  # fmt: skip
def test_other_balance_is_no_transaction(balance: str) -> None:
    assert isinstance(_one(balance), NotATransaction)


def test_accounts_of_one_file_keep_apart() -> None:
    second = f"</Stmt><Stmt>{ACCOUNT.replace(IBAN, 'FR7630006000011234567890189')}{entry('2.00')}"
    third = "</Stmt><Stmt><Acct><Id><Othr><Id>12 34</Id></Othr></Id></Acct>" + entry("3.00")
    _, rows = read(Camt(), document(entry() + second + third))
    assert [line.account for line in lines(rows)] == [IBAN, "FR7630006000011234567890189", "1234"]


def test_file_in_one_line_gives_each_row_its_own_number() -> None:
    content = document("".join(entry(f"{n}.00") for n in range(1, 6))).replace(b"\n", b"")
    _, rows = read(Camt(), content)
    assert [row.line for row in rows] == [1, 2, 3, 4, 5]
