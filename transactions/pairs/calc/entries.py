"""What the matching knows of a line, of an account and of a pair."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Hints:
    """What a line's text and category say for or against a pair.

    `transfer`: it speaks of a transfer or of paying a card. `refund`: it speaks of money back.
    `accounts`: own accounts that it names by number or name. `elsewhere`: it names an account or somebody
    that is none of the owner's. `shop`: it names a shop or a purpose, so it is a payment to somebody else.
    `earned`: it speaks of wages, interest or other income. `merchant`: the key of its merchant, without
    the words for money back; "" where nothing else stands there. `numbers`: the longer numbers in it,
    such as a bank's own for the order.
    """

    transfer: bool = False
    refund: bool = False
    accounts: frozenset[int] = frozenset()
    elsewhere: bool = False
    shop: bool = False
    earned: bool = False
    merchant: str = ""
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One posted line: its account, day, signed amount (in > 0, out < 0) and what it hints at."""

    id: int
    account: int
    day: date
    amount: Decimal
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True)
class Found:
    """Two lines that belong together: `first` is the payment out, `second` the money in.

    `is_sure` False means that it is worth asking a person. `score` is what the evidence added up to.
    """

    first: int
    second: int
    score: int
    is_sure: bool
