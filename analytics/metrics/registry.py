"""The metric registry: the one place where a figure is made.

A metric is a sum or count of a flow of lines, or derived from other metrics, its parts. `figure` and
`figures` give value, unit, currency, sentence and trace; nobody else adds up money. One table of all metrics, so a
little longer than a file should be.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import cast

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.customers.queries import bank_profile
from accounts.permissions import OPEN_CUSTOMER
from analytics.budgets import queries as budgets
from analytics.metrics import cells as reading
from analytics.metrics import standing
from analytics.metrics.figures import Figure, Unit
from transactions import flows, periods
from transactions.doors import PAGE, Door
from transactions.flows import Cell, Flow
from transactions.plain_money import decimals_of
from transactions.queries import category_refs_by_pk
from transactions.slices import LATEST, CategoryRef, Slice

Text = str | Promise
Value = Decimal | int | None


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition. `sentence` holds %(when)s and %(value)s; `nothing` says why there is no value.

    `direction`: +1 more is better, −1 less is better. `capability`: the least that staff need to see it
    of one customer. A sum has a `flow` (`counted`: its lines, not its money); a derived one has `parts`
    and `combine`, which gets their values in order and the currency (`wide` names the part that is taken
    of the wider slice). Other sources have `read`.
    """

    name: str
    label: Text
    unit: Unit
    sentence: Text
    direction: int = 0
    nothing: Text = ""
    capability: str = OPEN_CUSTOMER
    flow: Flow | None = None
    counted: bool = False
    parts: tuple[str, ...] = ()
    combine: Callable[..., Value] | None = None
    wide: str = ""
    read: "Callable[[Facts], Value] | None" = None

    @property
    def is_derived(self) -> bool:
        return self.flow is None

    @property
    def groups(self) -> bool:
        """Whether it can be told per month or category: all that rests on flows alone."""
        return self.read is None and all(METRICS[part].groups for part in self.parts)

    @property
    def counts(self) -> bool:
        """Whether lines have to be counted by sign for it."""
        return self.counted or any(METRICS[part].counts for part in self.parts)


@dataclass
class Facts:
    """What one group of a slice is made of: its cells in the slice's currency, its budgets."""

    slice: Slice
    cells: list[Cell]
    plans: list[budgets.PlannedMonth] | None = None
    _values: dict[str, Value] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        if name not in self._values:
            self._values[name] = self._make(METRICS[name])
        return self._values[name]

    def _make(self, metric: Metric) -> Value:
        if metric.flow and metric.counted:
            return sum(metric.flow.count(cell) for cell in self.cells)
        if metric.flow:
            return sum((metric.flow.amount(cell) for cell in self.cells), Decimal(0))
        if metric.read:
            return metric.read(self)
        assert metric.combine
        values = [self._part(part, metric.wide == part) for part in metric.parts]
        return metric.combine(*values, self.slice.currency)

    def _part(self, name: str, wide: bool) -> Value:
        return self.widened.value(name) if wide else self.value(name)

    @cached_property
    def widened(self) -> "Facts":
        return Facts(self.slice.widened(), [])

    @cached_property
    def above_zero(self) -> list[tuple[CategoryRef, Decimal]]:
        """Spending per first-level category, where it is above zero."""
        found = in_currency(reading.cells(self.slice, ("category",)), self.slice.currency)
        return [(ref, amount) for ref, amount in spent_by_category(found) if amount > 0]

    @cached_property
    def planned(self) -> list[budgets.PlannedMonth]:
        return budgets.planned(self.slice) if self.plans is None else self.plans


def in_currency(found: Collection[Cell], currency: str) -> list[Cell]:
    return [cell for cell in found if cell.currency == currency]


def spent_by_category(
    found: Collection[Cell], refs: Mapping[int, CategoryRef] | None = None
) -> list[tuple[CategoryRef, Decimal]]:
    """Expenses per category of cells read by category, largest first; what nets to nothing is there too.

    `refs` are the categories by key where the caller has them; else they are read.
    """
    taken = [cell for cell in found if flows.EXPENSES.takes(cell)]
    sums: dict[int, Decimal] = {}
    for cell in taken:
        key = cell.category or 0
        sums[key] = sums.get(key, Decimal(0)) + flows.EXPENSES.amount(cell)
    refs = category_refs_by_pk(sums) if refs is None else refs
    pairs = [(refs[pk], amount) for pk, amount in sums.items()]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0].pk == 0, pair[0].name, pair[0].pk))


# -- derived values ------------------------------------------------------------------------------


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """One decimal, halves away from zero."""
    return (part / whole * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _net(income: Decimal, expenses: Decimal, currency: str) -> Decimal:
    return income - expenses


def _sum(first: int, second: int, currency: str) -> int:
    return first + second


def _savings_rate(net: Decimal, income: Decimal, currency: str) -> Decimal | None:
    return percent_of(net, income) if income > 0 else None


def _average(expenses: Decimal, count: int, currency: str) -> Decimal | None:
    if not count:
        return None
    step = Decimal(1).scaleb(-decimals_of(currency))
    return (expenses / count).quantize(step, ROUND_HALF_UP)


def _share(expenses: Decimal, whole: Decimal, currency: str) -> Decimal | None:
    return percent_of(expenses, whole) if expenses > 0 and whole > 0 else None


def _variance(expenses: Decimal, budget: Decimal | None, currency: str) -> Decimal | None:
    return None if budget is None else expenses - budget


def _used(expenses: Decimal, budget: Decimal | None, currency: str) -> Decimal | None:
    return percent_of(expenses, budget) if budget else None


def _whole(facts: Facts) -> Decimal:
    return sum((amount for _, amount in facts.above_zero), Decimal(0))


def _budget(facts: Facts) -> Decimal | None:
    if not facts.planned:
        return None
    return sum((plan.amount for plan in facts.planned), Decimal(0))


_NO_BALANCE = _("No balance was stated up to this day.")
_NO_PAIR = _("It takes a balance stated before this period and one within it.")
_NO_BUDGET = _("There is no budget for this period.")

METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("income", _("Income"), "money", _("%(when)s: %(value)s came in."), 1, flow=flows.INCOME),
        Metric("expenses", _("Expenses"), "money", _("%(when)s: %(value)s was spent."), -1,
               flow=flows.EXPENSES),
        Metric(
            "net", _("Net cash flow"), "money",
            _("%(when)s: %(value)s is what income left over expenses."), 1,
            parts=("income", "expenses"), combine=_net,
        ),
        Metric(
            "savings_rate", _("Savings rate"), "percent", _("%(when)s: %(value)s of income was kept."), 1,
            nothing=_("There is no savings rate without income."),
            parts=("net", "income"), combine=_savings_rate,
        ),
        Metric(
            "money_in", _("Money in"), "money",
            _("%(when)s: %(value)s came into the accounts, transfers included."), flow=flows.MONEY_IN,
        ),
        Metric(
            "money_out", _("Money out"), "money",
            _("%(when)s: %(value)s left the accounts, transfers included."), flow=flows.MONEY_OUT,
        ),
        Metric("count", _("Transactions"), "count", _("%(when)s: %(value)s booked lines."),
               flow=flows.EVERYTHING, counted=True),
        Metric("income_count", _("Lines of income"), "count", _("%(when)s: %(value)s lines of income."),
               flow=flows.INCOME, counted=True),
        Metric("expense_count", _("Lines of spending"), "count", _("%(when)s: %(value)s lines of spending."),
               flow=flows.EXPENSES, counted=True),
        Metric("net_count", _("Lines of income and spending"), "count",
               _("%(when)s: %(value)s lines of income and spending."),
               parts=("income_count", "expense_count"), combine=_sum),
        Metric(
            "average_transaction", _("Average transaction"), "money",
            _("%(when)s: %(value)s is the average line of spending."),
            nothing=_("Nothing was spent in this period."),
            parts=("expenses", "expense_count"), combine=_average,
        ),
        Metric(
            "spent_above_zero", _("Expenses of categories above zero"), "money",
            _("%(when)s: %(value)s was spent in the categories that cost something."), -1, read=_whole,
        ),
        Metric(
            "share", _("Share of expenses"), "percent", _("%(when)s: %(value)s of all expenses."),
            nothing=_("More came back than was spent, so there is no share."),
            parts=("expenses", "spent_above_zero"), combine=_share, wide="spent_above_zero",
        ),
        Metric("budget", _("Budget"), "money", _("%(when)s: %(value)s was planned."),
               nothing=_NO_BUDGET, read=_budget),
        Metric(
            "variance", _("Expenses over budget"), "money",
            _("%(when)s: %(value)s is expenses less the budget."), -1, nothing=_NO_BUDGET,
            parts=("expenses", "budget"), combine=_variance,
        ),
        Metric(
            "budget_used", _("Budget used"), "percent", _("%(when)s: %(value)s of the budget is used."), -1,
            nothing=_NO_BUDGET, parts=("expenses", "budget"), combine=_used,
        ),
        Metric("moved", _("What the lines come to"), "money",
               _("%(when)s: %(value)s is what all lines come to, transfers included."), flow=flows.MOVED),
        Metric("balance", _("Balance"), "money", _("%(when)s: %(value)s is the balance."), 1,
               nothing=_NO_BALANCE, read=lambda facts: standing.balance(facts.slice)),
        Metric("net_worth", _("Net worth"), "money", _("%(when)s: %(value)s is what all accounts hold."), 1,
               nothing=_NO_BALANCE, read=lambda facts: standing.balance(facts.slice)),
        Metric("stated_balance", _("Stated balance"), "money", _("%(when)s: %(value)s was stated."),
               nothing=_NO_BALANCE, read=lambda facts: standing.stated(facts.slice)),
        Metric("expected_balance", _("Balance by the lines"), "money",
               _("%(when)s: %(value)s is the balance stated before and the lines since."),
               nothing=_NO_PAIR, read=lambda facts: standing.expected(facts.slice)),
        Metric("unexplained", _("Unexplained difference"), "money",
               _("%(when)s: %(value)s is stated beyond what the lines explain."),
               nothing=_NO_PAIR, read=lambda facts: standing.unexplained(facts.slice)),
    )
}  # fmt: skip


# -- figures -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one group; `slice` is the part of the whole that they are of."""

    slice: Slice
    figures: Mapping[str, Figure]
    month: date | None = None
    category: CategoryRef | None = None

    def __getitem__(self, name: str) -> Figure:
        return self.figures[name]


def figure(slice: Slice, name: str, *, door: Door = PAGE) -> Figure:
    """One figure of the whole slice. Raises KeyError for a metric the registry doesn't know."""
    return figures(slice, [name], door=door)[0][name]


def figures(
    slice: Slice,
    names: Collection[str],
    by: str | None = None,
    *,
    door: Door = PAGE,
    cells: list[Cell] | None = None,
) -> list[Row]:
    """Figures of a slice, whole or in groups; one query for all of them.

    Parameters: `by` None (exactly one row), "month" (every month of a bounded slice, quiet ones too),
    "category" (first level, by name, the uncategorised last) or "month,category" (what has lines);
    `door` decides where traces lead; `cells` are those already read for this slice, grouped so or finer.
    Raises KeyError for an unknown metric, ValueError for one that can't be told in groups.
    """
    metrics = [METRICS[name] for name in names]
    groups = tuple(by.split(",")) if by else ()
    if not set(groups) <= {"month", "category"}:
        raise ValueError(f"Figures are told by month, category or both, not by {by}.")
    if groups and (alone := [m.name for m in metrics if not m.groups]):
        raise ValueError(f"{', '.join(alone)} can't be told by {by}.")
    if cells is None:
        counts = any(m.counts for m in metrics)
        cells = reading.cells(slice, groups, counts=counts)
    found = in_currency(cells, slice.currency)
    if not groups:
        return [_row(slice, metrics, found, door)]
    rows: dict[tuple[date | None, int | None], list[Cell]] = {}
    if groups == ("month",) and (span := _span(slice, found)):
        rows = {(month, None): [] for month in span}
    for cell in found:
        place = (
            cell.month if "month" in groups else None,
            cell.category if "category" in groups else None,
        )
        rows.setdefault(place, []).append(cell)
    refs = category_refs_by_pk({pk for _, pk in rows if pk is not None})
    made = []
    for (month, pk), group in rows.items():
        part = slice.in_month(month) if month else slice
        ref = refs[pk] if pk is not None else None
        part = part.in_category(ref) if ref else part
        made.append(_row(part, metrics, group, door, month, ref))
    return sorted(made, key=_order)


def _span(slice: Slice, found: Collection[Cell]) -> list[date]:
    """The months to show: all of a bounded slice, else from the first that has lines to the last."""
    if slice.is_bounded:
        return slice.months()
    seen = [cell.month for cell in found if cell.month]
    if not seen:
        return []
    return periods.months_in(min(seen), periods.add_months(max(seen), 1), slice.month_start)


def _order(row: Row) -> tuple[date, bool, str, int]:
    ref = row.category
    return (
        row.month or date.min,
        bool(ref and not ref.pk),
        ref.name if ref else "",
        ref.pk if ref else 0,
    )


def _row(
    slice: Slice,
    metrics: Collection[Metric],
    found: list[Cell],
    door: Door,
    month: date | None = None,
    category: CategoryRef | None = None,
) -> Row:
    facts = Facts(slice, found)
    made = {m.name: figure_of(m, facts.value(m.name), slice, door) for m in metrics}
    return Row(slice, made, month, category)


def figure_of(metric: Metric, value: Value, slice: Slice, door: Door) -> Figure:
    """A value with what every figure carries."""
    return Figure(
        value=value,
        unit=metric.unit,
        currency=slice.currency if metric.unit == "money" else None,
        sentence=_lazy_sentence(metric, value, slice),
        trace=trace_url(metric, slice, door),
        direction=metric.direction,
        metric=metric.name,
        note=str(metric.nothing) if value is None else "",
    )


def trace_url(metric: Metric, slice: Slice, door: Door) -> str:
    """The rows of a sum, the parts of a derived figure."""
    if metric.flow:
        return slice.rows_url(metric.flow.name, door)
    return slice.parts_url(metric.name, door)


def sentence(metric: Metric, value: Value, slice: Slice) -> str:
    """The figure in words, in the bank's locale."""
    from analytics import formats

    if value is None:
        return str(metric.nothing)
    locale = bank_profile().locale
    currency = slice.currency if metric.unit == "money" else None
    shown = formats.figure_text(Figure(value, metric.unit, currency), locale)
    when = formats.period(slice.start, slice.end, locale) if slice.is_bounded else gettext("In all")
    if not slice.is_bounded and slice.end < LATEST:
        when = gettext("Up to %(day)s") % {"day": formats.day(slice.last_day, locale)}
    return str(metric.sentence) % {"when": when, "value": shown}


# Most figures of a page are shown without their sentence, and wording one costs more than making it.
_lazy_sentence = cast(Callable[[Metric, Value, Slice], str], lazy(sentence, str))
