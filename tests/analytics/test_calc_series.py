"""From month cells to the matrix that forecasts read."""

import numpy as np
import pytest

from analytics.forecasts.calc.series import (
    TooLittleHistory,
    blocks_by_length,
    lengths_of,
    mean_absolute_step,
    monthly_series,
    require_history,
)

NAN = float("nan")


def test_quiet_months_are_zero_and_months_before_the_first_are_unknown() -> None:
    made = monthly_series(
        [7, 7, 3], ["2025-11", "2026-02", "2026-01"], [10.0, 40.0, 5.0], through="2026-03"
    )
    assert made.keys.tolist() == [3, 7]
    assert made.months.astype(str).tolist() == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
        "2026-03",
    ]
    np.testing.assert_array_equal(made.values, [[NAN, NAN, 5, 0, 0], [10, 0, 0, 40, 0]])


def test_cells_of_one_month_are_added_and_row_order_does_not_matter() -> None:
    keys, months, amounts = (
        [1, 1, 2, 1],
        ["2026-01-31", "2026-01", "2026-02", "2026-02"],
        [1, 2, 8, 4],
    )
    forwards = monthly_series(keys, months, amounts, through="2026-02")
    backwards = monthly_series(keys[::-1], months[::-1], amounts[::-1], through="2026-02")
    np.testing.assert_array_equal(forwards.values, [[3, 4], [NAN, 8]])
    np.testing.assert_array_equal(backwards.values, forwards.values)


def test_only_the_months_asked_for_are_kept() -> None:
    made = monthly_series(
        [1, 1, 2], ["2020-01", "2026-02", "2019-05"], [9, 4, 1], through="2026-03", at_most=3
    )
    np.testing.assert_array_equal(made.values, [[0, 4, 0], [0, 0, 0]])


def test_no_cells_make_an_empty_matrix() -> None:
    assert monthly_series([], [], [], through="2026-03").values.shape == (0, 0)


@pytest.mark.parametrize(
    ("keys", "months", "amounts", "sentence"),
    [
        ([1, 2], ["2026-01"], [1.0], "one length"),
        ([1], ["2026-01"], [NAN], "missing"),
        ([1], ["2026-04"], [1.0], "after the last month"),
    ],
)
def test_cells_that_cannot_be_right_are_refused(
    keys: list[int], months: list[str], amounts: list[float], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        monthly_series(keys, months, amounts, through="2026-03")


def test_at_least_one_month_is_kept() -> None:
    with pytest.raises(ValueError, match="At least one month"):
        monthly_series([1], ["2026-01"], [1.0], through="2026-03", at_most=0)


def test_lengths_count_from_the_first_value() -> None:
    history = np.array([[NAN, NAN, 1.0], [1.0, 0.0, 2.0], [NAN, NAN, NAN]])
    assert lengths_of(history).tolist() == [1, 3, 0]
    assert [(n, rows.tolist()) for n, rows in blocks_by_length(lengths_of(history), 1)] == [
        (1, [0]),
        (3, [1]),
    ]


@pytest.mark.parametrize(
    ("history", "sentence"),
    [
        (np.array([[1.0, NAN, 2.0]]), "gap"),
        (np.array([[1.0, np.inf]]), "infinite"),
        (np.array([1.0, 2.0]), "one row per series"),
    ],
)
def test_malformed_history_is_refused(history: np.ndarray, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        lengths_of(history)


def test_step_is_the_mean_change_from_month_to_month() -> None:
    history = np.array([[10.0, 12.0, 9.0], [NAN, 4.0, 5.0], [NAN, NAN, 5.0], [2.0, 2.0, 2.0]])
    np.testing.assert_array_equal(mean_absolute_step(history), [2.5, 1.0, NAN, 0.0])
    assert np.isnan(mean_absolute_step(np.ones((2, 1)))).all()


def test_too_little_history_says_how_much_there_is_and_how_much_is_needed() -> None:
    require_history([6, 9], 6)
    with pytest.raises(TooLittleHistory, match=r"4 whole months.*needs 6") as caught:
        require_history([9, 4], 6)
    assert (caught.value.months, caught.value.needed) == (4, 6)
