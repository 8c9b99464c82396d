"""The lines that a staff release is made of, in whole ten-thousandths.

Amounts are integers everywhere in this package, so sums are exact; `to_units` and `to_amount` are
its only doors to Decimal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
UNIT = Decimal("0.0001")
# Sums of absolute amounts stay below this, so that 64 bits never wrap around.
LARGEST_SUM = 2**62


class Leaf(NamedTuple):
    """The finest cell a staff figure can be cut into.

    `month` is its first day; `kind` is income, expense, transfer or uncategorised; `category` and
    `segment` are ids, 0 for none; `branch` is its name, "" for none.
    """

    month: date
    currency: str
    kind: str
    category: int
    branch: str
    segment: int


class LineRow(NamedTuple):
    """One line: its leaf, its lasting key, the customer it counts for, and its signed units.

    `line` is a number below 2**63 that the same line keeps for ever, also when an undone import
    brings it in again: derive it from account, fingerprint and occurrence, not from the row's id.
    """

    leaf: Leaf
    line: int
    customer: int
    money: int


def to_units(amount: Decimal) -> int:
    """An amount in ten-thousandths; ValueError when it has more than four decimals."""
    scaled = amount.scaleb(4)
    if scaled != scaled.to_integral_value():
        raise ValueError("An amount has more than four decimals.")
    return int(scaled)


def to_amount(units: int) -> Decimal:
    """Ten-thousandths as a Decimal with four decimals."""
    return Decimal(units) * UNIT


@dataclass(frozen=True, eq=False)
class Shares:
    """What each customer has in some leaves, customers ascending and each once.

    Attributes
    ----------
    customer, money_in, money_out : ndarrays of shape (n_customers,), int64
        Ids, units >= 0 and units <= 0.
    """

    customer: IntArray
    money_in: IntArray
    money_out: IntArray

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def volume(self) -> IntArray:
        """In + |out| of each customer."""
        return self.money_in - self.money_out


def shares(customer: IntArray, money_in: IntArray, money_out: IntArray) -> Shares:
    """Rows of any order, a customer's rows added."""
    if len(customer) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Shares(none, none, none)
    order = np.argsort(customer, kind="stable")
    names = customer[order]
    begins = np.flatnonzero(np.diff(names, prepend=names[0] - 1))
    return Shares(
        names[begins],
        np.add.reduceat(money_in[order], begins),
        np.add.reduceat(money_out[order], begins),
    )


class Lines:
    """All lines that a release may count, and what each customer has in each leaf.

    Parameters
    ----------
    leaves : sequence of Leaf
        Distinct.
    leaf : ndarray of shape (n,), int64
        Which of `leaves` each line belongs to.
    line, customer, money : ndarrays of shape (n,), int64
        As `LineRow`; any order.

    Raises
    ------
    ValueError
        If a leaf or a line stands twice, a month is not a first day, the arrays differ in length or
        the amounts are too large to add.
    """

    def __init__(
        self,
        leaves: Sequence[Leaf],
        leaf: IntArray,
        line: IntArray,
        customer: IntArray,
        money: IntArray,
    ) -> None:
        if not len(leaf) == len(line) == len(customer) == len(money):
            raise ValueError("Every line needs a leaf, a key, a customer and an amount.")
        if len(set(leaves)) < len(leaves):
            raise ValueError("A leaf stands twice.")
        if any(one.month.day != 1 for one in leaves):
            raise ValueError("A month is named by its first day.")
        # In floats, which do not wrap around: near enough to see that the exact sum would.
        if np.abs(money.astype(np.float64)).sum() > LARGEST_SUM:
            raise ValueError("The amounts are too large to be added.")
        by_name = sorted(range(len(leaves)), key=leaves.__getitem__)
        self.leaves: tuple[Leaf, ...] = tuple(leaves[i] for i in by_name)
        self.index = {one: place for place, one in enumerate(self.leaves)}
        rank = np.empty(len(leaves), dtype=np.int64)
        rank[by_name] = np.arange(len(leaves))
        order = np.argsort(line, kind="stable")
        self.line, self.customer, self.money = line[order], customer[order], money[order]
        self.leaf = rank[leaf[order]]
        if (np.diff(self.line) == 0).any():
            raise ValueError("A line stands twice.")
        by_leaf = np.argsort(self.leaf, kind="stable")
        edges = np.searchsorted(self.leaf[by_leaf], np.arange(len(leaves) + 1))
        self._parts = []
        for place in range(len(leaves)):
            rows = by_leaf[edges[place] : edges[place + 1]]
            mine = self.money[rows]
            part = shares(self.customer[rows], np.maximum(mine, 0), np.minimum(mine, 0))
            self._parts.append(part)

    @classmethod
    def from_rows(cls, rows: Iterable[LineRow]) -> "Lines":
        """The same from one tuple per line; ValueError also when a number exceeds 64 bits."""
        found = list(rows)
        leaves = sorted({row.leaf for row in found})
        place = {one: index for index, one in enumerate(leaves)}
        try:
            table = np.array(
                [(place[row.leaf], row.line, row.customer, row.money) for row in found],
                dtype=np.int64,
            ).reshape(-1, 4)
        except OverflowError as error:
            raise ValueError("The amounts are too large to be added.") from error
        return cls(leaves, *table.T)

    def __len__(self) -> int:
        return len(self.line)

    def shares(self, leaves: Iterable[Leaf]) -> Shares:
        """What the customers of some leaves have in them together; a leaf without lines is empty."""
        parts = [self._parts[self.index[leaf]] for leaf in leaves if leaf in self.index]
        if len(parts) == 1:
            return parts[0]
        none = np.zeros(0, dtype=np.int64)
        return shares(
            np.concatenate([none, *(part.customer for part in parts)]),
            np.concatenate([none, *(part.money_in for part in parts)]),
            np.concatenate([none, *(part.money_out for part in parts)]),
        )
