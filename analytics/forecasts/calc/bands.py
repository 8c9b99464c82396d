"""80 % bands from what the same model would have missed by in the months just past.

Errors are divided by each series' mean absolute step, so that all series of a bank, whatever their
size or currency, share one pool; a series' band is the pool's quantile times its own step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.forecasts.calc.models import Forecaster
from analytics.forecasts.calc.series import FloatArray, mean_absolute_step

COVERAGE = 0.8
ORIGINS = 4


@dataclass(frozen=True)
class BandWidths:
    """Half-widths of a model's band in mean absolute steps; plain numbers, fit for JSON.

    Attributes
    ----------
    model : str
        Name of the model whose errors these are.
    coverage : float
        Share of months the band should hold.
    widths : tuple of float, one per month ahead
        NaN where no past error was known.
    errors : tuple of int, one per month ahead
        Past errors behind each width.
    """

    model: str
    coverage: float
    widths: tuple[float, ...]
    errors: tuple[int, ...]

    def to_json(self) -> dict[str, object]:
        """As a dict of plain numbers; unknown widths as None."""
        return {
            "model": self.model,
            "coverage": self.coverage,
            "widths": [None if np.isnan(width) else width for width in self.widths],
            "errors": list(self.errors),
        }


def past_errors(
    history: FloatArray, model: Forecaster, horizon: int, *, origins: int = ORIGINS
) -> FloatArray:
    """|error| in mean absolute steps at the most recent cut-offs.

    Parameters
    ----------
    history : ndarray of shape (n_series, n_months)
        NaN on the left allowed.
    model : Forecaster
        Asked again at each cut-off, with what was known then.
    horizon : int, >= 1
        Months ahead.
    origins : int, >= 1
        Cut-offs per month ahead: h months ahead is compared at the latest cut-off that leaves h
        months to compare and at the origins - 1 before it.

    Returns
    -------
    ndarray of shape (origins, n_series, horizon)
        >= 0; NaN where the series was too short at that cut-off or had never moved.

    Raises
    ------
    ValueError
        If `origins` < 1, or as `Forecaster.fit_predict`.
    """
    if origins < 1:
        raise ValueError("A band needs at least one cut-off.")
    n_series, n_months = history.shape
    errors = np.full((origins, n_series, horizon), np.nan)
    for back in range(1, min(horizon + origins, n_months)):
        known = history[:, : n_months - back]
        step = mean_absolute_step(known)
        scale = np.where(step > 0, step, np.nan)
        nearest, farthest = max(0, back - origins), min(back, horizon)
        actual = history[:, n_months - back + nearest : n_months - back + farthest]
        guess = model.fit_predict(known, farthest)[:, nearest:]
        missed = np.abs(actual - guess) / scale[:, None]
        for index, ahead in enumerate(range(nearest, farthest)):
            errors[back - 1 - ahead, :, ahead] = missed[:, index]
    return errors


def fit_band_widths(
    history: FloatArray,
    model: Forecaster,
    horizon: int,
    *,
    coverage: float = COVERAGE,
    origins: int = ORIGINS,
) -> BandWidths:
    """The pooled quantile of past errors, one per month ahead.

    Parameters
    ----------
    history : ndarray of shape (n_series, n_months)
        The whole bank, or the sample that stands for it.
    model, horizon, origins
        As for `past_errors`.
    coverage : float in (0, 1)
        Share of months the band should hold.

    Returns
    -------
    BandWidths
        The ceil((n + 1) * coverage)-th smallest of n errors; where even the largest is not enough
        (fewer than four errors for 80 %), the largest. A month ahead without errors takes the next
        nearer month's width; NaN when there is none.

    Raises
    ------
    ValueError
        If `coverage` is not in (0, 1), or as `past_errors`.

    References
    ----------
    Lei et al. (2018), Distribution-free predictive inference for regression, section 2 (split
    conformal quantile).
    """
    if not 0 < coverage < 1:
        raise ValueError("Coverage is a share between 0 and 1.")
    pool = past_errors(history, model, horizon, origins=origins).reshape(-1, horizon)
    widths: list[float] = []
    counts: list[int] = []
    for ahead in range(horizon):
        known = pool[~np.isnan(pool[:, ahead]), ahead]
        counts.append(int(known.size))
        if known.size == 0:
            widths.append(widths[-1] if widths else float("nan"))
            continue
        # Rounded first: 5 * 0.8 is a hair above 4 in floats, and ceil would take the fifth.
        rank = min(int(np.ceil(round((known.size + 1) * coverage, 9))), known.size)
        widths.append(float(np.partition(known, rank - 1)[rank - 1]))
    return BandWidths(model.name, coverage, tuple(widths), tuple(counts))


def band(point: FloatArray, scale: FloatArray, widths: BandWidths) -> tuple[FloatArray, FloatArray]:
    """Low and high edges around a forecast.

    Parameters
    ----------
    point : ndarray of shape (n_series, horizon)
        Forecast, NaN allowed.
    scale : ndarray of shape (n_series,)
        Mean absolute step of each series; 0 gives a band without width.
    widths : BandWidths
        At least `horizon` of them.

    Returns
    -------
    low, high : ndarrays of shape (n_series, horizon)
        Same unit as `point`; NaN where point or width is unknown.

    Raises
    ------
    ValueError
        If the widths cover fewer months than the forecast.
    """
    horizon = point.shape[1]
    if len(widths.widths) < horizon:
        raise ValueError("The band widths cover fewer months than the forecast.")
    half = scale[:, None] * np.asarray(widths.widths[:horizon])[None, :]
    return point - half, point + half


def widths_from_json(stored: Mapping[str, object]) -> BandWidths:
    """Read back what `BandWidths.to_json` wrote; ValueError when it is something else."""
    model, coverage = stored.get("model"), stored.get("coverage")
    widths, errors = stored.get("widths"), stored.get("errors")
    if not (
        isinstance(model, str)
        and isinstance(coverage, float)
        and isinstance(widths, list)
        and isinstance(errors, list)
        and len(widths) == len(errors)
    ):
        raise ValueError("These are not band widths.")
    numbers = tuple(float("nan") if width is None else float(width) for width in widths)
    return BandWidths(model, coverage, numbers, tuple(int(count) for count in errors))
