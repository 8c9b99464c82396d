"""What the list of a customer's lines shows: rows by day, the sums of the filter, each as a figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.customers.queries import bank_profile
from analytics import formats
from analytics.metrics import breakdowns
from analytics.metrics import cells as reading
from analytics.metrics.breakdowns import Excluded, Included
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, figures
from config.pages.customer_scope import View
from config.pages.overview_reading import offered
from transactions import queries
from transactions.flows import FLOWS, Flow
from transactions.forms import ListFilter, Period, read_period, with_days
from transactions.merchants import queries as merchants
from transactions.merchants.queries import Named
from transactions.models import Transaction
from transactions.rates.conversion import Converted
from transactions.rows.running import Running, running
from transactions.rules.decisions import is_named
from transactions.slice_parsing import BadSlice, read_slice
from transactions.slices import CategoryRef, Slice

PAGE = 50
PENDING_SHOWN = 100
ALL = "all"
SUMS = ("count", "income", "expenses", "net", "money_in", "money_out")
# How many lines a sum is of, where the registry counts them.
COUNTS = {
    "income": "income_count", "expenses": "expense_count", "count": "count", "moved": "count",
}  # fmt: skip
HUES = 7


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    public_id: str
    url: str
    name: str
    account: str
    amount: Decimal
    currency: str
    category: CategoryRef
    root: CategoryRef
    hue: int
    version: int
    is_pending: bool
    origin: str = ""
    tags: list[str] = field(default_factory=list)
    note: str = ""
    is_part: bool = False
    after: Decimal | None = None
    converted: Converted | None = None


@dataclass(frozen=True)
class Day:
    """The posted lines of one day that this page holds, and the figure of all that day has."""

    day: date
    name: str
    figure: Figure | None
    rows: list[Row]

    @property
    def key(self) -> str:
        return f"d{self.day:%Y-%m-%d}"


@dataclass(frozen=True)
class Listing:
    """One page of the list under one filter."""

    slice: Slice
    pending: list[Row]
    days: list[Day]
    next_cursor: str | None
    shown: int
    # Where the balances after each line start from; None where none is shown.
    balances: Running | None = None


@dataclass(frozen=True)
class ListReading:
    """One request's filter, read; `slice` is None where something named can't be read."""

    view: View
    form: ListFilter
    slice: Slice | None
    flow: Flow | None
    status: str
    cursor: str
    period: Period
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def chosen(self) -> Slice:
        assert self.slice
        return self.slice

    @cached_property
    def sums(self) -> dict[str, Figure]:
        """The figures of the sum line; with `metric=`, the promised figure and how many lines it is of."""
        names: tuple[str, ...] = SUMS
        if self.flow:
            names = tuple({self.flow.name, COUNTS.get(self.flow.name, self.flow.name)})
        elif self.status == Transaction.Status.PENDING:
            return {}
        row = figures(self.chosen, names, door=self.view.door, cells=self._cells)[0]
        return dict(row.figures)

    @cached_property
    def _cells(self) -> list[Any]:
        counts = bool(self.flow) and self.flow.name in ("income", "expenses")  # type: ignore[union-attr]
        return reading.cells(self.chosen, counts=counts)

    @property
    def promised(self) -> Figure | None:
        return self.sums[self.flow.name] if self.flow else None

    @property
    def promised_count(self) -> Figure | None:
        name = COUNTS.get(self.flow.name) if self.flow else None
        return self.sums[name] if name and name != self.flow.name else None  # type: ignore[union-attr]

    @property
    def promised_label(self) -> str:
        return str(METRICS[self.flow.name].label) if self.flow else ""

    @cached_property
    def excluded(self) -> list[Excluded]:
        if self.flow or self.status:
            return []
        return breakdowns.not_included(self.chosen, door=self.view.door, cells=self._cells)

    @cached_property
    def included(self) -> list[Included]:
        """Other currencies inside these sums, each with its rates."""
        if self.status or not self.chosen.convert:
            return []
        name = self.flow.name if self.flow and not METRICS[self.flow.name].counted else "net"
        return breakdowns.included(self.chosen, name, door=self.view.door)

    def listing(self) -> Listing:
        """The page's rows; pending ones stand apart, on the first page. Raises queries.BadCursor."""
        is_first = not (self.status or self.flow or self.cursor)
        found, next_cursor = queries.rows_of_page(
            self.chosen,
            accounts={a.pk: a for a in self.view.reach.accounts},
            refs=self.view.reach.refs,
            flow=self.flow,
            status=self.status or Transaction.Status.POSTED,
            limit=PAGE,
            cursor=self.cursor,
            pending=PENDING_SHOWN if is_first else 0,
            by=queries.conversion(self.chosen),
        )
        names = merchants.named_rows(self.view.customer.pk, found)
        waiting = [row for row in found if row["status"] == Transaction.Status.PENDING]
        found = [row for row in found if row["status"] != Transaction.Status.PENDING]
        balances = self._running(found)
        after = balances.after if balances else {}
        rows = [
            (row["booked_on"], row_of(self.view, row, names, after.get(row["id"]))) for row in found
        ]
        pending = [row_of(self.view, row, names) for row in waiting]
        by_day: dict[date, list[Row]] = {}
        for day, row in rows:
            by_day.setdefault(day, []).append(row)
        totals = self.day_figures(list(by_day))
        days = [
            Day(day, formats.day(day, self.view.locale, "full"), totals.get(day), held)
            for day, held in by_day.items()
        ]
        shown = len(rows) + len(pending)
        return Listing(self.chosen, pending, days, next_cursor, shown, balances)

    @property
    def has_running(self) -> bool:
        """Whether a balance can stand beside each line: one account, and no line between left out."""
        slice = self.chosen
        narrowed = slice.text or slice.tags or slice.categories or self.flow or self.status
        return not narrowed and len(slice.accounts or self.view.reach.accounts) == 1

    def _running(self, rows: list[dict[str, Any]]) -> Running | None:
        return running(rows[0]["account_id"], rows) if rows and self.has_running else None

    def day_figures(self, days: Sequence[date]) -> dict[date, Figure]:
        """What each day comes to under this filter; one query."""
        name = self.flow.name if self.flow and not METRICS[self.flow.name].counted else "net"
        spans = [(day, day + timedelta(days=1)) for day in days]
        found = reading.cells_of_periods(self.chosen, spans)
        made = {}
        for (day, end), cells in found.items():
            row = figures(self.chosen.over(day, end), [name], door=self.view.door, cells=cells)[0]
            made[day] = row[name]
        return made


def called(row: Transaction, named: Named) -> str:
    """What a line is called: as a rule says, else a name that somebody gave its merchant, else what the
    source says."""
    return _called(row.decision, row.counterparty, row.clean_text, named)


def _called(
    decision: Mapping[str, Any] | None, counterparty: str, clean_text: str, named: Named
) -> str:
    if is_named(decision):
        return clean_text
    return named.name if named.said_by != "text" else counterparty or clean_text


def shown_name(view: View, rows: Sequence[Transaction]) -> dict[int, str]:
    """`called` for lines that are read already, by key."""
    texts = {merchants.text_of(row.raw_text, row.counterparty) for row in rows}
    names = merchants.named(view.customer.pk, texts)
    return {
        row.pk: called(row, names[merchants.text_of(row.raw_text, row.counterparty)])
        for row in rows
    }


def row_of(
    view: View, row: dict[str, Any], names: Mapping[str, Named], after: Decimal | None = None
) -> Row:
    """A row of `queries.rows_of_page` as the list shows it; `after` the balance after it."""
    account = row["account"]
    category = view.reach.ref(row["category_id"])
    return Row(
        public_id=row["public_id"],
        url=reverse("transactions:detail", args=[row["public_id"]]) + view.words,
        name=_called(
            row["decision"],
            row["counterparty"],
            row["clean_text"],
            names[merchants.text_of(row["raw_text"], row["counterparty"])],
        ),
        account=str(account),
        amount=row["amount"],
        currency=account.currency,
        category=category,
        root=view.reach.root(row["category_id"]),
        hue=hue_of(view, row["category_id"]),
        version=row["version"],
        is_pending=row["status"] == Transaction.Status.PENDING,
        origin=row["category_origin"],
        tags=row["tags"],
        note=row["note"],
        is_part=row["parent_id"] is not None,
        after=after,
        converted=row.get("converted"),
    )


def hue_of(view: View, category_id: int | None) -> int:
    """A first level's colour: the bank's first six have one of their own, all others share the last."""
    root = view.reach.root(category_id)
    order = [ref.pk for ref in view.reach.first_levels() if ref.kind == "expense"]
    place = order.index(root.pk) + 1 if root.pk in order else HUES
    return min(place, HUES)


def read_list(view: View, params: QueryDict) -> ListReading:
    """The list's filter as an address names it; faults stand on the form."""
    period, everything = Period(ALL), Period(ALL)
    slice: Slice | None = None
    faults: dict[str, str] = {}
    try:
        period = read_period(params, view.today, everything)
    except BadSlice as error:
        faults |= error.fields
    metric, status = params.get("metric", ""), params.get("status", "")
    if metric and metric not in FLOWS:
        faults["metric"] = _("There are no rows behind “%(name)s”.") % {"name": metric[:40]}
    if status and status not in Transaction.LISTED:
        faults["status"] = _("Choose posted or pending.")
        status = ""
    try:
        slice = read_slice(
            with_days(params, period), view.customer, door=view.door, reach=view.reach
        )
    except BadSlice as error:
        faults |= error.fields
    if slice and period.key == "days":
        period = _named_period(slice) or period
    form = ListFilter(
        params,
        reach=view.reach,
        period=period,
        periods_offered=[(ALL, _("All days")), *offered(view)],
    )
    if faults:
        form.mark(BadSlice(faults))
    return ListReading(
        view=view, form=form, slice=None if faults else slice, flow=FLOWS.get(metric), status=status,
        cursor=params.get("cursor", ""), period=period, faults=faults,
    )  # fmt: skip


def _named_period(slice: Slice) -> Period | None:
    """Own days that are a calendar month are named as one, so that the list of periods shows it."""
    months = slice.months() if slice.is_bounded else []
    if len(months) != 1 or not slice.start.day == slice.end.day == 1:
        return None
    return Period(f"{slice.start:%Y-%m}", slice.start, slice.end)


def chips(found: ListReading) -> list[tuple[str, str]]:
    """What is filtered now, in words."""
    slice, view = found.chosen, found.view
    words: dict[str, str] = {}
    if slice.is_bounded:
        words["period"] = formats.period(slice.start, slice.end, view.locale)
    elif found.period.key != ALL:
        words["period"] = _("Own days")
    if slice.accounts:
        words["account"] = ", ".join(a.name for a in slice.accounts)
    if slice.categories:
        names = [c.name for c in slice.categories]
        words["categories"] = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    if slice.tags:
        words["tag"] = ", ".join(t.name for t in slice.tags)
    if slice.text:
        words["q"] = f"“{slice.text}”"
    if slice.merchant:
        words["merchant"] = slice.merchant.name
    if found.status:
        words["status"] = str(Transaction.Status(found.status).label)
    if found.flow:
        words["metric"] = _("Behind: %(what)s") % {"what": found.promised_label}
    if slice.currency != view.reach.currency(slice.accounts):
        words["currency"] = slice.currency
    if slice.convert:
        words["convert"] = _("All currencies, in %(currency)s") % {"currency": slice.currency}
    if slice.rated:
        code = slice.rated.removeprefix("-")
        said = (
            _("without a rate to %(code)s") if code != slice.rated else _("with a rate to %(code)s")
        )
        words["rated"] = said % {"code": code}
    return found.form.chips({name: str(text) for name, text in words.items()})


def as_of(view: View) -> str:
    day = formats.day(view.today, view.locale, "full")
    return _("As of %(day)s, %(bank)s") % {"day": day, "bank": bank_profile().name}
