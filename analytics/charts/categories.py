"""Where did it go? Sorted bars with a mark for the budget, and a ring as a switch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from analytics import formats
from analytics.charts.chart import EMPTY, Chart
from analytics.charts.svg import Box, el, join, mark, px
from analytics.charts.table import Cell, Column, Row, Table
from analytics.metrics.figures import Figure

SHOWN = 7  # six categories and "Everything else": as many hues as can be told apart


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One category: what was spent, its share, its budget, and what is over it (else None)."""

    name: str
    spent: Figure
    share: Figure | None = None
    budget: Figure | None = None
    over: Figure | None = None


def where_it_went(
    rows: Sequence[CategoryRow],
    total: Figure,
    *,
    id: str = "categories",
    question: str = "",
    sentence: SafeString | None = None,
    caption: str = "",
    locale: str = "en",
    csv_url: str = "",
    rows_url: str = "",
    ring: bool = True,
) -> Chart:
    """Horizontal bars, largest first as the caller sorted them.

    At most seven rows are drawn: the caller folds the rest into the last, "Everything else". A
    category below zero (more came back than went out) has no bar and no part of the ring.
    Raises ValueError for no rows, or more rows than hues.
    """
    if not rows:
        raise ValueError("A chart of categories needs at least one category.")
    if len(rows) > SHOWN:
        raise ValueError(f"{len(rows)} categories; fold all but {SHOWN - 1} into the last one.")
    with_budget = any(row.budget for row in rows)
    note = gettext("The upright mark is the budget.") if with_budget else ""
    return Chart(
        id=id,
        question=question or gettext("Where it went"),
        sentence=sentence if sentence is not None else _sentence(rows, locale),
        table=_table(rows, total, caption, locale, with_budget=with_budget),
        svg_wide=_draw(Box("wide", 720, 22 + 44 * len(rows), 0, 720, 0, 0), rows, locale),
        svg_narrow=_draw(Box("narrow", 360, 22 + 44 * len(rows), 0, 360, 0, 0), rows, locale),
        drawn=_bars(rows, locale),
        ring=_ring(rows, total, locale) if ring and len(rows) > 1 else EMPTY,
        note=note,
        csv_url=csv_url,
        rows_url=rows_url,
    )


def _sentence(rows: Sequence[CategoryRow], locale: str) -> SafeString:
    first = rows[0]
    text = gettext("Most went on {name}: {spent}.")
    if first.share is not None and first.share.value is not None:
        text = gettext("Most went on {name}: {spent}, {share} of all.")
    said = format_html(
        text,
        name=first.name,
        spent=formats.figure_html(first.spent, locale),
        share=formats.figure_html(first.share, locale) if first.share else "",
    )
    over = [row for row in rows if row.over]
    if not over:
        if any(row.budget for row in rows):
            return format_html("{} {}", said, gettext("Every category is within its budget."))
        return said
    if len(over) == 1:
        then = gettext("{name} is past its budget.")
    else:
        then = gettext("{names} and {name} are past their budgets.")
    names = ", ".join(row.name for row in over[:-1])
    return format_html("{} {}", said, format_html(then, name=over[-1].name, names=names))


def _table(
    rows: Sequence[CategoryRow], total: Figure, caption: str, locale: str, *, with_budget: bool
) -> Table:
    head = [
        Column(gettext("Category"), card="main"),
        Column(gettext("Spent"), numeric=True, card="num"),
        Column(gettext("Share"), numeric=True),
    ]
    if with_budget:
        head.append(Column(gettext("Budget"), numeric=True, card_label=gettext("budget")))
    body = []
    for row in rows:
        cells: list[Cell] = [row.name, row.spent, row.share]
        body.append(Row([*cells, row.budget] if with_budget else cells))
    last: list[Cell] = [gettext("All"), total, None]
    return Table(
        caption=caption
        or gettext("Expenses by category, %(currency)s") % {"currency": total.currency},
        head=head,
        rows=body,
        total=Row([*last, None] if with_budget else last),
    )


def _widest(rows: Sequence[CategoryRow]) -> Decimal:
    values = [Decimal(f.value or 0) for row in rows for f in (row.spent, row.budget) if f]
    return max([*values, Decimal(0)]) or Decimal(1)


def _share_of(figure: Figure | None, widest: Decimal) -> float:
    value = Decimal(figure.value or 0) if figure else Decimal(0)
    return max(float(value / widest), 0.0)


def _track(row: CategoryRow, widest: Decimal, *, height: int = 8) -> SafeString:
    """A bar that stretches with its row: widths in per cent, corners as drawn."""
    parts = [el("rect", class_="ground", width="100%", height=height, rx=height // 2)]
    spent = _share_of(row.spent, widest)
    if spent > 0:
        width = f"{px(max(spent * 100, 0.6))}%"
        parts.append(el("rect", class_="fillbar", width=width, height=height, rx=height // 2))
    if row.budget and row.budget.value is not None:
        at = f"{px(_share_of(row.budget, widest) * 100)}%"
        parts.append(el("line", class_="goal", x1=at, x2=at, y1=-3, y2=height + 3))
    return el("svg", *parts, class_="track", width="100%", height=height, aria_hidden="true")


def _bars(rows: Sequence[CategoryRow], locale: str) -> SafeString:
    widest = _widest(rows)
    items = []
    for row in rows:
        share = over = EMPTY
        if row.share and row.share.value is not None:
            share = format_html(
                '<span class="share">{}</span>', formats.figure_html(row.share, locale)
            )
        if row.over:
            sign = format_html(gettext("{over} over"), over=formats.figure_html(row.over, locale))
            over = format_html(' <span class="badge bad">{}</span>', sign)
        items.append(
            format_html(
                '<li><span>{}{}{}</span><span class="amount">{}</span>{}</li>',
                formats.figure_html(row.spent, locale, label=row.name),
                share,
                over,
                formats.figure_html(row.spent, locale),
                _track(row, widest),
            )
        )
    return format_html('<ul class="barlist">{}</ul>', join(items))


def _draw(box: Box, rows: Sequence[CategoryRow], locale: str) -> SafeString:
    """The same bars as one drawing, for reports and print."""
    widest = _widest(rows)
    drawn = []
    for place, row in enumerate(rows):
        y = 18 + 44 * place
        amount = formats.figure_text(row.spent, locale)
        width = max(_share_of(row.spent, widest) * box.width, 2.0)
        shapes = [
            el("text", row.name, class_="strong", x=0, y=y),
            el("text", amount, class_="strong", x=box.width, y=y, text_anchor="end"),
            el("rect", class_="zone", x=0, y=y + 8, width=box.width, height=8, rx=4),
            el("rect", class_="mark out", x=0, y=y + 8, width=width, height=8, rx=4),
        ]
        if row.budget and row.budget.value is not None:
            x = _share_of(row.budget, widest) * box.width
            shapes.append(el("line", class_="goal", x1=x, x2=x, y1=y + 5, y2=y + 19))
        drawn.append(mark(row.spent, f"{row.name}: {amount}", *shapes))
    return box.svg(gettext("Bars of money out by category, largest first."), *drawn)


def _ring(rows: Sequence[CategoryRow], total: Figure, locale: str) -> SafeString:
    """The same categories as parts of a ring; its middle names the total."""
    above = [(i, row) for i, row in enumerate(rows) if (row.spent.value or 0) > 0]
    whole = sum((Decimal(row.spent.value or 0) for _, row in above), Decimal(0))
    if not above or whole <= 0:
        return EMPTY
    drawn, angle = [], -90.0
    for place, row in above:
        share = float(Decimal(row.spent.value or 0) / whole)
        kind = 7 if place == SHOWN - 1 else place + 1
        title = f"{row.name}: {formats.figure_text(row.spent, locale)}"
        if row.share:
            title += f", {formats.figure_text(row.share, locale)}"
        shape = el("path", class_=f"mark k{kind} cut-line", d=_arc(angle, share * 360))
        drawn.append(mark(row.spent, title, shape))
        angle += share * 360
    drawn.append(el("text", gettext("Out"), x=120, y=112, text_anchor="middle"))
    drawn.append(
        mark(
            total,
            gettext("All: %(total)s") % {"total": formats.figure_text(total, locale)},
            el("text", formats.figure_text(total, locale), class_="strong", x=120, y=132,
               text_anchor="middle"),
        )
    )  # fmt: skip
    label = gettext("A ring of money out by category.")
    svg = el("svg", *drawn, class_="ring", viewBox="0 0 240 240", role="group", aria_label=label)
    keys = []
    for place, row in enumerate(rows):
        kind = 7 if place == SHOWN - 1 else place + 1
        dot = el("svg", el("rect", class_=f"k{kind}", width=12, height=12, rx=3),
                 viewBox="0 0 12 12", aria_hidden="true")  # fmt: skip
        amount = formats.figure_html(row.spent, locale)
        keys.append(format_html("<li>{}<span>{}</span> {}</li>", dot, row.name, amount))
    return format_html(
        '<div class="ring-box">{}<ul class="ring-key">{}</ul></div>', svg, join(keys)
    )


def _arc(start: float, sweep: float, *, outer: float = 108, inner: float = 70) -> str:
    sweep = min(sweep, 359.9)
    large = 1 if sweep > 180 else 0

    def at(radius: float, degrees: float) -> str:
        radians = math.radians(degrees)
        return f"{px(120 + radius * math.cos(radians))} {px(120 + radius * math.sin(radians))}"

    end = start + sweep
    return (
        f"M{at(outer, start)}A{px(outer)} {px(outer)} 0 {large} 1 {at(outer, end)}"
        f"L{at(inner, end)}A{px(inner)} {px(inner)} 0 {large} 0 {at(inner, start)}z"
    )
