"""Which stream of tonight is which one of before."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

# A stream whose rows all have new numbers is the same one when its amount is this close.
NEAR = 0.35


@dataclass(frozen=True, slots=True)
class Side:
    """What tells a stream from others: where it is, its rows' numbers, its usual amount (> 0), its rhythm."""

    place: Hashable
    rows: frozenset[int]
    amount: int
    cadence: str


def same_streams(before: Sequence[Side], now: Sequence[Side]) -> dict[int, int]:
    """For places in `now`, the place in `before` of the same stream; each is used once.

    The most shared rows decide; without any, the same place with the nearest amount, the same rhythm first.
    """
    by_place: dict[Hashable, list[int]] = {}
    for old, side in enumerate(before):
        by_place.setdefault(side.place, []).append(old)
    pairs: list[tuple[float, int, int]] = []
    for new, side in enumerate(now):
        for old in by_place.get(side.place, ()):
            other = before[old]
            shared = len(side.rows & other.rows)
            apart = abs(side.amount - other.amount) / max(other.amount, 1)
            if shared:
                pairs.append((-float(shared), old, new))
            elif apart <= NEAR:
                pairs.append((apart + (side.cadence != other.cadence), old, new))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _rank, old, new in sorted(pairs):
        if new not in found and old not in taken:
            found[new] = old
            taken.add(old)
    return found
