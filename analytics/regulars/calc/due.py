"""On which day a payment is due: the rule its past days follow best, and the days to come.

The bank's days are Monday to Friday here; no holidays are known, so a day's rule is told with a window.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.regulars.calc.cadences import CADENCES, MEAN_MONTH, Cadence, Days, month_parts

ROLLS = (
    "",
    "next",
    "previous",
)  # a weekend's payment: that day, the Monday after, the Friday before
LAST = 31
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DueRule:
    """`day` of the month (31 = the last) with a weekend's `roll`; or the `working`-th working day, negative
    from the month's end. `second` is the other day of what comes twice a month. Rhythms of weeks have none.
    """

    day: int = 0
    roll: str = ""
    working: int = 0
    second: int = 0

    @property
    def text(self) -> str:
        """As it is stored: "25p", "31", "w1", "w-2", "5n+20"."""
        if self.working:
            return f"w{self.working}"
        if not self.day:
            return ""
        other = f"+{self.second}" if self.second else ""
        return f"{self.day}{self.roll[:1]}{other}"


def read_rule(text: str) -> DueRule:
    """A rule from its stored text; anything unknown is no rule."""
    if text.startswith("w") and text[1:].lstrip("-").isdigit():
        return DueRule(working=int(text[1:]))
    first, _, second = text.partition("+")
    roll = {"n": "next", "p": "previous"}.get(first[-1:], "")
    digits = first[:-1] if roll else first
    if not digits.isdigit():
        return DueRule()
    return DueRule(day=int(digits), roll=roll, second=int(second) if second.isdigit() else 0)


def rolled(days: Days, roll: str) -> Days:
    """The same days with Saturdays and Sundays moved to the Monday after or the Friday before."""
    if not roll:
        return days
    weekday = (days + 3) % 7  # 1 January 1970 was a Thursday; Monday is 0
    over = weekday - 4
    if roll == "previous":
        return np.asarray(np.where(over > 0, days - over, days))
    return np.asarray(np.where(over > 0, days + 3 - over, days))


def in_months(months: NDArray[np.int64], rule: DueRule) -> Days:
    """The due day in each month (months since January 1970); shape as `months`."""
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    last = (months + 1).astype("datetime64[M]").astype("datetime64[D]") - 1
    if rule.working > 0:
        found = np.busday_offset(first, rule.working - 1, roll="forward")
        return np.asarray(found.astype(np.int64))
    if rule.working < 0:
        found = np.busday_offset(last, rule.working + 1, roll="backward")
        return np.asarray(found.astype(np.int64))
    start, end = first.astype(np.int64), last.astype(np.int64)
    return rolled(np.minimum(start + rule.day - 1, end), rule.roll)


def best_rules(
    months: NDArray[np.int64], days: Days, starts: NDArray[np.int64], usual: NDArray[np.int64]
) -> tuple[list[DueRule], NDArray[np.float64]]:
    """The rule that each stream's days follow best.

    Parameters
    ----------
    months, days : arrays of shape (n,), streams one after the other
        The month in which each payment was due (since January 1970), and the day it came.
    starts : array of shape (k,)
        Where each stream begins; every stream has a row.
    usual : array of shape (k,)
        Each stream's usual day of the month, 1–31.

    Returns
    -------
    k rules and, shape (k,), their mean error in days. The plainest of equally good rules wins.
    """
    sizes = np.diff(np.append(starts, days.size))
    best = np.full(starts.size, np.inf)
    found = np.zeros(starts.size, dtype=np.int64)
    tried: list[tuple[int, str, int]] = []  # offset from the usual day, roll, working day
    tried += [(offset, roll, 0) for offset in (0, -1, 1, -2, 2) for roll in ROLLS]
    tried += [(LAST, roll, 0) for roll in ROLLS]
    tried += [(0, "", n) for n in (1, 2, 3, -1, -2, -3)]
    for place, (offset, roll, working) in enumerate(tried):
        if working:
            due = in_months(months, DueRule(working=working))
        elif offset == LAST:
            due = in_months(months, DueRule(day=LAST, roll=roll))
        else:
            wanted = np.clip(np.repeat(usual + offset, sizes), 1, LAST)
            first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
            end = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
            due = rolled(np.minimum(first + wanted - 1, end), roll)
        error = np.add.reduceat(np.abs(days - due).astype(np.float64), starts) / sizes
        # A more special rule has to be better by more than chance.
        price = 0.02 * place if working == 0 else 0.25
        better = error + price < best
        best = np.where(better, error + price, best)
        found = np.where(better, place, found)
    rules = []
    for stream, place in enumerate(found.tolist()):
        offset, roll, working = tried[place]
        if working:
            rules.append(DueRule(working=working))
        else:
            day = LAST if offset == LAST else int(np.clip(usual[stream] + offset, 1, LAST))
            rules.append(DueRule(day=day, roll=roll))
    return rules, best


def days_after(
    cadence: str, rule: DueRule, first: date, *, until: date, limit: int = 60
) -> list[date]:
    """The due days from `first` (itself one) up to `until`, at most `limit`."""
    kind = CADENCES[cadence]
    found = [first]
    while found[-1] <= until and len(found) <= limit:
        found.append(next_due(kind, rule, found[-1]))
    return [day for day in found if day <= until][:limit]


def next_due(cadence: Cadence, rule: DueRule, after: date) -> date:
    """The due day that follows `after`, a day on which the payment was due or came."""
    if cadence.name == "twice_a_month":
        return _second_of_month(rule, after)
    if not cadence.months:
        return after + timedelta(days=round(cadence.period))
    if not (rule.day or rule.working):
        rule = DueRule(day=after.day)
    number = (after - _EPOCH).days
    months, _of, _length = month_parts(np.array([number]))
    near = in_months(months + np.arange(-1, 2), rule)
    month = int(months[0]) + int(np.abs(near - number).argmin()) - 1
    due = int(in_months(np.array([month + cadence.months]), rule)[0])
    return _EPOCH + timedelta(days=due)


def _second_of_month(rule: DueRule, after: date) -> date:
    if not (rule.day and rule.second):
        return after + timedelta(days=15)
    number = (after - _EPOCH).days
    months, _of, _length = month_parts(np.array([number]))
    due = [
        int(day)
        for which in (rule.day, rule.second)
        for day in in_months(months + np.arange(0, 3), DueRule(day=which, roll=rule.roll))
    ]
    return _EPOCH + timedelta(days=min(day for day in due if day > number + MEAN_MONTH / 6))
