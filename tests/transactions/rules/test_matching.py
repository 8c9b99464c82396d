"""What a rule's conditions meet: words whatever case and signs, stars, amounts, days, the unruled category."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.guards import Guard
from transactions.rules.conditions import BadCondition, Conditions, Word, read
from transactions.rules.decisions import Base
from transactions.rules.matching import Book, LearnedSpec, RuleSpec

DAY = date(2026, 6, 15)  # a Monday
SOURCE = Base(5, "source", 90)


def outcome(
    conditions: Conditions,
    text: str = "SQ *CORNER CAFÉ 12 KÖLN",
    party: str = "",
    amount: str = "-4.20",
    day: date = DAY,
    base: Base | None = SOURCE,
    **more: Any,
) -> Any:
    book = Book([RuleSpec(1, conditions, 9)], [], **more)
    value = Decimal(amount)
    sign = (value > 0) - (value < 0)
    return book.read(text, party, sign, base).outcome(value, day)


def meets(way: str, what: str, **more: Any) -> bool:
    place = more.pop("place", "text")
    return bool(outcome(Conditions(words=(Word(place, way, what),)), **more).category_id == 9)


@pytest.mark.parametrize(
    ("way", "what", "met"),
    [
        ("contains", "corner cafe", True),
        ("contains", "orner caf", True),
        ("contains", "sq corner", True),
        ("contains", "a.b", False),
        ("word", "cafe", True),
        ("word", "caf", False),
        ("starts", "sq", True),
        ("starts", "corner", True),  # the cleaned text starts so
        ("starts", "cafe", False),
        ("is", "sq corner cafe 12 köln", True),
        ("is", "corner cafe", False),
        ("fits", "sq*köln", True),
        ("fits", "*cafe*", True),
        ("fits", "cafe*", False),
        ("fits", "sq*corner*corner*", False),
    ],
)
def test_words_are_met_as_people_type_them(way: str, what: str, met: bool) -> None:
    assert meets(way, what) is met


def test_a_sign_in_the_words_stands_for_itself_never_for_a_pattern() -> None:
    assert meets("contains", "a.b", text="x a.b y")
    assert not meets("contains", "a.b", text="x axb y")
    assert not meets("contains", "a.*y", text="x axx y")


def test_the_other_sides_name_is_asked_alone_or_with_the_text() -> None:
    assert meets("contains", "harbour", party="Harbour Works", text="May")
    assert meets("contains", "harbour", party="Harbour Works", text="May", place="party")
    assert not meets("contains", "may", party="Harbour Works", text="May", place="party")
    assert not meets("contains", "may", party="", text="May", place="party")


def test_all_words_or_any_of_them() -> None:
    two = (Word("text", "contains", "corner"), Word("text", "contains", "nowhere"))
    assert outcome(Conditions(words=two)).category_id == 5
    assert outcome(Conditions(words=two, any_word=True)).category_id == 9


@pytest.mark.parametrize(
    ("asked", "amount", "met"),
    [
        ({"sign": -1}, "-4.20", True),
        ({"sign": 1}, "-4.20", False),
        ({"least": Decimal("4.20"), "most": Decimal("4.20")}, "-4.2000", True),
        ({"least": Decimal("4.21")}, "-4.20", False),
        ({"most": Decimal("4.19")}, "4.20", False),
        ({"weekdays": (0,)}, "-1", True),
        ({"weekdays": (5, 6)}, "-1", False),
        ({"days": (10, 15)}, "-1", True),
        ({"days": (28, 3)}, "-1", False),
        ({"days": (14, 3)}, "-1", True),
        ({"without": 5}, "-1", True),
        ({"without": 4}, "-1", True),  # the first level above it
        ({"without": 6}, "-1", False),
    ],
)
def test_amount_days_and_the_unruled_category(
    asked: dict[str, Any], amount: str, met: bool
) -> None:
    found = outcome(Conditions(**asked), amount=amount, within={4: frozenset([4, 5])})
    assert (found.category_id == 9) is met


def test_the_first_rule_gives_the_category_and_the_first_namer_the_name() -> None:
    corner = Conditions(words=(Word("text", "contains", "corner"),))
    book = Book(
        [
            RuleSpec(1, corner, None, "The corner"),
            RuleSpec(2, corner, 20, "Not this"),
            RuleSpec(3, corner, 30),
        ],
        [LearnedSpec(4, "corner cafe", -1, 40, "expense")],
    )
    found = book.read("CORNER CAFE", "", -1, SOURCE).outcome(Decimal(-1), DAY)
    assert (found.category_id, found.origin, found.name) == (20, "rule", "The corner")
    assert found.decision == {"rule": 2, "named": 1, "base": [5, "source", 90]}


def test_a_rule_on_one_account_says_nothing_of_another() -> None:
    asked = Conditions(accounts=(7,))
    assert outcome(asked, account_id=7).category_id == 9
    assert outcome(asked, account_id=8).category_id == 5


def test_something_learned_stands_above_the_source_and_keeps_to_its_direction() -> None:
    book = Book([], [LearnedSpec(4, "corner cafe", -1, 40, "expense")], expenses=frozenset([5]))

    def of(amount: str, text: str = "CORNER CAFE", base: Base = SOURCE) -> int | None:
        value = Decimal(amount)
        sign = 1 if value > 0 else -1
        found: int | None = book.read(text, "", sign, base).outcome(value, DAY).category_id
        return found

    assert of("-3") == 40
    # Money back: said by the text, or by the source that files it under spending.
    assert of("3") == 40
    assert of("3", base=Base(None, "none", 0)) is None
    assert of("3", text="REFUND CORNER CAFE", base=Base(None, "none", 0)) == 40


def test_conditions_are_read_back_as_they_were_written() -> None:
    every = Conditions(
        words=(Word("text", "fits", "a*b"), Word("party", "is", "Ö")),
        any_word=True, sign=-1, least=Decimal("1.50"), most=Decimal(20), accounts=(3,), weekdays=(0, 6),
        days=(28, 3), without=5,
    )  # fmt: skip
    assert read(every.as_json()) == every
    assert "“a*b” or" in every.sentence() and "at least 1.5" in every.sentence()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"words": [["text", "matches", "a"]]},
        {"words": [["text", "contains", "***"]]},
        {"words": [["text", "contains", "x" * 81]]},
        {"words": [["text", "contains"]]},
        {"least": "2", "most": "1"},
        {"least": "two"},
        {"days": [0, 40]},
        {"days": [1]},
    ],
)
def test_what_cant_be_met_is_refused_with_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadCondition, match=r"[A-Z].*\."):
        read(wrong)


# Shapes that send a backtracking matcher into exponential or cubic time, as patterns and as texts.
PIECES = ("a", "ab", "*a", "a*", "(a+)+$", "(a|a)*b", ".*.*=.*", "a*a*a*a*", "x*y*", "[a-z]+*1")


@pytest.mark.guard("G25")
def test_hostile_patterns_cost_no_more_than_their_length(guard: Guard) -> None:
    slowest, tried = 0.0, 0
    for piece in PIECES:
        for times in (1, 5, 20, 60):
            pattern = (piece * times)[:80]
            text = (piece.replace("*", "a") * 100_000)[:100_000] + "!"
            best = 9.0
            for n in range(3):  # another text each time: known ones are remembered
                begun = time.process_time()
                meets("fits", pattern, text=f"{n}{text}")
                best = min(best, time.process_time() - begun)
            slowest = max(slowest, best)
            tried += 1
    assert tried == 40
    assert slowest < 0.05
    guard("G25", reached=f"rules: ≤ {slowest * 1000:.1f} ms on 100 kB", n=tried)
