"""What a rule does to a payment beside its category and name: a tag, and parts split off."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from transactions.fingerprints import amount_text
from transactions.plain_money import decimals_of

PIECES_AT_MOST = 3
_PERCENT = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*%")
_AMOUNT = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part that is split off: a share in per cent or an amount without sign, and its category."""

    value: Decimal
    is_percent: bool
    category_id: int

    def __str__(self) -> str:
        return f"{amount_text(self.value)} %" if self.is_percent else amount_text(self.value)


@dataclass(frozen=True, slots=True)
class Actions:
    """`tag` is the key of a tag of the rule's owner; what is left after `pieces` keeps the payment's category."""

    tag: int | None = None
    pieces: tuple[Piece, ...] = ()

    def __bool__(self) -> bool:
        return self.tag is not None or bool(self.pieces)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.tag is not None:
            found["tag"] = self.tag
        if self.pieces:
            found["pieces"] = [
                [amount_text(p.value), p.is_percent, p.category_id] for p in self.pieces
            ]
        return found


def read(stored: Mapping[str, Any]) -> Actions:
    """Actions as `as_json` wrote them."""
    pieces = stored.get("pieces") or []
    return Actions(
        stored.get("tag"), tuple(Piece(Decimal(v), bool(share), int(c)) for v, share, c in pieces)
    )


def value_of(typed: str) -> tuple[Decimal, bool] | None:
    """“30 %” or “12.50” as a value and whether it is a share; None for anything else, or nothing."""
    typed = typed.strip()
    share = _PERCENT.fullmatch(typed)
    if share is None and _AMOUNT.fullmatch(typed) is None:
        return None
    try:
        value = Decimal((share[1] if share else typed).replace(",", "."))
    except InvalidOperation:
        return None
    return (value, share is not None) if value > 0 else None


def amounts(whole: Decimal, currency: str, pieces: Sequence[Piece]) -> list[Decimal] | None:
    """The pieces' amounts with the payment's sign, and the rest behind them; they add up to `whole`.

    None where it can't be split so: a piece would be nothing, or nothing would be left.
    """
    sign = -1 if whole < 0 else 1
    step = Decimal(1).scaleb(-decimals_of(currency))
    found = []
    for piece in pieces:
        size = piece.value
        if piece.is_percent:
            size = (abs(whole) * size / 100).quantize(step, ROUND_HALF_EVEN)
        found.append(sign * size)
    rest = whole - sum(found, Decimal(0))
    if not all(found) or rest * sign <= 0:
        return None
    return [*found, rest]
