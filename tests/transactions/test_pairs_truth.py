"""Transfers and refunds against a generated truth: 2,000 small ledgers full of look-alikes.

The points and words were set while looking at the even cases; the odd ones are only counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.transactions.pairs_truth import SEED, Case, cases
from transactions.pairs.calc.entries import Entry, Found
from transactions.pairs.calc.refunds import refunds
from transactions.pairs.calc.transfers import transfers
from transactions.pairs.evidence import OwnAccount, hints_of

PRECISION, RECALL = 0.99, 0.95
Pairs = set[tuple[int, int]]


def found_in(case: Case) -> tuple[Pairs, Pairs]:
    """The transfers and refunds that are sure, as the service looks for them."""
    own = [OwnAccount.of(a.id, f"****{a.tail}", a.name) for a in case.accounts]
    entries = [
        Entry(
            r.id, r.account, r.day, r.amount, hints_of(r.text, own=own, account=r.account)
        )
        for r in case.rows
    ]  # fmt: skip
    moved = _sure(transfers(entries))
    rest = [e for e in entries if e.id not in {pk for pair in moved for pk in pair}]
    back = [_sure(refunds([e for e in rest if e.account == a.id])) for a in case.accounts]
    return moved, set().union(*back)


def _sure(found: Iterable[Found]) -> Pairs:
    return {(one.first, one.second) for one in found if one.is_sure}


def counts(chosen: Iterable[Case]) -> Counter[str]:
    got: Counter[str] = Counter()
    for case in chosen:
        for name, true, found in zip(
            ("transfers", "refunds"), (case.transfers, case.refunds), found_in(case), strict=True
        ):
            got[f"{name} true"] += len(true)
            got[f"{name} found"] += len(found)
            got[f"{name} right"] += len(found & true)
    return got


@pytest.mark.parametrize("half", [0, 1], ids=["looked at", "only counted"])
def test_two_thousand_cases_with_look_alikes(
    half: int, record_property: Callable[[str, object], None]
) -> None:
    got = counts(case for n, case in enumerate(cases()) if n % 2 == half)
    for name in ("transfers", "refunds"):
        true, found, right = (got[f"{name} {what}"] for what in ("true", "found", "right"))
        precision, recall = right / found, right / true
        print(f"{name}: precision {precision:.4f}, recall {recall:.4f}, n {true}, seed {SEED}")
        record_property(name, (precision, recall, true))
        assert true > 600
        assert precision >= PRECISION
        assert recall >= RECALL


def test_the_truth_is_the_same_for_the_same_seed() -> None:
    one, other = (list(cases(n=20)) for _ in range(2))
    assert [c.rows for c in one] == [c.rows for c in other]


def case_of(*rows: tuple[int, str, str, str]) -> Any:
    """Two accounts, ··1111 and ··2222; rows of (account, day of May, amount, text)."""
    from datetime import date
    from decimal import Decimal

    from tests.transactions.pairs_truth import Account, Row

    accounts = [
        Account(1, "current", "1111", "Everyday account"),
        Account(2, "savings", "2222", "Rainy day savings"),
    ]
    return Case(
        accounts,
        [
            Row(n, account, date(2026, 5, int(day)), Decimal(amount), text)
            for n, (account, day, amount, text) in enumerate(rows, start=1)
        ],
    )


def test_words_for_a_transfer_on_one_side_are_enough() -> None:
    moved, _ = found_in(
        case_of((1, "4", "-500", "ONLINE TRANSFER TO SAV 2222"), (2, "5", "500", "DEPOSIT"))
    )
    assert moved == {(1, 2)}


def test_equal_sums_alone_are_none() -> None:
    moved, back = found_in(
        case_of((1, "4", "-500", "MIETE WOHNUNG 12"), (2, "5", "500", "DEPOSIT 8"))
    )
    assert not moved and not back


def test_two_that_fit_equally_well_are_asked_about() -> None:
    case = case_of(
        (1, "4", "-500", "Transfer"),
        (1, "4", "-500", "Transfer"),
        (2, "5", "500", "Transfer received"),
    )
    assert found_in(case) == (set(), set())


def test_a_transfer_that_names_another_account_is_none() -> None:
    moved, _ = found_in(
        case_of((1, "4", "-500", "TRANSFER TO XXXX9999"), (2, "4", "500", "TRANSFER FROM ****8888"))
    )
    assert not moved


def test_six_days_are_too_long() -> None:
    moved, _ = found_in(
        case_of(
            (1, "4", "-500", "TRANSFER TO SAV 2222"), (2, "10", "500", "TRANSFER FROM CHK 1111")
        )
    )
    assert not moved


def test_wages_of_a_shop_are_no_money_back() -> None:
    _, back = found_in(
        case_of((1, "4", "-60", "TARGET 00023341 DENVER CO"), (1, "9", "60", "TARGET CORP PAYROLL"))
    )
    assert not back


def test_money_back_never_exceeds_the_payment() -> None:
    _, back = found_in(
        case_of(
            (1, "4", "-60", "IKEA 33"),
            (1, "5", "60", "IKEA 33 REFUND"),
            (1, "6", "60", "IKEA 33 REFUND"),
        )
    )
    assert back == {(1, 2)}


def test_two_parts_may_come_back() -> None:
    case = case_of(
        (1, "4", "-60", "IKEA 33"),
        (1, "5", "20", "IKEA 33 REFUND"),
        (1, "6", "25", "REFUND IKEA 33"),
    )
    assert found_in(case)[1] == {(1, 2), (1, 3)}


def test_money_back_comes_after_the_payment() -> None:
    _, back = found_in(case_of((1, "4", "60", "IKEA 33 REFUND"), (1, "5", "-60", "IKEA 33")))
    assert not back
