"""What a regular payment usually is, and when its price changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, median_low

# Amounts closer than this are the same price; a change smaller than that is none.
SAME = 0.005
CHANGED = 0.01
RECENT = 6
# A varying amount has changed when both sides have this many payments and lie this far apart.
SIDE = 3
APART = 0.08


@dataclass(frozen=True, slots=True)
class Step:
    """A price that changed: from, to (in ten-thousandths), and the place of the first payment at `to`."""

    before: int
    after: int
    place: int


@dataclass(frozen=True, slots=True)
class Band:
    """Lowest, usual and highest amount of the present price, in ten-thousandths."""

    low: int
    typical: int
    high: int
    fixed: bool
    step: Step | None


def runs(amounts: Sequence[int]) -> list[tuple[int, int]]:
    """(place of the first, how many) of each run of the same price."""
    found: list[tuple[int, int]] = []
    for place, amount in enumerate(amounts):
        if found:
            first, count = found[-1]
            if abs(amount - amounts[first]) <= SAME * abs(amounts[first]):
                found[-1] = (first, count + 1)
                continue
        found.append((place, 1))
    return found


def band(amounts: Sequence[int]) -> Band:
    """The band of amounts of one stream, oldest first; all positive, at least one."""
    parts = runs(amounts)
    # Mostly runs of one price: a change between two of them is a price that changed.
    changes = max(1.0 if len(amounts) > 2 else 0.0, 0.3 * (len(amounts) - 1))
    fixed = len(parts) - 1 <= changes
    step = _run_step(amounts, parts) if fixed else _split_step(amounts)
    if fixed:
        first, _count = parts[-1]
        typical = amounts[-1]
    else:
        first = step.place if step else max(0, len(amounts) - 2 * RECENT)
        typical = median_low(amounts[max(first, len(amounts) - RECENT) :])
    present = amounts[first:]
    return Band(min(present), typical, max(present), fixed, step)


def _run_step(amounts: Sequence[int], parts: list[tuple[int, int]]) -> Step | None:
    if len(parts) < 2:
        return None
    first, _count = parts[-1]
    for before, held in reversed(parts[:-1]):
        if held >= 2:
            old, new = amounts[before], amounts[first]
            return Step(old, new, first) if abs(new - old) > CHANGED * old else None
    return None


def _split_step(amounts: Sequence[int]) -> Step | None:
    """The last place where a varying amount moved for good: medians apart by more than it varies."""
    best: tuple[float, Step] | None = None
    for place in range(SIDE, len(amounts) - SIDE + 1):
        before, after = amounts[max(0, place - 12) : place], amounts[place : place + 12]
        old, new = median(before), median(after)
        spread = max(_spread(before, old), _spread(after, new), 1.0)
        apart = abs(new - old)
        if apart > APART * old and apart > 4 * spread:
            strength = apart / spread
            if best is None or strength > best[0]:
                best = (strength, Step(median_low(before), median_low(after), place))
    return best[1] if best else None


def _spread(amounts: Sequence[int], middle: float) -> float:
    return float(median(abs(amount - middle) for amount in amounts))
