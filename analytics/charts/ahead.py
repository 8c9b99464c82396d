"""What will my balance be? The expected line, its 80 % band, the lowest point named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from analytics import formats
from analytics.charts.chart import (
    Chart,
    Key,
    axis_labels,
    exact,
    hover,
    plotly_axis,
    plotly_layout,
    traces,
)
from analytics.charts.svg import Box, Scale, el, join, mark, polyline, px, scale, value_axis
from analytics.charts.table import Column, Row, Table
from analytics.metrics.figures import Figure

WIDE = Box("wide", 720, 340, 56, 708, 24, 296)
NARROW = Box("narrow", 360, 280, 40, 352, 22, 238)


@dataclass(frozen=True, slots=True)
class AheadPoint:
    """One day or month to come: what is expected, and the band that holds 8 of 10 outcomes."""

    on: date
    expected: Figure
    low: Figure
    high: Figure


@dataclass(frozen=True, slots=True)
class PastPoint:
    on: date
    figure: Figure


def ahead(
    past: Sequence[PastPoint],
    points: Sequence[AheadPoint],
    *,
    by_month: bool = False,
    id: str = "ahead",
    question: str = "",
    sentence: SafeString | None = None,
    note: str = "",
    locale: str = "en",
    csv_url: str = "",
    rows_url: str = "",
) -> Chart:
    """Past and expected values on one axis of time, one currency, oldest first.

    `by_month` names places by their month instead of their day. Raises ValueError for no points
    ahead or two currencies.
    """
    if not points:
        raise ValueError("There is no forecast to draw.")
    figures = [p.figure for p in past] + [f for p in points for f in (p.expected, p.low, p.high)]
    if len({figure.currency for figure in figures}) != 1:
        raise ValueError("A forecast is in one currency.")
    keys = [
        Key("line l-brand", gettext("Expected")),
        Key("band", gettext("8 of 10 outcomes fall here")),
    ]
    if past:
        keys.append(Key("line l-ink thin", gettext("So far")))
    named = _Names(locale, by_month=by_month)
    return Chart(
        id=id,
        question=question or gettext("What lies ahead"),
        sentence=sentence if sentence is not None else _sentence(points, named, locale),
        table=_table(past, points, named),
        svg_wide=_draw(WIDE, past, points, named, locale),
        svg_narrow=_draw(NARROW, past, points, named, locale),
        plotly=_plotly(past, points, named, locale),
        note=note,
        keys=keys,
        csv_url=csv_url,
        rows_url=rows_url,
    )


@dataclass(frozen=True, slots=True)
class _Names:
    locale: str
    by_month: bool

    def long(self, on: date) -> str:
        if self.by_month:
            return formats.month(on, self.locale)
        return formats.day(on, self.locale, "full")

    def short(self, on: date) -> str:
        if self.by_month:
            return formats.month(on, self.locale, short=True, year=False)
        return formats.day_short(on, self.locale)


def lowest(points: Sequence[AheadPoint]) -> AheadPoint:
    """The expected line's lowest point, the first of equals."""
    return min(points, key=lambda point: point.expected.value or 0)


def _sentence(points: Sequence[AheadPoint], named: _Names, locale: str) -> SafeString:
    low = lowest(points)
    text = gettext("The lowest point is expected in {when}, at {expected}; 8 of 10 outcomes lie "
                   "between {low} and {high}.")  # fmt: skip
    if not named.by_month:
        text = gettext("The lowest point is expected on {when}, at {expected}; 8 of 10 outcomes "
                       "lie between {low} and {high}.")  # fmt: skip
    return format_html(
        text,
        when=named.long(low.on),
        expected=formats.figure_html(low.expected, locale),
        low=formats.figure_html(low.low, locale),
        high=formats.figure_html(low.high, locale),
    )


def _table(past: Sequence[PastPoint], points: Sequence[AheadPoint], named: _Names) -> Table:
    rows = [Row([named.long(p.on), p.figure, None, None]) for p in past]
    rows += [Row([named.long(p.on), p.expected, p.low, p.high]) for p in points]
    return Table(
        caption=gettext("So far, expected, and the band that holds 8 of 10 outcomes, %(currency)s")
        % {"currency": points[0].expected.currency},
        head=[
            Column(gettext("When"), card="main"),
            Column(gettext("Value"), numeric=True, card="num"),
            Column(gettext("From"), numeric=True, card_label=gettext("from")),
            Column(gettext("To"), numeric=True, card_label=gettext("to")),
        ],
        rows=rows,
    )


def _draw(
    box: Box,
    past: Sequence[PastPoint],
    points: Sequence[AheadPoint],
    named: _Names,
    locale: str,
) -> SafeString:
    values = [p.figure.value for p in past]
    values += [f.value for p in points for f in (p.expected, p.low, p.high)]
    axis = scale(values, box.base, box.top)
    first, last = (past or points)[0].on, points[-1].on
    span = max((last - first).days, 1)

    def x_of(on: date) -> float:
        return box.left + (on - first).days / span * (box.right - box.left)

    labels = axis_labels(axis.ticks, points[0].expected, locale, short=box.narrow)
    drawn = []
    if axis.low < 0:
        top = axis.at(0)
        drawn.append(
            el("rect", class_="zone", x=box.left, y=top, width=box.right - box.left,
               height=axis.at(axis.low) - top)
        )  # fmt: skip
    drawn.append(value_axis(box, axis, labels))
    drawn.append(_band(points, axis, x_of, bridge=past[-1] if past else None))
    if past:
        before = [(x_of(p.on), axis.at(p.figure.value or 0)) for p in past]
        drawn.append(el("path", class_="line l-ink thin", d=polyline(before)))
        x = x_of(past[-1].on)
        drawn.append(el("line", class_="leader dash", x1=x, x2=x, y1=box.top - 10, y2=box.base))
        today = gettext("Last full month") if named.by_month else gettext("Today")
        drawn.append(el("text", today, class_="halo", x=x + 6, y=box.top))
    line = [(x_of(p.on), axis.at(p.expected.value or 0)) for p in points]
    start = [(x_of(past[-1].on), axis.at(past[-1].figure.value or 0))] if past else []
    drawn.append(el("path", class_="line l-brand", d=polyline([*start, *line])))
    for past_point in past:
        drawn.append(_spot(x_of(past_point.on), axis, past_point.figure,
                           named.long(past_point.on), "f-ink", locale))  # fmt: skip
    for point in points:
        drawn.append(_spot(x_of(point.on), axis, point.expected, named.long(point.on),
                           "f-brand", locale))  # fmt: skip
    # A flat line has no lowest point to name.
    if len({p.expected.value for p in points}) > 1:
        drawn.append(_lowest(box, points, axis, x_of, named, locale))
    drawn.append(_day_labels(box, [*(p.on for p in past), *(p.on for p in points)], x_of, named))
    return box.svg(gettext("The expected line with its band; each point opens its parts."), *drawn)


def _band(
    points: Sequence[AheadPoint], axis: Scale, x_of: Any, bridge: PastPoint | None
) -> SafeString:
    upper = [(x_of(p.on), axis.at(p.high.value or 0)) for p in points]
    lower = [(x_of(p.on), axis.at(p.low.value or 0)) for p in reversed(points)]
    joint = [(x_of(bridge.on), axis.at(bridge.figure.value or 0))] if bridge else []
    return el("path", class_="band", d=polyline([*joint, *upper, *lower]) + "z")


def _spot(x: float, axis: Scale, figure: Figure, name: str, kind: str, locale: str) -> SafeString:
    y = axis.at(figure.value or 0)
    title = f"{name}: {formats.figure_text(figure, locale)}"
    return mark(
        figure,
        title,
        el("circle", class_="hit", cx=x, cy=y, r=8),
        el("circle", class_=f"mark {kind}", cx=x, cy=y, r="1.5"),
    )


def _lowest(
    box: Box, points: Sequence[AheadPoint], axis: Scale, x_of: Any, named: _Names, locale: str
) -> SafeString:
    low = lowest(points)
    x, y = x_of(low.on), axis.at(low.expected.value or 0)
    # Above the point where there is room, else below; never past the edges.
    label_y = y - 30 if y - 46 > box.top else min(y + 30, box.base - 18)
    anchor = "end" if x > (box.left + box.right) / 2 else "start"
    label_x = x - 8 if anchor == "end" else x + 8
    text = gettext("Lowest %(amount)s") % {"amount": formats.figure_text(low.expected, locale)}
    return mark(
        low.expected,
        f"{text}, {named.long(low.on)}",
        el("line", class_="leader", x1=x, y1=y, x2=label_x, y2=label_y + 6),
        el("circle", class_="open l-brand", cx=x, cy=y, r=4),
        el("text", text, class_="strong halo", x=label_x, y=label_y - 11, text_anchor=anchor),
        el(
            "text", named.short(low.on), class_="halo", x=label_x, y=label_y + 3, text_anchor=anchor
        ),
    )


def _day_labels(box: Box, days: Sequence[date], x_of: Any, named: _Names) -> SafeString:
    """As many days as have room, first and last among them."""
    room = 64 if not box.narrow else 58
    drawn, at = [], -1000.0
    for on in days:
        x = x_of(on)
        if x - at < room or (on != days[-1] and x_of(days[-1]) - x < room):
            continue
        anchor = "start" if on == days[0] else "end" if on == days[-1] else "middle"
        drawn.append(el("text", named.short(on), x=px(x), y=box.base + 20, text_anchor=anchor))
        at = x
    return join(drawn)


def _plotly(
    past: Sequence[PastPoint], points: Sequence[AheadPoint], named: _Names, locale: str
) -> dict[str, Any]:
    values = [p.figure.value for p in past]
    values += [f.value for p in points for f in (p.expected, p.low, p.high)]
    axis = scale(values, 0, 1)
    labels = axis_labels(axis.ticks, points[0].expected, locale, short=False)
    days = [f"{p.on:%Y-%m-%d}" for p in points]

    def said(on: date, figure: Figure) -> str:
        return hover(f"{named.long(on)}: {formats.figure_text(figure, locale)}")

    # Band and line start where the past ends, so that they meet it.
    joint = [(f"{p.on:%Y-%m-%d}", exact(p.figure)) for p in past[-1:]]

    def unnamed(values: list[str | None], width: float) -> dict[str, Any]:
        return {
            "type": "scatter",
            "mode": "lines",
            "x": [*[on for on, _ in joint], *days[: len(values)]],
            "y": [*[value for _, value in joint], *values],
            "hoverinfo": "skip",
            "line": {"width": width, "color": "var(--brand)"},
        }

    data: list[dict[str, Any]] = [
        {**unnamed([exact(p.low) for p in points], 0), "name": gettext("From")},
        {
            **unnamed([exact(p.high) for p in points], 0),
            "name": gettext("To"),
            "fill": "tonexty",
            "fillcolor": "var(--band)",
        },
        unnamed([exact(points[0].expected)], 2.25),
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": gettext("Expected"),
            "x": days,
            "y": [exact(p.expected) for p in points],
            "customdata": traces(p.expected for p in points),
            "hovertext": [said(p.on, p.expected) for p in points],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "line": {"color": "var(--brand)", "width": 2.25},
            "marker": {"color": "var(--brand)", "size": 4},
        },
    ]
    if past:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": gettext("So far"),
                "x": [f"{p.on:%Y-%m-%d}" for p in past],
                "y": [exact(p.figure) for p in past],
                "customdata": traces(p.figure for p in past),
                "hovertext": [said(p.on, p.figure) for p in past],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "line": {"color": "var(--ink-2)", "width": 1.5},
            }
        )
    # Plotly would name months in English, so the days are labelled by us.
    shown = [*[p.on for p in past], *[p.on for p in points]]
    every = max(1, -(-len(shown) // 8))
    ticks = shown[::every]
    return {
        "data": data,
        "layout": plotly_layout(
            xaxis={
                "type": "date",
                "tickvals": [f"{on:%Y-%m-%d}" for on in ticks],
                "ticktext": [named.short(on) for on in ticks],
                "gridcolor": "rgba(0,0,0,0)",
            },
            yaxis=plotly_axis(axis.ticks, labels),
        ),
        "narrow": {
            "xaxis": {
                "tickvals": [f"{on:%Y-%m-%d}" for on in ticks[::2]],
                "ticktext": [named.short(on) for on in ticks[::2]],
            },
            "yaxis": {"ticktext": axis_labels(axis.ticks, points[0].expected, locale, short=True)},
        },
    }
