"""RFM scores, as SQL's ntile gives them."""

import numpy as np
import pytest

from analytics.segments.calc.rfm import ntile, rfm_group, rfm_scores


def test_ntile_gives_the_first_groups_the_extra_rows() -> None:
    # 7 rows in 5 groups: SQL makes 2, 2, 1, 1, 1.
    assert ntile([10, 20, 30, 40, 50, 60, 70], range(7)).tolist() == [1, 1, 2, 2, 3, 4, 5]


def test_fewer_rows_than_groups_leave_the_last_groups_empty() -> None:
    assert ntile([5, 1, 3], [1, 2, 3]).tolist() == [3, 1, 2]
    assert ntile([], []).tolist() == []


def test_ties_are_broken_by_key_not_by_row_order() -> None:
    assert ntile([1, 1, 1, 1], [4, 3, 2, 1], groups=2).tolist() == [2, 2, 1, 1]
    assert ntile([1, 1, 1, 1], [1, 2, 3, 4], groups=2).tolist() == [1, 1, 2, 2]


def test_recent_frequent_and_large_customers_score_five() -> None:
    days, times, money = np.arange(10, 0, -1), np.arange(10), np.arange(10) * 5.0
    scores = rfm_scores(days, times, money, range(10))
    assert scores[9].tolist() == [5, 5, 5] and scores[0].tolist() == [1, 1, 1]
    assert np.bincount(scores[:, 1])[1:].tolist() == [2, 2, 2, 2, 2]


def test_every_pair_of_scores_has_a_built_in_segment() -> None:
    names = {rfm_group(recency, often) for recency in range(1, 6) for often in range(1, 6)}
    assert len(names) == 6
    assert rfm_group(5, 5) == "Regulars" and rfm_group(1, 5) == "Slipping away"
    assert rfm_group(1, 1) == "Dormant" and rfm_group(5, 1) == "New or returning"


@pytest.mark.parametrize(
    ("values", "keys", "groups", "sentence"),
    [
        ([1, 2], [1], 5, "one length"),
        ([1, float("nan")], [1, 2], 5, "missing"),
        ([1, 2], [7, 7], 5, "stands twice"),
        ([1, 2], [1, 2], 0, "at least one group"),
    ],
)
def test_ranking_that_cannot_be_right_is_refused(
    values: list[float], keys: list[int], groups: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        ntile(values, keys, groups)
