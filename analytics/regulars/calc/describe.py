"""From found streams to what a person is told: due rule, next day with its window, amounts, whether it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.regulars.calc import due as due_days
from analytics.regulars.calc.amounts import Band, band
from analytics.regulars.calc.cadences import CADENCES, MEAN_MONTH, Days, lapse_days, month_parts
from analytics.regulars.calc.due import DueRule
from analytics.regulars.calc.streams import Found, due_months


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """One stream in days and amounts.

    `expected` the due day of each row, oldest first; `next_on` the first due day after the last row;
    `window` how many days before and after it the payment may come; `lapsed` it should have come by now.
    """

    found: Found
    rule: DueRule
    expected: list[date]
    next_on: date
    window: int
    band: Band
    first: date
    last: date
    lapsed: bool

    @property
    def cadence(self) -> str:
        return self.found.cadence.name


def describe(found: Sequence[Found], day: Days, amount: Days, *, through: date) -> list[Described]:
    """Tells each stream; `day` and `amount` are the arrays that were searched, `through` the day it is."""
    rules = _rules(found, day)
    described = []
    for one, rule, (expected, coming) in zip(found, rules, _due(found, rules, day), strict=True):
        came = day[one.rows]
        off = np.sort(np.abs(came - expected))
        window = max(1, int(off[int(0.9 * (off.size - 1))]))
        days, due = dates(came), dates(expected)
        next_on = coming or due_days.next_due(one.cadence, rule, due[-1])
        described.append(
            Described(
                found=one,
                rule=rule,
                expected=due,
                next_on=next_on,
                window=min(window, one.cadence.tolerance),
                band=band(amount[one.rows].tolist()),
                first=days[0],
                last=days[-1],
                lapsed=has_lapsed(one.cadence.name, next_on, through),
            )
        )
    return described


def dates(days: Days) -> list[date]:
    """Days since 1970 as dates."""
    found: list[date] = days.astype("datetime64[D]").tolist()
    return found


def has_lapsed(cadence: str, next_on: date, through: date) -> bool:
    """Whether a payment due on `next_on` counts as stopped by the end of `through`."""
    return (through - next_on).days > lapse_days(CADENCES[cadence])


def _rules(found: Sequence[Found], day: Days) -> list[DueRule]:
    rules = [DueRule()] * len(found)
    monthly = [i for i, one in enumerate(found) if one.cadence.months]
    if monthly:
        streams = [found[i] for i in monthly]
        starts = np.cumsum([0, *(one.rows.size for one in streams[:-1])])
        days = np.concatenate([day[one.rows] for one in streams])
        months = np.concatenate([due_months(one) for one in streams])
        usual = np.array([_usual_day(one) for one in streams], dtype=np.int64)
        plain, error = due_days.best_rules(months, days, starts, usual)
        # Around a month's turn a place doesn't say which month: the next one's first day is tried too.
        sizes = np.diff(np.append(starts, days.size))
        turn = np.where(usual >= 29, 1, 0)
        moved, moved_error = due_days.best_rules(
            months + np.repeat(turn, sizes), days, starts, np.where(turn == 1, 1, usual)
        )
        for i, a, b, better in zip(monthly, plain, moved, moved_error < error, strict=True):
            rules[i] = b if better else a
    for i, one in enumerate(found):
        if one.cadence.name == "twice_a_month":
            rules[i] = _two_days(one, day[one.rows])
    return rules


def _usual_day(one: Found) -> int:
    whole = one.phase * one.cadence.months
    if one.cadence.from_end:
        before_end = np.ceil(whole - 0.05) - whole
        return max(1, 31 - round(float(before_end) * MEAN_MONTH))
    return min(31, round(float(whole - np.floor(whole + 1e-6)) * MEAN_MONTH) + 1)


def _two_days(one: Found, days: Days) -> DueRule:
    """The two days of the month of what comes twice in it: the middle of the even and of the odd ones."""
    _months, of_month, length = month_parts(days)
    of_month = np.where(of_month == length, 31, of_month)
    sides = [of_month[one.places % 2 == side] for side in (0, 1)]
    if not all(side.size for side in sides):
        return DueRule()
    first, second = sorted(int(np.median(side)) for side in sides)
    return DueRule(day=first, second=second)


def _due(
    found: Sequence[Found], rules: Sequence[DueRule], day: Days
) -> list[tuple[Days, date | None]]:
    """The due day of each row of each stream; of rhythms of months also the day to come."""
    due: list[tuple[Days, date | None]] = []
    alike: dict[tuple[DueRule, int], list[int]] = {}
    for place, (one, rule) in enumerate(zip(found, rules, strict=True)):
        expected = day[one.rows]
        if one.cadence.months:
            alike.setdefault((rule, one.cadence.months), []).append(place)
        elif one.cadence.name != "twice_a_month":
            expected = np.rint((one.places + one.phase) * one.cadence.period).astype(np.int64)
        due.append((expected, None))
    # There are far fewer rules than streams: each is asked for all of its streams at once.
    for (rule, step), places in alike.items():
        sizes = [found[place].rows.size for place in places]
        expected = _nearest(np.concatenate([due[place][0] for place in places]), rule)[1]
        ends = np.cumsum(sizes)
        months, _last = _nearest(expected[ends - 1], rule)
        coming = dates(due_days.in_months(months + step, rule))
        for place, part, next_on in zip(places, np.split(expected, ends[:-1]), coming, strict=True):
            due[place] = part, next_on
    return due


def _nearest(days: Days, rule: DueRule) -> tuple[NDArray[np.int64], Days]:
    """The due day of the rule that lies nearest to each day, and its month: a stream's months may be counted
    from either end."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    around = np.stack([due_days.in_months(months + shift, rule) for shift in (-1, 0, 1)])
    shift = np.abs(around - days).argmin(axis=0)
    return months + shift - 1, around[shift, np.arange(days.size)]
