"""Which columns hold the money, by what decimal mark, and which way the sign runs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from transactions.adapters.base import Evidence, Option
from transactions.adapters.columns import Column
from transactions.adapters.directions import lean
from transactions.adapters.signs import chain, find_sign, value_of
from transactions.adapters.table import Cells
from transactions.amounts import is_blank

_ONLY_DOT = re.compile(r".*\.[0-9]{1,2}\D*|.*,[0-9]{3}\..*|.*\.[0-9]{4,}\D*")
_ONLY_COMMA = re.compile(r".*,[0-9]{1,2}\D*|.*\.[0-9]{3},.*|.*,[0-9]{4,}\D*")
_GROUP_DOT = re.compile(r"[^.,]*[0-9]{1,3}(?:\.[0-9]{3})+\D*")
_GROUP_COMMA = re.compile(r"[^.,]*[0-9]{1,3}(?:,[0-9]{3})+\D*")
_MARK_NAMES = {".": "dot: 1,284.07", ",": "comma: 1.284,07"}


@dataclass
class Money:
    """The money columns of a layout, and what was found on the way."""

    columns: dict[str, tuple[int, ...]] = field(default_factory=dict)
    sign: str = "signed"
    directions: Mapping[str, int] = field(default_factory=dict)
    out_negative: bool = False
    in_negative: bool = False
    currencies: tuple[str, ...] = ()
    currency: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    unclear: str = ""  # why the sign cannot be told, where it cannot


def decimal_mark(columns: Sequence[Column], *, prefer: str) -> tuple[str, Evidence]:
    """The decimal mark of the file, from every amount that can be read one way only."""
    cells = [c for column in columns for c in column.cells if "." in c or "," in c]
    dots = sum(_ONLY_DOT.fullmatch(c) is not None for c in cells)
    commas = sum(_ONLY_COMMA.fullmatch(c) is not None for c in cells)
    if dots == commas:
        grouped_dot = sum(_GROUP_DOT.fullmatch(c) is not None for c in cells)
        grouped_comma = sum(_GROUP_COMMA.fullmatch(c) is not None for c in cells)
        if grouped_dot != grouped_comma:
            mark = "," if grouped_dot > grouped_comma else "."
            why = "three digits behind the other mark are taken as thousands"
            found = Evidence("Decimal mark", _MARK_NAMES[mark], why, False, "decimal",
                             _mark_option("." if mark == "," else ","))  # fmt: skip
            return mark, found
    mark = ("," if commas > dots else ".") if dots != commas else prefer
    against = min(dots, commas)
    why = (
        "no value fits both ways" if dots + commas and not against
        else f"{against} of {len(cells)} values speak against it" if against
        else "no amount has decimals"
    )  # fmt: skip
    other = "." if mark == "," else ","
    sure = not against or max(dots, commas) > 3 * against
    return mark, Evidence(
        "Decimal mark", _MARK_NAMES[mark], why, sure, "decimal", _mark_option(other)
    )


def _mark_option(mark: str) -> tuple[Option, ...]:
    return (Option(mark, _MARK_NAMES[mark]),)


def find_money(
    columns: list[Column], rows: Sequence[Cells], mark: str, taken: set[int], texts: Sequence[int]
) -> Money:
    """The money columns and the sign; the words in the columns `texts` tell spending from pay."""
    free = [c for c in columns if c.index not in taken]
    money = Money()
    fitting = [c for c in free if c.cells and c.amount_share >= 0.5]
    out = _named(free, "money_out")
    back = _named(free, "money_in")
    amounts = [c for c in fitting if c.said.kind == "amount"]
    amounts.sort(key=lambda c: (-c.said.weight, -(c.fill >= 0.5), c.index))
    balance = next((c for c in fitting if c.said.kind == "balance"), None)
    whole = bool(amounts) and amounts[0].signed and amounts[0].fill >= 0.9
    if out and back and not whole and _exclusive(rows, out.index, back.index, mark):
        _two_columns(money, out, back, mark)
        _set_balance(money, balance)
        return money
    several = _per_currency(amounts, rows)
    if several:
        money.columns["amount"] = tuple(c.index for c in several)
        money.currencies = tuple(c.said.currency for c in several)
    single = amounts[0] if amounts else out or back
    if single is None:
        single, balance = _by_content(money, fitting, balance, rows, mark)
    if not several and single is not None and money.sign != "two_columns":
        money.columns["amount"] = (single.index,)
        money.currency = single.said.currency
    _set_balance(money, balance)
    if single is not None and money.sign != "two_columns":
        found = find_sign(single, columns, rows, mark, texts, balance)
        money.sign, money.directions = found.sign, found.directions
        money.evidence.append(found.evidence)
        if found.column is not None:
            money.columns["direction"] = (found.column,)
    return money


def _named(free: list[Column], kind: str) -> Column | None:
    """A money-in or money-out column by its heading; it may be empty in this file."""
    fitting = [
        c for c in free if c.said.kind == kind and c.name and (not c.cells or c.amount_share >= 0.5)
    ]
    fitting.sort(key=lambda c: (-c.said.weight, -bool(c.cells), c.index))
    return fitting[0] if fitting else None


def _exclusive(rows: Sequence[Cells], out: int, back: int, mark: str) -> bool:
    """Whether a row fills one of two columns, hardly ever both."""
    filled = [bool(value_of(r, out, mark)) + bool(value_of(r, back, mark)) for r in rows]
    return filled.count(1) > 0 and filled.count(2) <= max(1, filled.count(1) // 10)


def _per_currency(amounts: list[Column], rows: Sequence[Cells]) -> list[Column]:
    named = [c for c in amounts if c.said.currency and c.said.kind == "amount"]
    return named if len({c.said.currency for c in named}) > 1 else []


def _two_columns(money: Money, out: Column, back: Column, mark: str) -> None:
    money.sign = "two_columns"
    money.columns = {"money_out": (out.index,), "money_in": (back.index,)}
    money.currency = out.said.currency or back.said.currency
    money.out_negative = _mostly_negative(out.cells, mark)
    money.in_negative = _mostly_negative(back.cells, mark)
    minus = [c.name for c, n in ((out, money.out_negative), (back, money.in_negative)) if n]
    why = f"“{out.name}” and “{back.name}” are never filled on the same row"
    if minus:
        why += f"; minus signs in “{'”, “'.join(minus)}” are passed over"
    money.evidence.append(
        Evidence("Sign", f"“{out.name}” is money out, “{back.name}” money in", why, True, "sign")
    )


def _mostly_negative(cells: Sequence[str], mark: str) -> bool:
    values = [v for v in (value_of([c], 0, mark) for c in cells) if v]
    return bool(values) and sum(v < 0 for v in values) * 2 > len(values)


def _set_balance(money: Money, balance: Column | None) -> None:
    if balance is not None and balance.index not in money.columns.get("amount", ()):
        money.columns["balance"] = (balance.index,)


def _by_content(
    money: Money, fitting: list[Column], balance: Column | None, rows: Sequence[Cells], mark: str
) -> tuple[Column | None, Column | None]:
    """The amount column where no heading names it: what looks like money and moves a balance."""
    plain = [
        c for c in fitting if c.amount_share >= 0.6 and c.said.kind in ("", "amount", "direction")
    ]
    plain = [c for c in plain if not _counts(c)] or plain
    money_like = [c for c in plain if c.like_money] or plain
    if balance is None:
        # Before a balance is looked for: where money out fills most rows, it alone nearly follows it.
        pair = _unnamed_pair(money, money_like, rows, mark, open_too=False)
        if pair:
            return pair[0], next((c for c in money_like if c not in pair), None)
        for a in money_like:
            for b in money_like:
                if a is not b and chain(rows, a.index, b.index, mark):
                    return a, b
        pair = _unnamed_pair(money, money_like, rows, mark)
        if pair:
            return pair[0], next((c for c in money_like if c not in pair), None)
        sparse = [c for c in money_like if c.fill >= 0.9] or money_like
        signed = [c for c in sparse if c.signed] or sparse
        first = signed[0] if signed else None
        unnamed = [c for c in money_like if not c.name]
        rest = [c for c in sparse if c is not first and c.index > first.index] if first else []
        second = rest[0] if len(rest) == 1 and len(rows) > 1 and not rest[0].name else None
        if first and not first.signed and len(unnamed) > 1:
            money.unclear = (
                f"Columns {unnamed[0].index + 1} and {unnamed[1].index + 1} both hold amounts, "
                "they have no names, and nothing says which is which."
            )
            out, back = unnamed[:2]
            if first in (out, back) and _sides(rows, out.index, back.index, mark):
                _open_pair(money, out, back, "nothing speaks for it", sure=False)
                return out, second if second not in (out, back) else None
        return first, second
    others = [c for c in money_like if c is not balance]
    return (others[0] if others else None), balance


def _counts(column: Column) -> bool:
    """Numbers that are no money: leading zeros, very long ones, one value all through."""
    long = any(len(c) > 9 and c.isdecimal() for c in column.cells)
    zeros = any(len(c) > 1 and c[0] == "0" and c.isdecimal() for c in column.cells)
    return long or zeros


def _unnamed_pair(
    money: Money,
    plain: list[Column],
    rows: Sequence[Cells],
    mark: str,
    *,
    open_too: bool = True,
) -> tuple[Column, Column] | None:
    """Two columns without headings of which each row fills one; which is which, balance and words
    decide, else it is left open (or, unless `open_too`, there is no pair)."""
    half = [c for c in plain if c.fill < 0.95 and not c.signed]
    for out, back in pairwise(half):
        if out.fill + back.fill < 0.9 or not _exclusive(rows, out.index, back.index, mark):
            continue
        votes = 0
        for row in rows[:500]:
            words = sum(lean(c) for c in row if not is_blank(c))
            votes += words * ((value_of(row, back.index, mark) is not None) * 2 - 1)
        third = [c for c in plain if c not in (out, back)]
        for balance in third:
            votes += 5 * _pair_chain(rows, out.index, back.index, balance.index, mark)
        if not votes and not open_too:
            continue
        if votes < 0:
            out, back = back, out
        if not votes:
            money.unclear = (
                f"Columns {out.index + 1} and {back.index + 1} have no names, and nothing says "
                "which of them is money out."
            )
        why = "the words and balances of the rows agree" if votes else "nothing speaks for it"
        _open_pair(money, out, back, why, sure=bool(votes))
        return out, back
    return None


def _open_pair(money: Money, out: Column, back: Column, why: str, *, sure: bool) -> None:
    """Two columns without headings taken for money out and money in."""
    money.sign = "two_columns"
    money.columns = {"money_out": (out.index,), "money_in": (back.index,)}
    found = f"column {out.index + 1} is money out, column {back.index + 1} money in"
    money.evidence.append(Evidence("Sign", found, why, sure, "sign"))


def _sides(rows: Sequence[Cells], out: int, back: int, mark: str) -> bool:
    """Whether two columns of amounts can be the two sides: as a rule a row moves one of them.

    Where every row fills both, the second is more likely a balance.
    """
    one = both = 0
    for row in rows:
        filled = bool(value_of(row, out, mark)) + bool(value_of(row, back, mark))
        one, both = one + (filled == 1), both + (filled == 2)
    return one >= both and one > 0


def _pair_chain(rows: Sequence[Cells], out: int, back: int, balance: int, mark: str) -> int:
    score = 0
    for this, after in pairwise(rows[:500]):
        a, b = value_of(this, balance, mark), value_of(after, balance, mark)
        if a is None or b is None:
            continue
        net_after = (value_of(after, back, mark) or 0) - (value_of(after, out, mark) or 0)
        net_this = (value_of(this, back, mark) or 0) - (value_of(this, out, mark) or 0)
        score += (b - a == net_after) + (a - b == net_this)
        score -= (b - a == -net_after) + (a - b == -net_this)
    return (score > 0) - (score < 0)
