"""Error and coverage on real accounts: 79 Berka accounts of 16 to 44 whole months."""

from pathlib import Path

import numpy as np
import pytest

from analytics.forecasts.calc.blends import LightBlend, WeightedBlend
from analytics.forecasts.calc.models import Naive, SeasonalNaive
from analytics.forecasts.calc.yardstick import EtsAnn
from benchmarks.bench_forecasts import berka_months, rolling_coverage, rolling_error


@pytest.fixture(scope="module")
def months(data: Path) -> np.ndarray:
    return berka_months(data)


def test_accounts_are_the_ones_that_were_published(months: np.ndarray) -> None:
    assert months.shape == (237, 44)
    assert np.isfinite(months).sum(axis=1).min() == 16
    np.testing.assert_allclose(months[2::3], months[0::3] - months[1::3], atol=1e-6)


def test_blends_are_closer_than_the_baselines_and_the_library(months: np.ndarray) -> None:
    naive, year, ets = (
        rolling_error(months, model) for model in (Naive(), SeasonalNaive(), EtsAnn())
    )
    for model in (LightBlend(), WeightedBlend()):
        error = rolling_error(months, model)
        assert error <= 0.80 * naive and error <= 0.82 * year and error <= 0.95 * ets


def test_eighty_percent_bands_hold_eighty_percent(months: np.ndarray) -> None:
    for model in (LightBlend(), WeightedBlend()):
        shares = np.array(rolling_coverage(months, model))
        assert 0.77 <= shares.mean() <= 0.84 and (shares > 0.74).all() and (shares < 0.87).all()
