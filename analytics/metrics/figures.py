"""A figure: one number with its unit, its sentence and what it is the sum of."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Unit = Literal["money", "percent", "count", "months"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What every door shows when it shows a number.

    `value` is exact: money in `currency`, a percentage as 36.7 (not 0.367), None = there is no
    such number, and `note` then says why in the reader's words. `trace` is the relative address
    of the rows (or groups, or parts) behind it. `direction` is +1 where more is better, -1 where
    less is better, 0 where neither. `metric` is the registry's name.
    """

    value: Decimal | int | None
    unit: Unit
    currency: str | None = None
    sentence: str = ""
    trace: str | None = None
    direction: int = 0
    metric: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.unit == "money" and not self.currency:
            raise ValueError(f"A sum of money without its currency: {self.metric or self.sentence}")
        if isinstance(self.value, float):
            raise TypeError(f"A figure is exact, never a float: {self.metric or self.sentence}")
