"""The forecast steps: issue tonight's, and say how good the method has been."""

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from analytics.forecasts.models import ForecastIssue, ForecastPoint, ForecastScore
from analytics.nights import queries
from analytics.nights.models import Run
from analytics.nights.services import HISTORY_MONTHS, StepResult
from transactions.flows import EXPENSES, INCOME

HORIZON = 6
FLOWS = (ForecastIssue.Flow.INCOME, ForecastIssue.Flow.EXPENSES, ForecastIssue.Flow.NET)
# The library's model is the yardstick: fitted on a sample, never on a bank.
YARDSTICK_SERIES = 60
REPLAYED_MONTHS = 3


def _series(run: Run, flow: str):  # type: ignore[no-untyped-def]
    """One row per customer and currency, a column per whole month up to `computed_through`."""
    from analytics.forecasts.calc.series import monthly_series

    last = run.computed_through.replace(day=1)
    cells = queries.all_cells(first=queries.months_before(last, HISTORY_MONTHS - 1), last=last)
    amount = {
        ForecastIssue.Flow.INCOME: cells.amount(INCOME),
        ForecastIssue.Flow.EXPENSES: cells.amount(EXPENSES),
        ForecastIssue.Flow.NET: cells.amount(INCOME) - cells.amount(EXPENSES),
    }[ForecastIssue.Flow(flow)]
    keys = np.char.add(np.char.add(cells.customer.astype(np.str_), " "), cells.currency)
    return monthly_series(keys, cells.month, amount / 1e4, through=last)


def issue_forecasts(run: Run) -> StepResult:
    """Issues income, expenses and net of every customer and currency, with 80 % bands.

    A series with too little history gets an issue without points that says how much is needed.
    """
    from analytics.forecasts.calc.outlook import forecast_all

    ForecastIssue.objects.filter(run=run).delete()
    last = run.computed_through.replace(day=1)
    months = [queries.months_before(last, -ahead) for ahead in range(1, HORIZON + 1)]
    count = 0
    for flow in FLOWS:
        series = _series(run, flow)
        if series.keys.size == 0:
            continue
        result = forecast_all(
            series.values,
            horizon=HORIZON,
            never_below=None if flow == ForecastIssue.Flow.NET else 0,
        )
        issues = ForecastIssue.objects.bulk_create(
            (
                ForecastIssue(
                    run=run,
                    customer_id=int(str(key).split(" ")[0]),
                    currency=str(key).split(" ")[1],
                    flow=flow,
                    model=result.model[i],
                    months_used=int(result.months[i]),
                    months_needed=result.needed,
                    issued_through=last,
                )
                for i, key in enumerate(series.keys)
            ),
            batch_size=2000,
        )
        ForecastPoint.objects.bulk_create(
            (
                ForecastPoint(
                    issue=issue,
                    month=month,
                    value=_money(result.point[i, ahead]),
                    low=_money(result.low[i, ahead]),
                    high=_money(result.high[i, ahead]),
                )
                for i, issue in enumerate(issues)
                if result.enough[i]
                for ahead, month in enumerate(months)
            ),
            batch_size=5000,
        )
        count += int(result.enough.sum())
    return StepResult(count)


def score_forecasts(run: Run) -> StepResult:
    """Scores the method on this history's own last months, against naive and the library's model.

    "replayed": what it would have said three whole months ago, against what came.
    """
    from analytics.forecasts.calc.outlook import forecast_all
    from analytics.forecasts.calc.scores import score
    from analytics.forecasts.calc.yardstick import EtsAnn

    ForecastScore.objects.filter(run=run).delete()
    made = 0
    for flow in FLOWS:
        series = _series(run, flow)
        if series.keys.size == 0 or series.values.shape[1] <= REPLAYED_MONTHS:
            continue
        known, came = series.values[:, :-REPLAYED_MONTHS], series.values[:, -REPLAYED_MONTHS:]
        # Series that began inside the replayed months weren't there to be forecast.
        alive = ~np.isnan(known[:, -1])
        known, came = known[alive], came[alive]
        if known.shape[0] == 0:
            continue
        floor = None if flow == ForecastIssue.Flow.NET else 0
        own = forecast_all(known, horizon=REPLAYED_MONTHS, never_below=floor)
        outcomes = [("light_blend", score(came, own.point, own.low, own.high, known))]
        sample = np.flatnonzero(own.enough)[:YARDSTICK_SERIES]
        if sample.size:
            point, low, high = EtsAnn().fit_predict_band(known[sample], REPLAYED_MONTHS)
            outcomes.append(("ets_ann", score(came[sample], point, low, high, known[sample])))
        for model, outcome in outcomes:
            ForecastScore.objects.create(
                run=run,
                flow=flow,
                model=model,
                basis="replayed",
                mase=_number(outcome.mase),
                naive_mase=_number(outcome.naive_mase),
                coverage_ratio=_number(outcome.coverage_ratio),
                series=outcome.series,
            )
            made += 1
    return StepResult(made)


def _money(value: float) -> Decimal:
    """Rounded once, at the edge from statistics to money."""
    return Decimal(repr(float(value))).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
