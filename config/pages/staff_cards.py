"""The cards of the staff overview, each made of whole groups of one release."""

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.customers.queries import bank_profile
from analytics import charts, formats
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, percent_of
from analytics.releases import queries as releases
from analytics.releases.models import StaffGroup, StaffRelease
from analytics.releases.queries import StaffSlice
from analytics.segments.models import Move, SegmentProfile
from config.nightly import TITLES
from config.pages.staff_filter import StaffFilter, staff_slice
from transactions import periods
from transactions.models import Category

KPIS = ("income", "expenses", "net", "savings_rate")
TREND_MONTHS = 12
SHOWN_CATEGORIES = 6


@dataclass(frozen=True)
class StaffView:
    """One request's slice, with the groups of the twelve months up to it and the segments, read once."""

    release: StaffRelease
    slice: StaffSlice
    year: StaffSlice
    groups: list[StaffGroup]
    profiles: list[SegmentProfile]
    locale: str

    @classmethod
    def of(cls, form: StaffFilter) -> "StaffView":
        slice = staff_slice(form, form.release)
        start = min(slice.start, periods.add_months(slice.end, 1 - TREND_MONTHS))
        year = StaffSlice(
            start, slice.end, slice.currency, slice.category, slice.branch, slice.segment
        )
        groups = [group for group in form.groups if start <= group.month <= slice.end]
        return cls(form.release, slice, year, groups, form.profiles, bank_profile().locale)

    def figure(self, name: str, slice: StaffSlice | None = None) -> Figure:
        return releases.figure(self.groups, slice or self.slice, name)

    def html(self, figure: Figure, *, signed: bool = False) -> SafeString:
        return formats.figure_html(figure, self.locale, signed=signed)


def kpis(view: StaffView) -> list[charts.Kpi]:
    """Income, expenses, net and savings rate of all customers in the slice, against the month before."""
    before = view.slice.in_month(periods.add_months(view.slice.start, -1))
    made = []
    for name in KPIS:
        now, then = view.figure(name), view.figure(name, before)
        months = [view.figure(name, view.year.in_month(m)).value for m in view.year.months()]
        # Groups hold whole months, so a month that is not over has nothing alike to be measured against.
        change = None if _is_running(view) else _sign(now.value, then.value)
        made.append(
            charts.Kpi(
                label=_so_far(view, str(METRICS[name].label)),
                figure=now,
                note=_against(view, then),
                trend={1: "up", -1: "down", 0: "same"}.get(change, ""),  # type: ignore[arg-type]
                change=change or 0,
                spark=charts.sparkline(months, partial=_is_running(view)),
            )
        )
    return made


def _so_far(view: StaffView, label: str) -> str:
    if not _is_running(view):
        return label
    return _("%(label)s so far") % {"label": label}


def _sign(now: Decimal | int | None, then: Decimal | int | None) -> int | None:
    if now is None or then is None:
        return None
    return (now > then) - (now < then)


def _against(view: StaffView, then: Figure) -> SafeString:
    month = periods.add_months(view.slice.start, -1)
    if then.value is None:
        return format_html("{}", _("Nothing to compare with."))
    if not _is_running(view):
        return format_html(_("{} in {}."), view.html(then), formats.month(month, view.locale))
    day = view.release.run.business_day
    return format_html(
        _("Day {} of {}; all of {}: {}."),
        day.day,
        monthrange(day.year, day.month)[1],
        formats.month(month, view.locale, year=False),
        view.html(then),
    )


def _is_running(view: StaffView) -> bool:
    day = view.release.run.business_day
    return (view.slice.end.year, view.slice.end.month) == (day.year, day.month)


def trend(view: StaffView) -> charts.Chart:
    day = view.release.run.business_day
    rows = []
    for month in view.year.months():
        part = view.year.in_month(month)
        running = (month.year, month.month) == (day.year, day.month)
        rows.append(
            charts.MonthRow(
                month,
                view.figure("income", part),
                view.figure("expenses", part),
                view.figure("net", part),
                through=day if running else None,
            )
        )
    total = charts.MonthTotal(
        *(view.figure(name, view.year) for name in ("income", "expenses", "net"))
    )
    sentence = format_html(
        _("Customers kept {} of {} that came in."), view.html(total.net), view.html(total.income)
    )
    return charts.in_and_out(
        rows,
        total,
        id="trend",
        question=_("Money in and out, all customers"),
        sentence=sentence,
        locale=view.locale,
        csv_url=f"/staff/trend.csv?{view.slice.query()}",
        rows_url=total.net.trace or "",
    )


def categories(view: StaffView) -> charts.Chart | None:
    """Where customers' money went, first-level categories; what is pooled over several stands last."""
    found = releases.split(view.groups, view.slice, "category", "expenses")
    names = dict(
        Category.objects.of_bank()
        .filter(pk__in=[k for k, _g in found if k])
        .values_list("pk", "name")
    )
    total = view.figure("expenses")
    lines = []
    for key, groups in found:
        amount = _of_groups(groups, view)
        if amount > 0:
            lines.append((key, names.get(int(key), "") if key else "", amount))
    if not lines or not total.value:
        return None
    named = sorted((x for x in lines if x[0]), key=lambda x: -x[2])
    rows = [
        _category_row(view, name, key, amount, total)
        for key, name, amount in named[:SHOWN_CATEGORIES]
    ]
    rest = Decimal(total.value) - sum((Decimal(r.spent.value or 0) for r in rows), Decimal(0))
    if rest:
        rows.append(
            charts.CategoryRow(
                _("All else, pooled"),
                Figure(rest, "money", view.slice.currency, metric="rest_of_expenses",
                       trace=f"{releases.GROUPS_PATH}?{view.slice.query(metric='expenses')}"),
                _share(rest, total, view),
            )
        )  # fmt: skip
    top = rows[0]
    return charts.where_it_went(
        rows,
        total,
        id="categories",
        question=_("Where it went"),
        sentence=format_html(_("{} took the most, {}."), top.name, view.html(top.spent)),
        locale=view.locale,
        csv_url=f"/staff/categories.csv?{view.slice.query()}",
        rows_url=total.trace or "",
    )


def _of_groups(groups: list[StaffGroup], view: StaffView) -> Decimal:
    found = (releases.contribution(group, METRICS["expenses"]) for group in groups)
    return sum((part for part in found if part is not None), Decimal(0))


def _category_row(
    view: StaffView, name: str, key: int | str | None, amount: Decimal, total: Figure
) -> charts.CategoryRow:
    spent = view.figure("expenses", replace(view.slice, category=int(key or 0)))
    return charts.CategoryRow(name, spent, _share(Decimal(spent.value or 0), total, view))


def _share(amount: Decimal, total: Figure, view: StaffView) -> Figure | None:
    if not total.value or total.value <= 0:
        return None
    trace = f"{releases.GROUPS_PATH}?{view.slice.query(metric='expenses')}"
    share = percent_of(amount, Decimal(total.value))
    return Figure(share, "percent", metric="share_of_group_total", trace=trace)


@dataclass(frozen=True)
class People:
    """How many customers the release is of, and the segments they are in, small ones pooled."""

    customers: int
    active: int
    segments: list[tuple[str, int, str]]  # name, customers, the page of this segment alone
    several: int


def people(view: StaffView) -> People:
    shown, several = _shown_segments(view)
    here = replace(view.slice, segment=None)
    rows = [
        (p.name, p.customers, f"/staff/?{_page_query(replace(here, segment=p.segment_id))}")
        for p in view.profiles
        if str(p.segment_id) in shown
    ]
    return People(view.release.customers, view.release.active_customers, rows, several)


def _page_query(slice: StaffSlice) -> str:
    """A slice of one month as the page's own filter says it."""
    said = {"month": f"{slice.end:%Y-%m}", "currency": slice.currency, "branch": slice.branch}
    said["segment"] = None if slice.segment is None else str(slice.segment)
    return urlencode({name: value for name, value in said.items() if value is not None})


def _shown_segments(view: StaffView) -> tuple[dict[str, int], int]:
    counts = {str(p.segment_id): p.customers for p in view.profiles}
    return releases.pooled(counts, view.release.k)


def segments(view: StaffView) -> charts.Table | None:
    """The segments of the release's run, groups under k pooled; spending as staff figures."""
    run, profiles = view.release.run, view.profiles
    if not profiles:
        return None
    shown, several = _shown_segments(view)
    moves = Move.objects.filter(run=run).values_list("new_id", "old_id")
    arrived, left = Counter(n for n, _o in moves), Counter(o for _n, o in moves)
    rows = []
    for p in profiles:
        if str(p.segment_id) not in shown:
            continue
        part = replace(view.slice, segment=p.segment_id)
        rows.append(
            charts.Row([
                p.name, p.description, p.customers, _apart(view, part),
                _few(arrived[p.segment_id], view.release.k), _few(left[p.segment_id], view.release.k),
            ])
        )  # fmt: skip
    if several:
        rows.append(charts.Row([_("Several, pooled"), "", several, None, None, None]))
    head = [
        charts.Column(_("Segment"), card="main"),
        charts.Column(_("What sets it apart"), card="wide"),
        charts.Column(_("Customers"), numeric=True),
        charts.Column(_("Expenses"), numeric=True, card="num"),
        charts.Column(_("Came"), numeric=True),
        charts.Column(_("Left"), numeric=True),
    ]
    return charts.Table(_("Segments of the last night"), head, rows)


def _apart(view: StaffView, part: StaffSlice) -> Figure | str:
    """A part's expenses; a word where all its lines are pooled with others'."""
    if any(part.holds(group) for group in view.groups):
        return view.figure("expenses", part)
    return _("pooled")


def _few(count: int, k: int) -> int | str:
    return count if count == 0 or count >= k else _("< %(k)d") % {"k": k}


def night(view: StaffView) -> charts.Table:
    """The steps of the run behind this page and how long each took."""
    steps = list(view.release.run.steps.all())
    rows = [
        charts.Row([TITLES.get(s.name, s.name), _seconds(s.milliseconds), s.count, s.note])
        for s in steps
    ]
    total = sum(s.milliseconds for s in steps)
    return charts.Table(
        _("Steps of the last night"),
        [
            charts.Column(_("Step"), card="main"),
            charts.Column(_("Took"), numeric=True, card="num"),
            charts.Column(_("Made"), numeric=True),
            charts.Column(_("Note")),
        ],
        rows,
        charts.Row([_("All steps"), _seconds(total), None, None]),
    )


def _seconds(milliseconds: int) -> str:
    return _("%(n).1f s") % {"n": milliseconds / 1000}


def notes(view: StaffView) -> list[str]:
    """What the figures leave out, in words."""
    release, found = view.release, []
    cells = sum(w["leaves"] for w in release.withheld if w["currency"] == view.slice.currency)
    if cells:
        found.append(
            ngettext(
                "%(n)d cell is in no total, because fewer than %(k)d customers are in it.",
                "%(n)d cells are in no total, because fewer than %(k)d customers are in each.",
                cells,
            )
            % {"n": cells, "k": release.k}
        )
    if release.waiting:
        found.append(
            ngettext(
                "%(n)d changed line waits until enough customers changed.",
                "%(n)d changed lines wait until enough customers changed.",
                release.waiting,
            )
            % {"n": release.waiting}
        )
    others = sorted({w["currency"] for w in release.withheld} - {view.slice.currency})
    if others:
        found.append(
            _("Not included: accounts in %(currencies)s.") % {"currencies": ", ".join(others)}
        )
    return found


def group_table(view: StaffView, metric: str) -> charts.Table:
    """The groups a sum is made of; their last column adds up to the figure."""
    found = [
        (group, releases.contribution(group, METRICS[metric]))
        for group in view.groups
        if view.slice.holds(group)
    ]
    kept = [(group, part) for group, part in found if part]
    names = dict(Category.objects.of_bank().values_list("pk", "name"))
    profiles = {profile.segment_id: profile.name for profile in view.profiles}
    several = _("several")

    def word(group: StaffGroup, dimension: str) -> str:
        value = releases.value_of(group, dimension)
        if value is None:
            return several
        if dimension == "branch":
            return str(value) or _("no branch")
        words = names if dimension == "category" else profiles
        return words.get(int(value), _("none"))

    rows = [
        charts.Row([
            formats.month(group.month, view.locale), word(group, "category"), word(group, "branch"),
            word(group, "segment"), group.customers, group.lines,
            charts.Amount(part, group.currency),
        ])
        for group, part in kept
    ]  # fmt: skip
    total = sum((part for _group, part in kept), Decimal(0))
    return charts.Table(
        _("Groups of at least %(k)d customers") % {"k": view.release.k},
        [
            charts.Column(_("Month"), card="main"),
            charts.Column(_("Category")),
            charts.Column(_("Branch")),
            charts.Column(_("Segment")),
            charts.Column(_("Customers"), numeric=True),
            charts.Column(_("Lines"), numeric=True),
            charts.Column(_("Amount"), numeric=True, card="num"),
        ],
        rows,
        charts.Row(
            [_("All"), None, None, None, None, None, charts.Amount(total, view.slice.currency)]
        ),
    )
