"""What the overview is made of: the filter's slice, its months, the days to compare with, all read once."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _

from analytics import formats
from analytics.budgets import queries as budgets
from analytics.forecasts import queries as forecasts
from analytics.metrics import breakdowns
from analytics.metrics import cells as reading
from analytics.metrics.breakdowns import CategoryShare
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, Facts, Row, figure_of, figures
from analytics.nights.models import Run
from analytics.segments import queries as segments
from config.pages.customer_scope import View
from transactions import periods
from transactions.flows import Cell
from transactions.forms import YEAR, Period, SliceFilter, months_offered, read_period, with_days
from transactions.queries import lines
from transactions.slice_parsing import BadSlice, read_slice
from transactions.slices import EARLIEST, LATEST, Slice

TREND_MONTHS = 12
# A longer period would draw more months than a page can show.
LONGEST_DAYS = 3660


def overview_filter(view: View, params: QueryDict) -> tuple[SliceFilter, Slice | None]:
    """The filter's form, and the slice it names; None where something named can't be read."""
    first, end = periods.this_month(view.today)
    running = Period(f"{first:%Y-%m}", first, end)
    fault: BadSlice | None = None
    period = running
    chosen: Slice | None = None
    try:
        period = read_period(params, view.today, running)
        chosen = read_slice(
            with_days(params, period), view.customer, door=view.door, start=first, end=end,
            reach=view.reach,
        )  # fmt: skip
        if (chosen.end - chosen.start).days > LONGEST_DAYS:
            raise BadSlice({"start_date": _("Choose at most ten years.")})
        chosen = replace(chosen, text="", within=(), month_start=1, rated="")
    except BadSlice as error:
        fault, chosen = error, None
    form = SliceFilter(
        params, reach=view.reach, period=period, periods_offered=offered(view, period)
    )
    if fault:
        form.mark(fault)
    return form, chosen


def offered(view: View, chosen: Period | None = None) -> list[tuple[str, str]]:
    """The periods of the list: the running month, the last twelve months, the months before.

    A month that is `chosen` and not among them stands at the end, by its name.
    """
    months = months_offered(view.today)
    if chosen and chosen.start and chosen.key != YEAR and chosen.start not in months:
        months = [*months, chosen.start]
    named = [(f"{m:%Y-%m}", formats.month(m, view.locale)) for m in months]
    return [*named[:1], (YEAR, _("Last 12 months")), *named[1:]]


@dataclass(frozen=True)
class Reading:
    """One request's slice; each read is done when a card first asks, and kept."""

    view: View
    slice: Slice

    @property
    def is_running(self) -> bool:
        """Whether days of the period are still to come."""
        return self.slice.start <= self.view.today < self.slice.last_day

    @cached_property
    def before(self) -> Slice:
        """What to compare with: the period before, as far as this one has come."""
        whole = self.slice.before()
        if not self.is_running:
            return whole
        today = self.view.today
        if not periods.is_whole_months(self.slice.start, self.slice.end):
            return whole.over(whole.start, whole.start + (today - self.slice.start) + timedelta(1))
        months = len(self.slice.months())
        first = periods.add_months(periods.month_of(today), -months)
        end = min(first + timedelta(days=today.day), periods.add_months(first, 1))
        return whole.over(whole.start, end)

    @cached_property
    def year(self) -> Slice:
        """The twelve months up to the period's last, the running one at most; longer for a longer period."""
        last = periods.month_of(min(self.slice.last_day, max(self.view.today, self.slice.start)))
        end = periods.add_months(last, 1)
        first = min(periods.add_months(end, -TREND_MONTHS), periods.month_of(self.slice.start))
        return self.slice.over(first, end)

    @cached_property
    def year_cells(self) -> list[Cell]:
        return reading.cells(self.year, ("month", "category"))

    @cached_property
    def _both(self) -> tuple[list[Cell], list[Cell]]:
        now = (self.slice.start, self.slice.end)
        then = (self.before.start, self.before.end)
        found = reading.cells_of_periods(self.slice, [now, then], ("category",))
        return found[now], found[then]

    @property
    def cells(self) -> list[Cell]:
        return self._both[0]

    @property
    def cells_before(self) -> list[Cell]:
        return self._both[1]

    @cached_property
    def trend(self) -> list[Row]:
        return breakdowns.trend(self.year, door=self.view.door, cells=self.year_cells)

    @cached_property
    def shares(self) -> list[CategoryShare]:
        return breakdowns.expense_categories(
            self.slice, door=self.view.door, cells=self.cells, refs=self.view.reach.refs
        )

    @cached_property
    def plans(self) -> list[budgets.PlannedMonth]:
        return budgets.planned(self.slice)

    @cached_property
    def night(self) -> tuple[Run | None, segments.OwnSegment | None]:
        return segments.night_and_segment(self.view.customer.pk)

    @cached_property
    def ahead(self) -> dict[str, forecasts.Issued]:
        return forecasts.issued(self.view.customer.pk, self.slice.currency)

    def figure(self, name: str) -> Figure:
        return figures(self.slice, [name], door=self.view.door, cells=self.cells)[0][name]

    def figure_before(self, name: str) -> Figure:
        return figures(self.before, [name], door=self.view.door, cells=self.cells_before)[0][name]

    def figure_of_year(self, name: str) -> Figure:
        return figures(self.year, [name], door=self.view.door, cells=self.year_cells)[0][name]

    def made(self, name: str, part: Slice, found: list[Cell]) -> Figure:
        """A figure of a part of the slice from cells already read, budgets included."""
        taken = [c for c in found if c.currency == part.currency]
        chosen = {c.pk for c in part.categories}
        plans = [p for p in self.plans if {p.category.pk, p.category.root} & chosen]
        metric = METRICS[name]
        return figure_of(metric, Facts(part, taken, plans).value(name), part, self.view.door)

    @property
    def words(self) -> str:
        """The period in words: "June 2026"."""
        return formats.period(self.slice.start, self.slice.end, self.view.locale)

    @property
    def words_before(self) -> str:
        return formats.period(self.before.start, self.before.end, self.view.locale)

    @property
    def is_narrowed(self) -> bool:
        """Whether the filter names accounts or categories."""
        return bool(self.slice.accounts or self.slice.categories)

    def last_day_with_lines(self, *, narrowed: bool = True) -> date | None:
        """The day of the last posted line of the filter's accounts and categories (of all where not
        `narrowed`), whatever its day; None = there is none at all."""
        every = self.slice.over(EARLIEST, LATEST)
        if not narrowed:
            every = replace(every, accounts=(), categories=())
        found = lines(every).posted().order_by("-booked_on")
        return found.values_list("booked_on", flat=True).first()
