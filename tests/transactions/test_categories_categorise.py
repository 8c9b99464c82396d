import csv
import gzip
from pathlib import Path

import pytest

from tests.transactions import category_labels
from transactions.categories import keywords
from transactions.categories.categorise import (
    NOTHING,
    Categoriser,
    TextRule,
    keyword_hits,
    rules_version,
)
from transactions.categories.reference import BY_CODE, first_level, kind_of


@pytest.mark.parametrize(
    "text",
    ["Payment Thank You-Mobile", "CAPITAL ONE AUTOPAY PYMT", "AUTOPAY PAYMENT - THANK YOU",
     "Online Payment 1234567 To Chase Card", "DISCOVER E-PAYMENT 1234 WEB ID: 2510020",
     "ONLINE TRANSFER TO SAVINGS XXXXXX1234", "Withdrawal to Chase",
     "Deposit from JPMORGAN CHASE BANK", "INTERNET PAYMENT - THANK YOU"],
)  # fmt: skip
@pytest.mark.parametrize("sign", [1, -1])
def test_card_payments_and_own_transfers_are_no_spending(text: str, sign: int) -> None:
    code = Categoriser().decide(text, "", sign).code
    assert code is not None
    assert kind_of(code) == "transfer"


@pytest.mark.parametrize(
    ("text", "source", "sign", "code", "origin"),
    [
        ("STARBUCKS STORE 12345 SEATTLE WA", "", -1, "coffee", "keyword"),
        ("ACME CORP PAYROLL PPD ID: 123", "", 1, "wages", "keyword"),
        ("Deposit from ACME PAYROLL", "", 1, "wages", "keyword"),
        ("UBER *EATS", "", -1, "fast_food", "keyword"),
        ("UBER *TRIP", "", -1, "taxi", "keyword"),
        ("KROGER #1234 CINCINNATI OH", "Groceries", -1, "supermarket", "source"),
        ("CORNER PLACE 12", "Dining", -1, "dining", "source"),
        ("SHELL OIL 57444", "Travel", -1, "travel", "source"),
        ("LYFT *RIDE SAT 9PM", "Other Travel", -1, "taxi", "keyword"),
        ("PAYMENT THANK YOU", "Shopping", 1, "card_payment", "keyword"),
        ("ANY SHOP", "5411", -1, "supermarket", "source"),
        ("Monthly Interest Paid", "", 1, "interest_earned", "keyword"),
        ("PURCHASE INTEREST CHARGE", "", -1, "interest_paid", "keyword"),
        ("PREVOD NA UCET SIPO YZ 87144583", "SIPO", -1, "household_payment", "source"),
        ("COMED AUTOPAY", "", -1, "energy", "keyword"),
    ],
)
def test_what_a_line_says(text: str, source: str, sign: int, code: str, origin: str) -> None:
    decision = Categoriser().decide(text, source, sign)
    assert (decision.code, decision.origin) == (code, origin)
    assert 0.6 <= decision.confidence <= 1


def test_money_in_from_a_shop_is_no_spending_unless_it_is_a_refund() -> None:
    categoriser = Categoriser()
    assert categoriser.decide("COSTCO WHSE #1234", "", 1) == NOTHING
    assert categoriser.decide("REFUND COSTCO WHSE #1234", "", 1).code == "supermarket"
    assert categoriser.decide("COSTCO WHSE #1234", "Groceries", 1).code == "supermarket"
    assert categoriser.decide("REFUND 9912", "", 1).code == "reimbursement"


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_is_always_kept(sign: int) -> None:
    """Every keyword alone: money in is never spending, money out never income."""
    categoriser = Categoriser()
    for _, _, entry in keywords.entries():
        code = categoriser.decide(entry.rstrip("*"), "", sign).code
        if code is not None and not keyword_hits(entry)[1]:
            assert kind_of(code) != ("expense" if sign > 0 else "income"), entry


def test_rules_then_memory_then_source_then_keywords() -> None:
    text = "SHELL OIL 57444 SAN JOSE CA"
    learned = {"shell oil": "gifts"}
    rule = TextRule("shell oil", "car_costs", amount_sign=-1)
    assert Categoriser(learned, [rule]).decide(text, "Travel", -1).origin == "rule"
    assert Categoriser(learned).decide(text, "Travel", -1).code == "gifts"
    assert Categoriser().decide(text, "Travel", -1).code == "travel"
    assert Categoriser().decide(text, "", -1).code == "fuel"
    # The rule is for money out alone.
    assert Categoriser(rules=[rule]).decide(text, "", 1).origin != "rule"


def test_below_the_threshold_it_stays_uncategorised() -> None:
    assert Categoriser().decide("THE GRILL", "", -1).confidence == 0.7
    assert Categoriser(threshold=0.8).decide("THE GRILL", "", -1) == NOTHING
    assert Categoriser().decide("QWERTZ 12 ABCXYZ", "", -1) == NOTHING
    assert Categoriser().decide("", "", 0) == NOTHING


def test_an_unknown_code_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no_such_code"):
        Categoriser({"shop": "no_such_code"})
    with pytest.raises(ValueError, match="other"):
        Categoriser(rules=[TextRule("x", "other")])


def test_keywords_match_whole_words_alone() -> None:
    assert Categoriser().decide("SHELLFISH FARMHOUSE", "", -1) == NOTHING
    assert Categoriser().decide("WHOLEFDSLKV 10231", "", -1).code == "supermarket"
    assert Categoriser().decide("Café Zürich", "", -1).code == "coffee"


def test_every_keyword_leads_to_a_known_category() -> None:
    assert {code for _, code, _ in keywords.entries()} <= set(BY_CODE)
    assert len({entry for _, _, entry in keywords.entries()}) > 1500


def test_the_rules_version_is_stable_in_a_process() -> None:
    assert rules_version() == rules_version()
    assert len(rules_version()) == 12


def _score(pairs: list[tuple[str, str, int]], name: str) -> tuple[float, float]:
    """Share of right answers among all, and among those decided."""
    categoriser = Categoriser()
    right = decided = 0
    for text, wanted, sign in pairs:
        code = categoriser.decide(text, "", sign).code
        decided += code is not None
        right += code is not None and first_level(code) in wanted.split()
    of_all, of_decided = right / len(pairs), right / decided
    print(f"{name}: {of_all:.3f} right of {len(pairs)}, {of_decided:.3f} of those decided")
    return of_all, of_decided


def test_accuracy_on_real_bank_lines(data: Path) -> None:
    with (data / "labels" / "za_bank_descriptions.csv").open() as file:
        rows = list(csv.DictReader(file))
    pairs = [
        (row["description"], category_labels.ZA[row["label"]], -1 if "-" in row["amount"] else 1)
        for row in rows
        if category_labels.ZA[row["label"]]
    ]
    of_all, of_decided = _score(pairs, "South African bank lines, unseen")
    assert of_all > 0.5
    assert of_decided > 0.8


def test_accuracy_on_merchant_names(data: Path) -> None:
    with gzip.open(data / "labels" / "us_merchant_text.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    pairs = [
        (row["Description"], category_labels.US[row["Category"]], -1)
        for row in rows
        if row["Description"] and row["Category"] in category_labels.US
    ]
    of_all, of_decided = _score(pairs, "US merchants and products, unseen")
    assert of_all > 0.4
    assert of_decided > 0.7


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HOME DEPOT 4410", "home_improvement"),
        ("OFFICE DEPOT 12", "work_costs"),
        ("WERTPAPIERDEPOT 12", "investment_transfer"),
    ],
)
def test_a_longer_entry_speaks_for_the_words_in_it(text: str, code: str) -> None:
    assert Categoriser().decide(text, "", -1).code == code


def test_a_deposit_in_french_is_no_securities_account() -> None:
    assert Categoriser().decide("DÉPÔT", "", 1).code != "investment_transfer"
