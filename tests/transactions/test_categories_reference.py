import csv
import gzip
import io
import re
from pathlib import Path

import pytest

from transactions.categories.mcc import MCC_CODES, MCC_RANGES
from transactions.categories.reference import (
    BY_CODE,
    CATEGORIES,
    PLAID_DETAILED,
    PLAID_PRIMARY,
    SOURCE_WORDS,
    counterpart,
    first_level,
    kind_of,
    map_mcc,
    map_plaid,
    map_source_category,
)


def test_codes_are_unique_and_safe_to_store() -> None:
    assert len(BY_CODE) == len(CATEGORIES)
    assert all(re.fullmatch(r"[a-z][a-z_]{1,49}", code) for code in BY_CODE)


def test_names_are_unique() -> None:
    assert len({entry.name for entry in CATEGORIES}) == len(CATEGORIES)


def test_a_child_has_its_parents_kind_and_two_levels_are_all() -> None:
    for entry in CATEGORIES:
        if entry.parent is not None:
            assert BY_CODE[entry.parent].parent is None
            assert BY_CODE[entry.parent].kind == entry.kind


def test_the_demo_peoples_categories_are_first_level() -> None:
    names = {entry.name for entry in CATEGORIES if entry.parent is None}
    assert names >= {
        *("Groceries", "Utilities", "Transport", "Dining", "Entertainment", "Shopping", "Travel"),
        *("Health", "Technology", "Education", "Housing", "Salary", "Own transfer", "Card payment"),
    }


def test_every_plaid_category_has_one_of_ours(data: Path) -> None:
    with (data / "reference" / "plaid_pfc_taxonomy.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 104
    assert {row["detailed"] for row in rows} == set(PLAID_DETAILED)
    assert {row["primary"] for row in rows} == set(PLAID_PRIMARY)
    assert set(PLAID_DETAILED.values()) | set(PLAID_PRIMARY.values()) <= set(BY_CODE)


def test_plaid_kinds_differ_from_ours_only_where_money_is_not_spent_or_is_gone(data: Path) -> None:
    with (data / "reference" / "plaid_pfc_taxonomy.csv").open() as file:
        differ = {
            row["detailed"]
            for row in csv.DictReader(file)
            if kind_of(PLAID_DETAILED[row["detailed"]]) != row["classification"]
        }
    assert differ == {
        "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT",
        "TRANSFER_IN_DEPOSIT",
        "TRANSFER_OUT_WITHDRAWAL",
    }


def test_nearly_every_merchant_code_has_one_of_ours(data: Path) -> None:
    with gzip.open(data / "reference" / "mcc_codes.csv.gz", "rt", newline="") as file:
        rows = csv.reader(io.StringIO(file.read().replace("\r", "\n")))
        codes = [row[0] for row in rows if row and row[0].isdigit()]
    unmapped = [code for code in codes if map_mcc(code) is None]
    # Farm co-operatives, typesetting, cleaning goods, government and card-scheme services.
    assert unmapped == ["763", "2791", "2842", "9405", "9700", "9701", "9702"]


def test_merchant_codes_and_ranges_lead_to_known_categories() -> None:
    assert set(MCC_CODES.values()) | {code for _, _, code in MCC_RANGES} <= set(BY_CODE)
    assert [low for low, _, _ in MCC_RANGES] == sorted(low for low, _, _ in MCC_RANGES)


@pytest.mark.parametrize(
    ("mcc", "code"),
    [(5411, "supermarket"), ("3058", "flights"), ("3700", "lodging"), ("5814", "fast_food"),
     ("0742", "veterinary"), ("no", None), (9999, None), (0, None)],
)  # fmt: skip
def test_merchant_codes(mcc: int | str, code: str | None) -> None:
    assert map_mcc(mcc) == code


@pytest.mark.parametrize(
    ("word", "first"),
    [
        *[("Food & Drink", "dining"), ("Bills & Utilities", "utilities"), ("Gas", "transport")],
        *[("Supermarkets", "groceries"), ("Payment/Credit", "card_payment"), ("SIPO", "housing")],
        *[("SANKC. UROK", "fees"), ("UROK", "interest"), ("DUCHOD", "pension")],
        *[("Credit Card Payment", "card_payment"), ("Paycheck", "salary"), ("Job", "salary")],
        *[("Student loans", "loan_payments"), ("GROCERIES", "groceries"), ("5411", "groceries")],
        *[("FOOD_AND_DRINK_COFFEE", "dining"), ("TRANSPORTATION", "transport")],
        *[("energy", "utilities"), ("Betting and lotteries", "entertainment")],
        *[("Food & Drink:Groceries", "groceries"), ("  Restaurants ", "dining")],
    ],
)
def test_words_of_banks_and_programs(word: str, first: str) -> None:
    code = map_source_category(word)
    assert code is not None
    assert first_level(code) == first


@pytest.mark.parametrize("word", ["", "   ", "Uncategorized", "general", "xyzzy", "-", "/", "12"])
def test_words_that_say_nothing(word: str) -> None:
    assert map_source_category(word) is None


def test_source_words_lead_to_known_categories() -> None:
    assert {match.code for match in SOURCE_WORDS.values()} <= set(BY_CODE)


def test_every_name_of_ours_is_understood() -> None:
    for entry in CATEGORIES:
        code = map_source_category(entry.name)
        assert code is not None, entry.name
        assert first_level(code) == first_level(entry.code), entry.name


def test_words_of_real_ledgers_are_understood(data: Path) -> None:
    heard: set[str] = set()
    for name, column in (
        ("ledgers/us_household_2018_2019.csv", "Category"),
        ("ledgers/byn_expenses.csv", "category"),
        ("ledgers/byn_income.csv", "category"),
        ("examples/demo_transactions.csv", "category"),
    ):
        with (data / name).open() as file:
            heard |= {row[column] for row in csv.DictReader(file)}
    assert {word for word in heard if map_source_category(word) is None} == {"Other"}


def test_the_other_direction_of_one_thing() -> None:
    assert counterpart("interest_paid", 1) == "interest_earned"
    assert counterpart("interest_earned", -1) == "interest_paid"
    assert counterpart("rent", -1) is None


def test_plaid_falls_back_to_the_primary_name() -> None:
    assert map_plaid("TRAVEL", "TRAVEL_SOMETHING_NEW") == "travel"
    assert map_plaid("NEW", "") is None
