"""Which lines stand behind the shown figures, and which changes may enter them.

An atom is a line with one amount. Its *history* is the list of figures it has been in, release by
release. Atoms with the same history are in exactly the same figures, so whatever anyone works out
from all figures of all releases, by differences or by any linear combination, holds either all of
them or none. The one rule kept here is therefore: **the atoms of every history are of at least k
customers.** A change enters the figures only together with the like changes of k customers, and
only when it leaves k behind; until then the figures go on counting the line as it was shown last.
"""

from dataclasses import dataclass

import numpy as np

from analytics.releases.calc.groups import TWO_SIDED, Figures, Group, Rules
from analytics.releases.calc.lines import BoolArray, IntArray, Lines

NOWHERE = -1
NEVER = 0


@dataclass(frozen=True, eq=False)
class Atoms:
    """Every atom that was ever shown; kept in the bank, never shown itself.

    Attributes
    ----------
    line : ndarray of shape (n,), int64
        Key of its line, ascending. A line whose amount changed has several atoms; the figures count
        at most one of them.
    customer, money : ndarrays of shape (n,), int64
        Whose it is, and its units.
    history : ndarray of shape (n,), int64
        Number of its history, > 0.
    place : ndarray of shape (n,), int64
        Index of the group that counts it, -1 when it has left the figures.
    """

    line: IntArray
    customer: IntArray
    money: IntArray
    history: IntArray
    place: IntArray

    def __len__(self) -> int:
        return len(self.line)


def no_atoms() -> Atoms:
    """Before the first release."""
    return Atoms(*(np.zeros(0, dtype=np.int64) for _ in range(5)))


@dataclass(frozen=True, eq=False)
class _Changes:
    """Lines that the ledger has elsewhere, or with another amount, than the figures.

    `source` is the atom that the figures count (-1: none), `returning` one that they counted once
    and that is like the line now (-1: none); `target` the group it belongs to now (-1: none); `fresh`
    is true where the line needs an atom other than its source.
    """

    source: IntArray
    returning: IntArray
    target: IntArray
    line: IntArray
    old_customer: IntArray
    new_customer: IntArray
    money: IntArray
    fresh: BoolArray

    @property
    def edited(self) -> BoolArray:
        """Counted before and after, but with another amount or customer."""
        both: BoolArray = self.fresh & (self.source != NOWHERE)
        return both


def _changes(atoms: Atoms, lines: Lines, places: IntArray) -> _Changes:
    counted = np.flatnonzero(atoms.place != NOWHERE)
    every = np.union1d(atoms.line[counted], lines.line)
    was, now = np.searchsorted(every, atoms.line[counted]), np.searchsorted(every, lines.line)

    def spread(rows: IntArray, values: IntArray, otherwise: int) -> IntArray:
        result = np.full(len(every), otherwise, dtype=np.int64)
        result[rows] = values
        return result

    source = spread(was, counted, NOWHERE)
    target = spread(now, places[lines.leaf], NOWHERE)
    row = spread(now, np.arange(len(lines), dtype=np.int64), NOWHERE)
    both = (source != NOWHERE) & (row != NOWHERE)
    old_customer, old_money = np.zeros_like(source), np.zeros_like(source)
    old_customer[was], old_money[was] = atoms.customer[counted], atoms.money[counted]
    new_customer, new_money = old_customer.copy(), old_money.copy()
    new_customer[now], new_money[now] = lines.customer, lines.money
    old_customer = np.where(source == NOWHERE, new_customer, old_customer)
    differs = both & ((old_money != new_money) | (old_customer != new_customer))
    start = np.full(len(every), NOWHERE, dtype=np.int64)
    start[was] = atoms.place[counted]
    # What leaves needs no new atom, whatever its amount is now.
    fresh = (target != NOWHERE) & (differs | (source == NOWHERE))
    found = np.flatnonzero((start != target) | fresh)
    returning = np.full(len(found), NOWHERE, dtype=np.int64)
    gone = np.flatnonzero(atoms.place == NOWHERE)
    known = {
        (line, money): atom
        for line, money, atom in zip(
            atoms.line[gone].tolist(), atoms.money[gone].tolist(), gone.tolist(), strict=True
        )
    }
    again = fresh[found] & np.isin(every[found], atoms.line[gone])
    for index in np.flatnonzero(again).tolist():
        like = (int(every[found[index]]), int(new_money[found[index]]))
        returning[index] = known.get(like, NOWHERE)
    return _Changes(
        source[found],
        returning,
        target[found],
        every[found],
        old_customer[found],
        new_customer[found],
        new_money[found],
        fresh[found],
    )


def distinct_customers(label: IntArray, customer: IntArray) -> tuple[IntArray, IntArray]:
    """Labels, ascending, and how many different customers each has."""
    if len(label) == 0:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    order = np.lexsort((customer, label))
    labels, names = label[order], customer[order]
    new = np.ones(len(labels), dtype=bool)
    new[1:] = (labels[1:] != labels[:-1]) | (names[1:] != names[:-1])
    found, counts = np.unique(labels[new], return_counts=True)
    return found, counts.astype(np.int64)


def _fewest(batch: IntArray, changes: _Changes) -> IntArray:
    """Customers of each batch: the fewer of those before and those after the change."""
    size = int(batch.max(initial=-1)) + 1
    result = np.full(size, np.iinfo(np.int64).max)
    for customer in (changes.old_customer, changes.new_customer):
        found, counts = distinct_customers(batch, customer)
        result[found] = np.minimum(result[found], counts)
    return result


def settle(
    atoms: Atoms, lines: Lines, places: IntArray, groups: list[Group], rules: Rules
) -> Atoms:
    """Let the changes since the last release into the figures as far as the rule allows.

    Parameters
    ----------
    atoms : Atoms
        As of the last release, places numbered as `groups`.
    lines : Lines
        The ledger now.
    places : ndarray of shape (n_leaves,), int64
        Index of the group of each of `lines.leaves`, -1 for none.
    groups : list of Group
    rules : Rules

    Returns
    -------
    Atoms
        Every history in it is of at least k customers, if that was so before; no group that changed
        is dominated by one customer.
    """
    changes = _changes(atoms, lines, places)
    history = np.append(atoms.history, NEVER)  # what index -1 picks
    start = np.append(atoms.place, NOWHERE)[changes.source]
    two_sided = np.array([group.kind in TWO_SIDED for group in groups] + [False])
    sign = np.where(two_sided[changes.target], np.sign(changes.money), 0)
    # A batch: changes of atoms with one history, from and to one place, to atoms with one history.
    batch = np.zeros(len(changes.line), dtype=np.int64)
    kinds = (history[changes.source], history[changes.returning], changes.target, sign)
    for values in (*kinds, changes.edited.astype(np.int64)):
        _, number = np.unique(values, return_inverse=True)
        # Numbered afresh each time, so that the product stays small.
        _, batch = np.unique(batch * len(values) + number.reshape(-1), return_inverse=True)
    batch = batch.reshape(-1).astype(np.int64)
    customers = _fewest(batch, changes)
    source, target = np.full((2, len(customers)), NOWHERE, dtype=np.int64)
    source[batch], target[batch] = start, changes.target
    blocked: set[int] = set()
    while True:
        barred = np.isin(source, list(blocked)) | np.isin(target, list(blocked))
        wanted = (customers >= rules.k) & ~barred
        accepted = _leaving_enough(atoms, changes, batch, customers, wanted, rules.k)
        after = _applied(atoms, changes, batch, accepted)
        touched = {*source[accepted].tolist(), *target[accepted].tolist()} - {NOWHERE}
        dominated = _dominated(after, touched - blocked, rules)
        if not dominated:
            return after
        blocked |= dominated


def _dominated(atoms: Atoms, places: set[int], rules: Rules) -> set[int]:
    """Which of some groups one customer holds too much of."""
    here = np.flatnonzero(np.isin(atoms.place, list(places)))
    order = here[np.lexsort((atoms.customer[here], atoms.place[here]))]
    place, customer, volume = atoms.place[order], atoms.customer[order], np.abs(atoms.money[order])
    if len(order) == 0:
        return set()
    changes = (place[1:] != place[:-1]) | (customer[1:] != customer[:-1])
    begins = np.flatnonzero(np.append(True, changes))
    of_customer, of_place = np.add.reduceat(volume, begins), place[begins]
    starts = np.flatnonzero(np.append(True, of_place[1:] != of_place[:-1]))
    largest = np.maximum.reduceat(of_customer, starts).tolist()
    total = np.add.reduceat(of_customer, starts).tolist()
    return {
        one
        for one, most, every in zip(of_place[starts].tolist(), largest, total, strict=True)
        if most * 100 > every * rules.dominance_pct
    }


def _leaving_enough(
    atoms: Atoms,
    changes: _Changes,
    batch: IntArray,
    customers: IntArray,
    wanted: BoolArray,
    k: int,
) -> BoolArray:
    """Batches that may go, so that what stays of each history is of nobody or of k customers."""
    accepted = wanted.copy()
    history = np.append(atoms.history, NEVER)
    first = np.zeros(len(wanted), dtype=np.int64)
    second = np.zeros(len(wanted), dtype=np.int64)
    first[batch], second[batch] = history[changes.source], history[changes.returning]
    while True:
        rows = accepted[batch]
        going = np.zeros(len(history), dtype=bool)
        going[changes.source[rows]] = True
        going[changes.returning[rows]] = True
        touched = np.union1d(first[accepted], second[accepted])
        staying = np.flatnonzero(np.isin(atoms.history, touched) & ~going[:-1])
        found, counts = distinct_customers(atoms.history[staying], atoms.customer[staying])
        short = found[counts < k]
        if len(short) == 0:
            return accepted
        for one in short:
            able = np.flatnonzero(accepted & ((first == one) | (second == one)))
            if len(able):
                accepted[able[customers[able].argmin()]] = False


def _applied(atoms: Atoms, changes: _Changes, batch: IntArray, accepted: BoolArray) -> Atoms:
    """The atoms after the accepted batches, each of which begins histories of its own."""
    rows = accepted[batch]
    number = batch + 1 + atoms.history.max(initial=0)
    history, place, customer = atoms.history.copy(), atoms.place.copy(), atoms.customer.copy()
    leaving = rows & (changes.source != NOWHERE)
    history[changes.source[leaving]] = number[leaving]
    place[changes.source[leaving]] = np.where(changes.edited, NOWHERE, changes.target)[leaving]
    # The new atoms of an edit have another history than the ones they replace.
    number = number + len(accepted)
    back = rows & (changes.returning != NOWHERE)
    history[changes.returning[back]] = number[back]
    place[changes.returning[back]] = changes.target[back]
    customer[changes.returning[back]] = changes.new_customer[back]
    new = rows & changes.fresh & (changes.returning == NOWHERE)
    columns = (
        np.concatenate([atoms.line, changes.line[new]]),
        np.concatenate([customer, changes.new_customer[new]]),
        np.concatenate([atoms.money, changes.money[new]]),
        np.concatenate([history, number[new]]),
        np.concatenate([place, changes.target[new]]),
    )
    order = np.argsort(columns[0], kind="stable")
    return Atoms(*(column[order] for column in columns))


def part_sides(atoms: Atoms, count: int, rules: Rules) -> tuple[Atoms, BoolArray]:
    """Groups whose in and out may be shown apart; their histories are parted by sign.

    Parameters
    ----------
    atoms : Atoms
    count : int
        Number of groups.
    rules : Rules

    Returns
    -------
    atoms : Atoms
        With a history of its own for the money in of every such group.
    sides : ndarray of shape (count,), bool
        True where each history in the group has 0 or at least k customers on either side.
    """
    here = np.flatnonzero(atoms.place != NOWHERE)
    inward = atoms.money[here] > 0
    label = atoms.history[here] * 2 + inward
    found, counts = distinct_customers(label, atoms.customer[here])
    short = np.isin(label, found[counts < rules.k])
    sides = np.ones(count, dtype=bool)
    sides[atoms.place[here][short]] = False
    parted = here[inward & sides[atoms.place[here]]]
    history = atoms.history.copy()
    if len(parted):
        _, number = np.unique(history[parted], return_inverse=True)
        history[parted] = history.max() + 1 + number.reshape(-1)
    return Atoms(atoms.line, atoms.customer, atoms.money, history, atoms.place), sides


def figures_of(atoms: Atoms, count: int, sides: BoolArray) -> list[Figures | None]:
    """What each group shows; None for a group that counts no line."""
    here = atoms.place != NOWHERE
    place, money = atoms.place[here], atoms.money[here]
    found, customers = distinct_customers(place, atoms.customer[here])
    lines = np.bincount(place, minlength=count)
    money_in, money_out = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.add.at(money_in, place, np.maximum(money, 0))
    np.add.at(money_out, place, np.minimum(money, 0))
    result: list[Figures | None] = [None] * count
    for index, people in zip(found.tolist(), customers.tolist(), strict=True):
        inward, outward = int(money_in[index]), int(money_out[index])
        apart = bool(sides[index])
        result[index] = Figures(
            people,
            int(lines[index]),
            inward + outward,
            inward if apart else None,
            outward if apart else None,
        )
    return result
