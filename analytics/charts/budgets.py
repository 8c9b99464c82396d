"""Will the month last? Budget against actual, one row a category, with a mark for the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from analytics import formats
from analytics.charts.chart import Chart
from analytics.charts.svg import Box, el, join, mark, px
from analytics.charts.table import Column, Row, Table
from analytics.metrics.figures import Figure

# A full budget reaches four fifths of the row, so that an overrun still fits beside it.
FULL = Decimal(80)


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One budget: `variance` = actual − budget, `used` in per cent of it (None: no budget)."""

    name: str
    budget: Figure
    actual: Figure
    variance: Figure
    used: Figure | None = None

    @property
    def is_over(self) -> bool:
        return (self.variance.value or 0) > 0


def budget_against_actual(
    rows: Sequence[BudgetRow],
    total: BudgetRow,
    *,
    pace: Decimal | None = None,
    pace_label: str = "",
    id: str = "budgets",
    question: str = "",
    sentence: SafeString | None = None,
    caption: str = "",
    locale: str = "en",
    csv_url: str = "",
    rows_url: str = "",
) -> Chart:
    """A table whose last column draws what is used; its drawing is the table itself.

    `pace` is the part of the month that is over, 0–100, and `pace_label` says it ("day 21 of 30").
    Raises ValueError for no rows.
    """
    if not rows:
        raise ValueError("Budget against actual needs at least one budget.")
    caption = caption or gettext("Budget against actual, %(currency)s") % {
        "currency": total.budget.currency
    }
    return Chart(
        id=id,
        question=question or gettext("Budget against actual"),
        sentence=sentence if sentence is not None else _sentence(rows, total, pace_label, locale),
        table=_table(rows, total, caption),
        svg_wide=_draw(Box("wide", 720, 26 + 40 * len(rows), 180, 720, 0, 0), rows, pace, locale),
        svg_narrow=_draw(Box("narrow", 360, 26 + 52 * len(rows), 0, 360, 0, 0), rows, pace, locale),
        drawn=_drawn(rows, total, pace, pace_label, caption, locale),
        csv_url=csv_url,
        rows_url=rows_url,
        table_shown=True,
    )


def _sentence(
    rows: Sequence[BudgetRow], total: BudgetRow, pace_label: str, locale: str
) -> SafeString:
    text = gettext("{actual} of {budget} used.")
    if pace_label:
        text = gettext("{actual} of {budget} used at {pace}.")
    said = format_html(
        text,
        actual=formats.figure_html(total.actual, locale),
        budget=formats.figure_html(total.budget, locale),
        pace=pace_label,
    )
    over = [row for row in rows if row.is_over]
    if not over:
        return format_html("{} {}", said, gettext("No category is over."))
    named = join_words(
        [
            format_html("{} {}", row.name, formats.figure_html(row.variance, locale, signed=True))
            for row in over[:3]
        ]
    )
    text = gettext("Over: {named}.")
    if len(over) > 3:
        text = gettext("Over: {named}, and {n} more.")
    return format_html("{} {}", said, format_html(text, named=named, n=len(over) - 3))


def join_words(parts: Sequence[SafeString]) -> SafeString:
    """Parts with commas between them."""
    spaced = [part if not place else format_html(", {}", part) for place, part in enumerate(parts)]
    return join(spaced)


def _columns() -> list[Column]:
    return [
        Column(gettext("Category"), card="main"),
        Column(gettext("Budget"), numeric=True, card_label=gettext("of")),
        Column(gettext("Spent"), numeric=True, card="num"),
        Column(gettext("Variance"), numeric=True, card_label=gettext("variance")),
        Column(gettext("Used"), numeric=True, card_label=gettext("used")),
    ]


def _table(rows: Sequence[BudgetRow], total: BudgetRow, caption: str) -> Table:
    def cells(row: BudgetRow) -> Row:
        return Row([row.name, row.budget, row.actual, row.variance, row.used])

    return Table(
        caption=caption, head=_columns(), rows=[cells(r) for r in rows], total=cells(total)
    )


def _share(row: BudgetRow) -> Decimal:
    """How much of the full width is used; 125 % of the budget reaches the end."""
    budget = Decimal(row.budget.value or 0)
    actual = max(Decimal(row.actual.value or 0), Decimal(0))
    if budget <= 0:
        return Decimal(100) if actual else Decimal(0)
    return min(actual / budget * FULL, Decimal(100))


def _track(row: BudgetRow, pace: Decimal | None) -> SafeString:
    used = _share(row)
    within = min(used, FULL)
    parts = [el("rect", class_="ground", width=f"{FULL}%", height=8, rx=2)]
    if within > 0:
        parts.append(el("rect", class_="fillbar", width=f"{px(float(within))}%", height=8, rx=2))
    if used > FULL:
        over = f"{px(float(max(used - FULL, Decimal(1))))}%"
        parts.append(el("rect", class_="over", x=f"{FULL}%", width=over, height=8, rx=2))
    if pace is not None:
        at = f"{px(float(pace * FULL / 100))}%"
        parts.append(el("line", class_="goal", x1=at, x2=at, y1=-3, y2=11))
    return el("svg", *parts, class_="track", width="100%", height=8, aria_hidden="true")


def _drawn(
    rows: Sequence[BudgetRow],
    total: BudgetRow,
    pace: Decimal | None,
    pace_label: str,
    caption: str,
    locale: str,
) -> SafeString:
    used_label = gettext("Used")
    if pace_label:
        used_label = gettext("Used; mark: %(pace)s") % {"pace": pace_label}
    head = [
        el("th", c.label, scope="col", role="columnheader", class_="num" if c.numeric else None)
        for c in _columns()
    ]
    head.append(el("th", used_label, scope="col", role="columnheader"))

    def line(row: BudgetRow) -> SafeString:
        bad = "num bad" if row.is_over else "num"
        name = formats.figure_html(row.actual, locale, label=row.name)
        used = formats.figure_html(row.used, locale) if row.used else formats.EM_DASH
        cells = [
            el("th", name, scope="row", class_="r-main", role="rowheader"),
            _cell(formats.figure_html(row.budget, locale), "num", gettext("of")),
            _cell(formats.figure_html(row.actual, locale), "num r-num"),
            _cell(formats.figure_html(row.variance, locale, signed=True), bad, gettext("variance")),
            _cell(used, bad, gettext("used")),
            _cell(_track(row, pace), "r-last"),
        ]
        return el("tr", *cells, role="row")

    parts = [
        el("caption", caption, class_="sr"),
        el("thead", el("tr", *head, role="row"), role="rowgroup"),
        el("tbody", *(line(row) for row in rows), role="rowgroup"),
        el("tfoot", line(total), role="rowgroup"),
    ]
    return el("table", *parts, class_="cards", role="table")


def _cell(inside: str, kind: str, label: str | None = None) -> SafeString:
    return el("td", inside, class_=kind, role="cell", data_label=label)


def _draw(box: Box, rows: Sequence[BudgetRow], pace: Decimal | None, locale: str) -> SafeString:
    """The same bars as one drawing, for reports and print."""
    drawn = []
    step = 52 if box.narrow else 40
    full = (box.right - box.left) * float(FULL) / 100
    for place, row in enumerate(rows):
        y = 20 + step * place
        bar_y = y + 8 if box.narrow else y - 9
        used = float(_share(row)) / 100 * (box.right - box.left)
        shapes = [
            el("text", row.name, class_="strong", x=0, y=y),
            el("rect", class_="zone", x=box.left, y=bar_y, width=full, height=8, rx=2),
            el(
                "rect",
                class_="mark out",
                x=box.left,
                y=bar_y,
                width=min(used, full),
                height=8,
                rx=2,
            ),
        ]
        if used > full:
            shapes.append(
                el("rect", class_="mark f-bad", x=box.left + full, y=bar_y,
                   width=max(used - full, 3.0), height=8, rx=2)
            )  # fmt: skip
        if pace is not None:
            x = box.left + full * float(pace) / 100
            shapes.append(el("line", class_="goal", x1=x, x2=x, y1=bar_y - 3, y2=bar_y + 11))
        said = gettext("%(name)s: %(actual)s of %(budget)s") % {
            "name": row.name,
            "actual": formats.figure_text(row.actual, locale),
            "budget": formats.figure_text(row.budget, locale),
        }
        drawn.append(mark(row.actual, said, *shapes))
    return box.svg(gettext("Bars of budgets and what is used of them."), *drawn)
