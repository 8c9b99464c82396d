"""From one release to the next: which groups there are and what they show."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.releases.calc.atoms import (
    NOWHERE,
    Atoms,
    figures_of,
    no_atoms,
    part_sides,
    settle,
)
from analytics.releases.calc.groups import Group, Rules
from analytics.releases.calc.lines import Leaf, Lines
from analytics.releases.calc.partition import partition


@dataclass(frozen=True, eq=False)
class Release:
    """What staff may see until the next one, and what has to be remembered for it.

    Attributes
    ----------
    number : int
        From 1, ascending.
    groups : tuple of Group
        All groups of all months, shown or waiting; sorted by their leaves.
    atoms : Atoms
        The lines behind them; never shown.
    withheld : tuple of Leaf
        Leaves with lines that are in no shown group: in no total, counted under `not_included`.
        Count them, do not add up their amounts: those are of fewer than k customers.
    waiting : int
        Lines whose change the figures do not have yet, because too few customers changed alike.
    """

    number: int
    groups: tuple[Group, ...]
    atoms: Atoms
    withheld: tuple[Leaf, ...]
    waiting: int

    @property
    def shown(self) -> tuple[Group, ...]:
        """The groups that figures are made of."""
        return tuple(group for group in self.groups if group.shown)

    def pack(self) -> bytes:
        """The whole release as compressed bytes for the bank's own table."""
        head = {
            "number": self.number,
            "waiting": self.waiting,
            "atoms": len(self.atoms),
            "groups": [
                {"changed_in": group.changed_in, "leaves": [_listed(leaf) for leaf in group.leaves]}
                for group in self.groups
            ],
            "sides": [bool(g.figures and g.figures.money_in is not None) for g in self.groups],
            "withheld": [_listed(leaf) for leaf in self.withheld],
        }
        text = json.dumps(head).encode()
        columns = [
            np.diff(self.atoms.line, prepend=np.int64(0)),
            self.atoms.customer,
            self.atoms.money,
            self.atoms.history,
            self.atoms.place,
        ]
        body = np.concatenate(columns).astype("<i8").tobytes()
        return zlib.compress(len(text).to_bytes(8, "little") + text + body, 6)


def _listed(leaf: Leaf) -> list[object]:
    return [leaf.month.isoformat(), *leaf[1:]]


def _leaf(stored: list[object]) -> Leaf:
    month, *rest = stored
    return Leaf(date.fromisoformat(str(month)), *rest)  # type: ignore[arg-type]


def unpack(packed: bytes) -> Release:
    """The release that `Release.pack` wrote; ValueError when the bytes are something else."""
    try:
        raw = zlib.decompress(packed)
        length = int.from_bytes(raw[:8], "little")
        head = json.loads(raw[8 : 8 + length])
        body = np.frombuffer(raw[8 + length :], dtype="<i8").astype(np.int64)
        steps, customer, money, history, place = body.reshape(5, head["atoms"])
        leaves = [tuple(_leaf(leaf) for leaf in group["leaves"]) for group in head["groups"]]
        changed_in = [int(group["changed_in"]) for group in head["groups"]]
        sides = np.array(head["sides"], dtype=bool)
        withheld = tuple(_leaf(leaf) for leaf in head["withheld"])
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise ValueError("These bytes are not a release.") from error
    atoms = Atoms(np.cumsum(steps), customer, money, history, place)
    figures = figures_of(atoms, len(leaves), sides)
    groups = tuple(Group(*parts) for parts in zip(leaves, figures, changed_in, strict=True))
    return Release(int(head["number"]), groups, atoms, withheld, int(head["waiting"]))


def carry_forward(groups: Iterable[Group], month: date) -> tuple[Group, ...]:
    """Last month's groups as waiting ones of a new month.

    A running month has few customers on its first days; groups formed then would lump everything
    together for the whole month. Waiting groups are shown one by one as they reach k customers.

    Parameters
    ----------
    groups : iterable of Group
        Of one month.
    month : date
        First day of the new month.

    Returns
    -------
    tuple of Group

    Raises
    ------
    ValueError
        If the groups are of several months, or `month` is not a first day.
    """
    found = list(groups)
    if month.day != 1 or len({group.month for group in found}) > 1:
        raise ValueError("Groups of one month are carried to the first day of another.")
    return tuple(
        Group(tuple(sorted(leaf._replace(month=month) for leaf in group.leaves))) for group in found
    )


def republish(
    last: Release | None,
    lines: Lines,
    *,
    rules: Rules | None = None,
    planned: Iterable[Group] = (),
    running_month: date | None = None,
) -> Release:
    """Make the next release; the first one when there is none.

    Parameters
    ----------
    last : Release, optional
        The one that staff see now.
    lines : Lines
        The ledger now, every month that may be shown. A customer's branch and segment must stay as
        they were for months already shown, or every move would look like changed money.
    rules : Rules, optional
    planned : iterable of Group
        Waiting groups of a new month, see `carry_forward`; leaves that already have a group keep it.
    running_month : date, optional
        First day of the running month: its waiting groups go on waiting. Waiting groups of other
        months are dissolved and pooled like new leaves.

    Returns
    -------
    Release
        Leaves of a shown group stay together whatever comes; leaves that are new form new groups by
        `partition`. Changes enter the groups as `atoms` says: only k customers' at a time. The same
        lines again change nothing.
    """
    rules = rules or Rules()
    number = last.number + 1 if last else 1
    before = list(last.groups) if last else []
    taken = {leaf for group in before for leaf in group.leaves}
    before += [group for group in planned if not taken.intersection(group.leaves)]
    keeps = [
        group.shown
        or group.month == running_month
        or rules.allows(lines.shares(group.leaves), group.kind)
        for group in before
    ]
    kept = [group for group, stays in zip(before, keeps, strict=True) if stays]
    placed = {leaf for group in kept for leaf in group.leaves}
    fresh = partition(lines, rules, [leaf for leaf in lines.leaves if leaf not in placed])
    groups = kept + [Group(leaves) for leaves in fresh.groups]
    atoms = _renumbered(last.atoms, before, groups) if last else no_atoms()
    place = {leaf: index for index, group in enumerate(groups) for leaf in group.leaves}
    places = np.array([place.get(leaf, NOWHERE) for leaf in lines.leaves], dtype=np.int64)
    atoms, sides = part_sides(settle(atoms, lines, places, groups, rules), len(groups), rules)
    after = [
        group if figures == group.figures else Group(group.leaves, figures, number)
        for group, figures in zip(groups, figures_of(atoms, len(groups), sides), strict=True)
    ]
    # A new group that may not be shown yet is none: its leaves are pooled afresh next time.
    final = sorted(
        (g for g in after if g.shown or g.month == running_month), key=lambda g: g.leaves
    )
    atoms = _renumbered(atoms, after, final)
    shown = {leaf for group in final if group.shown for leaf in group.leaves}
    return Release(
        number,
        tuple(final),
        atoms,
        tuple(leaf for leaf in lines.leaves if leaf not in shown),
        _waiting(atoms, lines, final),
    )


def _renumbered(atoms: Atoms, old: list[Group], new: list[Group]) -> Atoms:
    """The same atoms with places numbered as another list of the groups they are in."""
    index = {group.leaves: number for number, group in enumerate(new)}
    numbers = [index.get(group.leaves, NOWHERE) for group in old]
    # The last entry is what place -1 picks.
    table = np.array([*numbers, NOWHERE], dtype=np.int64)
    return Atoms(atoms.line, atoms.customer, atoms.money, atoms.history, table[atoms.place])


def _waiting(atoms: Atoms, lines: Lines, groups: list[Group]) -> int:
    """Lines of shown groups that the figures count differently from the ledger, or not at all."""
    place = {leaf: i for i, g in enumerate(groups) if g.shown for leaf in g.leaves}
    now = np.array([place.get(leaf, NOWHERE) for leaf in lines.leaves], dtype=np.int64)[lines.leaf]
    counted = np.flatnonzero(atoms.place != NOWHERE)
    there, here = now != NOWHERE, np.isin(lines.line, atoms.line[counted])
    both, was, row = np.intersect1d(atoms.line[counted], lines.line, return_indices=True)
    was = counted[was]
    same = (
        (atoms.place[was] == now[row])
        & (atoms.money[was] == lines.money[row])
        & (atoms.customer[was] == lines.customer[row])
    )
    return int((~same).sum() + (there & ~here).sum() + len(counted) - len(both))
