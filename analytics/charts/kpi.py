"""One number large, with its change in words and its last year as a sparkline."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.safestring import SafeString

from analytics.charts.chart import EMPTY
from analytics.metrics.figures import Figure

Trend = Literal["up", "down", "same", ""]


@dataclass(frozen=True, slots=True)
class Kpi:
    """A card of the first row. `note` is a computed sentence, with figures where it names any.

    `trend` draws the arrow. `change` is the sign of the change against the period before (+1, 0,
    −1): with the figure's own direction it says whether the arrow is good news.
    """

    label: str
    figure: Figure
    note: SafeString | str = ""
    trend: Trend = ""
    change: int = 0
    spark: SafeString = EMPTY

    @property
    def tone(self) -> str:
        """The arrow's class: good, bad or neither. A word beside it says the same."""
        verdict = self.change * self.figure.direction
        return "good" if verdict > 0 else "bad" if verdict < 0 else ""

    @property
    def is_long(self) -> bool:
        """Whether the number needs smaller letters to fit its card: six digits and more before the mark."""
        value = self.figure.value
        return value is not None and abs(Decimal(value)) >= 100_000

    @property
    def icon(self) -> str:
        return {"up": "up", "down": "down", "same": "equal"}.get(self.trend, "")
