"""Forecasts with bands, and their scores."""

import json

import numpy as np
import pytest

from analytics.forecasts.calc.bands import (
    BandWidths,
    band,
    fit_band_widths,
    past_errors,
    widths_from_json,
)
from analytics.forecasts.calc.models import Naive, WindowMean
from analytics.forecasts.calc.outlook import forecast_all
from analytics.forecasts.calc.scores import (
    Score,
    coverage_ratio,
    mase,
    score,
    worse_than_naive,
)
from analytics.forecasts.calc.series import TooLittleHistory

NAN = float("nan")


def noisy(rows: int = 400, months: int = 24, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).gamma(3, 100, (rows, months))


def test_hand_worked_past_errors() -> None:
    # Naive on 0 4 4 10: before the last month the step is (4 + 0) / 2 = 2 and the miss 6: 3 steps;
    # one month earlier the step is 4 and the miss 0.
    errors = past_errors(np.array([[0.0, 4.0, 4.0, 10.0]]), Naive(), 1, origins=2)
    np.testing.assert_array_equal(errors[:, 0, 0], [3.0, 0.0])
    # Two months ahead: at the cut after 0 4, misses 0 and 6 over step 4.
    errors = past_errors(np.array([[0.0, 4.0, 4.0, 10.0]]), Naive(), 2, origins=1)
    np.testing.assert_array_equal(errors[0, 0], [3.0, 1.5])


def test_series_that_never_moved_gives_no_error() -> None:
    assert np.isnan(past_errors(np.full((1, 12), 5.0), Naive(), 2)).all()


def test_width_is_the_conformal_quantile() -> None:
    # Nine series whose last miss is 1..9 steps: rank ceil(10 * 0.8) = 8.
    history = np.array([[0.0, 1.0, 1.0 + miss] for miss in range(1, 10)])
    widths = fit_band_widths(history, Naive(), 1, origins=1)
    assert (widths.widths, widths.errors) == ((8.0,), (9,))
    # Five errors: rank ceil(6 * 0.8) = 5.
    assert fit_band_widths(history[:5], Naive(), 1, origins=1).widths == (5.0,)
    # With three errors the fourth smallest does not exist: the largest stands in.
    assert fit_band_widths(history[:3], Naive(), 1, origins=1).widths == (3.0,)


def test_far_month_without_errors_takes_the_nearer_width() -> None:
    widths = fit_band_widths(np.array([[0.0, 1.0, 3.0]]), Naive(), 4, origins=1)
    assert widths.widths == (2.0, 2.0, 2.0, 2.0) and widths.errors == (1, 0, 0, 0)


def test_band_is_width_times_own_step() -> None:
    low, high = band(
        np.array([[10.0, 10.0]]), np.array([2.0]), BandWidths("naive", 0.8, (1.0, 1.5), (9, 9))
    )
    assert (low.tolist(), high.tolist()) == ([[8, 7]], [[12, 13]])


def test_widths_survive_json() -> None:
    widths = BandWidths("naive", 0.8, (1.25, NAN), (9, 0))
    back = widths_from_json(json.loads(json.dumps(widths.to_json())))
    assert back.widths[0] == 1.25 and np.isnan(back.widths[1]) and back.errors == (9, 0)
    with pytest.raises(ValueError, match="not band widths"):
        widths_from_json({"model": "naive"})


@pytest.mark.parametrize("coverage", [0.0, 1.0, 80.0])
def test_impossible_coverage_is_refused(coverage: float) -> None:
    with pytest.raises(ValueError, match="share between 0 and 1"):
        fit_band_widths(noisy(3), Naive(), 1, coverage=coverage)


def test_no_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one cut-off"):
        past_errors(noisy(3), Naive(), 1, origins=0)


def test_band_beyond_its_widths_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer months"):
        band(np.zeros((1, 2)), np.ones(1), BandWidths("naive", 0.8, (1.0,), (9,)))


def test_band_holds_about_eighty_percent_of_months_to_come() -> None:
    history = noisy(1_000, 30)
    issued = forecast_all(history[:, :24], horizon=6)
    share = coverage_ratio(history[:, 24:], issued.low, issued.high)
    assert 0.77 < share < 0.84


def test_row_with_too_little_history_is_marked_and_asking_for_it_says_why() -> None:
    history = noisy(20)
    history[3, :20] = NAN
    issued = forecast_all(history, horizon=3)
    assert issued.enough.tolist() == [row != 3 for row in range(20)]
    assert issued.model[3] == "" and issued.model[4] == "light_blend"
    assert np.isnan(issued.point[3]).all() and np.isfinite(issued.high[4]).all()
    assert issued.series(4).point.tolist() == issued.point[4].tolist()
    with pytest.raises(TooLittleHistory, match=r"4 whole months.*needs 6"):
        issued.series(3)


def test_replaced_rows_get_the_baseline_and_its_band() -> None:
    history = noisy(30)
    replaced = np.arange(30) == 7
    issued = forecast_all(history, horizon=2, replaced=replaced)
    assert issued.model[7] == "naive" and issued.model[8] == "light_blend"
    assert issued.point[7].tolist() == [history[7, -1]] * 2
    wide = issued.widths["naive"].widths[0] * issued.scale[7]
    assert issued.high[7, 0] - issued.point[7, 0] == pytest.approx(wide)


def test_chunks_with_given_widths_equal_the_whole_bank() -> None:
    history = noisy(50)
    whole = forecast_all(history, horizon=3)
    halves = [
        forecast_all(half, horizon=3, widths=whole.widths) for half in (history[:20], history[20:])
    ]
    np.testing.assert_array_equal(np.vstack([half.low for half in halves]), whole.low)


def test_flow_that_cannot_be_negative_is_cut_at_zero() -> None:
    history = noisy(50) * (np.arange(24) % 5 == 0)
    assert (forecast_all(history, horizon=3).low < 0).any()
    assert (forecast_all(history, horizon=3, never_below=0.0).low >= 0).all()


def test_no_customers_and_newborn_banks_give_no_forecast() -> None:
    assert forecast_all(np.empty((0, 0)), horizon=3).point.shape == (0, 3)
    young = forecast_all(np.array([[5.0, 6.0]]), horizon=3)
    assert young.months.tolist() == [2] and not young.enough.any()


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="one month ahead"):
        forecast_all(np.empty((0, 0)), horizon=0)
    with pytest.raises(ValueError, match="One mark per series"):
        forecast_all(noisy(3), horizon=1, replaced=np.array([True]))


def test_hand_worked_mase() -> None:
    history = np.array(
        [[10.0, 14.0, 12.0], [5.0, 5.0, 5.0], [NAN, NAN, 1.0]]
    )  # steps 3, 0, unknown
    actual = np.array([[15.0, NAN], [5.0, 5.0], [1.0, 1.0]])
    np.testing.assert_array_equal(mase(actual, np.full((3, 2), 9.0), history), [2.0, NAN, NAN])


def test_naive_forecast_scores_like_the_baseline() -> None:
    history = noisy(50)
    known, actual = history[:, :20], history[:, 20:]
    guess = Naive().fit_predict(known, 4)
    made = score(actual, guess, guess - 1e9, guess + 1e9, known)
    assert made.mase == pytest.approx(made.naive_mase) and not made.beats_naive
    assert made.coverage_ratio == 1.0 and made.series == 50


def test_mean_beats_naive_on_pure_noise() -> None:
    history = noisy()
    known, actual = history[:, :20], history[:, 20:]
    guess = WindowMean(12).fit_predict(known, 4)
    assert score(actual, guess, guess, guess, known).beats_naive


def test_nothing_to_score_is_unknown_not_good() -> None:
    empty = np.full((2, 3), NAN)
    made = score(empty, empty, empty, empty, noisy(2))
    assert made.series == 0 and np.isnan(made.mase) and not made.beats_naive
    assert score(empty, empty, empty, empty, np.empty((2, 0))).series == 0
    assert not Score(NAN, 1.0, NAN, 0).beats_naive


def test_coverage_counts_the_edges() -> None:
    low, high = np.zeros((1, 4)), np.full((1, 4), 10.0)
    assert coverage_ratio(np.array([[0.0, 10.0, 10.1, NAN]]), low, high) == pytest.approx(2 / 3)
    assert np.isnan(coverage_ratio(np.full((1, 4), NAN), low, high))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="same series and months"):
        mase(np.zeros((2, 1)), np.zeros((2, 2)), noisy(2))
    with pytest.raises(ValueError, match="same shape"):
        coverage_ratio(np.zeros((1, 2)), np.zeros((1, 1)), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="same shape"):
        worse_than_naive(np.zeros((1, 2)), np.zeros((1, 1)))


def test_model_is_replaced_only_after_six_scored_issues_worse_than_naive() -> None:
    naive = np.ones((4, 8))
    own = np.array(
        [
            [0.1, 0.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1],  # worse over the last six
            [9.0, 9.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9],  # was worse before them
            [NAN, NAN, NAN, 2.0, 2.0, 2.0, 2.0, 2.0],  # five scored: not yet
            [5.0, 0.9, 0.9, NAN, 0.9, 0.9, NAN, 0.9],  # six scored, the oldest very bad
        ]
    )
    assert worse_than_naive(own, naive).tolist() == [True, False, False, True]
