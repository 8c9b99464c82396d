"""One measure or a few over time: lines named at their ends, and the sparkline of a card."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from analytics import formats
from analytics.charts.chart import (
    EMPTY,
    Chart,
    axis_labels,
    exact,
    hover,
    plotly_axis,
    plotly_layout,
    traces,
)
from analytics.charts.svg import Box, el, join, mark, polyline, px, scale, value_axis
from analytics.charts.table import Column, Row, Table
from analytics.metrics.figures import Figure

WIDE = Box("wide", 720, 300, 56, 624, 16, 262)
NARROW = Box("narrow", 360, 260, 40, 300, 14, 222)
DASHES = ("", "6 4", "2 4", "10 4 2 4", "1 3", "8 3")


@dataclass(frozen=True, slots=True)
class Point:
    """One place on the line: its name ("Nov"), its full name for readers, its figure."""

    label: str
    name: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, a colour class without its prefix ("in", "out", "brand", "k2")."""

    name: str
    points: Sequence[Point]
    colour: str = "brand"
    partial: bool = False  # the last point is not over: its stretch is dotted


def over_time(
    series: Sequence[Series],
    *,
    id: str,
    question: str,
    sentence: SafeString | None = None,
    caption: str = "",
    locale: str = "en",
    csv_url: str = "",
    rows_url: str = "",
    zero: bool = False,
) -> Chart:
    """Lines over one set of places (months, days), oldest first, one unit and currency.

    The value axis may start above zero and then says so. More than one series differ in dash too.
    Raises ValueError for no points, series of unequal length, or two units.
    """
    if not series or not series[0].points:
        raise ValueError("A line needs at least one point.")
    if len({len(one.points) for one in series}) != 1:
        raise ValueError("Lines of one chart share their places.")
    figures = [point.figure for one in series for point in one.points]
    if len({(figure.unit, figure.currency) for figure in figures}) != 1:
        raise ValueError("Lines of one chart share unit and currency.")
    axis = scale([figure.value for figure in figures], 0, 1, zero=zero)
    note = ""
    if axis.ticks[0] > 0:
        start = axis_labels([axis.ticks[0]], figures[0], locale, short=False)[0]
        note = gettext("The axis starts at %(start)s.") % {"start": start}
    return Chart(
        id=id,
        question=question,
        sentence=sentence if sentence is not None else _sentence(series, locale),
        table=_table(series, caption or question),
        svg_wide=_draw(WIDE, series, locale, zero=zero),
        svg_narrow=_draw(NARROW, series, locale, zero=zero),
        plotly=_plotly(series, locale, zero=zero),
        note=note,
        csv_url=csv_url,
        rows_url=rows_url,
    )


def _sentence(series: Sequence[Series], locale: str) -> SafeString:
    known = [point for point in series[0].points if point.figure.value is not None]
    if not known:
        return format_html("{}", gettext("There is nothing to show yet."))
    last = known[-1]
    high = max(known, key=lambda point: point.figure.value or 0)
    text = gettext("{last_name}: {last}. The most was {high} in {high_name}.")
    if high is last:
        text = gettext("{last_name}: {last}, the most of all shown.")
    return format_html(
        text,
        last_name=last.name,
        last=formats.figure_html(last.figure, locale),
        high=formats.figure_html(high.figure, locale),
        high_name=high.name,
    )


def _table(series: Sequence[Series], caption: str) -> Table:
    head = [Column(gettext("When"), card="main")]
    head += [
        Column(one.name, numeric=True, card="num" if not place else "")
        for place, one in enumerate(series)
    ]
    rows = []
    for place, point in enumerate(series[0].points):
        rows.append(Row([point.name, *(one.points[place].figure for one in series)]))
    return Table(caption=caption, head=head, rows=rows)


def _draw(box: Box, series: Sequence[Series], locale: str, *, zero: bool) -> SafeString:
    values = [point.figure.value for one in series for point in one.points]
    axis = scale(values, box.base, box.top, zero=zero)
    first = series[0].points[0].figure
    count = len(series[0].points)
    labels = axis_labels(axis.ticks, first, locale, short=box.narrow)
    drawn = [value_axis(box, axis, labels)]

    def x_of(place: int) -> float:
        share = place / (count - 1) if count > 1 else 0.5
        return box.left + share * (box.right - box.left)

    room = 5 if box.narrow else 12
    every = max(1, -(-count // room))
    for place, point in enumerate(series[0].points):
        if (count - 1 - place) % every == 0:
            drawn.append(
                el("text", point.label, x=x_of(place), y=box.base + 20, text_anchor="middle")
            )
    ends: list[float] = []
    for order, one in enumerate(series):
        spots = [
            (x_of(place), axis.at(point.figure.value), point)
            for place, point in enumerate(one.points)
            if point.figure.value is not None
        ]
        if not spots:
            continue
        path = [(x, y) for x, y, _ in spots]
        solid, dotted = (path[:-1], path[-2:]) if one.partial and len(path) > 1 else (path, [])
        kind = f"line l-{one.colour}"
        dash = DASHES[order % len(DASHES)] or None
        drawn.append(el("path", class_=kind, stroke_dasharray=dash, d=polyline(solid)))
        if dotted:
            drawn.append(el("path", class_=f"{kind} dash", d=polyline(dotted)))
        for x, y, point in spots:
            title = f"{point.name}: {one.name} {formats.figure_text(point.figure, locale)}"
            # The unseen circle gives a finger 20 px to hit.
            target = el("circle", class_="hit", cx=x, cy=y, r=10)
            spot = el("circle", class_=f"mark {_fill(one.colour)}", cx=x, cy=y, r=3)
            drawn.append(mark(point.figure, title, target, spot))
        end_y = path[-1][1]
        while any(abs(end_y - other) < 15 for other in ends):
            end_y += 5
        ends.append(end_y)
        drawn.append(el("text", one.name, class_="strong halo", x=path[-1][0] + 9, y=end_y + 4))
    return box.svg(gettext("Lines over time; each point opens its rows."), *drawn)


def _fill(colour: str) -> str:
    return colour if colour in ("in", "out") or colour.startswith("k") else f"f-{colour}"


def _colour(colour: str) -> str:
    if colour.startswith("k"):
        return f"var(--cat-{colour[1:]})"
    return f"var(--{colour})"


def _plotly(series: Sequence[Series], locale: str, *, zero: bool) -> dict[str, Any]:
    values = [point.figure.value for one in series for point in one.points]
    axis = scale(values, 0, 1, zero=zero)
    labels = axis_labels(axis.ticks, series[0].points[0].figure, locale, short=False)
    names = [point.name for point in series[0].points]
    dashes = ("solid", "dash", "dot", "dashdot", "dot", "longdash")
    data = []
    for order, one in enumerate(series):
        figures = [point.figure for point in one.points]
        titles = [
            f"{p.name}: {one.name} {formats.figure_text(p.figure, locale)}" for p in one.points
        ]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": one.name,
                "x": names,
                "y": [exact(figure) for figure in figures],
                "customdata": traces(figures),
                "hovertext": [hover(title) for title in titles],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "line": {"color": _colour(one.colour), "dash": dashes[order % 6], "width": 2.25},
                "marker": {
                    "color": _colour(one.colour),
                    "size": 6,
                    "symbol": [
                        "circle-open" if one.partial and place == len(figures) - 1 else "circle"
                        for place in range(len(figures))
                    ],
                },
            }
        )
    every = max(1, -(-len(names) // 12))
    shown = [place for place in range(len(names)) if (len(names) - 1 - place) % every == 0]
    return {
        "data": data,
        "layout": plotly_layout(
            showlegend=len(series) > 1,
            legend={"orientation": "h", "y": 1.12},
            xaxis={
                "type": "category",
                "showgrid": False,
                "tickvals": [names[place] for place in shown],
                "ticktext": [series[0].points[place].label for place in shown],
            },
            yaxis=plotly_axis(axis.ticks, labels),
        ),
        "narrow": {
            "xaxis": {
                "tickvals": [names[place] for place in shown[::-3][::-1]],
                "ticktext": [series[0].points[place].label for place in shown[::-3][::-1]],
            },
            "yaxis": {
                "ticktext": axis_labels(axis.ticks, series[0].points[0].figure, locale, short=True)
            },
        },
    }


def sparkline(values: Sequence[Decimal | int | None], *, partial: bool = False) -> SafeString:
    """One number over time, without axis; hidden from readers, the sentence stands beside it.

    `partial` dots the stretch to a last value that is not over. Fewer than two values: nothing.
    """
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return EMPTY
    axis = scale([value for _, value in known], 28, 4, zero=False)
    # The scale of an axis is rounded outwards; a sparkline fills its height.
    low, high = (float(f(v for _, v in known)) for f in (min, max))
    if low == high:
        points = [(2 + 116 * p / (len(values) - 1), 16.0) for p, _ in known]
    else:
        span = axis.start - axis.end
        points = [
            (2 + 116 * p / (len(values) - 1), axis.start - span * (float(v) - low) / (high - low))
            for p, v in known
        ]
    solid, dotted = (points[:-1], points[-2:]) if partial else (points, [])
    x, y = points[-1]
    parts = [el("path", class_="base", d="M2 31H118")]
    if len(solid) > 1:
        parts.append(el("path", d=polyline(solid)))
    if dotted:
        parts.append(el("path", class_="part", d=polyline(dotted)))
    parts.append(el("path", class_="tip", d=f"M{px(x)} {px(y)}h0.01"))
    svg = el("svg", join(parts), viewBox="0 0 120 32", preserveAspectRatio="none")
    return format_html('<div class="spark" aria-hidden="true">{}</div>', svg)
