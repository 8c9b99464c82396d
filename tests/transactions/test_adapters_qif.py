"""QIF: days of every kind, parts of a payment, several accounts, and what is passed over."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from transactions.adapters import Detection, Line, NotATransaction, Refused, Reject, Row, Stated
from transactions.adapters import detect as detect_file
from transactions.adapters import rows as rows_of
from transactions.adapters.qif import day_text
from transactions.adapters.report import check_folder

ANSWERS = Path(__file__).with_name("answers.csv")


def record(*lines: str) -> str:
    return "\n".join([*lines, "^", ""])


def qif(*records: str, head: str = "!Type:Bank\n") -> str:
    return head + "".join(records)


def read(text: str | bytes, **choices: str) -> tuple[Detection, list[Row]]:
    content = text.encode() if isinstance(text, str) else text
    found = detect_file(content, choices=choices)
    return found, list(rows_of(BytesIO(content), found.layout))


def line_of(text: str | bytes, **choices: str) -> Line:
    (row,) = read(text, **choices)[1]
    assert isinstance(row, Line), row
    return row


BAKERY = record("D2024-08-01", "T-4.50", "PBAKERY")


def test_the_real_file_is_as_its_answer_says(data: Path) -> None:
    checks = [
        c for c in check_folder(data / "exports", answers=ANSWERS) if c.file.startswith("qif/")
    ]
    assert [(c.file, c.verdict) for c in checks] == [("qif/categories_mdy.qif", "equal")]


@pytest.mark.parametrize(
    "text",
    [
        qif(BAKERY),
        qif(BAKERY).replace("\n", "\r\n"),
        qif(BAKERY).replace("\n", "\r"),
        qif(BAKERY).rstrip("^\n") + "\n",
        qif(BAKERY).rstrip("\n"),
        qif(BAKERY, head="!Type:Bank \n"),
        qif(BAKERY, head="!type:ccard\n"),
        qif(BAKERY, head="!Type:Oth A\n"),
        qif(BAKERY, head="\n\n!Option:AllXfr\n!Type:Cash\n"),
        qif(BAKERY, head=""),
        qif(BAKERY, "\n\n"),
        qif(BAKERY.replace("T-4.50", "U-4.50")),
        qif(BAKERY.replace("T-4.50", "U-4.50\nT-4.50\nCX\nA1 High St\nF\nX1")),
        "\ufeff" + qif(BAKERY),
    ],
)
def test_every_way_of_writing_gives_the_same_row(text: str) -> None:
    row = line_of(text)
    assert row._replace(line=0) == Line(
        0,
        date(2024, 8, 1),
        None,
        Decimal("-4.50"),
        "BAKERY",
        "",
        "",
        "",
        "",
        "",
        None,
        "",
        "posted",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_letters_are_read_in_every_encoding(encoding: str) -> None:
    text = qif(BAKERY.replace("BAKERY", "Café Zoë"))
    assert line_of(text.encode(encoding)).text == "Café Zoë"


# -- days and amounts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("1/ 2'24", "1/2/24"), ("1/ 2' 4", "1/2/04"), ("12/19'2018", "12/19/2018"),
        ("12/19/18", "12/19/18"), (" 1/ 2/98", "1/2/98"), ("24.12.2018", "24.12.2018"),
        ("2018-12-24", "2018-12-24"),
    ],
)  # fmt: skip
def test_days_lose_their_oddities(cell: str, plain: str) -> None:
    assert day_text(cell) == plain


@pytest.mark.parametrize(
    ("days", "order", "first"),
    [
        (("12/19/18", "1/ 2'19"), "mdy", date(2018, 12, 19)),
        (("19/12/18", "02/01/19"), "dmy", date(2018, 12, 19)),
        (("1.2.2024", "3.2.2024"), "dmy", date(2024, 2, 1)),
        (("1/31' 4", "2/ 1' 4"), "mdy", date(2004, 1, 31)),
        (("2024-02-01", "2024-02-03"), "ymd", date(2024, 2, 1)),
    ],
)
def test_the_order_of_days_is_found(days: tuple[str, ...], order: str, first: date) -> None:
    found, rows = read(qif(*(record(f"D{d}", "T-1.00", f"P{d}") for d in days)))
    assert found.layout.date_order == order
    assert isinstance(rows[0], Line) and rows[0].booked_on == first
    assert not [r for r in rows if isinstance(r, Reject)]


def test_an_order_that_nothing_tells_is_asked_for() -> None:
    text = qif(record("D3/ 4'24", "T-1.00", "PX"))
    with pytest.raises(Refused) as refusal:
        read(text)
    assert refusal.value.code == "ambiguous_dates" and "“3/4/24”" in refusal.value.message
    assert refusal.value.detection and refusal.value.detection.first_values == ("3/4/24",)
    assert line_of(text, date_order="dmy").booked_on == date(2024, 4, 3)
    assert line_of(text, date_order="mdy").booked_on == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("figure", "amount"),
    [("-1,234.56", "-1234.56"), ("-1.234,56", "-1234.56"), ("12,50", "12.50"), ("1000", "1000")],
)
def test_either_mark_of_decimals(figure: str, amount: str) -> None:
    assert line_of(qif(record("D2024-08-01", f"T{figure}", "PX"))).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("lines", "column", "code"),
    [
        (("T-1.00", "PX"), "D", "date_missing"),
        (("D2024-02-31", "T-1.00"), "D", "date_impossible"),
        (("D2024-08-01", "PX"), "T", "amount_missing"),
        (("D2024-08-01", "T1e3000000"), "T", "amount_format"),
        (("D2024-08-01", "T-1.00", "P\0"), "", "nul_byte"),
    ],
)
def test_what_cannot_be_read_is_rejected_by_its_letter(
    lines: tuple[str, ...], column: str, code: str
) -> None:
    _, (bad, good) = read(qif(record(*lines), BAKERY))
    assert isinstance(bad, Reject) and isinstance(good, Line)
    assert (bad.line, bad.column, bad.code) == (2, column, code)
    assert bad.raw.startswith(lines[0])


@pytest.mark.parametrize("at", range(1, 6))
def test_a_file_that_is_cut_off_costs_the_record_it_ends_in(at: int) -> None:
    whole = qif(BAKERY, record("D2024-08-02", "T-45.00", "PGROCER")).rstrip("\n")
    _, found = read(whole[: -2 - at])
    assert [r.code if isinstance(r, Reject) else r.line for r in found] == [2, "cut_off"]


# -- categories, transfers, parts ----------------------------------------------------------------


def test_category_transfer_number_and_memo() -> None:
    def row(*lines: str) -> Line:
        return line_of(qif(record("D2024-08-01", "T-1.00", *lines)))

    paid = row("PGROCER", "MWeekly shop", "LFood:Groceries/House", "N1042")
    assert (paid.text, paid.category, paid.reference) == (
        "GROCER Weekly shop", "Food:Groceries", "1042",
    )  # fmt: skip
    moved = row("L[Savings]")
    assert (moved.category, moved.counterparty, moved.text) == (
        "Own transfer", "Savings", "Transfer",
    )  # fmt: skip


def test_parts_are_one_payment_with_all_their_texts() -> None:
    parts = ("SFood:Groceries", "EBread", "$-3.00", "SHousehold", "$-1.50")
    row = line_of(qif(record("D2024-08-01", "T-4.50", "PMARKET", "LFood:Groceries", *parts)))
    assert (row.amount, row.category) == (Decimal("-4.50"), "")
    assert row.text == "MARKET · Food:Groceries Bread / Household"
    same = ("SFood", "$-3.00", "SFood", "$-1.50")
    summed = line_of(qif(record("D2024-08-01", "PMARKET", *same)))
    assert (summed.amount, summed.category) == (Decimal("-4.50"), "Food")


# -- accounts, balances, lists -------------------------------------------------------------------


def test_several_accounts_and_the_balances_they_state() -> None:
    def account(name: str, *more: str) -> str:
        return "!Account\n" + record(f"N{name}", "TBank", *more) + "!Type:Bank\n"

    text = (
        "!Option:AutoSwitch\n"
        + account("Current", "$95.50", "/2024-08-31")
        + BAKERY
        + account("Savings")
        + BAKERY
    )
    found, rows = read(text)
    assert [r.account for r in rows if isinstance(r, Line)] == ["Current", "Savings"]
    (stated,) = [r for r in rows if isinstance(r, Stated)]
    assert (stated.account, stated.day, stated.amount, stated.opening) == (
        "Current", date(2024, 8, 31), Decimal("95.50"), False,
    )  # fmt: skip
    assert ("Accounts", "Current, Savings") in [(e.what, e.found) for e in found.evidence]


def test_a_damaged_name_of_an_account_can_be_kept() -> None:
    text = "!Account\n" + record("NCur\0rent") + "!Type:Bank\n" + BAKERY
    _, rows = read(text)
    assert [r.account for r in rows if isinstance(r, Line)] == ["Cur\ufffdrent"]


def test_an_opening_balance_is_no_payment_and_names_the_account() -> None:
    opening = record("D2024-07-31", "T100.00", "POpening Balance", "L[Current]")
    _, (stated, row) = read(qif(opening, BAKERY))
    assert isinstance(stated, Stated) and isinstance(row, Line)
    assert (stated.account, stated.amount, stated.opening) == ("Current", Decimal(100), True)
    assert row.account == "Current"


def test_lists_are_passed_over_and_counted() -> None:
    text = "!Type:Cat\n" + record("NFood", "E") + "!Type:Class\n" + record("NHouse") + qif(BAKERY)
    _, rows = read(text)
    assert [type(r) for r in rows] == [NotATransaction, NotATransaction, Line]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("!Type:Invst\n" + record("D1/2'24", "NBuy", "YACME", "I10", "Q2", "T20"), "investments"),
        ("!Type:Bank\n", "no_rows"),
        ("!Type:Cat\n" + record("NFood"), "no_rows"),
        ("!Type:Bank\n" + "Mx\n" * 6_000, "damaged"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "Date,Text,Amount\n2024-08-01,!Type:Bank,-3.20\n2024-08-02,^,9.00\n",
        "D,T,P\n2024-08-01,-3.20,A\n2024-08-02,9.00,^\n",
    ],
)
def test_a_table_is_no_qif_file(text: str) -> None:
    assert detect_file(text.encode()).adapter == "GENERIC_CSV"
