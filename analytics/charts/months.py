"""Am I spending more than I take in? Paired bars per month, and what was kept below them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from analytics import formats
from analytics.charts.chart import (
    MILLION,
    Chart,
    Key,
    axis_labels,
    exact,
    hover,
    plotly_axis,
    plotly_layout,
    traces,
)
from analytics.charts.svg import Box, bar_path, el, hatch, join, mark, scale, value_axis
from analytics.charts.table import Cell, Column, Row, Table
from analytics.metrics.figures import Figure

WIDE = Box("wide", 720, 420, 56, 712, 28, 284)
NARROW = Box("narrow", 360, 330, 34, 356, 26, 222)
# From here on a number is wider than its month.
LONG = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month. `through` is set while the month is not over: the last day it holds."""

    month: date
    income: Figure
    expenses: Figure
    net: Figure
    rate: Figure | None = None
    through: date | None = None


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """All months together, as the registry says them."""

    income: Figure
    expenses: Figure
    net: Figure
    rate: Figure | None = None


def in_and_out(
    rows: Sequence[MonthRow],
    total: MonthTotal,
    *,
    id: str = "in-out",
    question: str = "",
    sentence: SafeString | None = None,
    locale: str = "en",
    csv_url: str = "",
    rows_url: str = "",
) -> Chart:
    """Paired bars of money in and out with a row of what was kept.

    `rows` run from the oldest month to the newest and are never empty; all figures are money of one
    currency. `sentence` replaces the computed one (staff pages speak of customers).
    Raises ValueError for no rows or more than one currency.
    """
    if not rows:
        raise ValueError("A chart of months needs at least one month.")
    currencies = {f.currency for row in rows for f in (row.income, row.expenses, row.net)}
    if len(currencies) != 1:
        raise ValueError(
            f"Two currencies are never drawn on one axis: {sorted(map(str, currencies))}"
        )
    question = question or gettext("In and out, %(n)d months") % {"n": len(rows)}
    partial = next((row for row in rows if row.through), None)
    keys = [Key("in", gettext("In")), Key("out", gettext("Out"))]
    note = ""
    if partial and partial.through:
        keys.append(Key("hatch", gettext("Month not over")))
        note = gettext("%(month)s is not over: its bars reach %(day)s.") % {
            "month": formats.month(partial.month, locale, year=False),
            "day": formats.day_short(partial.through, locale),
        }
    return Chart(
        id=id,
        question=question,
        sentence=sentence if sentence is not None else _sentence(rows, total, locale),
        table=_table(rows, total, locale),
        svg_wide=_draw(WIDE, id, rows, locale),
        svg_narrow=_draw(NARROW, id, rows, locale),
        plotly=_plotly(rows, locale),
        note=note,
        keys=keys,
        csv_url=csv_url,
        rows_url=rows_url,
    )


def _sentence(rows: Sequence[MonthRow], total: MonthTotal, locale: str) -> SafeString:
    net = total.net.value or 0
    first = gettext("You kept {net} of {income}.")
    if net < 0:
        first = gettext("{expenses} went out and {income} came in: {net}.")
    said = format_html(
        first,
        net=formats.figure_html(total.net, locale),
        income=formats.figure_html(total.income, locale),
        expenses=formats.figure_html(total.expenses, locale),
    )
    over = [row for row in rows if not row.through and (row.net.value or 0) < 0]
    if not over:
        return format_html("{} {}", said, gettext("No full month cost more than it brought in."))
    worst = min(over, key=lambda row: row.net.value or 0)
    then = gettext("Only {month} cost more than it brought in: {net}.")
    if len(over) > 1:
        then = gettext("{n} months cost more than they brought in, most of all {month}: {net}.")
    month = formats.month(worst.month, locale, year=False)
    net_html = formats.figure_html(worst.net, locale)
    return format_html("{} {}", said, format_html(then, month=month, net=net_html, n=len(over)))


def _table(rows: Sequence[MonthRow], total: MonthTotal, locale: str) -> Table:
    with_rate = total.rate is not None
    head = [
        Column(gettext("Month"), card="main"),
        Column(gettext("In"), numeric=True),
        Column(gettext("Out"), numeric=True),
        Column(gettext("Kept"), numeric=True, card="num"),
    ]
    if with_rate:
        head.append(Column(gettext("Savings rate"), numeric=True))

    def cells(name: str, row: MonthRow | MonthTotal) -> Row:
        found: list[Cell] = [name, row.income, row.expenses, row.net]
        return Row([*found, row.rate] if with_rate else found)

    return Table(
        caption=gettext("Money in and out per month, %(currency)s")
        % {"currency": total.net.currency},
        head=head,
        rows=[cells(_name(row, locale), row) for row in rows],
        total=cells(gettext("All %(n)d months") % {"n": len(rows)}, total),
    )


def _name(row: MonthRow, locale: str) -> str:
    name = formats.month(row.month, locale, short=True)
    if row.through:
        return gettext("%(month)s, to %(day)s") % {
            "month": name,
            "day": formats.day_short(row.through, locale),
        }
    return name


def _title(row: MonthRow, word: str, figure: Figure, locale: str) -> str:
    name = formats.month(row.month, locale, short=True)
    said = f"{name}: {word} {formats.figure_text(figure, locale)}"
    return f"{said}, {gettext('month not over')}" if row.through else said


def _draw(box: Box, id: str, rows: Sequence[MonthRow], locale: str) -> SafeString:
    values = [figure.value for row in rows for figure in (row.income, row.expenses)]
    axis = scale(values, box.base, box.top)
    slot = (box.right - box.left) / len(rows)
    width = min(slot * 0.34, 28.0)
    gap = max(width * 0.1, 1.0)
    label = gettext("Paired bars of money in and money out per month, and what was kept.")
    drawn = [
        value_axis(box, axis, axis_labels(axis.ticks, rows[0].income, locale, short=box.narrow))
    ]
    every = 2 if box.narrow and len(rows) > 7 else 1
    for place, row in enumerate(rows):
        middle = box.left + slot * (place + 0.5)
        for word, figure, kind, x in (
            (gettext("in"), row.income, "in", middle - width - gap / 2),
            (gettext("out"), row.expenses, "out", middle + gap / 2),
        ):
            top = min(axis.at(figure.value or 0), axis.at(0) - 1)
            fill = f"url(#{id}-{kind}-{box.name})" if row.through else None
            shape = el(
                "path",
                class_="mark" if row.through else f"mark {kind}",
                fill=fill,
                d=bar_path(x, width, top, axis.at(0)),
            )
            drawn.append(mark(figure, _title(row, word, figure, locale), shape))
        if (len(rows) - 1 - place) % every == 0:
            drawn.append(_month_label(box, row, middle, last=place == len(rows) - 1, locale=locale))
    if rows[-1].through:
        to = gettext("to %(day)s") % {"day": formats.day_short(rows[-1].through, locale)}
        drawn.append(el("text", to, class_="halo", x=box.right, y=box.top - 12, text_anchor="end"))
    drawn.append(_kept(box, rows, slot, locale))
    patterns = join(hatch(f"{id}-{kind}-{box.name}", kind) for kind in ("in", "out"))
    return box.svg(label, el("defs", patterns), *drawn)


def _month_label(box: Box, row: MonthRow, x: float, *, last: bool, locale: str) -> SafeString:
    name = formats.month(row.month, locale, short=True, year=False)
    kind = "strong" if last else None
    return el("text", name, class_=kind, x=x, y=box.base + 19, text_anchor="middle")


def _kept(box: Box, rows: Sequence[MonthRow], slot: float, locale: str) -> SafeString:
    """The lower row: what was kept each month, with its own scale and a line at zero."""
    below = box.height - 14
    axis = scale(
        [row.net.value for row in rows], below - 4, box.base + (64 if not box.narrow else 56)
    )
    zero = axis.at(0)
    width = slot * 0.51
    labels = _kept_labels(rows, locale)
    drawn = [
        el("text", gettext("Kept"), class_="strong", x=box.left, y=box.base + 48),
        el("text", "0", class_="tick", x=box.left - 8, y=zero + 4, text_anchor="end"),
        el("line", class_="axis", x1=box.left, x2=box.right, y1=zero, y2=zero),
    ]
    for place, row in enumerate(rows):
        net = Decimal(row.net.value or 0)
        far = axis.at(net)
        top, height = (far, zero - far) if net >= 0 else (zero, far - zero)
        if height < 2:
            top, height = (zero - 2, 2.0) if net >= 0 else (zero, 2.0)
        middle = box.left + slot * (place + 0.5)
        kind = "mark f-bad" if net < 0 else "mark k7 soft" if row.through else "mark k7"
        shapes = [
            el(
                "rect",
                class_=kind,
                x=middle - width / 2,
                y=top,
                width=width,
                height=height,
                rx="1.5",
            )
        ]
        if not box.narrow and len(rows) <= 12:
            shapes.append(
                el("text", labels[place], x=middle, y=min(top, zero) - 5, text_anchor="middle")
            )
        drawn.append(mark(row.net, _title(row, gettext("kept"), row.net, locale), *shapes))
    return join(drawn)


def _kept_labels(rows: Sequence[MonthRow], locale: str) -> list[str]:
    """What stands on the bars, short enough for a month; the exact figure is the bar's own."""
    values = [Decimal(row.net.value or 0) for row in rows]
    if all(abs(value) < LONG for value in values):
        return [formats.number(value.quantize(Decimal(1)), locale) for value in values]
    currency = rows[0].net.currency or ""
    sign = formats.money(0, currency, locale, whole=True).replace("0", "")
    labels = []
    for value in values:
        step = MILLION / 10 if abs(value) >= MILLION else Decimal(1000)
        rounded = (value / step).quantize(Decimal(1)) * step
        text = formats.short_money(rounded, currency, locale)
        labels.append(text.replace(sign, "").strip())
    return labels


def _plotly(rows: Sequence[MonthRow], locale: str) -> dict[str, Any]:
    names = [_name(row, locale) for row in rows]
    axis = scale([f.value for row in rows for f in (row.income, row.expenses)], 0, 1)
    labels = axis_labels(axis.ticks, rows[0].income, locale, short=False)

    def trace(word: str, figures: list[Figure], colours: Any, **more: Any) -> dict[str, Any]:
        titles = [_title(row, word, f, locale) for row, f in zip(rows, figures, strict=True)]
        return {
            "type": "bar",
            "name": word,
            "x": names,
            "y": [exact(figure) for figure in figures],
            "customdata": traces(figures),
            "hovertext": [hover(title) for title in titles],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "marker": {"color": colours, **more.pop("marker", {})},
            "textposition": "none",
            **more,
        }

    def hatched(colour: str) -> dict[str, Any]:
        shape = ["/" if row.through else "" for row in rows]
        return {
            "marker": {
                "pattern": {
                    "shape": shape,
                    "fgcolor": colour,
                    "bgcolor": "var(--surface)",
                    "size": 6,
                    "solidity": 0.55,
                }
            }
        }

    shades = ["var(--bad)" if (row.net.value or 0) < 0 else "var(--cat-7)" for row in rows]
    months = [formats.month(row.month, locale, short=True, year=False) for row in rows]
    return {
        "data": [
            trace(
                gettext("in"),
                [row.income for row in rows],
                "var(--in)",
                width=0.34,
                offset=-0.36,
                **hatched("var(--in)"),
            ),
            trace(
                gettext("out"),
                [row.expenses for row in rows],
                "var(--out)",
                width=0.34,
                offset=0.02,
                **hatched("var(--out)"),
            ),
            trace(
                gettext("kept"),
                [row.net for row in rows],
                shades,
                yaxis="y2",
                width=0.5,
                offset=-0.25,
                text=_kept_labels(rows, locale) if len(rows) <= 12 else None,
                textposition="outside",
                textangle=0,
                constraintext="none",
                cliponaxis=False,
            ),
        ],
        "layout": plotly_layout(
            barmode="overlay",
            barcornerradius=3,
            xaxis={"type": "category", "tickvals": names, "ticktext": months, "anchor": "y2"},
            yaxis=plotly_axis(axis.ticks, labels, domain=[0.38, 1]),
            yaxis2=plotly_axis([Decimal(0)], ["0"], domain=[0, 0.24]),
        ),
        "narrow": {
            "xaxis": {"tickvals": names[::-3][::-1], "ticktext": months[::-3][::-1]},
            "yaxis": {"ticktext": axis_labels(axis.ticks, rows[0].income, locale, short=True)},
        },
    }
