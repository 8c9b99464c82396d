"""One damaged row among good ones: it alone is rejected, with line, column, code and a way to mend it."""

from io import BytesIO

import pytest

from transactions.adapters import Line, NotATransaction, Refused, Reject, Row, detect, rows

HEADER = b"Date,Description,Amount,Balance\n"
GOOD = [
    b"2024-08-01,BREAD,-3.20,96.80\n",
    b"2024-08-02,WAGES,900.00,996.80\n",
    b"2024-08-03,RENT,-500.00,496.80\n",
]


def _read(content: bytes) -> list[Row]:
    return list(rows(BytesIO(content), detect(content).layout))


def _with(bad: bytes) -> list[Row]:
    """The bad row stands on line 3, between good ones."""
    return _read(HEADER + GOOD[0] + bad + b"\n" + GOOD[1] + GOOD[2])


BAD = [
    # row, column, code
    (b"2024-08-02,X,1e3000000,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,NaN,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,1_000,1.00", "Amount", "amount_format"),
    (b'2024-08-02,X,"12,50",1.00', "Amount", "amount_format"),
    (b"2024-08-02,X,12.4O,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,0x10,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,--1,1.00", "Amount", "amount_format"),
    ("2024-08-02,X,１２.５,1.00".encode(), "Amount", "amount_format"),
    (b"2024-08-02,X,#REF!,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,=1+1,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,twelve,1.00", "Amount", "amount_format"),
    (b"2024-08-02,X,,1.00", "Amount", "amount_missing"),
    (b"2024-08-02,X,-,1.00", "Amount", "amount_missing"),
    (b"2024-08-02,X,1.23456,1.00", "Amount", "amount_precision"),
    (b"2024-08-02,X,12345678901234567890123,1.00", "Amount", "amount_size"),
    (b"2024-08-02,X,1234567890123456.00,1.00", "Amount", "amount_size"),
    (b"2024-08-02,X," + b"9" * 70_000 + b",1.00", "Amount", "amount_size"),
    (b"2024-02-31,X,-1.00,1.00", "Date", "date_impossible"),
    (b"31/02/2024,X,-1.00,1.00", "Date", "date_impossible"),
    (b"2023-02-29,X,-1.00,1.00", "Date", "date_impossible"),
    (b"2024-13-01,X,-1.00,1.00", "Date", "date_impossible"),
    (b"1111-11-11,X,-1.00,1.00", "Date", "date_impossible"),
    (b"someday,X,-1.00,1.00", "Date", "date_format"),
    (b"45321,X,-1.00,1.00", "Date", "date_format"),
    (b",X,-1.00,1.00", "Date", "date_missing"),
    (b"2024-08-02,X,-1.00", "", "cell_count"),
    (b"2024-08-02,X", "", "cell_count"),
    (b"2024-08-02,X,-1.00,1.00,EXTRA", "", "cell_count"),
    (b"2024-08-02,ACME, INC,-1.00,1.00", "", "cell_count"),
    (b'2024-08-02,"X,-1.00,1.00', "", "quote"),
    (b'"2024-08-02,X,-1.00,1.00', "", "quote"),
    (b'2024-08-02,X,"-1.00,1.00', "", "quote"),
    (b"2024-08-02,X\0Y,-1.00,1.00", "", "nul_byte"),
    (b"2024-08-02,\0,-1.00,1.00", "", "nul_byte"),
    (b"2024-08-02,CAF\xc3\xa9 \xff\xfe,-1.00,1.00", "", "encoding"),
    (b"2024-08-02," + b"X" * 120_000 + b",-1.00,1.00", "", "line_too_long"),
]


@pytest.mark.trap("csv-swallows-rows")
@pytest.mark.parametrize(("bad", "column", "code"), BAD)
def test_bad_row_is_rejected_alone(bad: bytes, column: str, code: str) -> None:
    accents = "2024-07-30,CAFÉ ÉTÉ ÇA ÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉ,-1.00,1.00\n".encode()
    content = HEADER + accents + GOOD[0] + bad + b"\n" + GOOD[1] + GOOD[2]
    read = _read(content)
    rejected = [r for r in read if isinstance(r, Reject)]
    assert [(r.line, r.column, r.code) for r in rejected] == [(4, column, code)]
    assert [r.line for r in read if isinstance(r, Line)] == [2, 3, 5, 6]
    (reject,) = rejected
    assert reject.reason.endswith(".")
    assert reject.fix
    assert "\0" not in reject.raw
    reject.raw.encode()


def test_reject_keeps_the_row_as_received() -> None:
    (reject,) = [r for r in _with(b'2024-08-02,"A, B",12;50,1.00') if isinstance(r, Reject)]
    assert reject.raw == '2024-08-02,"A, B",12;50,1.00'
    assert reject.value == "12;50"


NONE_OF_THEM = [
    (b",,,", 0),  # blank: no row at all
    (b"", 0),
    (b"   ", 0),
    (b"Total,,396.80,", 1),
    (b",Total,396.80,", 1),
    (b"2024-08-31,Closing balance,,496.80", 1),
    (b"2024-08-01,Opening balance as of 08/01/2024,,100.00", 1),
    (b"2024-08-01,Opening Balance,0.00,100.00", 1),
    (b"Date,Description,Amount,Balance", 1),
    (b"End of statement", 1),
    (b"Nothing to see here,,,", 1),
]


@pytest.mark.parametrize(("row", "count"), NONE_OF_THEM)
def test_row_that_is_no_transaction_is_said_to_be_none(row: bytes, count: int) -> None:
    read = _with(row)
    assert sum(isinstance(r, Line) for r in read) == 3
    assert [type(r) for r in read if not isinstance(r, Line)] == [NotATransaction] * count


@pytest.mark.trap("csv-swallows-rows")
def test_stray_quotation_mark_swallows_nothing_even_when_another_follows() -> None:
    content = HEADER + (
        b'2024-08-01,"BREAD,-3.20,96.80\n'
        b"2024-08-02,WAGES,900.00,996.80\n"
        b'2024-08-03,RENT",-500.00,496.80\n'
        b"2024-08-04,TEA,-2.00,494.80\n"
    )
    read = _read(content)
    assert [(r.line, r.code) for r in read if isinstance(r, Reject)] == [(2, "quote")]
    assert [r.line for r in read if isinstance(r, Line)] == [3, 4, 5]


def test_text_over_several_lines_is_one_row() -> None:
    content = HEADER + (
        b'2024-08-01,"BREAD\nfrom the corner\nshop",-3.20,96.80\n2024-08-02,WAGES,900.00,996.80\n'
    )
    first, second = _read(content)
    assert isinstance(first, Line)
    assert isinstance(second, Line)
    assert first.text == "BREAD\nfrom the corner\nshop"
    assert (first.line, second.line) == (2, 5)


def test_mark_of_inches_is_no_quotation() -> None:
    read = _with(b'2024-08-02,5" PIPE,-1.00,1.00')
    assert [r.text for r in read if isinstance(r, Line)][1] == '5" PIPE'


def test_file_cut_off_in_its_last_row_says_so() -> None:
    read = _read(HEADER + b"".join(GOOD) + b"2024-08-04,TEA AND")
    (reject,) = [r for r in read if isinstance(r, Reject)]
    assert (reject.line, reject.code) == (5, "cell_count")
    assert "cut off" in reject.reason


def test_file_cut_off_inside_a_quoted_cell_says_so() -> None:
    read = _read(HEADER + b"".join(GOOD) + b'2024-08-04,"TEA AND')
    (reject,) = [r for r in read if isinstance(r, Reject)]
    assert (reject.line, reject.code) == (5, "quote")
    assert "cut off" in reject.reason


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_ends_of_lines_and_encodings_make_no_difference(end: bytes, encoding: str) -> None:
    text = (HEADER + b"".join(GOOD)).decode().replace("BREAD", "BRÖTCHEN")
    content = text.replace("\n", end.decode()).encode(encoding)
    read = _read(content)
    assert [r.line for r in read if isinstance(r, Line)] == [2, 3, 4]
    assert read[0].text == "BRÖTCHEN"  # type: ignore[union-attr]


def test_both_sides_filled_rejects_the_row() -> None:
    content = (
        b"Date,Description,Debit,Credit\n"
        b"2024-08-01,BREAD,3.20,\n2024-08-02,WAGES,,900.00\n2024-08-03,ODD,1.00,2.00\n"
        b"2024-08-04,TEA,2.00,\n2024-08-05,CAKE,4.00,0.00\n"
    )
    read = _read(content)
    assert [(r.line, r.column, r.code) for r in read if isinstance(r, Reject)] == [
        (4, "Credit", "both_in_and_out")
    ]
    assert [str(r.amount) for r in read if isinstance(r, Line)] == [
        "-3.20", "900.00", "-2.00", "-4.00",
    ]  # fmt: skip


def test_missing_booking_day_offers_the_other_day() -> None:
    content = (
        b"Booking date;Value date;Text;Amount\n"
        b"30.08.2024;31.08.2024;BREAD;-3,20\n;03.09.2024;RENT;-500,00\n02.09.2024;;TEA;-2,00\n"
    )
    (reject,) = [r for r in _read(content) if isinstance(r, Reject)]
    assert (reject.line, reject.column, reject.code) == (3, "Booking date", "date_missing")
    assert "2024-09-03" in reject.fix


def test_day_of_the_other_order_after_the_sample_is_rejected_not_guessed() -> None:
    content = b"Date,Text,Amount\n08/25/2024,A,-1.00\n08/26/2024,B,-2.00\n"
    layout = detect(content).layout
    later = list(rows(BytesIO(content + b"27/08/2024,C,-3.00\n"), layout))
    (reject,) = [r for r in later if isinstance(r, Reject)]
    assert reject.code == "date_order"
    assert "month, day, year" in reject.reason


def test_unknown_currency_is_rejected() -> None:
    content = (
        b"Date,Text,Amount,Currency\n" + b"2024-08-01,A,-1.00,EUR\n" * 12 + b"2024-08-02,B,-1,E!\n"
    )
    (reject,) = [r for r in _read(content) if isinstance(r, Reject)]
    assert (reject.column, reject.code) == ("Currency", "currency_unknown")


REFUSED = [
    (b"", "empty"),
    (b"\n \n\r\n", "empty"),
    (b"\xef\xbb\xbf", "empty"),
    (b"\0" * 4096, "empty"),
    (b"%PDF-1.7 ...", "no_adapter"),
    (b"PK\x03\x04" + b"xl/workbook.xml" * 9, "no_adapter"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "packed_kind"),
    (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no_adapter"),
    (b"<!DOCTYPE html><html><body>Sign in</body></html>", "no_adapter"),
    (b'{"transactions": []}', "no_adapter"),
    (b"<?xml version='1.0'?><x/>", "no_adapter"),
    (bytes(range(1, 32)) * 40, "binary"),
    (b"ab\0\0c,\0" * 500, "nul_bytes"),
    (HEADER, "no_rows"),
    (b"name,description,amount,currency", "no_rows"),
    (b"hello world\nthis is a letter\nwith, some commas\n", "no_date"),
    (b"name,city\nAna,Leeds\nBob,York\n", "no_date"),
    (b"date,note\n2024-08-01,hello\n2024-08-02,bye\n", "no_amount"),
    (b"Date,Description,Amount\nsoon,A,-1.00\nlater,B,-2.00\n", "no_date"),
    (b"Date,Text,Amount\n03/04/2024,A,-1.00\n", "ambiguous_dates"),
    (b",".join(b"c%d" % n for n in range(2000)) + b"\n2024-01-01" + b",1.50" * 1999 + b"\n",
     "too_wide"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_file_is_refused_in_one_sentence(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        detect(content)
    assert refusal.value.code == code
    assert refusal.value.message[0].isupper()
    assert refusal.value.message.endswith(".")


def test_file_of_another_bank_is_refused_for_the_named_adapter() -> None:
    content = HEADER + b"".join(GOOD)
    with pytest.raises(Refused) as refusal:
        detect(content, only="CHASE")
    assert refusal.value.code == "wrong_format"
    assert detect(content, only="GENERIC_CSV").adapter == "GENERIC_CSV"


def test_an_amount_that_names_another_currency_is_never_taken_for_the_rows_own() -> None:
    content = b"Date,Description,Amount,Currency\n" + b"".join(
        b"2024-08-0%d,SHOP %d,%s,EUR\n" % (n, n, amount)
        for n, amount in enumerate([b"-3.20", b"-4.10", b"USD -4.20", b"-5.00 EUR", b"-6.00"], 1)
    )
    found = _read(content)
    (reject,) = [r for r in found if isinstance(r, Reject)]
    assert (reject.line, reject.column, reject.code) == (4, "Amount", "currency_differs")
    assert {r.currency for r in found if isinstance(r, Line)} == {"EUR"}


def test_an_amount_says_its_currency_where_nothing_else_does() -> None:
    content = b"Date,Description,Amount\n" + b"".join(
        b"2024-08-0%d,SHOP %d,%s\n" % (n, n, amount)
        for n, amount in enumerate([b"-3.20", b"-4.10", b"USD -4.20", b"-6.00"], 1)
    )
    said = {r.line: r.currency for r in _read(content) if isinstance(r, Line)}
    assert said == {2: "", 3: "", 4: "USD", 5: ""}


SHORT = b"Date,Text,Amount\n"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            b"2026-05-01," + b"x" * 2_000_000 + b",-4.20\n",
            "The line is longer than 100,000 characters.",
        ),
        (
            b"2026-05-01," + b"x" * 120_000 + b",-4.20\n",
            "The line is longer than 100,000 characters.",
        ),
        (b"2026-05-01,Br\0ead,-4.20\n", "The line holds a zero byte"),
    ],
)
def test_a_file_whose_only_row_is_damaged_says_how(row: bytes, words: str) -> None:
    head = (SHORT + row)[: 1 << 20]
    with pytest.raises(Refused) as refusal:
        detect(head, name="export.csv")
    assert refusal.value.code == "damaged_rows"
    assert f"No row can be read. Line 2: {words}" in refusal.value.message


def test_a_header_alone_has_no_rows() -> None:
    for text in (SHORT, SHORT + b"\n\n", SHORT[:-1]):
        with pytest.raises(Refused) as refusal:
            detect(text, name="export.csv")
        assert (refusal.value.code, refusal.value.message) == (
            "no_rows", "The file has a header but no rows under it.",
        )  # fmt: skip
