"""Staff figures: sums of whole groups of the published release, and nothing else.

The same metrics as the registry's, folded over groups instead of cells.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, Metric
from analytics.nights.queries import published_run
from analytics.releases.models import StaffGroup, StaffRelease
from transactions import periods

GROUPS_PATH = "/staff/groups/"
UNCATEGORISED = "uncategorised"
SEVERAL = None
DIMENSIONS = ("category", "branch", "segment")


@dataclass(frozen=True, slots=True)
class StaffSlice:
    """Whole months (first days, both inside), one currency, and dimensions of the release.

    A group counts under a filter only when all that is pooled in it lies inside; what spans more is in
    the total alone, as "several".
    """

    start: date
    end: date
    currency: str
    category: int | None = None
    branch: str | None = None
    segment: int | None = None

    def in_month(self, month: date) -> "StaffSlice":
        return replace(self, start=month, end=month)

    def query(self, **more: str) -> str:
        said = {"from": f"{self.start:%Y-%m}", "to": f"{self.end:%Y-%m}", "currency": self.currency}
        for name in DIMENSIONS:
            if getattr(self, name) is not None:
                said[name] = str(getattr(self, name))
        return urlencode(said | more)

    def months(self) -> list[date]:
        return periods.months_in(self.start, periods.add_months(self.end, 1))

    def holds(self, group: StaffGroup) -> bool:
        """Whether the whole group lies inside."""
        if group.currency != self.currency or not self.start <= group.month <= self.end:
            return False
        wanted = (self.category, self.branch, self.segment)
        return all(
            want is None or want == have
            for leaf in group.leaves
            for want, have in zip(wanted, leaf, strict=True)
        )


def published_release() -> StaffRelease | None:
    """The release of the run that pages show, with its run."""
    run = published_run()
    release = StaffRelease.objects.filter(run=run).defer("packed").first() if run else None
    if release and run:
        release.run = run
    return release


def groups_of(release: StaffRelease) -> list[StaffGroup]:
    """All groups of the release, in one query: its two years at most."""
    return list(StaffGroup.objects.filter(release=release).order_by("id"))


def value_of(group: StaffGroup, dimension: str) -> int | str | None:
    """The group's one category, branch or segment; None = several."""
    place = DIMENSIONS.index(dimension)
    values = {leaf[place] for leaf in group.leaves}
    return values.pop() if len(values) == 1 else SEVERAL


def contribution(group: StaffGroup, metric: Metric) -> Decimal | None:
    """What one group adds to a sum; None where it may not be shown apart."""
    flow = metric.flow
    assert flow
    if group.kind == flow.kind:
        return Decimal(flow.sign * group.net)
    if group.kind != UNCATEGORISED:
        return Decimal(0)
    side = {1: group.money_in, -1: group.money_out, 0: group.net}[flow.direction]
    return None if side is None else Decimal(flow.sign * side)


def figure(groups: Iterable[StaffGroup], slice: StaffSlice, name: str) -> Figure:
    """One staff figure with its trace: the table of groups it is the sum of, or its parts."""
    metric = METRICS[name]
    inside = [group for group in groups if slice.holds(group)]
    value = _value(inside, metric, slice.currency)
    return Figure(
        value=value,
        unit=metric.unit,
        currency=slice.currency if metric.unit == "money" else None,
        trace=f"{GROUPS_PATH}?{slice.query(metric=name)}",
        direction=metric.direction,
        metric=name,
        note=str(metric.nothing) if value is None else "",
    )


def figures(
    groups: Collection[StaffGroup], slice: StaffSlice, names: Collection[str]
) -> dict[str, Figure]:
    return {name: figure(groups, slice, name) for name in names}


def parts(groups: Collection[StaffGroup], slice: StaffSlice, name: str) -> list[Figure]:
    """What a derived figure is made of."""
    return [figure(groups, slice, part) for part in METRICS[name].parts]


def _value(inside: list[StaffGroup], metric: Metric, currency: str) -> Decimal | None:
    if metric.flow:
        found = (contribution(group, metric) for group in inside)
        return sum((part for part in found if part is not None), Decimal(0))
    assert metric.combine
    values = [_value(inside, METRICS[part], currency) for part in metric.parts]
    made = metric.combine(*values, currency)
    return None if made is None else Decimal(made)


def split(
    groups: Iterable[StaffGroup], slice: StaffSlice, dimension: str, name: str
) -> list[tuple[int | str | None, list[StaffGroup]]]:
    """The slice's groups that add to a metric, by one dimension; "several" (None) last.

    The lines add up to the figure of the whole slice.
    """
    found: dict[int | str | None, list[StaffGroup]] = {}
    for group in groups:
        if slice.holds(group) and contribution(group, METRICS[name]):
            found.setdefault(value_of(group, dimension), []).append(group)
    return sorted(found.items(), key=lambda pair: (pair[0] is SEVERAL, str(pair[0])))


def pooled(counts: dict[str, int], k: int) -> tuple[dict[str, int], int]:
    """Counts of people by name, those under k pooled as "several": (shown, several).

    The smallest shown one joins when the pool alone would still be under k, so that no name's count
    follows from the total.
    """
    shown = {name: n for name, n in counts.items() if n >= k}
    several = sum(n for n in counts.values() if n < k)
    while 0 < several < k and shown:
        smallest = min(shown, key=lambda name: (shown[name], name))
        several += shown.pop(smallest)
    return shown, several
