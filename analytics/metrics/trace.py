"""What stands behind a figure: exactly its rows, or the parts it is made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from analytics.budgets.queries import PlannedMonth
from analytics.metrics import cells as reading
from analytics.metrics.figures import Figure
from analytics.metrics.registry import (
    METRICS,
    Facts,
    Metric,
    figure_of,
    in_currency,
)
from transactions import periods, queries
from transactions.doors import PAGE, Door
from transactions.models.ledger import TransactionQuerySet
from transactions.slices import CategoryRef, Slice


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a figure. A budget as somebody entered it has no trace: it is the row itself."""

    metric: Metric
    figure: Figure
    category: CategoryRef | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """A figure and its parts; of a sum of rows, the one part is the list of them."""

    metric: Metric
    figure: Figure
    parts: list[Part]


def rows_for(slice: Slice, metric: str) -> TransactionQuerySet:
    """The rows a figure is the sum or count of, exactly. Raises ValueError for a derived metric."""
    flow = METRICS[metric].flow
    if flow is None:
        raise ValueError(f"{metric} is made of parts, not of rows.")
    return queries.summed(slice, flow)


def trace(slice: Slice, name: str, *, door: Door = PAGE) -> Trace:
    """The figure as the registry makes it, with its parts. Raises KeyError for an unknown metric."""
    metric = METRICS[name]
    facts = _facts(slice, metric)
    made = figure_of(metric, facts.value(name), slice, door)
    if metric.flow:
        return Trace(metric, made, [Part(metric, made)])
    special = _PARTS.get(name)
    if special:
        return Trace(metric, made, special(facts, door))
    parts = []
    for part in metric.parts:
        source = facts.widened if part == metric.wide else facts
        of = METRICS[part]
        parts.append(Part(of, figure_of(of, source.value(part), source.slice, door)))
    return Trace(metric, made, parts)


def _facts(slice: Slice, metric: Metric) -> Facts:
    found = in_currency(reading.cells(slice, counts=metric.counts), slice.currency)
    return Facts(slice, found)


def _categories(facts: Facts, door: Door) -> list[Part]:
    expenses = METRICS["expenses"]
    return [
        Part(expenses, figure_of(expenses, amount, facts.slice.in_category(ref), door), ref)
        for ref, amount in facts.above_zero
    ]


def _budgets(facts: Facts, door: Door) -> list[Part]:
    budget = METRICS["budget"]
    parts = []
    for plan in facts.planned:
        made = figure_of(budget, plan.amount, _month_of(facts.slice, plan), door)
        if len(facts.planned) == 1:
            made = replace(made, trace=None)
        parts.append(Part(budget, made, plan.category))
    return parts


def _month_of(slice: Slice, plan: PlannedMonth) -> Slice:
    first = plan.month.replace(day=slice.month_start)
    return replace(
        slice, start=first, end=periods.add_months(first, 1), categories=(plan.category,), within=()
    )


_PARTS: dict[str, Callable[[Facts, Door], list[Part]]] = {
    "spent_above_zero": _categories,
    "budget": _budgets,
}
