"""Runs of days: half-open inside (start in, end out), whole calendar or pay months.

A month may start on any day from 1 to 28; it is named by its first day. `today` is always given.
"""

from datetime import date, timedelta

MONTH_STARTS = range(1, 29)


def month_of(day: date, month_start: int = 1) -> date:
    """First day of the month that `day` lies in."""
    if month_start not in MONTH_STARTS:
        raise ValueError("A month starts on a day from 1 to 28.")
    first = day.replace(day=month_start)
    return first if first <= day else add_months(first, -1)


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the day is at most 28, so it always exists."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, day.day)


def this_month(today: date, month_start: int = 1) -> tuple[date, date]:
    """The running month, whole."""
    first = month_of(today, month_start)
    return first, add_months(first, 1)


def last_months(today: date, months: int, month_start: int = 1) -> tuple[date, date]:
    """`months` whole months, the running one included."""
    first, end = this_month(today, month_start)
    return add_months(first, 1 - months), end


def months_in(start: date, end: date, month_start: int = 1) -> list[date]:
    """First days of all months that have a day in the period, in order."""
    found = []
    month = month_of(start, month_start)
    while month < end:
        found.append(month)
        month = add_months(month, 1)
    return found


def is_whole_months(start: date, end: date, month_start: int = 1) -> bool:
    return start < end and start.day == end.day == month_start


def period_before(start: date, end: date, month_start: int = 1) -> tuple[date, date]:
    """The period to compare with: as many whole months before, else as many days before."""
    if is_whole_months(start, end, month_start):
        months = len(months_in(start, end, month_start))
        return add_months(start, -months), start
    return start - (end - start), start


def year_before(start: date, end: date) -> tuple[date, date]:
    """The same days one year earlier; 29 February becomes 28 February."""
    return _year_earlier(start), _year_earlier(end - timedelta(days=1)) + timedelta(days=1)


def _year_earlier(day: date) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day)
