"""The rhythms a payment can have, and where on each a day lies.

A day's place on a rhythm is a number that grows by one from payment to payment: the week, the month, the
quarter it lies in and how far into it. Days are whole numbers since 1 January 1970.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
MEAN_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Cadence:
    """One rhythm. `months` 0 = it counts days; `tolerance` and `period` in days; `yearly` payments a year.

    `from_end` measures the day from the month's last: for what is due on the last day, whatever its number.
    """

    name: str
    period: float
    tolerance: int
    yearly: int
    months: int = 0
    from_end: bool = False

    def place(self, days: Days) -> NDArray[np.float64]:
        """Where each day lies; shape as `days`."""
        if not self.months and self.name != "twice_a_month":
            return np.asarray(days / self.period, dtype=np.float64)
        months, of_month, length = month_parts(days)
        into = (of_month - length if self.from_end else np.minimum(of_month, 31) - 1) / MEAN_MONTH
        whole = months + into
        if self.name == "twice_a_month":
            return np.asarray(whole * 2, dtype=np.float64)
        return np.asarray(whole / self.months, dtype=np.float64)


WEEKLY = Cadence("weekly", 7, 1, 52)
TWO_WEEKS = Cadence("every_2_weeks", 14, 2, 26)
FOUR_WEEKS = Cadence("every_4_weeks", 28, 2, 13)
TWICE_A_MONTH = Cadence("twice_a_month", MEAN_MONTH / 2, 3, 24)
MONTHLY = Cadence("monthly", MEAN_MONTH, 4, 12, months=1)
TWO_MONTHS = Cadence("every_2_months", 2 * MEAN_MONTH, 5, 6, months=2)
QUARTERLY = Cadence("quarterly", 3 * MEAN_MONTH, 7, 4, months=3)
HALF_YEARLY = Cadence("half_yearly", 6 * MEAN_MONTH, 10, 2, months=6)
YEARLY = Cadence("yearly", 12 * MEAN_MONTH, 12, 1, months=12)

CADENCES: dict[str, Cadence] = {
    c.name: c
    for c in (
        WEEKLY, TWO_WEEKS, FOUR_WEEKS, TWICE_A_MONTH, MONTHLY, TWO_MONTHS, QUARTERLY, HALF_YEARLY, YEARLY,
    )
}  # fmt: skip
# What a search tries: months counted from their first day and from their last.
TRIED: tuple[Cadence, ...] = (
    *CADENCES.values(),
    Cadence("monthly", MEAN_MONTH, 4, 12, months=1, from_end=True),
    Cadence("quarterly", 3 * MEAN_MONTH, 7, 4, months=3, from_end=True),
)


def month_parts(days: Days) -> tuple[Days, Days, Days]:
    """Months since January 1970, the day of the month from 1, the month's length; each shaped as `days`."""
    moments = days.astype("datetime64[D]")
    months = moments.astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    after = (months + 1).astype("datetime64[D]")
    of_month = (moments - first).astype(np.int64) + 1
    return months.astype(np.int64), of_month, (after - first).astype(np.int64)


def lapse_days(cadence: Cadence) -> int:
    """How many days after its due day a payment counts as stopped: most of a period, 10 to 45 days."""
    return round(min(max(10.0, 0.6 * cadence.period), 45.0))
