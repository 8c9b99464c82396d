from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.amounts import AmountError, fits, is_blank, parse_amount, read_amount

READ = [
    ("1234.50", ".", "1234.50"),
    ("-4.50", ".", "-4.50"),
    ("$1,234.50", ".", "1234.50"),
    ("-$7,971.39", ".", "-7971.39"),
    ("$-7,971.39", ".", "-7971.39"),
    ("- $220.00", ".", "-220.00"),
    ("+ £1,100.00", ".", "1100.00"),
    ("(12.50)", ".", "-12.50"),
    ("($12.50)", ".", "-12.50"),
    ("12.50-", ".", "-12.50"),
    ("12,50-", ",", "-12.50"),
    ("1.284,07", ",", "1284.07"),
    ("1 234.50", ".", "1234.50"),
    ("1\u00a0234,50", ",", "1234.50"),
    ("1\u202f234,50", ",", "1234.50"),
    ("1'234.50", ".", "1234.50"),
    ("1’234.50", ".", "1234.50"),
    ("\u2212 5.00", ".", "-5.00"),
    ("1,23,456.78", ".", "123456.78"),
    ("12.50 EUR", ".", "12.50"),
    ("CHF 12.50", ".", "12.50"),
    ("12,50 €", ",", "12.50"),
    ("R$ 12,50", ",", "12.50"),
    ("1,100.00 CR", ".", "1100.00"),
    ("1,100.00 DR", ".", "-1100.00"),
    ("1,100.00CR", ".", "1100.00"),
    ("12,50 S", ",", "-12.50"),
    ("12,50 H", ",", "12.50"),
    (".5", ".", "0.5"),
    ("5.", ".", "5"),
    ("0.00", ".", "0.00"),
    ("20.280000", ".", "20.28"),
    ("00000000000115.8331", ".", "115.8331"),
    ("999999999999999.9999", ".", "999999999999999.9999"),
]

REFUSED = [
    ("", ".", "amount_missing"),
    ("-", ".", "amount_missing"),
    ("12,50", ".", "amount_format"),
    ("12.50", ",", "amount_format"),
    ("1e3000000", ".", "amount_format"),
    ("1E5", ".", "amount_format"),
    ("NaN", ".", "amount_format"),
    ("-Infinity", ".", "amount_format"),
    ("1_000", ".", "amount_format"),
    ("１２.５", ".", "amount_format"),
    ("١٢", ".", "amount_format"),
    ("12.4O", ".", "amount_format"),
    ("0x1F", ".", "amount_format"),
    ("--5", ".", "amount_format"),
    ("(-5)", ".", "amount_format"),
    ("(5", ".", "amount_format"),
    ("-5 CR", ".", "amount_format"),
    ("$5 EUR", ".", "amount_format"),
    ("1,2345.00", ".", "amount_format"),
    ("1.2.3", ".", "amount_format"),
    ("badamount", ".", "amount_format"),
    ("3.77001", ".", "amount_precision"),
    ("9" * 16, ".", "amount_size"),
    ("9" * 65, ".", "amount_size"),
    ("1" + "0" * 3_000_000, ".", "amount_size"),
]


@pytest.mark.parametrize(("text", "mark", "value"), READ)
def test_amount_is_read_exactly(text: str, mark: str, value: str) -> None:
    assert parse_amount(text, mark) == Decimal(value)


@pytest.mark.trap("decimal-reads-too-much")
@pytest.mark.parametrize(("text", "mark", "code"), REFUSED)
def test_other_writing_is_refused_with_its_code(text: str, mark: str, code: str) -> None:
    with pytest.raises(AmountError) as refusal:
        parse_amount(text, mark)
    assert refusal.value.code == code
    assert refusal.value.reason
    assert refusal.value.fix


@pytest.mark.parametrize(
    ("text", "mark", "fix"),
    [
        ("12,50", ".", "Type 12.50"),
        ("1.234,50", ".", "Type 1,234.50"),
        ("12.4O", ".", "Type 12.40"),
        ("1_000", ".", "Type 1000"),
        ("１２.５", ".", "Type 12.5"),
    ],
)
def test_fix_can_be_typed_as_it_stands(text: str, mark: str, fix: str) -> None:
    with pytest.raises(AmountError) as refusal:
        parse_amount(text, mark)
    assert refusal.value.fix == fix
    assert fits(fix.removeprefix("Type "), mark)


def test_what_stands_beside_the_figure_is_kept() -> None:
    assert read_amount("+ £1,100.00", ".").stated == 1
    assert read_amount("£1,100.00", ".").stated == 0
    assert read_amount("£1,100.00", ".").currency == "GBP"
    assert read_amount("$1.00", ".").currency == ""
    assert read_amount("1.00 SEK", ".").currency == "SEK"


def test_dashes_are_no_zero() -> None:
    assert is_blank(" – ")
    assert not is_blank("0")


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2, allow_nan=False))
def test_plain_and_grouped_writing_agree(value: Decimal) -> None:
    grouped = f"{value:,}"
    swapped = grouped.translate(str.maketrans(",.", ".,"))
    assert parse_amount(str(value)) == parse_amount(grouped) == parse_amount(swapped, ",") == value


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_an_amount_error(text: str) -> None:
    for mark in (".", ","):
        try:
            value = parse_amount(text, mark)
        except AmountError as refusal:
            assert refusal.code.startswith("amount_")
        else:
            assert value.is_finite()
            assert abs(value) < 10**15
            assert -int(value.as_tuple().exponent) <= 4
