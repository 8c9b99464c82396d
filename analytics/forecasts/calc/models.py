"""Array models: every series of a bank is forecast in one go, behind one interface.

A model looks at one row at a time (row order never matters) and answers NaN for a row shorter than
its `minimum_months`. Amounts may have either sign.
"""

from typing import Protocol

import numpy as np

from analytics.forecasts.calc.series import FloatArray, blocks_by_length, lengths_of

FEWEST_FOR_MEANS = 3
SES_ALPHAS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
HOLT_ALPHAS = (0.02, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
HOLT_BETAS = (0.02, 0.1, 0.3)
HOLT_DAMPINGS = (0.8, 0.9, 0.97)
# Rows per block: the grids' working arrays stay in the processor's cache, so ten times the rows
# take ten times the time, not sixteen.
CACHED_ROWS = 2_048


class Forecaster(Protocol):
    """What every forecast model offers, whether ours or a library's."""

    @property
    def name(self) -> str:
        """Short fixed name, kept with issued forecasts."""
        ...

    @property
    def minimum_months(self) -> int:
        """Whole months a series needs."""
        ...

    def fit_predict(self, history: FloatArray, horizon: int) -> FloatArray:
        """Forecast the `horizon` months after the last column, for every row.

        Parameters
        ----------
        history : ndarray of shape (n_series, n_months), float64
            One currency per row, NaN only on the left.
        horizon : int, >= 1
            Months ahead.

        Returns
        -------
        ndarray of shape (n_series, horizon)
            Same unit as `history`; a row shorter than `minimum_months` is NaN.

        Raises
        ------
        ValueError
            If `horizon` < 1 or `history` has a gap, an infinity or another shape.
        """
        ...


class ArrayModel:
    """Groups rows by length so that a model's own code sees full arrays only."""

    name: str = ""
    minimum_months: int = 1

    def fit_predict(self, history: FloatArray, horizon: int) -> FloatArray:
        """See `Forecaster.fit_predict`."""
        if horizon < 1:
            raise ValueError("A forecast looks at least one month ahead.")
        lengths = lengths_of(history)
        result = np.full((history.shape[0], horizon), np.nan)
        for length, rows in blocks_by_length(lengths, self.minimum_months):
            for begin in range(0, rows.size, CACHED_ROWS):
                some = rows[begin : begin + CACHED_ROWS]
                result[some] = self.predict_full(history[some, -length:], horizon)
        return result

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """Forecast rows of equal length without NaN; shape (n, length) to (n, horizon)."""
        raise NotImplementedError


def _flat(level: FloatArray, horizon: int) -> FloatArray:
    return np.repeat(level[:, None], horizon, axis=1)


class Naive(ArrayModel):
    """The last month again: the baseline every other model has to beat."""

    name = "naive"
    minimum_months = 1

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """The last column, `horizon` times."""
        return _flat(full[:, -1], horizon)


class SeasonalNaive(ArrayModel):
    """The same month of last year."""

    name = "seasonal_naive"
    minimum_months = 12

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """The last twelve columns, repeated."""
        return full[:, full.shape[1] - 12 + np.arange(horizon) % 12]


class Drift(ArrayModel):
    """The straight line from the first month through the last."""

    name = "drift"
    minimum_months = 2

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """Last value plus the mean step, `horizon` times over."""
        slope = (full[:, -1] - full[:, 0]) / (full.shape[1] - 1)
        result: FloatArray = full[:, -1:] + slope[:, None] * np.arange(1, horizon + 1)
        return result


class WindowMean(ArrayModel):
    """The mean of the last `window` months, of all when there are fewer (at least three)."""

    minimum_months = FEWEST_FOR_MEANS

    def __init__(self, window: int) -> None:
        self.window = window
        self.name = f"mean_{window}"

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """Mean over the window."""
        return _flat(full[:, -self.window :].mean(axis=1), horizon)


class WindowMedian(ArrayModel):
    """The median of the last `window` months, of all when there are fewer (at least three)."""

    minimum_months = FEWEST_FOR_MEANS

    def __init__(self, window: int) -> None:
        self.window = window
        self.name = f"median_{window}"

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """Median over the window."""
        ordered = np.sort(full[:, -self.window :], axis=1)
        n = ordered.shape[1]
        return _flat((ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2, horizon)


def smooth_exponentially(
    full: FloatArray, alphas: tuple[float, ...] = SES_ALPHAS
) -> tuple[FloatArray, FloatArray]:
    """Simple exponential smoothing, each row with the weight that would have served it best.

    Parameters
    ----------
    full : ndarray of shape (n_series, n_months), n_months >= 2
        No NaN.
    alphas : tuple of float in (0, 1]
        Weights tried; the least sum of squared one-month errors wins, the smaller weight on a tie.

    Returns
    -------
    level, alpha : ndarrays of shape (n_series,)
        Level after the last month, and the weight chosen.

    References
    ----------
    Hyndman and Athanasopoulos, Forecasting: principles and practice, 3rd edition, section 8.1.
    The first level is the mean of the first six months (or all).
    """
    weights = np.asarray(alphas)[:, None]
    columns = np.ascontiguousarray(full.T)
    level = np.repeat(columns[:6].mean(axis=0)[None, :], len(alphas), axis=0)
    squares = np.zeros_like(level)
    error = np.empty_like(level)
    step = np.empty_like(level)
    for month in columns:
        np.subtract(month, level, out=error)
        np.multiply(error, weights, out=step)
        level += step
        np.multiply(error, error, out=error)
        squares += error
    best = squares.argmin(axis=0)
    return level[best, np.arange(full.shape[0])], weights[best, 0]


class Ses(ArrayModel):
    """Simple exponential smoothing over a grid of weights."""

    name = "ses"
    minimum_months = FEWEST_FOR_MEANS

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """The last smoothed level, `horizon` times."""
        return _flat(smooth_exponentially(full)[0], horizon)


class DampedHolt(ArrayModel):
    """Level and a slope that fades, over a grid of 63 settings.

    References
    ----------
    Gardner and McKenzie (1985), Forecasting trends in time series.
    """

    name = "damped_holt"
    minimum_months = 4

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """Level plus the faded slopes up to each month."""
        grid = np.array([(a, b, p) for a in HOLT_ALPHAS for b in HOLT_BETAS for p in HOLT_DAMPINGS])
        alpha, beta, damping = (column[:, None] for column in grid.T)
        columns = np.ascontiguousarray(full.T)
        start = min(6, full.shape[1])
        level = np.repeat(columns[:start].mean(axis=0)[None, :], len(grid), axis=0)
        slope = np.zeros_like(level)
        squares = np.zeros_like(level)
        for month in columns:
            expected = level + damping * slope
            error = month - expected
            squares += error * error
            level = expected + alpha * error
            slope = damping * slope + alpha * beta * error
        best = squares.argmin(axis=0)
        rows = np.arange(full.shape[0])
        fade = np.cumsum(damping[best, 0][:, None] ** np.arange(1, horizon + 1), axis=1)
        result: FloatArray = level[best, rows][:, None] + slope[best, rows][:, None] * fade
        return result


class Theta(ArrayModel):
    """The theta method: exponential smoothing with half the long-run slope.

    References
    ----------
    Hyndman and Billah (2003), Unmasking the theta method, equation 5.
    """

    name = "theta"
    minimum_months = 4

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """Smoothed level plus half the least-squares slope."""
        n = full.shape[1]
        level, alpha = smooth_exponentially(full)
        time = np.arange(n) - (n - 1) / 2
        slope = full @ time / (time @ time)
        ahead = np.arange(horizon)[None, :]
        missed = (1 - (1 - alpha) ** n) / alpha
        result: FloatArray = level[:, None] + slope[:, None] / 2 * (ahead + missed[:, None])
        return result
