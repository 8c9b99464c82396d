"""Which lines a sum is of, said once: for the database's rows and for cells already added up.

Income = net of the lines in income categories + inflow of the uncategorised. Expenses = −(net of the
lines in expense categories + outflow of the uncategorised), shown positive, so a refund lowers the
category it came from. Lines in a transfer category count in neither.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from transactions.models import Category

ZERO = Decimal(0)
UNCATEGORISED = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Posted lines added up: one currency and kind, and a month or category where they were asked for.

    `kind` "" = uncategorised. `n_in` and `n_out` count its lines above and below zero, None where month
    totals can't say (they count both together).
    """

    currency: str
    month: date | None
    category: int | None
    kind: str
    money_in: Decimal
    money_out: Decimal
    n: int
    n_in: int | None
    n_out: int | None


@dataclass(frozen=True, slots=True)
class Flow:
    """A choice of lines: those in categories of `kind` with the uncategorised of one sign; or, without
    `kind`, every line of one sign (0 = of both). `sign` −1 shows money out as positive."""

    name: str
    kind: str
    direction: int
    sign: int

    def condition(self) -> Q:
        """The rows, as a filter on transactions."""
        by_sign = {1: Q(amount__gt=0), -1: Q(amount__lt=0), 0: Q()}[self.direction]
        if not self.kind:
            return by_sign
        return Q(category__kind=self.kind) | (Q(category__kind__isnull=True) & by_sign)

    def amount(self, cell: Cell) -> Decimal:
        """What the cell adds to the sum, shown with this flow's sign."""
        if self.kind and cell.kind == self.kind:
            return self.sign * (cell.money_in + cell.money_out)
        if self.kind and cell.kind != UNCATEGORISED:
            return ZERO
        found = ZERO
        if self.direction >= 0:
            found += cell.money_in
        if self.direction <= 0:
            found += cell.money_out
        return self.sign * found

    def count(self, cell: Cell) -> int:
        """How many lines of the cell it takes. Raises ValueError where the cell can't say."""
        if self.kind and cell.kind == self.kind:
            return cell.n
        if self.kind and cell.kind != UNCATEGORISED:
            return 0
        found = {1: cell.n_in, -1: cell.n_out, 0: cell.n}[self.direction]
        if found is None:
            raise ValueError("These cells were read without counts by sign.")
        return found

    def takes(self, cell: Cell) -> bool:
        """Whether the cell has anything of this flow, even where it adds up to nothing."""
        if self.kind and cell.kind == self.kind:
            return cell.n > 0
        return self.amount(cell) != 0


INCOME = Flow("income", Category.Kind.INCOME, 1, 1)
EXPENSES = Flow("expenses", Category.Kind.EXPENSE, -1, -1)
MONEY_IN = Flow("money_in", "", 1, 1)
MONEY_OUT = Flow("money_out", "", -1, -1)
EVERYTHING = Flow("count", "", 0, 1)
MOVED = Flow("moved", "", 0, 1)
# What `metric=` on a list of transactions may name.
FLOWS = {flow.name: flow for flow in (INCOME, EXPENSES, MONEY_IN, MONEY_OUT, EVERYTHING, MOVED)}
