"""Merchant names made from real lines, against names written by hand before the code."""

from pathlib import Path

import pytest

from transactions.categories.clean import merchant_key, merchant_name

ANSWERS = Path(__file__).with_name("merchant_names.txt")


def answers() -> list[tuple[str, str]]:
    lines = ANSWERS.read_text().splitlines()
    pairs = [line.split(" => ") for line in lines if line and not line.startswith("#")]
    return [(raw, name) for raw, name in pairs]


def test_names_are_those_a_person_would_write() -> None:
    pairs = answers()
    wrong = [(raw, name, merchant_name(raw)) for raw, name in pairs if merchant_name(raw) != name]
    for raw, name, made in wrong:
        print(f"{raw!r}: {made!r}, by hand {name!r}")
    share = 1 - len(wrong) / len(pairs)
    print(f"{len(pairs)} names by hand, {share:.3f} made so")
    assert len(pairs) >= 150
    assert share >= 0.95


@pytest.mark.parametrize(
    "lines",
    [
        ["POS Purchase Nice On 4th  * 17 Nov", "POS Purchase Nice On 4th  * 08 Sep"],
        ["Amoco Freeland WA", "Amoco Lake Villa IL"],
        ["TESCO STORES 3297", "TESCO STORES 3297    ON 01 SEP          BCC", "Tesco"],
        ["HOFER DANKT  0527  K2   23.09. 11:37", "HOFER DANKT  0528  K1   19.10. 17:36"],
        ["STARBUCKS #4455 TORONTO ON", "STARBUCKS STORE 07604 01/21 PURC"],
        ["Recurring Card Purchase: Netflix.com Amsterdam (Card )", "NETFLIX.COM"],
    ],
)
def test_branches_and_days_of_one_merchant_have_one_key(lines: list[str]) -> None:
    assert len({merchant_key(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("POS Purchase Delta Cafe  * 12 Nov", "DELTA AIR LINES ATLANTA GA"),
        ("UBER *EATS", "UBER *TRIP"),
        ("Shell Parkhurst", "Shelly's Park"),
    ],
)
def test_different_merchants_keep_apart(one: str, other: str) -> None:
    assert merchant_key(one) != merchant_key(other)
