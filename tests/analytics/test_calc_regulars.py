"""The search for regular payments: on invented lives whose truth is known, and its laws."""

import os
from collections import Counter
from datetime import date
from random import Random

import numpy as np
import pytest

from analytics.regulars.calc.amounts import band
from analytics.regulars.calc.cadences import CADENCES
from analytics.regulars.calc.describe import describe
from analytics.regulars.calc.due import DueRule, days_after, next_due, read_rule
from analytics.regulars.calc.identity import Side, same_streams
from analytics.regulars.calc.streams import find_streams
from tests.analytics.regulars_case import TODAY, Life, number, someone, two_subscriptions

SEED = int(os.environ.get("REGULARS_SEED", "11"))


@pytest.fixture(scope="module")
def life() -> Life:
    made, chance = Life(), Random(SEED)
    for _ in range(60):
        someone(made, chance)
        two_subscriptions(made, chance)
    print(
        f"\nregulars: seed {SEED} (REGULARS_SEED), {len(made.keys)} rows, {len(made.truths)} truths"
    )
    return made


def test_known_payments_of_every_rhythm_are_found_and_little_else(life: Life) -> None:
    found = [one for one in life.search() if one.maturity != "candidate"]
    owner = {row: place for place, one in enumerate(found) for row in one.rows.tolist()}
    wanted, hit, right = Counter[str](), Counter[str](), set[int]()
    for truth in life.truths:
        if len(truth.rows) < 4 and not (truth.cadence == "yearly" and len(truth.rows) >= 3):
            continue
        wanted[truth.kind] += 1
        best = Counter(owner[row] for row in truth.rows if row in owner).most_common(1)
        if best and best[0][1] >= 0.8 * len(truth.rows):
            right.add(best[0][0])
            hit[truth.kind] += found[best[0][0]].cadence.name == truth.cadence
    all_truth = {row for truth in life.truths for row in truth.rows}
    wrong = [one for one in found if not set(one.rows.tolist()) & all_truth]
    precision = 1 - len(wrong) / len(found)
    recall = hit.total() / wanted.total()
    print(
        f"regulars: recall {recall:.3f} of {wanted.total()}, precision {precision:.3f} of {len(found)}"
    )
    for kind in wanted:
        print(f"  {kind}: {hit[kind]} of {wanted[kind]}")
    assert recall >= 0.95 and precision >= 0.95
    assert all(hit[kind] >= 0.85 * wanted[kind] for kind in wanted)


def test_price_rises_ends_and_next_days_are_told(life: Life) -> None:
    found = [one for one in life.search() if one.maturity != "candidate"]
    _key, day, amount = life.arrays()
    told = describe(found, day, amount, through=TODAY)
    by_first = {int(row): one for one in told for row in one.found.rows}
    rises, lapses = Counter[bool](), Counter[bool]()
    for truth in life.truths:
        ones = {id(by_first[row]): by_first[row] for row in truth.rows if row in by_first}
        if len(ones) != 1 or len(truth.rows) < 5:
            continue
        one = next(iter(ones.values()))
        lapses[one.lapsed == truth.ended] += 1
        if truth.rise:
            step = one.band.step
            rises[step is not None and (step.before, step.after) == truth.rise] += 1
        assert one.next_on > one.last or one.cadence in ("weekly", "every_2_weeks", "twice_a_month")
    print(f"rises {dict(rises)}, ends {dict(lapses)}")
    assert rises[True] >= 0.95 * rises.total() > 20
    assert lapses[True] >= 0.97 * lapses.total() > 100


def test_the_order_of_rows_does_not_matter(life: Life) -> None:
    key, day, amount = life.arrays()
    order = np.random.default_rng(SEED).permutation(key.size)
    plain = {frozenset(one.rows.tolist()) for one in find_streams(key, day, amount)}
    mixed = {
        frozenset(order[one.rows].tolist())
        for one in find_streams(key[order], day[order], amount[order])
    }
    assert plain == mixed


def test_no_row_is_in_two_streams(life: Life) -> None:
    rows = [row for one in life.search() for row in one.rows.tolist()]
    assert len(rows) == len(set(rows))


def _streams(days: list[date], amounts: list[int]) -> list[str]:
    found = find_streams(
        np.zeros(len(days), dtype=np.int64),
        np.array([number(d) for d in days], dtype=np.int64),
        np.array(amounts, dtype=np.int64),
    )
    return [f"{one.cadence.name} {one.maturity} {one.rows.size}" for one in found]


def test_two_are_a_candidate_three_are_early_six_are_settled() -> None:
    days = [date(2026, month, 5) for month in range(1, 7)]
    assert _streams(days[:2], [1299] * 2) == ["monthly candidate 2"]
    assert _streams(days[:3], [1299] * 3) == ["monthly early 3"]
    assert _streams(days, [1299] * 6) == ["monthly mature 6"]


def test_four_weeks_are_not_a_month() -> None:
    fours = [date.fromordinal(date(2026, 1, 5).toordinal() + 28 * n) for n in range(6)]
    assert _streams(fours, [2990] * 6) == ["every_4_weeks mature 6"]
    months = [date(2026, m, 28) for m in range(1, 7)]
    assert _streams(months, [2990] * 6) == ["monthly mature 6"]


def test_a_first_payment_at_a_new_price_belongs_to_its_stream() -> None:
    days = [date(2026, month, 5) for month in range(1, 9)]
    # A second subscription of the same merchant makes the whole no single stream.
    other = [date(2026, month, 20) for month in range(1, 9)]
    amounts = [1299] * 7 + [1499] + [499] * 8
    assert _streams(days + other, amounts) == ["monthly mature 8", "monthly mature 8"]


def test_a_pause_is_one_stream() -> None:
    days = [date(2025, m, 9) for m in range(1, 8)] + [date(2026, m, 9) for m in range(1, 6)]
    assert _streams(days, [3500] * 12) == ["monthly mature 12"]


def test_amounts_must_be_sizes() -> None:
    with pytest.raises(ValueError, match="above zero"):
        _streams([date(2026, 1, 1)], [-5])
    with pytest.raises(ValueError, match="each"):
        find_streams(
            np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
        )


@pytest.mark.parametrize(
    ("cadence", "rule", "after", "expected"),
    [
        ("monthly", "31", date(2026, 1, 31), date(2026, 2, 28)),
        ("monthly", "31p", date(2026, 1, 30), date(2026, 2, 27)),
        ("monthly", "1n", date(2026, 10, 1), date(2026, 11, 2)),
        ("monthly", "1p", date(2026, 10, 1), date(2026, 10, 30)),
        ("monthly", "w1", date(2026, 7, 1), date(2026, 8, 3)),
        ("monthly", "w-1", date(2026, 9, 30), date(2026, 10, 30)),
        ("quarterly", "15", date(2026, 11, 16), date(2027, 2, 15)),
        ("yearly", "29", date(2024, 2, 29), date(2025, 2, 28)),
        ("weekly", "", date(2026, 6, 25), date(2026, 7, 2)),
        ("twice_a_month", "1+15", date(2026, 6, 15), date(2026, 7, 1)),
        ("twice_a_month", "15+31", date(2026, 6, 15), date(2026, 6, 30)),
        ("monthly", "", date(2026, 1, 12), date(2026, 2, 12)),
    ],
)
def test_the_next_due_day_follows_the_rule(
    cadence: str, rule: str, after: date, expected: date
) -> None:
    assert next_due(CADENCES[cadence], read_rule(rule), after) == expected
    assert read_rule(rule).text == rule


def test_days_to_come_end_with_the_period() -> None:
    assert days_after("weekly", DueRule(), date(2026, 6, 1), until=date(2026, 6, 16)) == [
        date(2026, 6, 1), date(2026, 6, 8), date(2026, 6, 15),
    ]  # fmt: skip


def test_a_price_step_needs_two_payments_before_it_and_a_real_change() -> None:
    assert band([1299, 1299, 1499]).step is not None
    assert band([1299, 1499]).step is None
    assert band([10000, 10000, 10020]).step is None
    varying = band([7000, 8100, 7600, 8800, 7300, 7900, 8400, 7100])
    assert (
        not varying.fixed and varying.step is None and varying.low < varying.typical < varying.high
    )


def test_identity_goes_by_shared_rows_then_by_amount() -> None:
    before = [
        Side("a", frozenset({1, 2}), 1000, "monthly"),
        Side("a", frozenset({3}), 3000, "monthly"),
    ]
    now = [
        Side("a", frozenset({3, 4}), 1000, "monthly"),
        Side("a", frozenset({9}), 1050, "monthly"),
        Side("b", frozenset({1}), 1000, "monthly"),
    ]
    assert same_streams(before, now) == {0: 1, 1: 0}
