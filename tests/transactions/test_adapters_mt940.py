"""MT940 and MT942: the real files against answers read by hand, and made ones for the oddities."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from tests.transactions.made_mt940 import ENTRY, LAYOUT, message
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
from transactions.adapters.base import Line, NotATransaction, Reject, Row, Stated
from transactions.adapters.mt940 import Mt940
from transactions.adapters.mt940_info import Info, read_info
from transactions.adapters.sample import Sample

FILES = [file for file in ANSWERS if file.startswith("mt940/")]


def _rows(*fields: str) -> list[Row]:
    return read(Mt940(), message(*fields))[1][1:-1]


def _line(*fields: str) -> Line:
    (row,) = _rows(*fields)
    assert isinstance(row, Line)
    return row


# The real files


@pytest.mark.parametrize("file", [f for f in FILES if not ANSWERS[f]["refused"]])
def test_file_is_read_as_its_answer_says(file: str, data: object) -> None:
    check_answer(file, read(Mt940(), (EXPORTS / file).read_bytes())[1])


@pytest.mark.parametrize("file", [f for f in FILES if ANSWERS[f]["refused"]])
def test_file_without_a_statement_is_refused(file: str, data: object) -> None:
    check_refused(file, Mt940())


def test_every_file_has_its_answer(data: object) -> None:
    assert set(FILES) == {f"mt940/{path.name}" for path in (EXPORTS / "mt940").iterdir()}


def _real(name: str) -> list[Row]:
    return read(Mt940(), (EXPORTS / "mt940" / name).read_bytes())[1]


def test_three_banks_in_one_file_row_by_row(data: object) -> None:
    rows = _real("cmxl_mt940.sta")
    found = lines(rows)
    assert list(balanced(rows)) == [True, True, True]
    assert found[0] == Line(
        5, date(2013, 10, 17), date(2013, 10, 17), Decimal(-6800), "SCHECK-NR. 0000016703074", "",
        "16703074", "", "45050050/76198810", "DEM", None, "", "posted",
    )  # fmt: skip
    # D and C before the R of EUR, and the entry date a day after the value date.
    assert (found[11].amount, found[11].booked_on) == (Decimal(-800), date(2002, 11, 2))
    assert (found[11].text, found[11].counterparty) == ("Miete November", "MUELLER")
    assert found[12].text.startswith("Gehalt Oktober")  # broken over two lines
    assert found[14].reference == "REF 25611247"
    assert found[15].text == "Odsetki od lokaty nr 101000022086"
    assert found[15].account == "BPHKPLPK/320000546101"


def test_pages_join_and_their_balances_are_none_of_the_statement(data: object) -> None:
    rows = _real("jejik_abnamro.sta")
    pages = [row for row in rows if isinstance(row, NotATransaction)]
    assert [row.line for row in pages] == [35, 40]
    assert {row.why for row in pages} == {"states the balance between two pages"}
    assert {line.currency for line in lines(rows)} == {"EUR"}
    assert lines(rows)[6].amount == Decimal(-107)  # “107,”
    assert "000000000000000" + "0000000000 BETREFT" in lines(rows)[0].text


def test_words_between_strokes(data: object) -> None:
    first, second, *_ = lines(_real("jejik_rabobank-iban.sta"))
    assert first.counterparty == "CONTRA ACCOUNT HOLDER"  # broken inside a word
    assert first.reference == "01-01-2013 12:00 0030000987654321"
    assert (second.text, second.counterparty) == ("Reference 201301234", "JOHN DOE")
    assert second.amount == Decimal("-10.00")  # 000000000010,00


def test_funds_letter_is_no_part_of_the_amount(data: object) -> None:
    rows = _real("mBank_mt940.sta")
    assert [line.amount for line in lines(rows)] == [Decimal("0.01")] * 3  # CN0,01
    assert lines(rows)[0].reference == "MB170119012058"
    assert {line.provider_id for line in lines(rows)} == {""}


def test_note_behind_the_closing_balance_is_no_row(data: object) -> None:
    rows = _real("jejik_ing.sta")
    assert isinstance(rows[-1], Stated)
    assert lines(rows)[2].reference == "TMG TANGO"


def test_30_february_is_the_last_of_the_month_and_said(data: object) -> None:
    content = (EXPORTS / "mt940/self-provided_february_30.sta").read_bytes()
    found, rows = read(Mt940(), content)
    (line,) = lines(rows)
    assert (line.booked_on, line.value_on) == (date(2016, 3, 1), date(2016, 2, 29))
    assert [e.found for e in found.evidence if e.what == "Value days"] == [
        "30 February is taken as the last day of February"
    ]


def test_german_parts_of_27_characters_join_into_words(data: object) -> None:
    (line,) = lines(_real("self-provided_malformed_details.sta"))
    assert line.counterparty == "Finanzamt Muenchen Abteilung Erhebung"
    assert line.reference == "123/123/12345-----L1101234567890123"
    assert line.text.startswith("STEUERNR 123/123/12345 KOERPST 3VJ.17")


# Envelopes and ends


@pytest.mark.parametrize(
    "content",
    [
        message(ENTRY),
        message(ENTRY, end="\r\n"),
        message(ENTRY, end="\r"),
        b"\r\n" + message(ENTRY).replace(b"\n-\n", b"\n-\x03"),
        b"\x01" + message(ENTRY),
        b"BANKDEFF\n940\nBANKDEFF\n" + message(ENTRY),
        b":940:\n" + message(ENTRY).replace(b"-\n", b""),
        b"{1:F01BANKDEFFXXXX0000000000}{2:O9400000000000BANKDEFFXXXX00000000000000000000N}{4:\n"
        + message(ENTRY).replace(b"\n-\n", b"\n-}{5:{CHK:000000000000}}\n"),
        b"{1:F01BANKDEFFXXXX0000000000}\n{2:I940BANKDEFFXXXXN}\n{4:\n"
        + message(ENTRY).replace(b"\n-\n", b"-}\n"),
        message(ENTRY).decode().encode("utf-16"),
    ],
)
def test_message_is_the_same_in_every_wrapping(content: bytes) -> None:
    opening, line, closing = read(Mt940(), content)[1]
    assert isinstance(opening, Stated)
    assert isinstance(line, Line)
    assert isinstance(closing, Stated)
    assert (line.amount, line.booked_on) == (Decimal("-10.00"), date(2024, 3, 5))
    assert (line.account, line.currency) == ("DE02120300000000202051", "EUR")
    assert (opening.amount, closing.amount) == (Decimal("100.00"), Decimal("1.00"))


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("12345678/0001234567", "12345678/0001234567"), ("NL02ABNA0123456789EUR", "NL02ABNA0123456789"),
        ("NL02ABNA0123456789 EUR", "NL02ABNA0123456789"), ("0001234567", "0001234567"),
    ],
)  # fmt: skip
def test_account_is_written_without_the_currency(written: str, account: str) -> None:
    _, rows = read(Mt940(), message(ENTRY, account=written))
    assert [line.account for line in lines(rows)] == [account]


def test_letters_of_windows_are_found() -> None:
    content = (
        message(ENTRY, ":86:Miete für die Wohnung in Köln, Straße 5").decode().encode("cp1252")
    )
    found, rows = read(Mt940(), content)
    assert found.layout.encoding == "cp1252"
    assert lines(rows)[0].text == "Miete für die Wohnung in Köln, Straße 5"


def test_interim_report_is_read_with_its_expected_rows() -> None:
    content = (
        ":20:START\n:25:12345678/1234567\n:28C:1/1\n:34F:EURD0,00\n:13D:2403051200+0100\n"
        ":61:240305C5,00NTRFNONREF\n:86:paid\n:61:240306EC7,00NTRFNONREF\n:90D:0EUR0,00\n:90C:2EUR12,00\n-\n"
    )
    found, rows = read(Mt940(), content.encode())
    assert found.label == "MT942"
    assert [(line.amount, line.status, line.currency) for line in lines(rows)] == [
        (Decimal("5.00"), "posted", "EUR"), (Decimal("7.00"), "pending", "EUR"),
    ]  # fmt: skip
    assert [row.why for row in rows if isinstance(row, NotATransaction)] == ["states a total"] * 2


def test_file_of_another_kind_is_left_to_others() -> None:
    for content in (
        b"Date,Text,Amount\n2024-03-05,:61:240305,1.00\n", b":20:only a number\n", b"Dear :61: sir\n",
    ):  # fmt: skip
        assert Mt940().detect(Sample(content), ()) is None


def test_message_without_an_account_takes_none_from_the_one_before() -> None:
    second = f":20:NEXT\n:28C:2/1\n{ENTRY}\n:62F:C240331USD1,00\n-\n"
    _, rows = read(Mt940(), message(ENTRY) + second.encode())
    assert [(line.account, line.currency) for line in lines(rows)] == [
        ("DE02120300000000202051", "EUR"), ("", ""),
    ]  # fmt: skip


# The row itself


@pytest.mark.parametrize(
    ("mark", "amount"),
    [("C", "10.00"), ("D", "-10.00"), ("RC", "-10.00"), ("RD", "10.00"), ("CR", "10.00"), ("DR", "-10.00"),
     ("RCR", "-10.00"), ("RDR", "10.00")],
)  # fmt: skip
def test_mark_gives_the_sign(mark: str, amount: str) -> None:
    assert _line(f":61:2403050305{mark}10,00NTRFNONREF").amount == Decimal(amount)


@pytest.mark.parametrize(
    ("written", "amount"),
    [("107,", "107"), ("0,5", "0.5"), (",50", "0.50"), ("000000000010,00", "10.00"), ("107", "107"),
     ("10.5", "10.5"), ("00000000000000000001,25", "1.25")],
)  # fmt: skip
def test_amount_is_read_as_banks_write_it(written: str, amount: str) -> None:
    assert _line(f":61:240305C{written}NTRFNONREF").amount == Decimal(amount)


@pytest.mark.parametrize(
    ("dates", "booked", "value"),
    [
        ("240305", "2024-03-05", "2024-03-05"), ("2403050307", "2024-03-07", "2024-03-05"),
        ("1701021230", "2016-12-30", "2017-01-02"), ("1612310102", "2017-01-02", "2016-12-31"),
        ("2402300301", "2024-03-01", "2024-02-29"), ("2302290301", "2023-03-01", "2023-02-28"),
        ("2403010229", "2024-02-29", "2024-03-01"), ("991231", "1999-12-31", "1999-12-31"),
        ("8001010101", "1980-01-01", "1980-01-01"), ("790101", "2079-01-01", "2079-01-01"),
    ],
)  # fmt: skip
def test_days_of_a_row(dates: str, booked: str, value: str) -> None:
    line = _line(f":61:{dates}C1,00NTRFNONREF")
    assert (line.booked_on.isoformat(), str(line.value_on)) == (booked, value)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (":61:240230C1,00NTRF", "value date", "date_impossible"),
        (":61:240431C1,00NTRF", "value date", "date_impossible"),
        (":61:2403051301C1,00NTRF", "entry date", "date_impossible"),
        (":61:24-03-05C1,00NTRF", "value date", "date_format"),
        (":61:", "value date", "date_format"),
        (":61:240305X1,00NTRF", "debit/credit mark", "direction_unknown"),
        (":61:2403051,00NTRF", "debit/credit mark", "direction_missing"),
        (":61:240305CNTRF", "amount", "amount_format"),
        (":61:240305C", "amount", "amount_missing"),
        (":61:240305C-5,00NTRF", "amount", "amount_format"),
        (":61:240305C1.234,50NTRF", "amount", "amount_format"),
        (":61:240305C1.234NTRF", "amount", "amount_format"),
        (":61:240305C1,23456NTRF", "amount", "amount_precision"),
        (":61:240305C1234567890123456,00NTRF", "amount", "amount_size"),
        (":6l:240305C1,00NTRFNONREF", "", "unknown_field"),
        ("61:2403050305DR1,00NTRFNONREF", "", "unknown_field"),
    ],
)  # fmt: skip
def test_unreadable_row_costs_itself_alone(row: str, column: str, code: str) -> None:
    rows = _rows(ENTRY, ":86:before", row, ":86:of the row", ENTRY, ":86:after")
    assert rejects(rows) == [(7, column, code)]
    assert [line.text for line in lines(rows)] == ["before", "after"]
    (bad,) = [r for r in rows if isinstance(r, Reject)]
    assert bad.raw == f"{row}\n:86:of the row"
    assert bad.reason.endswith(".")
    assert bad.fix


def test_damaged_bytes_reject_their_row() -> None:
    for bad, code in ((b"\0", "nul_byte"), (b"\xff", "encoding"), (b"x" * 40_000, "line_too_long")):
        content = message(ENTRY, ":86:fine", ENTRY, ":86:bad@", ENTRY).replace(b"@", bad)
        rows = list(Mt940().rows(BytesIO(content), LAYOUT))
        assert rejects(rows) == [(7, "", code)]
        assert len(lines(rows)) == 2


@pytest.mark.parametrize(
    ("tail", "more", "reference", "text"),
    [
        ("NTRFINV 7//B99", (), "INV 7", "INV 7"), ("NTRFNONREF//B99", (), "B99", "B99"),
        ("NTRFNONREF", ("Card payment",), "", "Card payment"), ("NMSC", (), "", "MSC"),
        ("NTRFNONREF", ("NL02ABNA0123456789", ":86:rent"), "", "rent"),
        ("S103INV8", (":86:rent", ":86:of May"), "INV8", "rent of May"), ("", (":86:rent",), "", "rent"),
    ],
)  # fmt: skip
def test_reference_and_text_of_a_row(
    tail: str, more: tuple[str, ...], reference: str, text: str
) -> None:
    line = _line(f":61:240305C1,00{tail}", *more)
    assert (line.reference, line.text) == (reference, text)


@pytest.mark.parametrize(
    ("lines_", "info"),
    [
        (["166?00GUTSCHRIFT?20SVWZ+Rent May?21EREF+R-5?30BANKDEFF?32Erika?33Muster"],
         Info("Rent May", "Erika Muster", "R-5")),
        (["166>00GUTSCHRIFT>20Rent>32Erika"], Info("Rent", "Erika", "")),
        (["005?00LASTSCHRIFT?20EREF+NOTPROVIDED"], Info("LASTSCHRIFT", "", "")),
        (["177?00ONLINE?20" + "a" * 27 + "?21b c?60d"], Info("a" * 27 + "b c d", "", "")),
        (["177?00A?2", "0Rent?3", "2Erika"], Info("Rent", "Erika", "")),
        (["/TRTP/SEPA OVERBOEKING/IBAN/NL02ABNA0123456789/BIC/ABNANL2A/NAME/J DOE",
          "/REMI/Invoice 5/EREF/E-9"], Info("Invoice 5", "J DOE", "E-9")),
        (["/EREF/NOTPROVIDED//CNTP/NL02ABNA0123456789/ABNANL2A/J DOE/TOWN//REMI/USTD//Invoice 6/"],
         Info("Invoice 6", "J DOE", "")),
        (["/REMI/STRD/CUR/RF18539007547034/"], Info("RF18539007547034", "", "RF18539007547034")),
        (["/TRTP/ACCEPTGIRO/"], Info("ACCEPTGIRO", "", "")),
        (["999PN0911STANDING ORDER"], Info("STANDING ORDER", "", "")),
        (["911 COLLECT; FROM: ", "J DOE"], Info("911 COLLECT; FROM: J DOE", "", "")),
        (["52.89.39.882   SHOP"], Info("52.89.39.882 SHOP", "", "")),
        (["100% wool, 20 items"], Info("100% wool, 20 items", "", "")),
        (["x" * 61 + " 12", "34"], Info("x" * 61 + " 1234", "", "")),
        (["x" * 64, "34"], Info("x" * 64 + " 34", "", "")),
        ([""], Info("", "", "")), ([], Info("", "", "")), (["?20"], Info("?20", "", "")),
    ],
)  # fmt: skip
def test_three_languages_of_the_information_field(lines_: list[str], info: Info) -> None:
    assert read_info(lines_) == info


@pytest.mark.parametrize(
    ("balance", "amount", "day"),
    [("D240331EUR5,", "-5", "2024-03-31"), ("C240230EUR00005,5", "5.5", "2024-02-29")],
)
def test_closing_balance(balance: str, amount: str, day: str) -> None:
    *_, row = read(Mt940(), message(closing=f":62F:{balance}"))[1]
    assert isinstance(row, Stated)
    assert (row.amount, row.day.isoformat(), row.opening) == (Decimal(amount), day, False)


@pytest.mark.parametrize(
    "balance",
    [":62F:five", ":62F:C240431EUR5,00", ":62F:C240331EUR1.234,00", ":62F:", ":64:C240331EUR5,00",
     ":65:C240401EUR5,00", ":62M:C240331EUR5,00"],
)  # fmt: skip
def test_other_balance_is_no_transaction(balance: str) -> None:
    _, rows = read(Mt940(), message(ENTRY, closing=balance))
    assert isinstance(rows[-1], NotATransaction)
    assert rows[-1].raw == balance
