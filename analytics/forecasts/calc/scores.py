"""How good a forecast was: error against the baseline and coverage of its band."""

from dataclasses import dataclass

import numpy as np

from analytics.forecasts.calc.series import BoolArray, FloatArray, mean_absolute_step


@dataclass(frozen=True)
class Score:
    """Error and coverage over the series that could be scored.

    Attributes
    ----------
    mase : float
        Mean |error| in mean absolute steps of the history; 1 = as far off as a usual month's step.
        NaN when nothing could be scored.
    naive_mase : float
        The same for "the last month again", over the same months and series.
    coverage_ratio : float
        Share of actual months inside the band, 0-1; NaN without a band.
    series : int
        Series scored: enough history, and a history that moved.
    """

    mase: float
    naive_mase: float
    coverage_ratio: float
    series: int

    @property
    def beats_naive(self) -> bool:
        """True when the error is smaller than the baseline's; False when unknown."""
        return self.mase < self.naive_mase


def mase(actual: FloatArray, forecast: FloatArray, history: FloatArray) -> FloatArray:
    """Mean absolute scaled error of each series.

    Parameters
    ----------
    actual, forecast : ndarrays of shape (n_series, horizon)
        Same unit; months where either is NaN are left out.
    history : ndarray of shape (n_series, n_months)
        What was known when the forecast was made, NaN on the left allowed.

    Returns
    -------
    ndarray of shape (n_series,)
        >= 0; NaN where no month can be compared or the history never moved.

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    Hyndman and Koehler (2006), Another look at measures of forecast accuracy, section 3.
    """
    if actual.shape != forecast.shape or actual.shape[0] != history.shape[0]:
        raise ValueError("Actual, forecast and history must describe the same series and months.")
    error = np.abs(actual - forecast)
    known = ~np.isnan(error)
    count = known.sum(axis=1)
    mean = np.where(known, error, 0.0).sum(axis=1) / np.where(count > 0, count, 1)
    step = mean_absolute_step(history)
    usable = (count > 0) & (step > 0)
    result: FloatArray = np.divide(mean, step, out=np.full(mean.shape, np.nan), where=usable)
    return result


def coverage_ratio(actual: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of actual months within [low, high], edges included; NaN when none can be compared.

    Parameters
    ----------
    actual, low, high : ndarrays of one shape
        Months where any of them is NaN are left out.

    Returns
    -------
    float
        0-1, or NaN.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if not actual.shape == low.shape == high.shape:
        raise ValueError("Actual months and band must have the same shape.")
    known = ~(np.isnan(actual) | np.isnan(low) | np.isnan(high))
    if not known.any():
        return float("nan")
    inside = (actual >= low) & (actual <= high)
    return float(inside[known].mean())


def score(
    actual: FloatArray,
    forecast: FloatArray,
    low: FloatArray,
    high: FloatArray,
    history: FloatArray,
) -> Score:
    """Score one issue of forecasts against what came true.

    Parameters
    ----------
    actual, forecast, low, high : ndarrays of shape (n_series, horizon)
        NaN where not yet known.
    history : ndarray of shape (n_series, n_months)
        What was known when the forecasts were made.

    Returns
    -------
    Score
        Means over series, each series weighing the same.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    own = mase(actual, forecast, history)
    if history.shape[1] == 0:
        return Score(float("nan"), float("nan"), float("nan"), 0)
    # The baseline only for the months that the forecast had, so that both face the same ones.
    last = np.where(np.isnan(forecast), np.nan, history[:, -1:])
    baseline = mase(actual, last, history)
    scored = ~np.isnan(own)
    if not scored.any():
        return Score(float("nan"), float("nan"), coverage_ratio(actual, low, high), 0)
    return Score(
        float(own[scored].mean()),
        float(baseline[scored].mean()),
        coverage_ratio(actual, low, high),
        int(scored.sum()),
    )


def worse_than_naive(own: FloatArray, naive: FloatArray, *, issues: int = 6) -> BoolArray:
    """Series whose model lost against the baseline over the last issues.

    Parameters
    ----------
    own, naive : ndarrays of shape (n_series, n_issues)
        Error of each issue, oldest first, in any common unit; NaN = not scored.
    issues : int, >= 1
        Scored issues looked at; a series with fewer is never replaced.

    Returns
    -------
    ndarray of shape (n_series,), bool
        True where the mean error over the last `issues` scored ones is larger than the baseline's.

    Raises
    ------
    ValueError
        If the shapes differ or `issues` < 1.
    """
    if own.shape != naive.shape or issues < 1:
        raise ValueError("Both errors need the same shape, and at least one issue must count.")
    known = ~(np.isnan(own) | np.isnan(naive))
    # Counted from the right: 1 for the latest scored issue, 2 for the one before it.
    newest = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    used = known & (newest <= issues)
    gap = np.where(used, own - naive, 0.0).sum(axis=1)
    result: BoolArray = (used.sum(axis=1) == issues) & (gap > 0)
    return result
