"""What follows rows into the ledger and out of it, in the very transaction that writes them.

A topic that looks at lines as they arrive (rules with more than a category, transfers between own accounts,
refunds) adds its step here; an import runs them once its rows are written, an undo before they go. The ledger
is open and the accounts are locked. A step is set-based and costs next to nothing when it has nothing to do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transactions.models import ImportBatch


@dataclass(frozen=True, slots=True)
class Delivery:
    """An import whose rows were just written, or are about to be taken back; `accounts` are locked."""

    batch: ImportBatch
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows that their source took back and that are about to go; their `accounts` are locked."""

    rows: tuple[int, ...]
    accounts: tuple[int, ...]


Step = Callable[[Delivery], None]

# In this order: what a rule says of a line, then what lines are to each other.
AFTER_COMMIT: list[Step] = []
BEFORE_UNDO: list[Step] = []
# Lines whose category a person changed, by id; their accounts are locked.
AFTER_EDIT: list[Callable[[Sequence[int]], None]] = []
# Whoever refers to single rows lets go of them here.
BEFORE_REMOVAL: list[Callable[[Removal], None]] = []


def after_commit(delivery: Delivery) -> None:
    for step in AFTER_COMMIT:
        step(delivery)


def before_undo(delivery: Delivery) -> None:
    for step in BEFORE_UNDO:
        step(delivery)


def after_edit(ids: Sequence[int]) -> None:
    for step in AFTER_EDIT:
        step(ids)


def before_removal(removal: Removal) -> None:
    for step in BEFORE_REMOVAL:
        step(removal)
