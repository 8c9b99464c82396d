"""Day first or month first: decided from all rows of the sample, and said why.

08/02/2024 alone cannot be read. A file can: a number above 12 settles it; else the reading in which
the rows lie close together, or in order of time, is the likely one, and what the file says of its
country helps. Where nothing speaks for either the question is handed to the person.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

from transactions.adapters.base import Evidence, Option
from transactions.days import LABELS, DayError, orders_fitting, parse_day

SHOWN = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
_FIRST = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
_US_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|"
    "NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
_STATE_END = re.compile(rf"[A-Za-z#*0-9] +(?:{_US_STATES})\b *$")
_DAY_MONTH = re.compile(
    r"\b([0-3]?[0-9])[ -]?(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\b", re.IGNORECASE
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DECIDED = 2  # points by which one order must lead


def decide(
    days: Sequence[str],
    *,
    prior: str = "",
    country: int = 0,
    texts: Sequence[str] = (),
) -> tuple[str, Evidence, bool]:
    """The order of the days, the evidence, and whether it may be acted upon.

    Parameters
    ----------
    days : the filled cells of the day column in file order.
    prior : the order the adapter knows its bank to use; it loses only to the rows themselves.
    country : points from the rest of the file, above zero for day first (a comma as decimal mark,
        a European currency), below zero for month first.
    texts : texts of the same rows; a day named in one settles its own row.
    """
    fitting = [orders_fitting(d) for d in days]
    counts = {order: sum(order in f for f in fitting) for order in ("dmy", "mdy", "ymd")}
    readable = sum(bool(f) for f in fitting)
    if all(_same_in_all(d) for d, f in zip(days, fitting, strict=True) if f):
        return "ymd", _evidence("ymd", "every day reads one way only", True), True
    best = max(("dmy", "mdy"), key=lambda o: counts[o])
    worst = "mdy" if best == "dmy" else "dmy"
    if counts["ymd"] > counts[best]:
        return "ymd", _evidence("ymd", _clear(counts, "ymd", best, readable), True), True
    if counts[best] > counts[worst]:
        sure = counts[best] >= 0.9 * readable
        return best, _evidence(best, _clear(counts, best, worst, readable), sure), True
    if prior:
        why = "all rows fit, and so this bank writes them"
        return prior, _evidence(prior, why, True), True
    return _weigh(days, country, texts)


@lru_cache(maxsize=8192)
def _same_in_all(day: str) -> bool:
    """Whether the day needs no order: its year stands first with four digits, or it has letters."""
    read = {parse_day(day, order) for order in orders_fitting(day)}
    return len(read) == 1 and len(orders_fitting(day)) == len(SHOWN)


def _clear(counts: dict[str, int], best: str, worst: str, readable: int) -> str:
    fit = "all rows fit" if counts[best] == readable else f"{counts[best]} of {readable} rows fit"
    return f"{fit}; {_FIRST[worst]} fails on {readable - counts[worst]}"


def _weigh(days: Sequence[str], country: int, texts: Sequence[str]) -> tuple[str, Evidence, bool]:
    points, reasons = 0, []
    if all("." in d[:6] for d in days):
        points, reasons = 3, ["days with dots are written day first"]
    read = {order: _read(days, order) for order in ("dmy", "mdy")}
    if read["dmy"] == read["mdy"]:
        return "dmy", _evidence("dmy", "both orders give the same days", True), True
    for vote, reason in (_closeness(days, read, texts), _sequence(read), _named(read, texts)):
        points += vote
        if vote:
            reasons.append(reason)
    if country:
        points += country
        reasons.append("the file is written as in " + ("Europe" if country > 0 else "the USA"))
    order = "dmy" if points > 0 else "mdy"
    decided = abs(points) >= DECIDED
    why = "; ".join(reasons) if reasons else "every day can be read both ways"
    if not decided and reasons:
        why += "; too little to be sure"
    return order, _evidence(order, f"all rows fit both ways; {why}", decided), decided


def _evidence(order: str, why: str, sure: bool) -> Evidence:
    options = tuple(Option(o, LABELS[o]) for o in ("dmy", "mdy", "ymd") if o != order)
    return Evidence("Day order", SHOWN[order], why, sure, "date_order", options)


def _read(days: Sequence[str], order: str) -> list[date]:
    found = []
    for text in days:
        try:
            found.append(parse_day(text, order))
        except DayError:
            continue
    return found


def _closeness(
    days: Sequence[str], read: dict[str, list[date]], texts: Sequence[str]
) -> tuple[int, str]:
    """The reading whose rows lie closer together; one lone day says nothing, nor does one payment
    that returns (on the 5th of each month, or five days running?)."""
    if len(set(days)) < 2 or (len(texts) == len(days) and len(set(texts)) == 1 and texts[0]):
        return 0, ""
    spans = {order: (max(found) - min(found)).days for order, found in read.items()}
    near = min(spans, key=lambda o: spans[o])
    far = max(spans, key=lambda o: spans[o])
    if spans[far] < 3 * max(spans[near], 1):
        return 0, ""
    months = {(d.year, d.month) for d in read[near]}
    where = "one month" if len(months) == 1 else f"{spans[near] + 1} days"
    vote = 2 if near == "dmy" else -2
    return vote, f"read {_FIRST[near]} the rows lie within {where}, else {spans[far] + 1} days"


def _sequence(read: dict[str, list[date]]) -> tuple[int, str]:
    """The reading in which the rows run in order of time, oldest or newest first."""
    runs = {}
    for order, found in read.items():
        steps = [(b > a) - (b < a) for a, b in pairwise(found)]
        moved = [s for s in steps if s]
        runs[order] = abs(sum(moved)) / len(moved) if len(moved) >= 2 else 0.0
    for order, other, vote in (("dmy", "mdy", 2), ("mdy", "dmy", -2)):
        if runs[order] == 1 and runs[other] < 0.8:
            return vote, f"read {_FIRST[order]} the rows run in order of time"
    return 0, ""


def _named(read: dict[str, list[date]], texts: Sequence[str]) -> tuple[int, str]:
    """Days named in the text ("ON 01 SEP") that fit one reading of their row only."""
    votes = 0
    if len(texts) != len(read["dmy"]) or len(texts) != len(read["mdy"]):
        return 0, ""
    for text, dmy, mdy in zip(texts, read["dmy"], read["mdy"], strict=True):
        found = _DAY_MONTH.search(text)
        if not found or dmy == mdy:
            continue
        month = _MONTHS.index(found[2].lower()) + 1
        votes += (abs(dmy.month - month) in (0, 1, 11)) - (abs(mdy.month - month) in (0, 1, 11))
    if not votes:
        return 0, ""
    return (2 if votes > 0 else -2), "days named in the texts agree"


def country_points(*, decimal: str, delimiter: str, texts: Sequence[str], currency: str) -> int:
    """Points for day first (above zero) or month first, from what the file says of its country."""
    points = 0
    if decimal == "," or delimiter == ";":
        points += 2
    if currency in (
        "GBP",
        "EUR",
        "CHF",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "CZK",
        "AUD",
        "NZD",
        "INR",
        "ZAR",
    ):
        points += 2
    if currency == "USD":
        points -= 1
    american = sum(_STATE_END.search(t.upper()) is not None for t in texts[:200])
    if american >= 2 and american * 4 >= len(texts[:200]):
        points -= 2
    return points
