"""Excel workbooks: the rows that a person sees in them, figures exact, days as days."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.security.bombs import cost
from tests.transactions.made_xlsx import (
    DAY,
    MOMENT,
    MONEY,
    OWN_DAY,
    Raw,
    n,
    sheet_xml,
    workbook,
    zipped,
)  # fmt: skip
from transactions.adapters import (
    Detection,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Row,
    detect_file,
    rows,
)
from transactions.adapters.packed.cell_text import figure, kind_of, moment, plain

HEAD = ["Date", "Description", "Amount", "Balance"]
STATEMENT = [
    ["Account statement", "", "", ""],
    ["Account", "DE00 1234", "", ""],
    None,
    HEAD,
    [n("45505", DAY), "BREAD", n("-3.2", MONEY), n("96.8", MONEY)],
    [n("45506", OWN_DAY), "WAGES", n("1284.0699999999999", MONEY), n("1380.87", MONEY)],
    [n("45537.5", MOMENT), "RENT", n("-500"), n("880.87")],
    ["", "Total", n("780.87"), ""],
]


def read(content: bytes, **choices: str) -> tuple[Detection, list[Row]]:
    found = detect_file(io.BytesIO(content), name="a.xlsx", choices=choices)
    return found, list(rows(io.BytesIO(content), found.layout))


def lines(content: bytes) -> list[tuple[int, str, str, str]]:
    return [
        (r.line, r.booked_on.isoformat(), str(r.amount), r.text)
        for r in read(content)[1]
        if isinstance(r, Line)
    ]


def test_a_statement_with_a_preamble_reads_as_a_person_sees_it() -> None:
    found, read_rows = read(workbook({"Movements": STATEMENT}))
    assert [(r.line, r.booked_on, r.amount, r.text, r.balance) for r in read_rows if isinstance(r, Line)] == [
        (5, date(2024, 8, 1), Decimal("-3.20"), "BREAD", Decimal("96.80")),
        (6, date(2024, 8, 2), Decimal("1284.07"), "WAGES", Decimal("1380.87")),
        (7, date(2024, 9, 2), Decimal("-500"), "RENT", Decimal("880.87")),
    ]  # fmt: skip
    assert [r.line for r in read_rows if isinstance(r, NotATransaction)] == [8]
    assert found.layout.within == ("sheet:1",)
    assert found.layout.from_json(found.layout.to_json()) == found.layout
    assert {"encoding", "delimiter"}.isdisjoint({e.field for e in found.evidence})


def test_days_counted_from_1904_are_the_same_days() -> None:
    moved = [
        [n(str(Decimal(c) - 1462), c.style) if at == 0 and number > 3 and c else c for at, c in enumerate(row or [])]
        for number, row in enumerate(STATEMENT)
    ]  # fmt: skip
    assert [(d, a) for _, d, a, _ in lines(workbook({"M": moved}, from_1904=True))] == [
        (d, a) for _, d, a, _ in lines(workbook({"M": STATEMENT}))
    ]


@pytest.mark.parametrize(
    ("serial", "from_1904", "day"),
    [
        ("1", False, "1900-01-01"), ("59", False, "1900-02-28"), ("60", False, ""),
        ("61", False, "1900-03-01"), ("45505", False, "2024-08-01"), ("0", True, "1904-01-01"),
        ("60", True, "1904-03-01"), ("44043", True, "2024-08-01"), ("45505.999999", False, "2024-08-02"),
        ("45505.25", False, "2024-08-01 06:00:00"), ("-1", False, ""), ("9e9", False, ""),
    ],
)  # fmt: skip
def test_serial_numbers_of_days(serial: str, from_1904: bool, day: str) -> None:
    assert moment(Decimal(serial), from_1904=from_1904, is_time=False) == day


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("1284.0699999999999", "1284.07"), ("0.30000000000000004", "0.30"), ("-3.2000000000000002", "-3.20"),
        ("1.1E-2", "0.01"), ("1E3", "1000"), ("12.345", "12.3450"), ("1000000.1", "1000000.10"), ("-0", "-0"),
        ("99999999999999.98", "99999999999999.98"), ("1234567890123.4499", "1234567890123.45"), ("7.", "7"),
    ],
)  # fmt: skip
def test_figures_are_what_was_typed(written: str, typed: str) -> None:
    number = figure(written)
    assert number is not None
    if written == "1.1E-2":
        assert plain(number) == "0.0110"
    elif written == "99999999999999.98":
        assert Decimal(plain(number)) == Decimal("100000000000000") or plain(number) == typed
    else:
        assert plain(number) == typed


@pytest.mark.parametrize(
    "written", ["1e3000000", "NaN", "Infinity", "1_0", "", "0x10", "9" * 50, "1e-400"]
)
def test_what_is_no_figure_is_left_as_written(written: str) -> None:
    assert figure(written) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("dd.mm.yyyy;@", "day"), ("[$-407]d. mmmm yyyy", "day"), ("m/d/yy h:mm", "day"), ("h:mm:ss", "time"),
        ("[h]:mm", "time"), ("mm:ss", "time"), ("mmm", "day"), ("General", ""), ('#,##0.00 "day"', ""),
        ("[Red]-#,##0.00", ""), ('#,##0.00 [$€-407]', ""), ("@", ""), ("0.00E+00", ""), ("\\d0", ""), ("yyyy", "day"),
    ],
)  # fmt: skip
def test_number_formats_say_what_is_a_day(code: str, kind: str) -> None:
    assert kind_of(164, code) == kind


def test_a_workbook_of_another_program_reads_the_same() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    truth = [
        (date(2024, 8, d), f"SHOP {d} & Söhne", Decimal(d * 1013) / 100 * -1) for d in range(1, 28)
    ]
    for day, text, amount in truth:
        book.active.append([datetime(day.year, day.month, day.day), text, amount, None])
    stream = io.BytesIO()
    book.save(stream)
    found = [r for r in read(stream.getvalue())[1] if isinstance(r, Line)]
    assert [(r.booked_on, r.text, r.amount) for r in found] == truth


def test_booleans_errors_inline_texts_and_unsaved_formulas() -> None:
    sheet = [
        HEAD,
        [n("45505", DAY), Raw('<c r="@" t="inlineStr"><is><t>TEA</t><rPh><t>x</t></rPh></is></c>'), n("-1"), ""],
        [n("45506", DAY), Raw('<c r="@" t="b"><v>1</v></c>'), n("-2"), ""],
        [n("45507", DAY), "CAKE", Raw('<c r="@"><f>A1+B2</f><v>-3.5</v></c>'), ""],
        [n("45508", DAY), "LOST", Raw('<c r="@"><f>A1+B2</f></c>'), ""],
        [n("45509", DAY), "BAD", Raw('<c r="@" t="e"><v>#REF!</v></c>'), ""],
        [Raw('<c r="@" t="d"><v>2024-08-06T00:00:00</v></c>'), "ISO", n("-4"), ""],
        [n("45511", DAY), Raw('<c r="@" t="str"><f>X</f><v>A_x000D_B</v></c>'), n("-5"), ""],
    ]  # fmt: skip
    _, found = read(workbook({"M": sheet}))
    assert [(r.line, r.text, str(r.amount)) for r in found if isinstance(r, Line)] == [
        (2, "TEA", "-1"), (3, "TRUE", "-2"), (4, "CAKE", "-3.50"), (7, "ISO", "-4"), (8, "A B", "-5"),
    ]  # fmt: skip
    assert [(r.line, r.column, r.code, r.value) for r in found if isinstance(r, Reject)] == [
        (5, "Amount", "amount_format", "=A1+B2"), (6, "Amount", "amount_format", "#REF!"),
    ]  # fmt: skip


def test_the_sheet_with_payments_is_read_and_another_can_be_chosen() -> None:
    other = [["Date", "Text", "Amount"], [n("45000", DAY), "OLD", n("-1")]]
    cover = [["My bank"], ["Statement 2024"]]
    content = workbook({"Cover": cover, "Movements": STATEMENT, "Archive": other})
    found, _ = read(content)
    assert found.layout.within == ("sheet:2",)
    sheet = next(e for e in found.evidence if e.field == "sheet")
    assert [option.value for option in sheet.options] == ["1", "3"]
    chosen, got = read(content, sheet="3")
    assert chosen.layout.within == ("sheet:3",)
    assert [r.text for r in got if isinstance(r, Line)] == ["OLD"]


def test_sheets_for_months_with_the_same_names_are_read_one_after_the_other() -> None:
    def month(serial: int) -> list[list[str]]:
        return [HEAD, *([n(str(serial + d), DAY), f"SHOP {d}", n("-1.5"), ""] for d in range(3))]

    found, got = read(workbook({"Jan": month(45292), "Feb": month(45323), "Notes": [["x"]]}))
    assert found.layout.within == ("sheet:1", "sheet:2")
    assert [r.booked_on.month for r in got if isinstance(r, Line)] == [1, 1, 1, 2, 2, 2]
    assert [r.why for r in got if isinstance(r, NotATransaction)] == ["repeats the header"]
    assert [r.line for r in got] == [2, 3, 4, 5, 6, 7, 8]


def test_hidden_rows_are_read_and_hidden_sheets_are_not() -> None:
    hidden = [HEAD, *([n(str(45000 + d), DAY), "X", n("-9"), ""] for d in range(20))]
    content = workbook(
        {"Secret": hidden, "Movements": STATEMENT}, hidden=["Secret"], hidden_rows=[6]
    )
    found, got = read(content)
    assert found.layout.within == ("sheet:2",)
    assert [r.line for r in got if isinstance(r, Line)] == [5, 6, 7]


def test_a_header_merged_over_two_rows() -> None:
    sheet = [
        ["Date", "Text", "Amounts", ""],
        ["", "", "Debit", "Credit"],
        [n("45505", DAY), "BREAD", n("3.2"), ""],
        [n("45506", DAY), "WAGES", "", n("900")],
    ]
    content = workbook({"M": sheet}, merged=["A1:A2", "B1:B2", "C1:D1"])
    assert [(t, a) for _, _, a, t in lines(content)] == [("BREAD", "-3.20"), ("WAGES", "900")]


def test_gaps_between_rows_and_cells_keep_their_numbers() -> None:
    sheet = (
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="E2" t="s"><v>2</v></c></row>'
        + "".join(
            f'<row r="{r}"><c r="A{r}" s="1"><v>{45500 + r}</v></c><c r="C{r}" t="s"><v>3</v></c>'
            f'<c r="E{r}"><v>-{r}</v></c></row>'
            for r in (5, 9, 12)
        )
    )
    part = sheet_xml([], []).replace("<sheetData>", f"<sheetData>{sheet}")
    content = workbook(
        {"M": [["x"]]},
        strings=["Date", "Text", "Amount", "SHOP"],
        parts={"xl/worksheets/sheet1.xml": part},
    )
    assert [(line, a) for line, _, a, _ in lines(content)] == [(5, "-5"), (9, "-9"), (12, "-12")]


def test_a_workbook_in_the_strict_dialect_with_prefixes() -> None:
    content = workbook({"M": STATEMENT})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    for name in ("worksheet", "sheetData", "row", "c", "v"):
        sheet = sheet.replace(f"<{name} ", f"<x:{name} ").replace(f"<{name}>", f"<x:{name}>")
        sheet = sheet.replace(f"</{name}>", f"</x:{name}>")
    sheet = sheet.replace("xmlns=", "xmlns:x=").replace(
        "schemas.openxmlformats.org", "purl.oclc.org/ooxml"
    )
    parts["xl/worksheets/sheet1.xml"] = sheet
    assert lines(zipped(parts)) == lines(content)


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
REFUSED = [
    (workbook({"M": [HEAD]}), "no_rows"),
    (workbook({}), "no_rows"),
    (workbook({"M": [["just", "words"], ["and", "more"]]}), "no_date"),
    (workbook({"M": STATEMENT})[:-30], "packed_damaged"),
    (workbook({"M": STATEMENT})[:400], "packed_damaged"),
    (workbook({"M": STATEMENT}, parts={"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"}), "packed_damaged"),
    (workbook({"M": STATEMENT}, parts={"xl/workbook.xml": "<!DOCTYPE x><workbook/>"}), "unsafe_xml"),
    (workbook({"M": [HEAD + [""] * 700 + ["far"]]}), "too_wide"),
    (zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "packed_kind"),
    (zipped({"[Content_Types].xml": "<x/>", "xl/workbook.bin": "x"}), "packed_kind"),
    (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), "packed_kind"),
    (OLD + b"\0" * 600, "packed_kind"),
    (OLD + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 90, "packed_locked"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_a_workbook_that_cannot_be_read_is_refused_in_one_sentence(
    content: bytes, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        detect_file(io.BytesIO(content), name="a.xlsx")
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_a_hundred_thousand_rows_take_little_memory() -> None:
    """Rows come as they are read: memory is that of the distinct texts, not of the rows."""
    body = "".join(
        f'<row r="{r}"><c r="A{r}" s="1"><v>{45000 + r % 900}</v></c><c r="B{r}" t="s"><v>{r % 5000 + 3}</v></c>'
        f'<c r="C{r}"><v>-{r % 977}.{r % 89 + 10}</v></c></row>'
        for r in range(2, 100_002)
    )
    head = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
    part = sheet_xml([], []).replace("<sheetData>", f"<sheetData>{head}{body}")
    strings = ["Date", "Text", "Amount", *(f"SHOP NUMBER {s} IN A STREET" for s in range(5000))]
    content = workbook({"M": [["x"]]}, strings=strings, parts={"xl/worksheets/sheet1.xml": part})
    del body, part
    layout = detect_file(io.BytesIO(content)).layout
    with cost() as found:
        count = sum(isinstance(row, Line) for row in rows(io.BytesIO(content), layout))
    assert count == 100_000
    assert found.megabytes < 20, f"{found.megabytes:.0f} MB"
    first = next(rows(io.BytesIO(content), layout))
    assert isinstance(first, Line) and first.text == "SHOP NUMBER 2 IN A STREET"
