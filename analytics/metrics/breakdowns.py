"""Figures in their groups: spending by category with shares, months, budgets against actual, and what
other currencies keep out of a figure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from analytics.budgets import queries as budgets
from analytics.metrics import cells as reading
from analytics.metrics.figures import Figure
from analytics.metrics.registry import (
    METRICS,
    Facts,
    Row,
    figure_of,
    figures,
    in_currency,
    percent_of,
    spent_by_category,
)
from analytics.metrics.standing import Holdings
from transactions import flows, queries
from transactions.doors import PAGE, Door
from transactions.flows import Cell
from transactions.rates.book import Rate
from transactions.slices import AccountRef, CategoryRef, Slice

TREND = ("income", "expenses", "net", "savings_rate")


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """One first-level category: what was spent, and its share of the categories above zero."""

    category: CategoryRef
    slice: Slice
    spent: Figure
    share: Figure


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One budgeted category, or all of them together; `variance` = actual − budget."""

    category: CategoryRef | None
    slice: Slice
    budget: Figure
    actual: Figure
    variance: Figure
    used: Figure


@dataclass(frozen=True, slots=True)
class Excluded:
    """What one other currency keeps out of a figure: nothing converts it, or no rate of its days is stored."""

    currency: str
    count: Figure
    amount: Figure


@dataclass(frozen=True, slots=True)
class Included:
    """One other currency inside a figure: what it is there, what it counts as here, and by which rates.

    `low` and `high` are the smallest and largest rate used; `days` how many different ones.
    """

    currency: str
    original: Figure
    converted: Figure
    low: Rate
    high: Rate
    days: int


def included(slice: Slice, metric: str = "net", *, door: Door = PAGE) -> list[Included]:
    """Per other currency that a converting slice counts: its own amount, and the converted one."""
    conversion = queries.conversion(slice)
    if conversion is None:
        return []
    rates: dict[str, set[Rate]] = {}
    for (currency, _day), rate in conversion.rates.items():
        rates.setdefault(currency, set()).add(rate)
    made = []
    for currency, used in sorted(rates.items()):
        own = replace(slice, currency=currency, convert=False, rated=slice.currency)
        here = replace(slice, accounts=_accounts_in(slice, currency))
        ordered = sorted(used, key=lambda rate: rate.value)
        made.append(
            Included(
                currency,
                figures(own, [metric], door=door)[0][metric],
                figures(here, [metric], door=door)[0][metric],
                ordered[0],
                ordered[-1],
                len(used),
            )
        )
    return made


def _accounts_in(slice: Slice, currency: str) -> tuple[AccountRef, ...]:
    """The slice's accounts in one currency; those it names, or all that the customer holds."""
    if slice.accounts:
        return tuple(a for a in slice.accounts if a.currency == currency)
    return tuple(ref for ref in Holdings(slice).refs if ref.currency == currency)


def expense_categories(
    slice: Slice,
    *,
    door: Door = PAGE,
    cells: list[Cell] | None = None,
    refs: Mapping[int, CategoryRef] | None = None,
) -> list[CategoryShare]:
    """Spending per first-level category, largest first; the share of a category not above zero is none.

    `cells` are those already read for this slice by category, `refs` the categories by key.
    """
    found = reading.cells(slice, ("category",)) if cells is None else cells
    spent = spent_by_category(in_currency(found, slice.currency), refs)
    whole = sum((amount for _, amount in spent if amount > 0), Decimal(0))
    rows = []
    for ref, amount in spent:
        part = slice.in_category(ref)
        share = percent_of(amount, whole) if amount > 0 else None
        within = replace(part, within=slice.categories)
        rows.append(
            CategoryShare(
                ref,
                part,
                figure_of(METRICS["expenses"], amount, part, door),
                figure_of(METRICS["share"], share, within, door),
            )
        )
    return rows


def top_categories(
    slice: Slice, n: int = 5, *, door: Door = PAGE, cells: list[Cell] | None = None
) -> list[CategoryShare]:
    """The categories that cost most; none that gave more back than it took."""
    rows = expense_categories(slice, door=door, cells=cells)
    return [row for row in rows if (row.spent.value or 0) > 0][:n]


def folded(
    slice: Slice,
    rest: Sequence[CategoryShare],
    every: Sequence[CategoryShare],
    *,
    door: Door = PAGE,
) -> tuple[Figure, Figure]:
    """What several of a slice's categories cost together, and their share of `every` above zero."""
    spent = sum((Decimal(one.spent.value or 0) for one in rest), Decimal(0))
    above = (Decimal(one.spent.value or 0) for one in every)
    whole = sum((amount for amount in above if amount > 0), Decimal(0))
    part = replace(slice, categories=tuple(ref for one in rest for ref in one.slice.categories))
    share = percent_of(spent, whole) if spent > 0 and whole > 0 else None
    within = replace(part, within=slice.categories)
    return (
        figure_of(METRICS["expenses"], spent, part, door),
        figure_of(METRICS["share"], share, within, door),
    )


def trend(slice: Slice, *, door: Door = PAGE, cells: list[Cell] | None = None) -> list[Row]:
    """Income, expenses, net and savings rate of each month, the quiet ones too."""
    return figures(slice, TREND, by="month", door=door, cells=cells)


def budget_vs_actual(
    slice: Slice,
    *,
    door: Door = PAGE,
    cells: list[Cell] | None = None,
    plans: list[budgets.PlannedMonth] | None = None,
) -> tuple[list[BudgetLine], BudgetLine | None]:
    """Budgets of the period against what was spent, in the bank's order of categories, and their total.

    A budget may stand on either level; actual = the category and all below it. The total counts a
    budget inside a budgeted category once, and is None where there is no budget. `cells` are those
    already read for this slice by category; they serve where all budgets are of the first level. `plans`
    are its budgets where the caller has them.
    """
    plans = budgets.planned(slice) if plans is None else plans
    if not plans:
        return [], None
    refs = list(dict.fromkeys(plan.category for plan in plans))
    covers = {plan.category: plan.covers for plan in plans}
    whole = replace(slice, categories=tuple(refs))
    if cells is None or any(ref.pk != ref.root for ref in refs):
        cells = reading.cells(whole, ("subcategory",))
    every = frozenset().union(*covers.values())
    found = [c for c in in_currency(cells, slice.currency) if c.category in every]
    lines = []
    for ref in refs:
        taken = [cell for cell in found if cell.category in covers[ref]]
        part = replace(slice, categories=(ref,))
        lines.append(_budget_line(part, ref, taken, [p for p in plans if p.category == ref], door))
    return lines, _budget_line(whole, None, found, plans, door)


def _budget_line(
    slice: Slice,
    ref: CategoryRef | None,
    found: list[Cell],
    plans: list[budgets.PlannedMonth],
    door: Door,
) -> BudgetLine:
    facts = Facts(slice, found, plans)
    budget, actual, variance, used = (
        figure_of(METRICS[name], facts.value(name), slice, door)
        for name in ("budget", "expenses", "variance", "budget_used")
    )
    return BudgetLine(ref, slice, budget, actual, variance, used)


_COUNTS = {"net": "net_count", "income": "income_count", "expenses": "expense_count"}


def not_included(
    slice: Slice, metric: str = "net", *, door: Door = PAGE, cells: Collection[Cell] | None = None
) -> list[Excluded]:
    """Per other currency: how many lines the metric would take, and what they come to there.

    `metric` is net, income or expenses; `cells` are those already read for this slice, all currencies.
    """
    found = list(reading.cells(slice) if cells is None else cells)
    others = [cell for cell in found if cell.currency != slice.currency]
    if any(cell.kind == flows.UNCATEGORISED and cell.n_in is None for cell in others):
        others = [c for c in reading.cells(slice, counts=True) if c.currency != slice.currency]
    excluded = []
    for currency in sorted({cell.currency for cell in others}):
        part = replace(slice, currency=currency)
        if slice.convert:
            part = replace(part, convert=False, rated=f"-{slice.currency}")
        facts = Facts(part, in_currency(others, currency))
        count, amount = (
            figure_of(METRICS[name], facts.value(name), part, door)
            for name in (_COUNTS[metric], metric)
        )
        if count.value:
            excluded.append(Excluded(currency, count, amount))
    return excluded
