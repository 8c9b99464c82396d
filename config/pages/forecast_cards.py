"""What lies ahead, as the last published night issued it: figures, words for the method, its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import charts, formats
from analytics.forecasts.queries import Ahead, Issued, Score
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, Row
from config.pages.customer_scope import View
from config.pages.overview_reading import Reading

FLOWS = ("income", "expenses", "net")
# The method by name, as a sentence can hold it.
MODELS: dict[str, str | Promise] = {
    "light_blend": gettext_lazy("the mean of four simple averages of your last months"),
    "weighted_blend": gettext_lazy(
        "simple averages and last year's month, weighted by how good each was"
    ),
    "naive": gettext_lazy("your last month again"),
    "ets_ann": gettext_lazy("exponential smoothing"),
}
WANTED_COVERAGE = 80
SHOWN_MONTHS = 4


@dataclass(frozen=True)
class FlowAhead:
    """One flow on the card of the next month; `next` is None with too little history."""

    label: str
    issued: Issued
    expected: Figure | None
    low: Figure | None
    high: Figure | None
    url: str
    method: str
    errors: str
    held: Figure | None
    no_closer: bool
    lacking: str


@dataclass(frozen=True)
class Outlook:
    """The forecast's cards: the next month of each flow, and the chart of the months ahead."""

    month: str
    answer: SafeString
    flows: list[FlowAhead]
    method: str  # in words, where all flows share it
    chart: charts.Chart | None
    months: list[tuple[str, charts.AheadPoint]]
    whole: bool  # whether the filter leaves all of this person's lines in

    @property
    def months_used(self) -> int:
        return max(flow.issued.months_used for flow in self.flows)


def outlook(reading: Reading, csv_url: str = "") -> Outlook | None:
    """None where no night has been published, or it knew nothing of this person."""
    found = reading.ahead
    if not found:
        return None
    view = reading.view
    flows = [flow_ahead(view, found[flow]) for flow in FLOWS if flow in found]
    with_points = next((one.issued for one in flows if one.issued.points), None)
    month = formats.month(with_points.points[0].month, view.locale) if with_points else ""
    whole = not (reading.slice.accounts or reading.slice.categories)
    methods = {one.method for one in flows}
    return Outlook(
        month,
        _answer(view, {one.issued.flow: one for one in flows}),
        flows,
        methods.pop() if len(methods) == 1 else "",
        _chart(reading, found, csv_url, whole),
        [
            (formats.month(p.on, view.locale), p)
            for p in ahead_points(view, found["net"])[:SHOWN_MONTHS]
        ]
        if "net" in found
        else [],
        whole,
    )


def _answer(view: View, flows: dict[str, FlowAhead]) -> SafeString:
    """What is expected, in one sentence; with too little history, what is missing."""
    known = {
        flow: formats.figure_html(one.expected, view.locale)
        for flow, one in flows.items()
        if one.expected
    }
    if {"income", "expenses"} <= known.keys():
        return format_html(
            _("Expect {income} in and {expenses} out."),
            income=known["income"],
            expenses=known["expenses"],
        )
    if known:
        flow, figure = next(iter(known.items()))
        return format_html(_("Expect {figure}: {what}."), figure=figure, what=flows[flow].label)
    return format_html("{}", next(iter(flows.values())).lacking)


def model_words(model: str) -> str:
    return str(MODELS.get(model, model))


def address(view: View, issued: Issued, month: Ahead | None = None) -> str:
    """The page of one forecast as that night issued it."""
    query = {"run": issued.run_name, "currency": issued.currency, **view.named}
    url = f"{reverse('pages:forecast', args=[issued.flow])}?{urlencode(query)}"
    return f"{url}#m{month.month:%Y-%m}" if month else url


def figures_ahead(view: View, issued: Issued, ahead: Ahead) -> tuple[Figure, Figure, Figure]:
    """Expected, low and high of one month; each opens the forecast it belongs to."""
    trace = address(view, issued, ahead)

    def made(value: Decimal, name: str) -> Figure:
        return Figure(
            value, "money", issued.currency, trace=trace, metric=f"forecast_{issued.flow}{name}",
            direction=METRICS[issued.flow].direction,
        )  # fmt: skip

    return made(ahead.value, ""), made(ahead.low, "_low"), made(ahead.high, "_high")


def flow_ahead(view: View, issued: Issued) -> FlowAhead:
    expected = low = high = None
    lacking = ""
    if issued.points:
        expected, low, high = figures_ahead(view, issued, issued.points[0])
    else:
        lacking = _("Not enough data yet: %(have)d months, needs %(need)d.") % {
            "have": issued.months_used,
            "need": issued.months_needed,
        }
    return FlowAhead(
        label=str(METRICS[issued.flow].label),
        issued=issued,
        expected=expected,
        low=low,
        high=high,
        url=address(view, issued),
        method=model_words(issued.model),
        errors=_errors(view, issued.score),
        held=coverage(view, issued, issued.score) if issued.score else None,
        no_closer=bool(issued.score and not issued.score.beats_naive),
        lacking=lacking,
    )


def _errors(view: View, score: Score | None) -> str:
    if score is None:
        return _("It has no record yet.")
    return _("Error %(error)s; the last month again: %(naive)s.") % {
        "error": plain_error(score.mase, view.locale),
        "naive": plain_error(score.naive_mase, view.locale),
    }


def coverage(view: View, issued: Issued, score: Score) -> Figure | None:
    if score.coverage_ratio is None:
        return None
    share = (Decimal(str(score.coverage_ratio)) * 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Figure(share, "percent", metric="forecast_coverage", trace=address(view, issued))


def plain_error(value: float, locale: str) -> str:
    """An error in usual monthly steps: 0.67."""
    return formats.number(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP), locale)


def _chart(
    reading: Reading, found: dict[str, Issued], csv_url: str, whole: bool
) -> charts.Chart | None:
    """What will be left each month, after what was; without the past where the filter cuts it."""
    issued = found.get("net")
    if issued is None or not issued.points:
        return None
    view = reading.view
    past = past_points(reading.trend, issued) if whole else []
    points = ahead_points(view, issued)
    return charts.ahead(
        past,
        points,
        by_month=True,
        question=_("What will be left each month?"),
        sentence=_sentence(view, points),
        locale=view.locale,
        csv_url=csv_url,
        rows_url=address(view, issued),
    )


def past_points(rows: Sequence[Row], issued: Issued) -> list[charts.PastPoint]:
    """The months up to the last that the forecast used."""
    last = issued.last_month.replace(day=1)
    return [
        charts.PastPoint(row.month, row[issued.flow])
        for row in rows
        if row.month and row.month <= last
    ]


def ahead_points(view: View, issued: Issued) -> list[charts.AheadPoint]:
    return [
        charts.AheadPoint(ahead.month, *figures_ahead(view, issued, ahead))
        for ahead in issued.points
    ]


def _sentence(view: View, points: list[charts.AheadPoint]) -> SafeString:
    first = points[0]
    text = _(
        "About {expected} will be left in {month}; 8 of 10 outcomes lie between {low} and {high}."
    )
    if (first.expected.value or 0) < 0:
        text = _("{month} may cost more than it brings in: {expected}; 8 of 10 outcomes lie between "
                 "{low} and {high}.")  # fmt: skip
    return format_html(
        text,
        month=formats.month(first.on, view.locale),
        **{
            name: formats.figure_html(figure, view.locale)
            for name, figure in (
                ("expected", first.expected), ("low", first.low), ("high", first.high),
            )
        },
    )  # fmt: skip
