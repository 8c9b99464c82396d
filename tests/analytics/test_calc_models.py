"""The forecast models: hand-worked numbers and laws that hold for all of them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.forecasts.calc.blends import LightBlend, WeightedBlend
from analytics.forecasts.calc.models import (
    DampedHolt,
    Drift,
    Forecaster,
    Naive,
    SeasonalNaive,
    Ses,
    Theta,
    WindowMean,
    WindowMedian,
    smooth_exponentially,
)
from analytics.forecasts.calc.yardstick import EtsAnn

NAN = float("nan")
MODELS: list[Callable[[], Forecaster]] = [
    Naive,
    SeasonalNaive,
    Drift,
    lambda: WindowMean(6),
    lambda: WindowMean(12),
    lambda: WindowMedian(12),
    Ses,
    DampedHolt,
    Theta,
    LightBlend,
    WeightedBlend,
]
EVERY = [*MODELS, EtsAnn]
every_model = pytest.mark.parametrize("make", EVERY, ids=lambda make: make().name)
array_model = pytest.mark.parametrize("make", MODELS, ids=lambda make: make().name)


def noisy(rows: int = 5, months: int = 24, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).gamma(3, 100, (rows, months))


def test_hand_worked_simple_models() -> None:
    year = np.arange(1.0, 14.0)[None, :]  # 1..13
    assert Naive().fit_predict(year, 2).tolist() == [[13, 13]]
    assert SeasonalNaive().fit_predict(year, 13)[0].tolist() == [*range(2, 14), 2]
    assert Drift().fit_predict(np.array([[2.0, 9.0, 8.0]]), 3).tolist() == [[11, 14, 17]]
    assert WindowMean(6).fit_predict(year, 1).tolist() == [[10.5]]
    assert WindowMean(12).fit_predict(year, 1).tolist() == [[7.5]]
    assert WindowMedian(12).fit_predict(np.array([[0.0] * 9 + [90.0, 30.0, 30.0]]), 1).item() == 0
    assert WindowMedian(12).fit_predict(np.array([[5.0, 1.0, 3.0]]), 1).item() == 3


def test_hand_worked_exponential_smoothing() -> None:
    # Start 20 (mean); weight 0.5 gives levels 15, 17.5, 23.75, weight 0.1 ends at 20.09.
    row = np.array([[10.0, 20.0, 30.0]])
    level, alpha = smooth_exponentially(row, (0.5,))
    assert (level.item(), alpha.item()) == (23.75, 0.5)
    # Squared errors 100 + 25 + 156.25 = 281.25 for 0.5; 100 + 1 + 102.01... for 0.1: it wins.
    level, alpha = smooth_exponentially(row, (0.1, 0.5))
    assert alpha.item() == 0.1
    assert level.item() == pytest.approx(20 - 1 + 0.1 + 0.1 * (30 - 19.1))


def test_smoothing_follows_a_jump_and_ignores_noise() -> None:
    jump = np.array([[100.0] * 12 + [500.0] * 6])
    flicker = np.array([[90.0, 110.0] * 9])
    level, alpha = smooth_exponentially(np.vstack([jump, flicker]))
    assert alpha[0] > 0.5 > alpha[1]
    assert level[0] == pytest.approx(500, abs=1)
    assert level[1] == pytest.approx(100, abs=3)


def test_damped_holt_rises_with_a_line_but_ever_more_slowly() -> None:
    line = np.arange(0.0, 240.0, 10.0)[None, :]
    ahead = DampedHolt().fit_predict(line, 6)[0]
    steps = np.diff(ahead)
    assert ahead[0] > 230 and (steps > 0).all() and (np.diff(steps) < 0).all()


def test_theta_adds_half_the_slope() -> None:
    line = np.arange(0.0, 240.0, 10.0)[None, :]
    assert np.diff(Theta().fit_predict(line, 4)[0]) == pytest.approx(5.0)


def test_light_blend_is_the_mean_of_its_four_members() -> None:
    history = noisy()
    members = [Ses(), WindowMean(6), WindowMean(12), WindowMedian(12)]
    mean = np.mean([member.fit_predict(history, 3) for member in members], axis=0)
    np.testing.assert_allclose(LightBlend().fit_predict(history, 3), mean)


def test_weighted_blend_follows_last_year_where_last_year_was_right() -> None:
    season = np.tile(np.arange(12.0) * 100, 3)
    history = np.vstack([season, season * 2, np.random.default_rng(1).gamma(9, 100, 36)])
    ahead = WeightedBlend().fit_predict(history, 3)
    truth = np.array([0.0, 100.0, 200.0])
    assert (
        np.abs(ahead[0] - truth).max()
        < np.abs(LightBlend().fit_predict(history, 3)[0] - truth).min()
    )


def test_weighted_blend_listens_to_the_series_itself_not_only_to_the_bank() -> None:
    season = np.tile(np.arange(12.0) * 100, 3)[None, :]
    others = np.random.default_rng(1).gamma(9, 100, (60, 36))
    in_bank = WeightedBlend().fit_predict(np.vstack([season, others]), 1)[0]
    assert in_bank < 0.6 * LightBlend().fit_predict(season, 1)[0]


def test_weighted_blend_without_last_year_uses_the_others() -> None:
    history = noisy(4, 8)
    ahead = WeightedBlend().fit_predict(history, 2)
    assert (
        (ahead > history.min(axis=1, keepdims=True)) & (ahead < history.max(axis=1, keepdims=True))
    ).all()


@every_model
def test_constant_series_stays_where_it_is(make: Callable[[], Forecaster]) -> None:
    np.testing.assert_allclose(make().fit_predict(np.full((2, 24), 250.0), 3), 250.0)
    np.testing.assert_allclose(make().fit_predict(np.zeros((2, 24)), 3), 0.0, atol=1e-12)


@every_model
def test_series_shorter_than_the_models_minimum_is_marked_not_guessed(
    make: Callable[[], Forecaster],
) -> None:
    model = make()
    history = noisy(3)
    history[1, : 24 - model.minimum_months] = NAN  # just enough
    history[2, : 24 - model.minimum_months + 1] = NAN  # one month short
    ahead = model.fit_predict(history, 2)
    assert np.isfinite(ahead[:2]).all() and np.isnan(ahead[2]).all()


@array_model
def test_padding_changes_nothing(make: Callable[[], Forecaster]) -> None:
    history = noisy(4, 18)
    padded = np.hstack([np.full((4, 5), NAN), history])
    np.testing.assert_allclose(make().fit_predict(padded, 3), make().fit_predict(history, 3))


@array_model
def test_order_of_rows_does_not_matter(make: Callable[[], Forecaster]) -> None:
    history = noisy(6)
    history[2, :7] = NAN
    order = [4, 2, 0, 5, 1, 3]
    np.testing.assert_allclose(
        make().fit_predict(history[order], 3), make().fit_predict(history, 3)[order]
    )


@array_model
@settings(max_examples=25, deadline=None)
@given(
    history=arrays(np.float64, (3, 16), elements=st.integers(-9_000, 9_000).map(float)),
    factor=st.sampled_from([0.01, 3.0, 1_000.0]),
)
def test_unit_of_money_does_not_matter(
    make: Callable[[], Forecaster], history: np.ndarray, factor: float
) -> None:
    model = make()
    once = model.fit_predict(history, 2)
    assert np.isfinite(once).all()
    # A tie between two weights of a grid may fall either way after rounding.
    close = np.isclose(model.fit_predict(history * factor, 2), once * factor, rtol=1e-6, atol=1e-6)
    assert close.all(axis=1).mean() >= 2 / 3


@every_model
def test_no_month_ahead_is_refused(make: Callable[[], Forecaster]) -> None:
    with pytest.raises(ValueError, match="one month ahead"):
        make().fit_predict(noisy(), 0)


@every_model
def test_gap_in_history_is_refused(make: Callable[[], Forecaster]) -> None:
    history = noisy()
    history[0, 10] = NAN
    with pytest.raises(ValueError, match="gap"):
        make().fit_predict(history, 1)


@every_model
def test_no_series_give_no_forecasts(make: Callable[[], Forecaster]) -> None:
    assert make().fit_predict(np.empty((0, 24)), 3).shape == (0, 3)


def test_librarys_interval_surrounds_its_forecast() -> None:
    point, low, high = EtsAnn().fit_predict_band(noisy(2), 3)
    assert (low < point).all() and (point < high).all()
    np.testing.assert_allclose(point, EtsAnn().fit_predict(noisy(2), 3), rtol=1e-4)
    with pytest.raises(ValueError, match="share between 0 and 1"):
        EtsAnn().fit_predict_band(noisy(2), 3, coverage=80)
