"""Groups of at least k customers, what of them is shown, and how they add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from analytics.releases.calc.lines import Leaf, Shares

K = 10
DOMINANCE_PCT = 80
UNCATEGORISED = "uncategorised"
# Income and expenses need in and out apart for these kinds; for the others their sum is enough.
TWO_SIDED = frozenset({UNCATEGORISED})
DIMENSIONS = ("month", "currency", "kind", "category", "branch", "segment")


@dataclass(frozen=True)
class Rules:
    """What makes a group safe to show.

    Attributes
    ----------
    k : int, >= 2
        Fewest customers behind anything that can be worked out from the figures.
    dominance_pct : int, 1-100
        Largest part of a group's in + |out| that one customer may hold.
    """

    k: int = K
    dominance_pct: int = DOMINANCE_PCT

    def __post_init__(self) -> None:
        if self.k < 2 or not 1 <= self.dominance_pct <= 100:
            raise ValueError("k is at least 2, dominance a percentage from 1 to 100.")

    def dominated(self, held: Shares) -> bool:
        """True when one customer holds more than the allowed part of in + |out|."""
        if len(held) == 0:
            return False
        volume = held.volume
        return int(volume.max()) * 100 > int(volume.sum()) * self.dominance_pct

    def allows(self, held: Shares, kind: str) -> bool:
        """True when leaves of this kind may be shown as one group."""
        if len(held) < self.k or self.dominated(held):
            return False
        sides = (held.money_in, held.money_out) if kind in TWO_SIDED else ()
        return not any(0 < np.count_nonzero(side) < self.k for side in sides)


@dataclass(frozen=True)
class Figures:
    """What a release shows of a group.

    Attributes
    ----------
    customers : int
        At least k.
    lines : int
    net : int
        In + out in units.
    money_in, money_out : int or None
        Units, >= 0 and <= 0; None where only their sum may be shown, because fewer than k customers
        are behind one of the two (say, the only refund of a category).
    """

    customers: int
    lines: int
    net: int
    money_in: int | None
    money_out: int | None


@dataclass(frozen=True)
class Group:
    """Leaves that are shown only together, for the whole of their month.

    Attributes
    ----------
    leaves : tuple of Leaf
        Sorted; one month, currency and kind.
    figures : Figures, optional
        None while the group only waits for its k customers.
    changed_in : int
        Number of the release that last changed its figures; 0 while waiting.
    """

    leaves: tuple[Leaf, ...]
    figures: Figures | None = None
    changed_in: int = 0

    @property
    def month(self) -> date:
        """First day of its month."""
        return self.leaves[0].month

    @property
    def currency(self) -> str:
        """Its one currency."""
        return self.leaves[0].currency

    @property
    def kind(self) -> str:
        """Its one kind."""
        return self.leaves[0].kind

    @property
    def shown(self) -> bool:
        """True once a release has shown it."""
        return self.figures is not None

    def value(self, dimension: str) -> Any:
        """Its month, currency, kind, category, branch or segment; None when it spans several.

        Raises
        ------
        ValueError
            If there is no such dimension.
        """
        if dimension not in DIMENSIONS:
            raise ValueError(f"Staff figures have no dimension {dimension!r}.")
        values = {getattr(leaf, dimension) for leaf in self.leaves}
        return values.pop() if len(values) == 1 else None


@dataclass(frozen=True)
class SplitLine:
    """The groups of one value of a dimension, added up.

    Attributes
    ----------
    key : month, text, id or None
        The value; None is the line "several": groups that span more than one.
    net, lines : int
        Units and lines.
    money_in, money_out : int or None
        Units; None when a group in it does not show them apart.
    groups : tuple of Group
        What the line is the sum of.
    """

    key: Any
    net: int
    lines: int
    money_in: int | None
    money_out: int | None
    groups: tuple[Group, ...]


def add_up(groups: Sequence[Group], key: Any = None) -> SplitLine:
    """The sum of shown groups; ValueError when they are in more than one currency."""
    if len({group.currency for group in groups}) > 1:
        raise ValueError("Two currencies are never added.")
    shown = [group.figures for group in groups if group.figures]
    ins, outs = [one.money_in for one in shown], [one.money_out for one in shown]
    return SplitLine(
        key,
        sum(one.net for one in shown),
        sum(one.lines for one in shown),
        None if None in ins else sum(part or 0 for part in ins),
        None if None in outs else sum(part or 0 for part in outs),
        tuple(group for group in groups if group.shown),
    )


def within(groups: Iterable[Group], **wanted: Any) -> list[Group]:
    """The shown groups that lie wholly inside a filter.

    Parameters
    ----------
    groups : iterable of Group
    **wanted
        Dimension = value, or a tuple of values of which any will do.

    Returns
    -------
    list of Group
        A group that spans more than the filter allows is in none of its parts, only in the total.

    Raises
    ------
    ValueError
        If there is no such dimension.
    """
    unknown = set(wanted) - set(DIMENSIONS)
    if unknown:
        raise ValueError(f"Staff figures have no dimension {min(unknown)!r}.")
    allowed = {name: set(v) if isinstance(v, tuple) else {v} for name, v in wanted.items()}
    return [
        group
        for group in groups
        if group.shown
        and all(
            getattr(leaf, name) in values
            for leaf in group.leaves
            for name, values in allowed.items()
        )
    ]


def split(groups: Iterable[Group], dimension: str) -> list[SplitLine]:
    """Shown groups by one dimension; the lines add up to the total of all of them.

    Parameters
    ----------
    groups : iterable of Group
        Of one currency, unless split by currency.
    dimension : str
        One of month, currency, kind, category, branch, segment.

    Returns
    -------
    list of SplitLine
        Ascending by value; the line "several" (key None), if any, last.

    Raises
    ------
    ValueError
        If there is no such dimension or two currencies would be added.
    """
    found: dict[Any, list[Group]] = {}
    for group in groups:
        if group.shown:
            found.setdefault(group.value(dimension), []).append(group)
    keys = sorted(key for key in found if key is not None)
    lines = [add_up(found[key], key) for key in keys]
    return lines + ([add_up(found[None])] if None in found else [])
