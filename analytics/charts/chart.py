"""A chart as one object: its question, its sentence, two drawings, its table, what Plotly gets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Any

from django.utils.safestring import SafeString

from analytics import formats
from analytics.charts.table import Table
from analytics.metrics.figures import Figure

EMPTY = SafeString("")


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend: the classes of its sign, its word."""

    sign: str  # "in", "out", "line l-brand", "band", "hatch"
    label: str

    @property
    def is_line(self) -> bool:
        return self.sign.startswith("line")


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a page, a report or a test needs of one chart; made by one builder from one frame.

    `question` is small, `sentence` is the computed answer, `note` the line under it (an axis that
    does not start at zero, a month that is not over). `drawn` is set where the drawing is HTML
    (bars in a list or a table); else the two SVGs are shown. `plotly` is None for charts that the
    server alone draws. `csv_url` and `rows_url` may be empty.
    """

    id: str
    question: str
    sentence: str
    table: Table
    svg_wide: SafeString
    svg_narrow: SafeString
    plotly: dict[str, Any] | None = None
    drawn: SafeString = EMPTY
    ring: SafeString = EMPTY
    note: str = ""
    keys: Sequence[Key] = field(default_factory=tuple)
    csv_url: str = ""
    rows_url: str = ""
    table_shown: bool = False

    @property
    def plot_id(self) -> str:
        return f"{self.id}-data"


def exact(figure: Figure) -> str | None:
    """A value for Plotly as exact text, which it reads as a number."""
    return None if figure.value is None else f"{Decimal(figure.value):f}"


def traces(figures: Iterable[Figure]) -> list[str]:
    return [figure.trace or "" for figure in figures]


def hover(*parts: str) -> str:
    """Plotly reads tags in its hover text, so names are escaped."""
    return escape(" ".join(parts), quote=False)


MILLION = Decimal(1_000_000)


def axis_labels(ticks: Sequence[Decimal], figure: Figure, locale: str, *, short: bool) -> list[str]:
    """Labels of a value axis; the unit stands on the top one alone.

    Amounts of a million and more are told as €1.2m, also where there is room for thousands.
    """
    short = short or any(abs(tick) >= MILLION for tick in ticks)
    labels = []
    for place, tick in enumerate(ticks):
        top = place == len(ticks) - 1
        if figure.unit == "money" and figure.currency:
            if short:
                text = formats.short_money(tick, figure.currency, locale)
                sign = formats.money(0, figure.currency, locale, whole=True).replace("0", "")
                labels.append(text if top else text.replace(sign, "").strip())
            elif top:
                labels.append(formats.money(tick, figure.currency, locale, whole=True))
            else:
                labels.append(formats.number(tick.normalize() + 0, locale))
        elif figure.unit == "percent" and top:
            labels.append(formats.percent(tick, locale))
        else:
            labels.append(formats.number(tick, locale))
    return labels


def plotly_layout(**more: Any) -> dict[str, Any]:
    """What all Plotly charts share; `var(--…)` becomes the page's colour when it is drawn."""
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "margin": {"l": 56, "r": 12, "t": 12, "b": 32},
        "hoverlabel": {
            "bgcolor": "var(--surface)",
            "bordercolor": "var(--control)",
            "font": {"color": "var(--ink)"},
        },
        **more,
    }


def plotly_axis(ticks: Sequence[Decimal], labels: Sequence[str], **more: Any) -> dict[str, Any]:
    return {
        "type": "linear",
        "tickvals": [f"{tick:f}" for tick in ticks],
        "ticktext": list(labels),
        "gridcolor": "var(--line-soft)",
        "zerolinecolor": "var(--control)",
        "fixedrange": True,
        **more,
    }
