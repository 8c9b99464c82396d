"""The cards of a customer's overview. Each is made on its own, so that one that fails leaves the others."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics import charts, formats
from analytics.charts.kpi import Trend
from analytics.metrics import breakdowns
from analytics.metrics.breakdowns import BudgetLine, CategoryShare, Excluded
from analytics.metrics.figures import Figure
from analytics.metrics.registry import figures
from config.pages.overview_reading import Reading
from transactions import flows, periods

log = logging.getLogger(__name__)

KPIS = ("income", "expenses", "net", "savings_rate")
TOP = 5
_ARROWS: dict[int | None, Trend] = {1: "up", -1: "down", 0: "same"}
# "more than before" in the words of each measure: above, below, equal.
_COMPARED = {
    "income": (gettext_lazy("More"), gettext_lazy("Less")),
    "expenses": (gettext_lazy("More"), gettext_lazy("Less")),
    "net": (gettext_lazy("Better"), gettext_lazy("Worse")),
    "savings_rate": (gettext_lazy("Higher"), gettext_lazy("Lower")),
}


@dataclass(frozen=True)
class Failed:
    """A card that could not be made: its title, and the reference that the log names too."""

    question: str
    reference: str
    failed: bool = True


def guarded(question: str, make: Callable[[], Any], reference: str) -> Any:
    """The card, or what stands in its place; the page never fails for one card."""
    try:
        return make()
    except Exception:
        log.exception("card failed, reference %s", reference)
        return Failed(question, reference)


# -- the four figures ----------------------------------------------------------------------------


def kpis(reading: Reading) -> list[charts.Kpi]:
    """Income, expenses, net and savings rate, each against the same days before and its last year."""
    partial = reading.year.end > reading.view.today
    made = []
    for name in KPIS:
        now, then = reading.figure(name), reading.figure_before(name)
        change = _change(now, then)
        months = [row[name].value for row in reading.trend]
        made.append(
            charts.Kpi(
                label=_label(name, reading),
                figure=now,
                note=_note(name, reading, now, then, change),
                trend=_ARROWS.get(change, ""),
                change=change or 0,
                spark=charts.sparkline(months, partial=partial),
            )
        )
    return made


def _label(name: str, reading: Reading) -> str:
    first, end = periods.this_month(reading.view.today)
    this_month = (reading.slice.start, reading.slice.end) == (first, end)
    words = {
        "income": _("Income"),
        "expenses": _("Expenses"),
        "net": _("Net"),
        "savings_rate": _("Savings rate"),
    }[name]
    if name == "savings_rate":
        return words
    if this_month:
        return _("%(what)s this month") % {"what": words}
    return _("%(what)s, %(when)s") % {"what": words, "when": reading.words}


def _change(now: Figure, then: Figure) -> int | None:
    if now.value is None or then.value is None:
        return None
    return (now.value > then.value) - (now.value < then.value)


def _note(
    name: str, reading: Reading, now: Figure, then: Figure, change: int | None
) -> SafeString | str:
    when = reading.words_before
    if not any(c.currency == reading.slice.currency for c in reading.cells_before):
        return _("Nothing in %(when)s to compare with.") % {"when": when}
    if now.value is None:
        return now.note
    if change is None:
        return format_html(_("In {when} there was none: {why}"), when=when, why=then.note)
    if not change:
        said = format_html("{}", _("The same as in %(when)s.") % {"when": when})
    else:
        more, less = _COMPARED[name]
        said = format_html(
            _("<b>{word}</b> than in {when}: {then}."),
            word=more if change > 0 else less,
            when=when,
            then=_html(reading, then),
        )
    if name != "savings_rate":
        return said
    year = reading.figure_of_year("savings_rate")
    if year.value is None or reading.year == reading.slice:
        return said
    of_year = format_html(
        _("{n} months: {rate}."), n=len(reading.year.months()), rate=_html(reading, year)
    )
    return format_html("{} {}", said, of_year)


def _html(reading: Reading, figure: Figure, *, signed: bool = False, label: str = "") -> SafeString:
    return formats.figure_html(figure, reading.view.locale, signed=signed, label=label)


# -- months --------------------------------------------------------------------------------------


def trend(reading: Reading, csv_url: str = "") -> charts.Chart | None:
    """In, out and kept per month; None where no month has income or spending."""
    if not any(row["income"].value or row["expenses"].value for row in reading.trend):
        return None
    today = reading.view.today
    rows = []
    for row in reading.trend:
        assert row.month
        running = row.month <= today < periods.add_months(row.month, 1)
        rows.append(
            charts.MonthRow(
                row.month, row["income"], row["expenses"], row["net"], row["savings_rate"],
                through=today if running and today < row.slice.last_day else None,
            )
        )  # fmt: skip
    income, expenses, net, rate = (reading.figure_of_year(name) for name in KPIS)
    made = charts.in_and_out(
        rows,
        charts.MonthTotal(income, expenses, net, rate),
        id="trend",
        locale=reading.view.locale,
        csv_url=csv_url,
        rows_url=reading.year.rows_url("count", reading.view.door),
    )
    notes = [(note,) for note in (made.note, trend_without(reading)) if note]
    return replace(made, note=format_html_join(" ", "{}", notes))


def trend_without(reading: Reading) -> SafeString | str:
    """What the months hold in other currencies; "" where the notice above the cards says the same."""
    if reading.year == reading.slice:
        return ""
    months = reading.year.months()
    words = ngettext("Within this %(n)d month:", "Within these %(n)d months:", len(months))
    # Month totals can't count the uncategorised by sign: those currencies are named without a count.
    others = [c for c in reading.year_cells if c.currency != reading.slice.currency]
    uncounted = {c.currency for c in others if c.kind == flows.UNCATEGORISED and c.n_in is None}
    counted = [c for c in others if c.currency not in uncounted]
    found = breakdowns.not_included(reading.year, door=reading.view.door, cells=counted)
    sums = [
        figures(replace(reading.year, currency=name), ["net"], door=reading.view.door, cells=[
            c for c in others if c.currency == name
        ])[0]["net"]
        for name in sorted(uncounted)
        if any(
            c.currency == name and (flows.INCOME.takes(c) or flows.EXPENSES.takes(c))
            for c in others
        )
    ]  # fmt: skip
    said = _said(reading, found, sums)
    return format_html("{} {}", words % {"n": len(months)}, said) if said else ""


# -- categories ----------------------------------------------------------------------------------


def categories(reading: Reading, csv_url: str = "") -> charts.Chart | None:
    """Where it went: six categories and everything else; None where nothing was spent."""
    shown = [share for share in reading.shares if share.spent.value]
    if not shown or (shown[0].spent.value or 0) <= 0:
        return None
    head, rest = shown, shown[:0]
    if len(shown) > charts.categories.SHOWN:
        head, rest = (
            shown[: charts.categories.SHOWN - 1],
            shown[charts.categories.SHOWN - 1 :],
        )
    rows = [_category_row(reading, share) for share in head]
    if rest:
        rows.append(_everything_else(reading, rest))
    question = _("Where it went, %(when)s") % {"when": reading.words}
    if reading.is_running:
        question = _("Where it went, %(when)s so far") % {"when": reading.words}
    return charts.where_it_went(
        rows,
        reading.figure("expenses"),
        question=question,
        locale=reading.view.locale,
        csv_url=csv_url,
        rows_url=reading.slice.rows_url("expenses", reading.view.door),
    )


def _category_row(reading: Reading, share: CategoryShare) -> charts.CategoryRow:
    cells = [c for c in reading.cells if (c.category or 0) == share.category.pk]
    budget = over = None
    # A budget of one subcategory says nothing of the whole category.
    if any(plan.category.pk == share.category.pk for plan in reading.plans):
        budget = reading.made("budget", share.slice, cells)
        variance = reading.made("variance", share.slice, cells)
        over = variance if (variance.value or 0) > 0 else None
    return charts.CategoryRow(share.category.name, share.spent, share.share, budget, over)


def _everything_else(reading: Reading, rest: Sequence[CategoryShare]) -> charts.CategoryRow:
    spent, share = breakdowns.folded(reading.slice, rest, reading.shares, door=reading.view.door)
    return charts.CategoryRow(_("Everything else"), spent, share)


@dataclass(frozen=True)
class Spending:
    """The metric cards: total spend, the average payment, what cost most."""

    total: Figure
    average: Figure
    count: Figure
    counted: Figure
    top: list[CategoryShare]


def spending(reading: Reading) -> Spending:
    top = [share for share in reading.shares if (share.spent.value or 0) > 0]
    return Spending(
        total=reading.figure("expenses"),
        average=reading.figure("average_transaction"),
        count=reading.figure("expense_count"),
        counted=reading.figure("net_count"),
        top=top[:TOP],
    )


# -- budgets -------------------------------------------------------------------------------------


def budgets(reading: Reading, csv_url: str = "") -> charts.Chart | None:
    """Budget against actual with variance; None where no budget stands."""
    lines, total = breakdowns.budget_vs_actual(
        reading.slice, door=reading.view.door, cells=reading.cells, plans=reading.plans
    )
    if not lines or total is None:
        return None

    def row(line: BudgetLine) -> charts.BudgetRow:
        name = line.category.name if line.category else _("All")
        return charts.BudgetRow(name, line.budget, line.actual, line.variance, line.used)

    pace, label = None, ""
    if reading.is_running:
        days = (reading.slice.end - reading.slice.start).days
        gone = (reading.view.today - reading.slice.start).days + 1
        pace = Decimal(gone) / Decimal(days) * 100
        label = _("day %(day)d of %(days)d") % {"day": gone, "days": days}
    return charts.budget_against_actual(
        [row(line) for line in lines],
        row(total),
        pace=pace,
        pace_label=label,
        question=_("Budget against actual, %(when)s") % {"when": reading.words},
        locale=reading.view.locale,
        csv_url=csv_url,
        rows_url=total.actual.trace or "",
    )


# -- what stays out ------------------------------------------------------------------------------


def excluded(reading: Reading) -> SafeString | str:
    """Per other currency, what no figure of the period holds; "" where there is nothing."""
    found = breakdowns.not_included(reading.slice, door=reading.view.door, cells=reading.cells)
    return _said(reading, found)


def included(reading: Reading) -> list[breakdowns.Included]:
    """Other currencies that the figures of the period count, with their rates."""
    return breakdowns.included(reading.slice, door=reading.view.door)


def _said(
    reading: Reading, found: Sequence[Excluded], uncounted: Sequence[Figure] = ()
) -> SafeString | str:
    if not found and not uncounted:
        return ""
    said = [
        format_html(
            ngettext(
                "{count} line in {currency} is not included, {amount}.",
                "{count} lines in {currency} are not included, together {amount}.",
                int(other.count.value or 0),
            ),
            count=_html(reading, other.count),
            currency=other.currency,
            amount=_html(reading, other.amount, signed=True),
        )
        for other in found
    ]
    said += [
        format_html(
            _("Lines in {currency} are not included, together {amount}."),
            currency=amount.currency,
            amount=_html(reading, amount, signed=True),
        )
        for amount in uncounted
    ]
    if not reading.slice.convert:
        why = _("Choose “all currencies” above to count them at the stored rates.")
    else:
        why = _("No rate of these days is stored, so they can't be converted.")
    said.append(format_html("{}", why))
    return format_html_join(" ", "{}", [(sentence,) for sentence in said])


def only_transfers(reading: Reading) -> bool:
    """Lines there are, but none that is income or spending."""
    return bool(reading.cells) and all(cell.kind == "transfer" for cell in reading.cells)
