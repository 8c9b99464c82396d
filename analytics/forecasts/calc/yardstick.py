"""A library's model behind our interface, to measure ours against. Imported by the night only."""

import warnings

import numpy as np

from analytics.forecasts.calc.series import FloatArray, blocks_by_length, lengths_of


class EtsAnn:
    """statsmodels' ETS(A,N,N): exponential smoothing by maximum likelihood, one fit per series.

    About 270 series a second without band, half of that with it: fit a sample, not a bank.
    """

    name = "ets_ann"
    minimum_months = 6

    def fit_predict(self, history: FloatArray, horizon: int) -> FloatArray:
        """See `Forecaster.fit_predict`."""
        return self._run(history, horizon, None)[0]

    def fit_predict_band(
        self, history: FloatArray, horizon: int, *, coverage: float = 0.8
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Forecast with the model's own prediction interval.

        Parameters
        ----------
        history, horizon
            As for `fit_predict`.
        coverage : float in (0, 1)
            Share of future months that the interval should hold.

        Returns
        -------
        point, low, high : ndarrays of shape (n_series, horizon)
            NaN for rows shorter than `minimum_months`.

        Raises
        ------
        ValueError
            If `horizon` < 1, `coverage` is not in (0, 1) or `history` is malformed.
        """
        if not 0 < coverage < 1:
            raise ValueError("Coverage is a share between 0 and 1.")
        return self._run(history, horizon, coverage)

    def _run(
        self, history: FloatArray, horizon: int, coverage: float | None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        if horizon < 1:
            raise ValueError("A forecast looks at least one month ahead.")
        # Here, not at the top: the imports take about two seconds and no page needs them.
        import pandas as pd
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # type: ignore[import-untyped,unused-ignore]

        shape = (history.shape[0], horizon)
        point, low, high = (np.full(shape, np.nan) for _ in range(3))
        n_months = history.shape[1]
        for length, rows in blocks_by_length(lengths_of(history), self.minimum_months):
            for row in rows:
                series = history[row, n_months - length :]
                if np.ptp(series) == 0:
                    # The likelihood of a constant has no maximum.
                    point[row] = low[row] = high[row] = series[-1]
                    continue
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    if coverage is None:
                        point[row] = ETSModel(series, error="add").fit(disp=False).forecast(horizon)
                        continue
                    # The interval exists for a pandas series only, whatever the manual says.
                    fit = ETSModel(pd.Series(series), error="add").fit(disp=False)
                    frame = fit.get_prediction(length, length + horizon - 1).summary_frame(
                        alpha=1 - coverage
                    )
                point[row] = frame["mean"].to_numpy()
                low[row] = frame["pi_lower"].to_numpy()
                high[row] = frame["pi_upper"].to_numpy()
        return point, low, high
