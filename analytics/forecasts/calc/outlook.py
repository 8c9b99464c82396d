"""One call for the night: a forecast with its band for every series of a bank."""

from dataclasses import dataclass

import numpy as np

from analytics.forecasts.calc.bands import (
    COVERAGE,
    ORIGINS,
    BandWidths,
    band,
    fit_band_widths,
)
from analytics.forecasts.calc.blends import LightBlend
from analytics.forecasts.calc.models import Forecaster, Naive
from analytics.forecasts.calc.series import (
    BoolArray,
    FloatArray,
    IntArray,
    TooLittleHistory,
    lengths_of,
    mean_absolute_step,
)


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of one series: `point`, `low`, `high` of shape (horizon,) and its model."""

    point: FloatArray
    low: FloatArray
    high: FloatArray
    model: str


@dataclass(frozen=True, eq=False)
class ForecastResult:
    """Forecasts of many series, row by row as the history given.

    Attributes
    ----------
    point, low, high : ndarrays of shape (n_series, horizon)
        Same unit as the history; NaN for a row with too little history, and `low`, `high` also
        where no past error is known yet.
    model : tuple of str, one per series
        Model that made the row; "" for a row with too little history.
    scale : ndarray of shape (n_series,)
        Mean absolute step of each history: the unit of its errors.
    months : ndarray of shape (n_series,)
        Whole months of history.
    needed : int
        Months the chosen model needs.
    widths : dict of str to BandWidths
        Band widths used, by model.
    """

    point: FloatArray
    low: FloatArray
    high: FloatArray
    model: tuple[str, ...]
    scale: FloatArray
    months: IntArray
    needed: int
    widths: dict[str, BandWidths]

    @property
    def enough(self) -> BoolArray:
        """True for the rows that have a forecast."""
        result: BoolArray = self.months >= self.needed
        return result

    def series(self, row: int) -> SeriesForecast:
        """The forecast of one row; raises TooLittleHistory where there is none."""
        if not self.enough[row]:
            raise TooLittleHistory(int(self.months[row]), self.needed)
        return SeriesForecast(self.point[row], self.low[row], self.high[row], self.model[row])


def forecast_all(
    history: FloatArray,
    *,
    horizon: int,
    model: Forecaster | None = None,
    replaced: BoolArray | None = None,
    widths: dict[str, BandWidths] | None = None,
    coverage: float = COVERAGE,
    origins: int = ORIGINS,
    never_below: float | None = None,
) -> ForecastResult:
    """Forecast every series and give it a band from the model's own past errors.

    Parameters
    ----------
    history : ndarray of shape (n_series, n_months), float64
        See `monthly_series`; whole months only, one currency per row, NaN only on the left. Give
        one flow (income, expenses or net) at a time: their errors differ.
    horizon : int, >= 1
        Months ahead.
    model : Forecaster, optional
        LightBlend() when not given.
    replaced : ndarray of shape (n_series,), bool, optional
        True for rows that the baseline forecasts instead (see `scores.worse_than_naive`).
    widths : dict of model name to BandWidths, optional
        Widths fitted before; give them when a bank is forecast in chunks, so that every chunk has
        the same ones. Otherwise they are fitted on `history`.
    coverage, origins
        As for `fit_band_widths`.
    never_below : float, optional
        Forecast and band are cut there; 0 for a flow that cannot turn its sign.

    Returns
    -------
    ForecastResult
        A row shorter than the model's `minimum_months` is marked, never an exception.

    Raises
    ------
    ValueError
        If `horizon` < 1, `history` is malformed, `replaced` has another length, or given widths
        cover fewer months.
    """
    chosen = LightBlend() if model is None else model
    lengths = lengths_of(history)
    n_series = history.shape[0]
    swap = np.zeros(n_series, dtype=bool) if replaced is None else np.asarray(replaced, dtype=bool)
    if swap.shape != (n_series,):
        raise ValueError("One mark per series says whether the baseline takes over.")
    enough = lengths >= chosen.minimum_months
    scale = mean_absolute_step(history)
    point, low, high = (np.full((n_series, horizon), np.nan) for _ in range(3))
    used = dict(widths or {})
    names = np.full(n_series, "", dtype=object)
    for forecaster, rows in ((chosen, enough & ~swap), (Naive(), enough & swap)):
        if not rows.any():
            continue
        if forecaster.name not in used:
            used[forecaster.name] = fit_band_widths(
                history, forecaster, horizon, coverage=coverage, origins=origins
            )
        # All rows, also those not taken: a blend may weigh its members over the whole bank.
        guess = forecaster.fit_predict(history, horizon)[rows]
        point[rows] = guess
        low[rows], high[rows] = band(guess, scale[rows], used[forecaster.name])
        names[rows] = forecaster.name
    if never_below is not None:
        point, low, high = (np.maximum(part, never_below) for part in (point, low, high))
    if horizon < 1:
        raise ValueError("A forecast looks at least one month ahead.")
    return ForecastResult(
        point, low, high, tuple(names), scale, lengths, chosen.minimum_months, used
    )
