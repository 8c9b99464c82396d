"""One measured figure: a ratio of two things of one run, its goal, and whether it held."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

# Sizes for a look at whether a measurement works, not for its figures.
SHORT = "--short" in sys.argv or os.environ.get("BENCH_SHORT") == "1"


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_most` says that less is better; `measured` is None where it could not be taken, and `why`."""

    code: str
    what: str
    measured: float | None
    goal: float
    at_most: bool = False
    why: str = ""

    @property
    def held(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured <= self.goal if self.at_most else self.measured >= self.goal

    def line(self) -> str:
        sign = "≤" if self.at_most else "≥"
        said = "-" if self.measured is None else f"{self.measured:.3f}"
        mark = {True: "held  ", False: "MISSED", None: "not taken"}[self.held]
        return f"{mark:<9} {self.code:<5}{self.what:<70}{said:>9}  {sign} {self.goal:g}  {self.why}"


def as_figures(found: Iterable[Figure | tuple[str, float, float]]) -> list[Figure]:
    """What a measurement's main() gave; a bare tuple is (what, ratio, goal), met when ratio ≥ goal."""
    return [one if isinstance(one, Figure) else Figure("", *one) for one in found]


def sized(full: int, short: int) -> int:
    return short if SHORT else full
