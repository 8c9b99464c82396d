"""One partition of the leaves into groups that are safe to show.

Because every figure is a sum of whole groups of one partition, no combination of figures can cut a
group apart. Suppressing small cells table by table can't promise that.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from analytics.releases.calc.groups import Rules
from analytics.releases.calc.lines import Leaf, Lines, Shares


@dataclass(frozen=True)
class Partition:
    """Groups of leaves, each safe to show, and the leaves that fit in none.

    Attributes
    ----------
    groups : tuple of tuple of Leaf
        Sorted; no leaf twice.
    withheld : tuple of Leaf
        In no group and in no total.
    """

    groups: tuple[tuple[Leaf, ...], ...]
    withheld: tuple[Leaf, ...]


def partition(lines: Lines, rules: Rules, leaves: Iterable[Leaf] | None = None) -> Partition:
    """Pool small or dominated leaves until every group may be shown.

    Parameters
    ----------
    lines : Lines
    rules : Rules
    leaves : iterable of Leaf, optional
        Only these; all that have lines when not given.

    Returns
    -------
    Partition
        Per month, currency and kind, never across them: a leaf that is safe alone stays alone; the
        others are pooled inside their category and branch, what is left inside their category,
        joining its smallest neighbour when still not safe, then the same inside the kind. What even
        the whole kind cannot make safe is withheld. Row order does not matter.
    """
    chosen = sorted(lines.leaves if leaves is None else set(leaves))
    groups: list[tuple[Leaf, ...]] = []
    withheld: list[Leaf] = []
    for _, part in groupby(chosen, key=lambda leaf: leaf[:3]):
        found, left = _partition_kind(lines, rules, list(part))
        groups += found
        withheld += left
    return Partition(tuple(sorted(groups)), tuple(sorted(withheld)))


class _Pool:
    """Leaves that are together for now, with what their customers have in them."""

    def __init__(self, lines: Lines, leaves: Sequence[Leaf]) -> None:
        self.leaves = tuple(sorted(leaves))
        self.shares: Shares = lines.shares(self.leaves)

    @property
    def volume(self) -> int:
        return int(self.shares.volume.sum())


def _partition_kind(
    lines: Lines, rules: Rules, leaves: list[Leaf]
) -> tuple[list[tuple[Leaf, ...]], list[Leaf]]:
    kind = leaves[0].kind

    def safe(pool: _Pool) -> bool:
        return rules.allows(pool.shares, kind)

    alone = [_Pool(lines, [leaf]) for leaf in leaves]
    groups = [pool for pool in alone if safe(pool)]
    left = [pool.leaves[0] for pool in alone if not safe(pool)]
    levels: tuple[tuple[Callable[[Leaf], Hashable], bool], ...] = (
        (lambda leaf: (leaf.category, leaf.branch), False),
        (lambda leaf: leaf.category, True),
        (lambda leaf: leaf.kind, True),
    )
    for place, join in levels:
        still: list[Leaf] = []
        for key in dict.fromkeys(map(place, left)):
            pool = _Pool(lines, [leaf for leaf in left if place(leaf) == key])
            if not safe(pool) and join:
                near = [one for one in groups if all(place(leaf) == key for leaf in one.leaves)]
                joined, used = _join(lines, pool, near, safe)
                if joined is not None:
                    pool = joined
                    groups = [one for one in groups if one not in used]
            if safe(pool):
                groups.append(pool)
            else:
                still += pool.leaves
        left = still
    return [pool.leaves for pool in groups], left


def _join(
    lines: Lines, pool: _Pool, neighbours: list[_Pool], safe: Callable[[_Pool], bool]
) -> tuple[_Pool | None, list[_Pool]]:
    """The pool with the smallest neighbour that makes it safe, with several when one is not enough.

    Neighbours are only used up when the outcome is safe.
    """
    used: list[_Pool] = []
    left = sorted(neighbours, key=lambda one: (len(one.shares), one.leaves))
    while left:
        for one in left:
            tried = _Pool(lines, pool.leaves + one.leaves)
            if safe(tried):
                return tried, [*used, one]
        # Only a dominated pool needs more than one: the most money dilutes it soonest.
        largest = max(left, key=lambda one: (one.volume, one.leaves))
        pool = _Pool(lines, pool.leaves + largest.leaves)
        used.append(largest)
        left.remove(largest)
    return None, []
