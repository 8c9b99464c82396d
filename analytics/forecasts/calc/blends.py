"""Blends of simple models: the mean of several modest guesses beats each of them on bank data."""

import numpy as np

from analytics.forecasts.calc.models import (
    FEWEST_FOR_MEANS,
    ArrayModel,
    SeasonalNaive,
    Ses,
    WindowMean,
    WindowMedian,
    smooth_exponentially,
)
from analytics.forecasts.calc.series import FloatArray, lengths_of, mean_absolute_step


class LightBlend(ArrayModel):
    """The plain mean of SES, mean of 6, mean of 12 and median of 12 months.

    Needs six months: with fewer, its four members are nearly one and the same mean.
    """

    name = "light_blend"
    minimum_months = 6

    def predict_full(self, full: FloatArray, horizon: int) -> FloatArray:
        """One level per series, `horizon` times."""
        year = full[:, -12:]
        ordered = np.sort(year, axis=1)
        n = ordered.shape[1]
        median = (ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2
        level = smooth_exponentially(full)[0] + full[:, -6:].mean(axis=1) + year.mean(axis=1)
        return np.repeat(((level + median) / 4)[:, None], horizon, axis=1)


class WeightedBlend:
    """The light blend's members and last year's month, weighted by own past errors.

    A member's weight is 1 / error**4, its error being the mean |error| at the series' own last six
    cut-offs; half of each series' weights is replaced by those of all series together. Its answer
    therefore depends on the other rows given (in their sum, not their order): give a whole bank.
    """

    name = "weighted_blend"
    minimum_months = 6
    cut_offs = 6
    exponent = 4.0

    def __init__(self) -> None:
        self.members: tuple[ArrayModel, ...] = (
            Ses(),
            WindowMean(6),
            WindowMean(12),
            WindowMedian(12),
            SeasonalNaive(),
        )

    def fit_predict(self, history: FloatArray, horizon: int) -> FloatArray:
        """See `Forecaster.fit_predict`."""
        if horizon < 1:
            raise ValueError("A forecast looks at least one month ahead.")
        lengths = lengths_of(history)
        guesses = np.stack([member.fit_predict(history, horizon) for member in self.members])
        weights = self._weights(history, horizon)[:, :, None]
        known = ~np.isnan(guesses)
        weights = np.where(known, weights, 0.0)
        total = weights.sum(axis=0)
        result: FloatArray = np.divide(
            (weights * np.where(known, guesses, 0.0)).sum(axis=0),
            total,
            out=np.full(total.shape, np.nan),
            where=total > 0,
        )
        result[lengths < self.minimum_months] = np.nan
        return result

    def _weights(self, history: FloatArray, horizon: int) -> FloatArray:
        """Weights of shape (n_members, n_series), each series' summing to 1."""
        errors = self._past_errors(history, horizon)
        scaled = np.where(np.isnan(errors), np.inf, np.maximum(errors, 1e-3))
        own = scaled**-self.exponent
        total = own.sum(axis=0)
        # A series without any scored cut-off has no own weights yet.
        own = np.divide(own, total, out=np.zeros_like(own), where=total > 0)
        seen = ~np.isnan(errors)
        mean = np.where(seen, errors, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        pool = np.where(seen.any(axis=1), np.maximum(mean, 1e-3), np.inf) ** -self.exponent
        # A bank without any past month to score weighs all members alike.
        pool = pool / pool.sum() if pool.sum() > 0 else np.full(pool.size, 1 / pool.size)
        half = np.where(total > 0, 0.5, 0.0)
        result: FloatArray = half * own + (1 - half) * pool[:, None]
        return result

    def _past_errors(self, history: FloatArray, horizon: int) -> FloatArray:
        """Mean |error| / step per member and series over its last cut-offs, NaN when none."""
        n_series, n_months = history.shape
        total = np.zeros((len(self.members), n_series))
        count = np.zeros_like(total)
        step = mean_absolute_step(history)
        scale = np.where(step > 0, step, 1.0)
        for back in range(1, self.cut_offs + 1):
            cut = n_months - back
            if cut < FEWEST_FOR_MEANS:
                break
            ahead = min(back, horizon)
            actual = history[:, cut : cut + ahead]
            for index, member in enumerate(self.members):
                error = np.abs(actual - member.fit_predict(history[:, :cut], ahead))
                known = ~np.isnan(error)
                total[index] += np.where(known, error, 0.0).sum(axis=1) / scale
                count[index] += known.sum(axis=1)
        nothing = np.full(total.shape, np.nan)
        errors: FloatArray = np.divide(total, count, out=nothing, where=count > 0)
        return errors
