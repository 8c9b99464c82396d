"""An attacker who keeps every answer of every release tries to single out fewer than k customers.

Toy bank: 300 customers, 5 branches, 4 segments, 5 categories, k = 10. Two attacks over all answers:
differences of nested ones, and elimination (linear algebra). An atom is one line with one amount;
an answer is the set of atoms it is the sum of; atoms that are always together form one class.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product

import numpy as np
import pytest

from analytics.releases.calc import atoms as settling
from analytics.releases.calc.groups import Group, Rules, within
from analytics.releases.calc.lines import Leaf, LineRow, Lines
from analytics.releases.calc.partition import partition
from analytics.releases.calc.republish import Release, republish

MARCH = date(2026, 3, 1)
K = 10
PRIME = 2_147_483_647
SEEDS = (1, 2, 3)
Atom = tuple[int, int]
Behind = dict[tuple[Leaf, ...], frozenset[Atom]]


@dataclass
class Bank:
    """Lines that change as a bank's do. `lines`: key -> [customer, category, amount]; 0 = gone."""

    random: np.random.Generator
    lines: dict[int, list[int]] = field(default_factory=dict)
    batches: list[list[int]] = field(default_factory=list)
    gone: dict[int, int] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.branch = self.random.choice(5, 300, p=[0.4, 0.25, 0.2, 0.1, 0.05])
        self.segment = self.random.choice(4, 300, p=[0.4, 0.3, 0.2, 0.1])
        for customer in range(300):
            for category in np.flatnonzero(self.random.random(5) < [0.9, 0.6, 0.4, 0.15, 0.05]):
                self.add(customer, int(category))

    def add(self, customer: int, category: int) -> int:
        """One new line."""
        key = len(self.lines) + 1
        self.lines[key] = [customer, category, int(self.random.integers(1, 10**7))]
        return key

    def import_some(self, customers: int) -> None:
        """A batch of new lines of some customers."""
        chosen = self.random.choice(300, customers, replace=False)
        self.batches.append([self.add(int(c), int(self.random.integers(5))) for c in chosen])

    def undo_last(self) -> None:
        """The last batch goes; its lines keep their keys."""
        self.gone = {key: self.lines[key][2] for key in self.batches.pop()}
        for key in self.gone:
            self.lines[key][2] = 0

    def redo_last(self) -> None:
        """The batch that was undone is imported again."""
        for key, amount in self.gone.items():
            self.lines[key][2] = amount

    def recategorise(self, lines: int) -> None:
        """A rule moves lines from one category to another."""
        old, new = (int(c) for c in self.random.choice(5, 2, replace=False))
        mine = [key for key, line in self.lines.items() if line[1] == old and line[2]]
        for key in self.random.permutation(mine)[:lines].tolist():
            self.lines[key][1] = new

    def edit(self) -> None:
        """One line's amount is corrected."""
        live = [key for key, line in self.lines.items() if line[2]]
        key = int(self.random.choice(live))
        self.before[key] = self.lines[key][2]
        self.lines[key][2] = int(self.random.integers(1, 10**7))

    def unedit(self) -> None:
        """All corrections are taken back."""
        for key, amount in self.before.items():
            self.lines[key][2] = amount if self.lines[key][2] else 0
        self.before = {}

    def leaf(self, line: list[int]) -> Leaf:
        """Where a line belongs now."""
        customer, category = line[0], line[1]
        branch, segment = str(self.branch[customer]), int(self.segment[customer])
        return Leaf(MARCH, "EUR", "expense", category, branch, segment)

    def ledger(self) -> Lines:
        """The ledger as a release reads it."""
        return Lines.from_rows(
            LineRow(self.leaf(line), key, line[0], -line[2])
            for key, line in self.lines.items()
            if line[2]
        )

    def atoms(self, leaves: tuple[Leaf, ...]) -> frozenset[Atom]:
        """The lines in some leaves now."""
        inside = set(leaves)
        return frozenset(
            (key, -line[2])
            for key, line in self.lines.items()
            if line[2] and self.leaf(line) in inside
        )


class Attacker:
    """Collects answers as sets of atoms and tries to isolate."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.answers: set[frozenset[Atom]] = set()

    def read(self, groups: tuple[Group, ...], atoms: Behind) -> None:
        """Every total, split and combination of filters that staff can ask for."""
        sides = [(None, *range(5)), (None, *"01234"), (None, *range(4))]
        for category, branch, segment in product(*sides):
            asked = {"category": category, "branch": branch, "segment": segment}
            found = within(groups, **{k: v for k, v in asked.items() if v is not None})
            self.answers.add(frozenset().union(*(atoms[group.leaves] for group in found)))
        self.answers.update(atoms[group.leaves] for group in groups)

    def matrix(self) -> tuple[np.ndarray, list[int]]:
        """Answers x classes as 0 and 1, and the customers of each class as a bit mask."""
        rows = [answer for answer in self.answers if answer]
        signature: dict[Atom, list[int]] = {}
        for number, answer in enumerate(rows):
            for atom in answer:
                signature.setdefault(atom, []).append(number)
        classes: dict[tuple[int, ...], int] = {}
        for (key, _), numbers in signature.items():
            together = tuple(numbers)
            classes[together] = classes.get(together, 0) | 1 << self.bank.lines[key][0]
        table = np.zeros((len(rows), len(classes)), dtype=np.int64)
        for column, together in enumerate(classes):
            table[list(together), column] = 1
        return table, list(classes.values())

    def by_differences(self) -> int:
        """Pairs of nested answers whose difference is of fewer than k customers."""
        table, masks = self.matrix()
        # A row as one number, its last column the lowest bit: b lies in a where b & ~a is 0.
        rows = sorted((int("".join(map(str, row)), 2) for row in table.tolist()), key=int.bit_count)
        backwards = masks[::-1]
        return sum(
            small & ~large == 0 and few_customers(small ^ large, backwards)
            for small, large in combinations(rows, 2)
        )

    def by_elimination(self) -> int:
        """Vectors of the answers' row space, in reduced form, with fewer than k customers."""
        table, masks = self.matrix()
        found = 0
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(len(masks))
            for row in reduced(table[:, order]):
                bits = sum(1 << int(column) for column in order[row != 0])
                found += few_customers(bits, masks)
        return found


def few_customers(classes: int, masks: list[int]) -> bool:
    """True when the classes of a bit mask are of 1 to k - 1 customers."""
    together = 0
    while classes:
        low = classes & -classes
        together |= masks[low.bit_length() - 1]
        if together.bit_count() >= K:
            return False
        classes ^= low
    return together > 0


def reduced(table: np.ndarray) -> np.ndarray:
    """Reduced row echelon form modulo a prime, zero rows left out."""
    rows, rank = table.copy() % PRIME, 0
    for column in range(rows.shape[1]):
        below = np.flatnonzero(rows[rank:, column])
        if below.size == 0:
            continue
        pivot = rank + below[0]
        rows[[rank, pivot]] = rows[[pivot, rank]]
        rows[rank] = rows[rank] * pow(int(rows[rank, column]), -1, PRIME) % PRIME
        others = np.flatnonzero(rows[:, column])
        others = others[others != rank]
        rows[others] = (rows[others] - rows[others, column][:, None] * rows[rank]) % PRIME
        rank += 1
        if rank == len(rows):
            break
    return rows[:rank]


def behind(release: Release) -> Behind:
    """The atoms of each group, checked against what the group shows."""
    found = {}
    for index, group in enumerate(release.groups):
        here = release.atoms.place == index
        keys, money = release.atoms.line[here].tolist(), release.atoms.money[here].tolist()
        found[group.leaves] = frozenset(zip(keys, money, strict=True))
        assert group.figures is None or group.figures.net == sum(money)
    return found


def watch(bank: Bank, nights: list[Callable[[], None]]) -> tuple[Attacker, int]:
    """A first release and one after each night; the attacker reads all of them."""
    attacker, shown_anew = Attacker(bank), 0
    release = republish(None, bank.ledger(), rules=Rules(k=K))
    attacker.read(release.shown, behind(release))
    for night in nights:
        night()
        release = republish(release, bank.ledger(), rules=Rules(k=K))
        attacker.read(release.shown, behind(release))
        shown_anew += sum(group.changed_in == release.number for group in release.shown)
    return attacker, shown_anew


def watch_plain_rule(bank: Bank, nights: list[Callable[[], None]]) -> Attacker:
    """The same where a group is shown anew as soon as k of its customers changed in any way."""
    attacker = Attacker(bank)
    groups = republish(None, bank.ledger(), rules=Rules(k=K)).shown
    assert tuple(g.leaves for g in groups) == partition(bank.ledger(), Rules(k=K)).groups
    atoms = {group.leaves: bank.atoms(group.leaves) for group in groups}
    for night in [lambda: None, *nights]:
        night()
        for leaves, old in atoms.items():
            new = bank.atoms(leaves)
            changed = {bank.lines[key][0] for key, _ in old ^ new}
            if len(changed) >= K and len({bank.lines[key][0] for key, _ in new}) >= K:
                atoms[leaves] = new
        attacker.read(groups, dict(atoms))
    return attacker


def growing(bank: Bank) -> list[Callable[[], None]]:
    """Ten nights of imports, some large, some tiny."""
    return [lambda n=n: bank.import_some(n) for n in (3, 120, 1, 40, 7, 200, 15, 2, 90, 60)]


def troubled(bank: Bank) -> list[Callable[[], None]]:
    """Nights with everything that takes lines away again."""

    def moved() -> None:
        bank.recategorise(60)
        bank.import_some(4)

    def undone() -> None:
        bank.undo_last()
        bank.edit()
        bank.import_some(3)

    def redone() -> None:
        bank.redo_last()
        bank.import_some(5)

    def rewritten() -> None:
        for _ in range(300):
            bank.edit()
        bank.recategorise(25)

    def restored() -> None:
        bank.unedit()
        bank.edit()

    def large() -> None:
        bank.import_some(150)

    return [large, undone, redone, moved, large, undone, rewritten, restored, moved, redone, moved]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_release_isolates_nobody(seed: int) -> None:
    attacker, _ = watch(Bank(np.random.default_rng(seed)), [])
    assert len(attacker.answers) > 60
    assert (attacker.by_differences(), attacker.by_elimination()) == (0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_growing_releases_isolate_nobody(seed: int) -> None:
    bank = Bank(np.random.default_rng(seed))
    attacker, shown_anew = watch(bank, growing(bank))
    assert shown_anew >= 20
    assert (attacker.by_differences(), attacker.by_elimination()) == (0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_edits_and_undone_imports_isolate_nobody(seed: int) -> None:
    bank = Bank(np.random.default_rng(seed))
    attacker, shown_anew = watch(bank, troubled(bank))
    assert shown_anew >= 12
    assert (attacker.by_differences(), attacker.by_elimination()) == (0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_history_is_of_k_customers(seed: int) -> None:
    """Why it holds: what is always together in the figures belongs to at least k customers."""
    bank = Bank(np.random.default_rng(seed))
    attacker, _ = watch(bank, troubled(bank))
    _, masks = attacker.matrix()
    assert min(mask.bit_count() for mask in masks) >= K


def test_hiding_small_cells_alone_isolates_many() -> None:
    """The attack works: every filter's live total, shown when it has k customers."""
    bank = Bank(np.random.default_rng(1))
    attacker = Attacker(bank)
    leaves = bank.ledger().leaves
    for category, branch, segment in product(
        (None, *range(5)), (None, *"01234"), (None, *range(4))
    ):
        wanted = tuple(
            leaf
            for leaf in leaves
            if category in (None, leaf.category)
            and branch in (None, leaf.branch)
            and segment in (None, leaf.segment)
        )
        answer = bank.atoms(wanted)
        if len({bank.lines[key][0] for key, _ in answer}) >= K:
            attacker.answers.add(answer)
    assert attacker.by_differences() > 0 and attacker.by_elimination() > 0


def test_showing_every_change_at_once_isolates_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_of_them(*given: np.ndarray) -> np.ndarray:
        return np.ones(len(given[3]), dtype=bool)

    monkeypatch.setattr(settling, "_leaving_enough", all_of_them)
    bank = Bank(np.random.default_rng(1))
    attacker, _ = watch(bank, growing(bank))
    assert attacker.by_differences() > 20 and attacker.by_elimination() > 20


def test_counting_the_changed_customers_of_a_group_is_not_enough() -> None:
    """That is safe while lines only come, not when they move, change or go."""
    grown, found = 0, 0
    for seed in SEEDS:
        bank = Bank(np.random.default_rng(seed))
        grown += watch_plain_rule(bank, growing(bank)).by_elimination()
        bank = Bank(np.random.default_rng(seed))
        found += watch_plain_rule(bank, troubled(bank)).by_elimination()
    assert grown == 0 and found > 10
