"""Every file of the real exports against its answer, and every malformed one."""

import csv
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest

from tests.conftest import DATA
from transactions.adapters import (
    Detection,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Row,
    detect,
    rows,
)
from transactions.adapters.report import check_folder, read_file

EXPORTS = DATA / "exports"


@cache
def _answers(name: str) -> dict[str, dict[str, str]]:
    if not (EXPORTS / name).is_file():
        return {}
    with (EXPORTS / name).open(newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def _files(*folders: str) -> list[str]:
    return sorted(str(p.relative_to(EXPORTS)) for f in folders for p in (EXPORTS / f).glob("*"))


def _read(file: str) -> tuple[Detection, list[Row]]:
    content = (EXPORTS / file).read_bytes()
    found = detect(content, name=file)
    return found, list(rows(BytesIO(content), found.layout))


def _codes(read: list[Row]) -> list[tuple[int, str, str]]:
    return [(r.line, r.column, r.code) for r in read if isinstance(r, Reject)]


def test_the_answers_are_here(data: Path) -> None:
    assert len(_answers("expected.csv")) >= 36
    assert len(_answers("expected_ofx.csv")) >= 15


@pytest.mark.parametrize("file", list(_answers("expected.csv")))
def test_file_is_read_as_its_answer_says(file: str, data: Path) -> None:
    answer = _answers("expected.csv")[file]
    stated = read_file(EXPORTS / file).as_json()
    assert stated["refused"] is None
    assert stated["rejected"] == []
    assert stated["transactions"] == int(answer["transactions"])
    assert stated["not_transactions"] == int(answer["rows_not_transactions"])
    assert (stated["first_date"], stated["last_date"]) == (
        answer["first_date"], answer["last_date"],
    )  # fmt: skip
    assert Decimal(stated["money_out"]) == Decimal(answer["money_out"])
    assert Decimal(stated["money_in"]) == Decimal(answer["money_in"])


@pytest.mark.parametrize(
    ("start", "adapter"),
    [("chase_", "CHASE"), ("discover_", "DISCOVER_CARD"), ("capital_one_", "CAPITALONE")],
)
def test_bank_files_are_known_by_content_alone(start: str, adapter: str, data: Path) -> None:
    found = [f for f in _files("csv_us") if f.removeprefix("csv_us/").startswith(start)]
    assert found
    for file in found:
        assert detect((EXPORTS / file).read_bytes(), name="statement.txt").adapter == adapter


def test_no_other_bank_is_taken_for_one_of_them(data: Path) -> None:
    for file in _files("csv_us", "csv_uk", "csv_eu", "csv_ca", "csv_generic"):
        if any(word in file for word in ("chase_", "discover_", "capital_one_")):
            continue
        try:
            found = detect((EXPORTS / file).read_bytes())
        except Refused as refusal:
            assert refusal.code == "ambiguous_dates"
        else:
            assert found.adapter == "GENERIC_CSV"


def test_both_encodings_give_the_same_rows(data: Path) -> None:
    western, west_rows = _read("malformed/cp1252.csv")
    unicode, utf_rows = _read("malformed/utf8_accents.csv")
    assert (western.layout.encoding, unicode.layout.encoding) == ("cp1252", "utf-8")
    assert west_rows == utf_rows
    assert [r.text for r in west_rows if isinstance(r, Line)][2] == "CAFÉ — €20 REÇU"


def test_czech_letters_are_found(data: Path) -> None:
    found, _ = _read("csv_eu/airbank_cz_cp1250.csv")
    assert found.layout.encoding == "cp1250"
    assert "Zaúčtovaná částka" in found.layout.header


@pytest.mark.parametrize(
    ("file", "lines", "codes"),
    [
        ("bad_date.csv", 1, [(2, "date", "date_format")]),
        ("amount_text.csv", 2, [(5, "column 2", "amount_format")]),
        ("excel_resaved_two_date_styles.csv", 60, []),
    ],
)
def test_malformed_file_gives_up_only_its_bad_rows(
    file: str, lines: int, codes: list[tuple[int, str, str]], data: Path
) -> None:
    _, read = _read(f"malformed/{file}")
    assert sum(isinstance(r, Line) for r in read) == lines
    assert _codes(read) == codes


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("header_only.csv", "no_rows"),
        ("impossible_month_order.csv", "no_date"),
        ("both_in_and_out.csv", "ambiguous_sign"),
    ],
)
def test_malformed_file_is_refused_in_a_sentence(file: str, code: str, data: Path) -> None:
    with pytest.raises(Refused) as refusal:
        _read(f"malformed/{file}")
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_two_date_styles_are_one_order(data: Path) -> None:
    found, read = _read("malformed/excel_resaved_two_date_styles.csv")
    assert found.layout.date_order == "dmy"
    days = [r.booked_on.isoformat() for r in read if isinstance(r, Line)]
    assert (days[0], days[-1]) == ("2019-01-05", "2019-01-27")


def test_masked_days_of_the_year_1111_are_impossible(data: Path) -> None:
    _, read = _read("csv_eu/kb_cz_english_cp1250.csv")
    assert {r.code for r in read if isinstance(r, Reject)} == {"date_impossible"}
    assert len(read) == 9


def test_second_text_row_joins_the_first(data: Path) -> None:
    _, read = _read("csv_eu/ocbc_sg.csv")
    first, second = read[:2]
    assert isinstance(first, Line)
    assert first.text == "DEBIT PURCHASE 15/04/18  66-6666 UBER EATS AN2GO HELP.UBERh"
    assert isinstance(second, NotATransaction)
    assert second.why == "continues the text of line 7"


def test_flag_that_says_neither_rejects_its_row(data: Path) -> None:
    _, read = _read("csv_eu/raiffeisen_at_cd_flag.csv")
    assert _codes(read) == [(n, "column 5", "direction_unknown") for n in (72, 73, 74)]


def test_pending_row_without_a_day_is_no_transaction_yet(data: Path) -> None:
    _, read = _read("csv_uk/store_card_pending.csv")
    waiting = [r for r in read if isinstance(r, NotATransaction)]
    assert [r.line for r in waiting] == [2, 3, 4]
    amounts = [str(r.amount) for r in read if isinstance(r, Line)]
    assert amounts[0] == "-1183.23"
    assert amounts[-1] == "1100.00"


def test_day_that_reads_both_ways_is_handed_to_the_person(data: Path) -> None:
    with pytest.raises(Refused) as refusal:
        _read("csv_uk/bank_merchant_at_time.csv")
    assert refusal.value.code == "ambiguous_dates"
    guess = refusal.value.detection
    assert guess is not None
    question = next(e for e in guess.evidence if e.what == "Day order")
    assert not question.sure
    assert {o.value for o in question.options} < {"dmy", "mdy", "ymd"}


def test_transaction_day_is_booked_and_posting_day_beside(data: Path) -> None:
    _, read = _read("csv_us/capital_one_card_1.csv")
    line = next(r for r in read if isinstance(r, Line))
    assert str(line.booked_on) == "2024-08-01"
    assert str(line.value_on) == "2024-08-02"
    assert (line.category, line.account) == ("Merchandise", "1234")


def test_two_currency_columns_name_the_currency_of_the_row(data: Path) -> None:
    _, read = _read("csv_ca/rbc_chequing.csv")
    assert {r.currency for r in read if isinstance(r, Line)} == {"CAD"}
    assert next(r.text for r in read if isinstance(r, Line)) == "TIM HORTONS #4412 TORONTO ON"


def test_equal_rows_all_stay(data: Path) -> None:
    _, read = _read("csv_us/chase_checking_2.csv")
    same = [r for r in read if isinstance(r, Line) and r.text.startswith("WHOLEFDS")]
    assert len(same) == 2
    assert same[0].amount == same[1].amount


def test_the_folder_as_a_whole(data: Path) -> None:
    checks = list(check_folder(EXPORTS))
    assert [c for c in checks if not c.good] == []
    tables = [c for c in checks if c.file.startswith(("csv_", "malformed/"))]
    assert sum(c.verdict == "equal" for c in tables) == len(_answers("expected.csv"))


def test_catalogued_labels_and_ledgers_are_read(data: Path) -> None:
    for name in ("ledgers/us_household_2018_2019.csv", "labels/za_bank_descriptions.csv"):
        summary = read_file(DATA / name)
        assert summary.refused is None
        assert summary.transactions > 250
