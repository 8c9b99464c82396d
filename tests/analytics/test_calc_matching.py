"""Segments keep their identity; moves have reasons; names stay."""

import numpy as np
import pytest

from analytics.segments.calc.features import FEATURES
from analytics.segments.calc.matching import match_segments, move_drivers, settle
from analytics.segments.calc.wording import (
    SegmentWords,
    Trait,
    describe,
    name_candidates,
    word_segments,
)

WORDS = {feature.name: feature for feature in FEATURES}


def test_shuffled_segments_are_recognised() -> None:
    old = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    new = old[[2, 0, 1]] + 0.4
    assert match_segments(old, new).tolist() == [2, 0, 1]


def test_the_sum_of_distances_decides_not_the_nearest() -> None:
    # Both new ones are nearest to the first old one; one of them has to continue the second.
    old, new = np.array([[0.0], [6.0]]), np.array([[1.0], [3.5]])
    assert match_segments(old, new).tolist() == [0, 1]


def test_segment_that_appeared_far_away_is_new() -> None:
    old = np.array([[0.0], [10.0]])
    assert match_segments(old, np.array([[0.5], [10.0], [30.0]])).tolist() == [0, 1, -1]
    assert match_segments(old, np.array([[0.0], [16.0]])).tolist() == [0, -1]
    assert match_segments(old, np.array([[9.0]])).tolist() == [1]


def test_segments_of_other_features_are_not_matched() -> None:
    with pytest.raises(ValueError, match="same features"):
        match_segments(np.ones((2, 2)), np.ones((2, 3)))


def test_customer_stays_unless_the_other_segment_is_clearly_closer() -> None:
    distance = np.array([[1.0, 0.95], [1.0, 0.9], [1.0, 0.85], [1.0, 0.85], [1.0, 0.85]])
    before = np.array([5, 5, 5, 0, 77])
    # Within a tenth: stays; just a tenth: stays; more: moves. A newcomer and a customer of a
    # segment that is gone go to the nearest.
    assert settle(distance, [5, 9], before).tolist() == [5, 5, 9, 9, 9]
    assert settle(distance, [5, 9], before, margin=0).tolist() == [9, 9, 9, 9, 9]


def test_settling_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="one row per customer"):
        settle(np.ones((2, 2)), [1, 2], np.array([1]))
    with pytest.raises(ValueError, match="not negative"):
        settle(np.ones((1, 2)), [1, 2], np.array([1]), margin=-1)


def test_hand_worked_drivers_of_a_move() -> None:
    # Parts are 2 * change * distance apart: 2*1*2 = 4, 2*2*3 = 12, 2*1*0 = 0, 2*(-1)*1 = -2.
    drivers = move_drivers(
        features=["a", "b", "c", "d"],
        old_centroid=np.array([0.0, 0.0, 5.0, 0.0]),
        new_centroid=np.array([2.0, 3.0, 5.0, 1.0]),
        before=np.array([0.0, 0.0, 4.0, 1.0]),
        after=np.array([1.0, 2.0, 5.0, 0.0]),
        raw_before=np.array([10.0, 20.0, 30.0, 40.0]),
        raw_after=np.array([11.0, 22.0, 31.0, 39.0]),
    )
    assert [(d.feature, d.before, d.after, d.share) for d in drivers] == [
        ("b", 20.0, 22.0, 0.75),
        ("a", 10.0, 11.0, 0.25),
        ("c", 30.0, 31.0, 0.0),
    ]


def test_move_of_a_customer_who_did_not_change_is_explained_by_position() -> None:
    drivers = move_drivers(
        features=["a", "b"],
        old_centroid=np.array([0.0, 0.0]),
        new_centroid=np.array([4.0, 1.0]),
        after=np.array([3.0, 1.0]),
        raw_after=np.array([30.0, 10.0]),
    )
    # 9 - 1 = 8 and 1 - 0 = 1.
    assert [d.feature for d in drivers] == ["a", "b"]
    assert drivers[0].share == pytest.approx(8 / 9) and np.isnan(drivers[0].before)


def test_description_tells_clear_traits_before_mild_ones() -> None:
    traits = [
        Trait("spending_per_month", 1.4),
        Trait("recency_days", -0.5),
        Trait("savings_ratio", 0.1),
    ]
    assert describe(traits, WORDS) == (
        "Customers who clearly stand out: they spend much; "
        "to a lesser degree they paid something just lately."
    )
    assert describe(traits[1:], WORDS) == (
        "Customers near the middle of the bank who paid something just lately "
        "a little more than most."
    )
    assert "nothing that sets them apart" in describe(traits[2:], WORDS)


def test_names_grow_until_they_are_unique() -> None:
    traits = [Trait("savings_ratio", 1.0), Trait("payments_per_month", -0.9)]
    assert name_candidates(traits, WORDS) == ["Savers", "Savers who pay rarely"]
    assert name_candidates([Trait("savings_ratio", 0.1)], WORDS) == ["Middle of the bank"]


def four_corners() -> tuple[np.ndarray, np.ndarray]:
    scaled = np.zeros((4, len(FEATURES)))
    scaled[0, 4], scaled[1, 4], scaled[2, 4] = 2.0, 2.0, -2.0
    scaled[1, 1] = 1.0
    return scaled, np.array([1, 2, 3, 4])


def worded(kept: dict[int, str] | None = None) -> tuple[SegmentWords, ...]:
    scaled, membership = four_corners()
    return word_segments(
        scaled, membership, ids=[1, 2, 3, 4, 9], features=FEATURES, kept_names=kept
    )


def test_names_are_unique_and_the_same_each_time() -> None:
    names = [one.name for one in worded()]
    assert len(set(names)) == 5 and names == [one.name for one in worded()]
    assert names[:3] == ["Savers", "Savers who pay often", "Stretched budgets"]
    assert worded()[4].customers == 0


def test_kept_names_stay_and_newcomers_avoid_them() -> None:
    names = [one.name for one in worded({3: "Savers", 4: "Our old friends", 8: "Retired"})]
    assert names[2] == "Savers" and names[3] == "Our old friends"
    assert "Savers" not in names[:2] and len(set(names)) == 5


def test_wording_needs_a_row_per_customer() -> None:
    with pytest.raises(ValueError, match="One row per customer"):
        word_segments(np.ones((2, 2)), np.array([1, 1]), ids=[1], features=FEATURES)
