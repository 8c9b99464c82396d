"""A table as data: what stands behind a chart, what a list shows, what its CSV holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from analytics.metrics.figures import Figure


@dataclass(frozen=True, slots=True)
class Amount:
    """A row's own sum of money: it has no rows behind it. `signed` adds a plus to money in."""

    value: Decimal | None
    currency: str
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere: a customer, a batch, a job."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A state: a sign and a word, never colour alone."""

    text: str
    kind: Literal["", "good", "bad", "warn", "info"] = ""
    icon: str = ""


Cell = Figure | Amount | Link | Badge | date | str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head. `card` places it on a phone: main, num, wide, last, off, or with a label."""

    label: str
    numeric: bool = False
    card: Literal["", "main", "num", "wide", "last", "off"] = ""
    card_label: str = ""
    sort_url: str = ""
    sorted: Literal["", "up", "down"] = ""


@dataclass(frozen=True, slots=True)
class Row:
    cells: Sequence[Cell]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`caption` names scope and unit; `total` is a row of the same width, or nothing."""

    caption: str
    head: Sequence[Column]
    rows: Sequence[Row] = field(default_factory=tuple)
    total: Row | None = None

    def __post_init__(self) -> None:
        for row in [*self.rows, *([self.total] if self.total else [])]:
            if len(row.cells) != len(self.head):
                raise ValueError(f"{self.caption}: {len(row.cells)} cells, {len(self.head)} heads")

    @property
    def paired(self) -> list[list[tuple[Column, Cell]]]:
        """Rows as (column, cell), which is what the template needs."""
        return [list(zip(self.head, row.cells, strict=True)) for row in self.rows]

    @property
    def paired_total(self) -> list[tuple[Column, Cell]]:
        return list(zip(self.head, self.total.cells, strict=True)) if self.total else []
