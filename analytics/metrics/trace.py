"""What stands behind a figure: exactly its rows, or the parts it is made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from analytics.budgets.queries import PlannedMonth
from analytics.metrics import cells as reading
from analytics.metrics import standing
from analytics.metrics.figures import Figure
from analytics.metrics.registry import (
    METRICS,
    Facts,
    Metric,
    figure_of,
    in_currency,
)
from analytics.metrics.standing import OfAccount
from transactions import periods, queries
from transactions.balances.queries import ONE_DAY
from transactions.doors import PAGE, Door
from transactions.models.ledger import TransactionQuerySet
from transactions.rates.book import Rate
from transactions.slices import EARLIEST, AccountRef, CategoryRef, Slice


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a figure. What somebody entered (a budget, a balance) has no trace: it is the row itself."""

    metric: Metric
    figure: Figure
    category: CategoryRef | None = None
    account: AccountRef | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """A figure and its parts; of a sum of rows, the one part is the list of them.

    With `rate`, the one part is the same in another currency, and the figure is that at this rate.
    """

    metric: Metric
    figure: Figure
    parts: list[Part]
    rate: Rate | None = None


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
    if name in _OF_ACCOUNTS:
        return _accounts(metric, made, slice, door)
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


# -- what accounts hold ----------------------------------------------------------------------------------

_OF_ACCOUNTS = {"balance", "net_worth", "stated_balance", "expected_balance", "unexplained"}


def _accounts(metric: Metric, made: Figure, slice: Slice, door: Door) -> Trace:
    """Per account, or of one account what its own figure rests on."""
    held = standing.Holdings(slice)
    if metric.name == "unexplained":
        found = held.compared
        refs = tuple(one.ref for one in found)
        both = replace(slice, accounts=refs, convert=False)
        pair = [
            Part(METRICS[name], figure_of(METRICS[name], value(both), both, door))
            for name, value in (
                ("stated_balance", standing.stated),
                ("expected_balance", standing.expected),
            )
        ]
        return Trace(metric, made, pair if refs else [])
    found = held.compared if metric.name == "expected_balance" else held.known
    if metric.name == "stated_balance":
        found = [one for one in found if one.rate is None]
    if len(found) == 1 and metric.name != "net_worth":
        return _one_account(metric, made, found[0], door)
    of = METRICS["balance" if metric.name == "net_worth" else metric.name]
    return Trace(metric, made, [_of_account(of, one, door) for one in found])


def _of_account(of: Metric, one: OfAccount, door: Door) -> Part:
    statement = one.standing.statement
    assert statement
    value = one.value if of.name != "stated_balance" else statement.amount
    return Part(of, figure_of(of, value, one.slice, door), account=one.ref)


def _one_account(metric: Metric, made: Figure, one: OfAccount, door: Door) -> Trace:
    if one.rate and metric.name == "balance":
        own = figure_of(metric, one.standing.balance, one.own_slice, door)
        return Trace(metric, made, [Part(metric, own, account=one.ref)], one.rate)
    return Trace(metric, made, balance_parts(one, door, with_lines=metric.name != "stated_balance"))


def balance_parts(one: OfAccount, door: Door, *, with_lines: bool = True) -> list[Part]:
    """The statement that an account's balance rests on, as it was said, and the lines since."""
    statement = one.standing.statement
    assert statement
    stated, moved = METRICS["stated_balance"], METRICS["moved"]
    of_day = one.own_slice.over(EARLIEST, statement.day + ONE_DAY)
    said = replace(figure_of(stated, statement.amount, of_day, door), trace=None)
    parts = [Part(stated, said, account=one.ref, day=statement.day)]
    if with_lines:
        since = one.moved_slice
        lines = figure_of(moved, one.standing.moved, since, door)
        # Between a day and itself there is nothing to open.
        empty = since.start >= since.end
        parts.append(Part(moved, replace(lines, trace=None) if empty else lines))
    return parts


_PARTS: dict[str, Callable[[Facts, Door], list[Part]]] = {
    "spent_above_zero": _categories,
    "budget": _budgets,
}
