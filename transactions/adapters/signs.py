"""Which way the sign of an amount runs: a column of words, marks beside the figures, or the words of
the rows and their running balance.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from transactions.adapters.base import SIGNS, Evidence, Option
from transactions.adapters.columns import Column
from transactions.adapters.directions import complete, directions_of, lean
from transactions.adapters.table import Cells
from transactions.adapters.words import fold
from transactions.amounts import Amount, AmountError, is_blank, read_amount

Read = list[tuple[Cells, Amount]]


class Sign(NamedTuple):
    """The convention found, the column that says it if one does, and why."""

    sign: str
    evidence: Evidence
    directions: Mapping[str, int] = {}
    column: int | None = None


def value_of(cells: Cells, at: int, mark: str) -> Decimal | None:
    """The amount in a cell, None where there is none to read."""
    if at >= len(cells) or is_blank(cells[at]):
        return None
    try:
        return read_amount(cells[at], mark).value
    except AmountError:
        return None


def chain(rows: Sequence[Cells], amount: int, balance: int, mark: str) -> float:
    """How far a column is the running balance of another: -1 to 1, the sign that of the amounts.

    Works for files in either order of time; 0 where there is too little to say.
    """
    pairs = [(value_of(r, amount, mark), value_of(r, balance, mark)) for r in rows[:500]]
    up = down = tested = 0
    for (a, before), (b, after) in pairwise(pairs):
        if not a or not b or before is None or after is None or before == after:
            continue
        tested += 1
        step = after - before
        up += step == b or step == -a
        down += step == -b or step == a
    if tested < 1 or max(up, down) * 10 < tested * 7:
        return 0.0
    return up / tested if up >= down else -down / tested


def find_sign(
    amount: Column,
    columns: list[Column],
    rows: Sequence[Cells],
    mark: str,
    texts: Sequence[int],
    balance: Column | None,
) -> Sign:
    """The sign convention of one amount column."""
    at = amount.index
    read = [
        (row, read_amount(row[at], mark)) for row in rows if value_of(row, at, mark) is not None
    ]
    minus = sum(a.value < 0 for _, a in read)
    marked = sum(a.stated > 0 for _, a in read)
    flags = _flag_column(columns, at, minus, [row for row, _ in read])
    if flags is not None:
        column, known = flags
        name = column.name or f"column {column.index + 1}"
        shown = ", ".join(f"“{c}” {'in' if s > 0 else 'out'}" for c, s in list(known.items())[:4])
        why = f"no amount has a minus; {shown}"
        evidence = Evidence("Sign", f"“{name}” says in or out", why, True, "sign")
        return Sign("direction", evidence, complete(known), column.index)
    if marked and not minus and marked * 2 <= len(read):
        why = f"{marked} of {len(read)} amounts are marked as money in, none as money out"
        return _sign("unmarked_out", why, True)
    if amount.said.kind == "money_out" and not minus:
        return _sign("reversed", f"the column is called “{amount.name}”", True)
    if minus and marked:
        return _sign("signed", "amounts carry a plus or a minus", True)
    moves = chain(rows, at, balance.index, mark) if balance is not None else 0.0
    return _by_words(amount, read, minus, texts, moves)


def _flag_column(
    columns: list[Column], at: int, minus: int, paid: Sequence[Cells]
) -> tuple[Column, Mapping[str, int]] | None:
    if minus:
        return None
    fitting = []
    for column in columns:
        if column.index == at or column.said.kind not in (
            "direction", "", "other", "category", "status", "text", "money_out", "money_in",
        ):  # fmt: skip
            continue
        certain = column.said.kind == "direction" and fold(column.name) not in ("type", "typ")
        known = directions_of(column.cells, named=certain)
        if known and _filled(column, paid):
            fitting.append((not certain, len(set(known.values())) < 2, column.index, column, known))
        elif known and not column.name and column.cells and len(set(known)) == 1:
            # Only one kind of row is marked (CR beside payments); the others are the opposite.
            both = {**known, "": -next(iter(known.values()))}
            fitting.append((True, True, column.index, column, both))
    if not fitting:
        return None
    _, _, _, column, known = min(fitting, key=lambda f: f[:3])
    return column, known


def _filled(column: Column, paid: Sequence[Cells]) -> bool:
    """Whether the column says something on nearly every row with an amount; footers have none."""
    at = column.index
    said = sum(at < len(row) and not is_blank(row[at]) for row in paid)
    return column.fill >= 0.9 or said * 10 >= len(paid) * 9 > 0


def _by_words(amount: Column, read: Read, minus: int, texts: Sequence[int], moves: float) -> Sign:
    """The convention by which the words of the rows (pay, purchase) agree with their signs.

    `moves` tells whether the balance goes with the amounts (above zero) or against them. It is not
    the last word: a card states what is owed, which grows with every purchase.
    """
    signed = reversed_ = 0
    for row, stated in read[:1000]:
        words = sum(lean(row[i]) for i in texts if i < len(row))
        if words and stated.value:
            agrees = (words > 0) == (stated.value > 0)
            signed, reversed_ = signed + agrees, reversed_ + (not agrees)
    plus = len(read) - minus
    if amount.said.kind == "money_out" and signed <= reversed_:
        return _sign("reversed", f"the column is called “{amount.name}”", True)
    # A few rows' words are too little to turn every sign round.
    needed = 1 if not minus else (2 * signed + 2 if moves <= 0 else 4 * signed + 4)
    if reversed_ >= needed and reversed_ > signed:
        why = f"{reversed_} rows are by their words the opposite of their sign"
        why += f", {signed} are not" if signed else ""
        return _sign("reversed", why, reversed_ > 1 or not minus)
    if signed > reversed_:
        why = f"{signed} rows say in their words what their sign says"
        why += f", {reversed_} the opposite" if reversed_ else ""
        return _sign("signed", why, signed > 2 * reversed_)
    if moves and not minus:
        sign = "signed" if moves > 0 else "reversed"
        return _sign(sign, f"the balance {'rises' if moves > 0 else 'falls'} by them", True)
    if minus and moves <= 0 and plus > 3 * minus and len(read) >= 8:
        why = f"{plus} of {len(read)} amounts are positive, as spending is on a card"
        return _sign("reversed", why, False)
    if minus:
        return _sign("signed", f"{minus} amounts have a minus, {plus} none", not reversed_)
    return _sign(
        "signed", "no amount has a minus, and no word says which way the money went", False
    )


def _sign(sign: str, why: str, sure: bool) -> Sign:
    options = tuple(Option(s, SIGNS[s]) for s in ("signed", "reversed") if s != sign)
    return Sign(sign, Evidence("Sign", SIGNS[sign], why, sure, "sign", options))
