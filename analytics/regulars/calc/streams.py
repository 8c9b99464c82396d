"""Finds the payments that come again among all rows of many customers at once.

Rows are grouped by their key (one account, one counterparty, one direction). A key's rows are tried as one
stream first, so that a price rise doesn't split it; then by equal amounts, so that two subscriptions of one
merchant come apart; then by bands of amounts. A stream is accepted when its days fit a rhythm so well that
chance is no explanation: the evidence grows with each payment and with the sharpness of the fit, and what is
asked grows with the number of ways that were tried. Nothing is fitted on any bank's accounts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.regulars.calc.cadences import CADENCES, TRIED, Cadence

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Evidence (natural log of the odds against chance) that a stream must reach.
WHOLE = 4.5
PART = 6.0
# What varying amounts ask for on top: shops are visited often, and by habit.
VARYING = 3.5
MISSED, DOUBLE, OUTSIDE = 0.8, 2.0, 1.5
CANDIDATE, EARLY, MATURE = 2, 3, 6
# Two equal payments and nothing else: a candidate when they lie so many days apart.
_PAIRS = (
    ("monthly", 28, 32),
    ("quarterly", 89, 93),
    ("half_yearly", 181, 184),
    ("yearly", 363, 368),
)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A stream: the rows it is made of, by day, and its rhythm.

    `rows` are places in the arrays given; `count` distinct due days met; `evidence` as in the module.
    `places` the number of each row's due day on the rhythm; `phase` where on it the due days lie.
    """

    rows: Ints
    cadence: Cadence
    phase: float
    places: Ints
    count: int
    evidence: float

    @property
    def maturity(self) -> str:
        if self.count < EARLY:
            return "candidate"
        enough = EARLY if self.cadence.yearly <= 2 else MATURE
        return "mature" if self.count >= enough else "early"


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The best rhythm of each segment; arrays of shape (segments,), `places` of shape (rows,)."""

    cadence: Ints
    phase: Floats
    evidence: Floats
    count: Ints
    places: Ints


def find_streams(key: Ints, day: Ints, amount: Ints) -> list[Found]:
    """All streams among the rows.

    Parameters
    ----------
    key, day, amount : integer arrays of shape (n,), any order
        Key of the row's group; days since 1970; the amount's size in ten-thousandths, > 0.

    Returns
    -------
    Streams ordered by key and first day. No row is in two streams.

    Raises
    ------
    ValueError
        If the arrays differ in length or an amount is not positive.
    """
    if not key.size == day.size == amount.size:
        raise ValueError("Rows have a key, a day and an amount each.")
    if amount.size and int(amount.min()) <= 0:
        raise ValueError("Amounts are sizes: above zero.")
    if key.size == 0:
        return []
    order = np.lexsort((amount, day, key))
    key, day, amount = key[order], day[order], amount[order]
    free = np.ones(key.size, dtype=bool)
    found: list[Found] = []

    def search(labels: Ints, need: Floats, least: int, varying: bool) -> None:
        """Tries each label's free rows (label < 0: none) as one stream."""
        rows = np.flatnonzero(free & (labels >= 0))
        if rows.size == 0:
            return
        rows = rows[np.lexsort((day[rows], labels[rows]))]
        kept = _large_enough(labels[rows], least)
        rows, asked = rows[kept], need[rows[kept]]
        if rows.size == 0:
            return
        starts = _starts(labels[rows])
        fit = _fit(day[rows], amount[rows], starts, varying=varying)
        ends = np.append(starts[1:], rows.size)
        for i in np.flatnonzero(fit.evidence >= asked[starts]).tolist():
            span = slice(int(starts[i]), int(ends[i]))
            part = rows[span]
            free[part] = False
            found.append(
                Found(
                    part,
                    TRIED[int(fit.cadence[i])],
                    float(fit.phase[i]),
                    fit.places[span],
                    int(fit.count[i]),
                    float(fit.evidence[i]),
                )
            )

    eras = _eras(key, day)
    equal = _labels(eras, amount)
    tries = np.log(np.maximum(_distinct_repeated(eras, equal), 1))
    search(np.where(_side_by_side(eras, equal, day), equal, -1), PART + tries, EARLY, False)
    search(eras, np.full(key.size, WHOLE), EARLY, True)
    search(equal, PART + tries, EARLY, False)
    _take_on(found, key, day, amount, free)
    search(_bands(eras, amount, free), np.full(key.size, PART + 1), 4, True)
    search(_latest(eras, free), np.full(key.size, PART + 1), 5, True)
    found += _pairs(key, day, amount, free)
    joined = _join(found, key, day, amount)
    joined.sort(key=lambda one: (int(key[one.rows[0]]), int(day[one.rows[0]]), int(one.rows[0])))
    return [Found(order[f.rows], f.cadence, f.phase, f.places, f.count, f.evidence) for f in joined]


# -- segments --------------------------------------------------------------------------------------


def _starts(labels: Ints) -> Ints:
    return np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))


def _large_enough(labels: Ints, least: int) -> NDArray[np.bool_]:
    """Which rows belong to a label with at least `least` rows; labels sorted."""
    starts = _starts(labels)
    sizes = np.diff(np.append(starts, labels.size))
    return np.repeat(sizes >= least, sizes)


def _labels(*parts: Ints) -> Ints:
    """One number per distinct tuple, shape (n,)."""
    order = np.lexsort(parts[::-1])
    new = np.zeros(order.size, dtype=np.int64)
    for part in parts:
        sorted_part = part[order]
        new[1:] |= sorted_part[1:] != sorted_part[:-1]
    found = np.empty(order.size, dtype=np.int64)
    found[order] = np.cumsum(new)
    return found


def _eras(key: Ints, day: Ints) -> Ints:
    """Keys cut where nothing came for much longer than usual; rows sorted by key and day."""
    same = key[1:] == key[:-1]
    gap = np.where(same, day[1:] - day[:-1], 0)
    place = np.flatnonzero(same & (gap > 0))
    usual = np.zeros(key.size)
    if place.size:
        order = place[np.lexsort((gap[place], key[place + 1]))]
        starts = _starts(key[order])
        sizes = np.diff(np.append(starts, order.size))
        middle = gap[order[starts + sizes // 2]]
        at = np.searchsorted(key[order[starts]], key)
        at = np.minimum(at, starts.size - 1)
        known = key[order[starts]][at] == key
        usual = np.where(known, middle[at], 0)
    broken = ~same | (gap > np.maximum(3.4 * usual[1:], 40))
    return np.append(0, np.cumsum(broken)).astype(np.int64)


def _distinct_repeated(eras: Ints, equal: Ints) -> Ints:
    """For each row, how many amounts of its era come at least `EARLY` times; shape (n,)."""
    sizes = np.bincount(equal)
    order = np.argsort(equal, kind="stable")
    first = order[_starts(equal[order])]
    repeated = first[sizes[equal[first]] >= EARLY]
    return np.asarray(np.bincount(eras[repeated], minlength=int(eras.max()) + 1)[eras])


def _side_by_side(eras: Ints, equal: Ints, day: Ints) -> NDArray[np.bool_]:
    """Rows of eras that are nearly all repeated prices which run beside each other in time; shape (n,).

    A price that rose ends where the next begins; two subscriptions of one merchant overlap. A wage that is
    higher in some months overlaps too, but comes no more often than its usual part: that stays whole.
    """
    order = np.lexsort((day, equal))
    starts = _starts(equal[order])
    sizes = np.diff(np.append(starts, order.size))
    kept = sizes >= EARLY
    era = eras[order[starts]]
    first, last = day[order[starts]], day[order[starts + sizes - 1]]
    several = np.flatnonzero(kept)
    several = several[np.lexsort((first[several], era[several]))]
    beside = (era[several][1:] == era[several][:-1]) & (first[several][1:] < last[several][:-1])
    count = int(eras.max()) + 1
    overlap = np.bincount(era[several][1:][beside], minlength=count) > 0
    repeated = np.bincount(era[several], weights=sizes[several], minlength=count)
    whole = np.bincount(eras, minlength=count)
    gap = (last - first)[several] / (sizes[several] - 1)
    part_gap = np.zeros(count)
    # The gap of each era's largest part: written last.
    rising = np.argsort(sizes[several], kind="stable")
    part_gap[era[several][rising]] = gap[rising]
    edge = _starts(eras)
    span = day[np.append(edge[1:], eras.size) - 1] - day[edge]
    denser = span / np.maximum(whole - 1, 1) < 0.75 * part_gap
    return np.asarray((overlap & denser & (repeated >= 0.8 * whole))[eras])


def _bands(eras: Ints, amount: Ints, free: NDArray[np.bool_]) -> Ints:
    """Bands of free amounts: an era's amounts cut where the next is a third larger; −1 = taken."""
    found = np.full(eras.size, -1, dtype=np.int64)
    rows = np.flatnonzero(free)
    if rows.size == 0:
        return found
    rows = rows[np.lexsort((amount[rows], eras[rows]))]
    cut = (eras[rows][1:] != eras[rows][:-1]) | (amount[rows][1:] > 1.33 * amount[rows][:-1])
    found[rows] = np.append(0, np.cumsum(cut))
    return found


def _latest(eras: Ints, free: NDArray[np.bool_], last: int = 6) -> Ints:
    """The last rows of each era that has more free ones: for what moved to another day. −1 = not among them."""
    found = np.full(eras.size, -1, dtype=np.int64)
    rows = np.flatnonzero(free)
    if rows.size == 0:
        return found
    starts = _starts(eras[rows])
    sizes = np.diff(np.append(starts, rows.size))
    from_end = np.repeat(starts + sizes, sizes) - np.arange(rows.size)
    chosen = (from_end <= last) & (np.repeat(sizes, sizes) > last)
    found[rows[chosen]] = eras[rows[chosen]]
    return found


# -- the fit ---------------------------------------------------------------------------------------


def _fit(day: Ints, amount: Ints, starts: Ints, *, varying: bool) -> _Fit:
    """The rhythm each segment's days fit best, with its evidence (−inf: none).

    Rows by segment and day; `varying` segments pay for amounts that differ.
    """
    sizes = np.diff(np.append(starts, day.size))
    segment = np.repeat(np.arange(starts.size), sizes)
    price = _price_of_varying(amount, starts, sizes) if varying else np.zeros(starts.size)
    best = np.full(starts.size, -np.inf)
    cadence = np.zeros(starts.size, dtype=np.int64)
    phase = np.zeros(starts.size)
    count = np.zeros(starts.size, dtype=np.int64)
    places = np.zeros(day.size, dtype=np.int64)
    for number, kind in enumerate(TRIED):
        at = kind.place(day)
        turn = 2 * np.pi * at
        angle = np.arctan2(
            np.add.reduceat(np.sin(turn), starts), np.add.reduceat(np.cos(turn), starts)
        )
        where = np.mod(angle / (2 * np.pi), 1.0)
        off = at - where[segment]
        index = np.rint(off)
        error = np.abs(off - index) * kind.period
        index = index.astype(np.int64)
        moved = np.append(1, np.diff(index)) != 0
        moved[starts] = True
        met = np.add.reduceat(moved.astype(np.int64), starts)
        ends = starts + sizes - 1
        span = index[ends] - index[starts] + 1
        outside = np.add.reduceat((error > kind.tolerance).astype(np.int64), starts)
        usual = np.add.reduceat(np.minimum(error, 2 * kind.tolerance), starts) / sizes
        width = np.minimum((3 * usual + 1.5) / kind.period, 1.0)
        missed, double = span - met, sizes - met
        evidence = (
            (met - 1) * -np.log(width)
            - MISSED * missed
            - DOUBLE * double
            - OUTSIDE * outside
            - price
        )
        good = (
            (met >= EARLY)
            & (outside <= 0.2 * sizes)
            & (missed <= 0.3 * span)
            & (double <= 0.15 * sizes)
            & (evidence > best)
        )
        # Short rhythms are met by habit too: more of them are asked for.
        if kind.period < 20:
            good &= met >= np.where(price > 0.5, 8, 4)
        best = np.where(good, evidence, best)
        cadence = np.where(good, number, cadence)
        phase = np.where(good, where, phase)
        count = np.where(good, met, count)
        places = np.where(good[segment], index, places)
    return _Fit(cadence, phase, best, count, places)


def _price_of_varying(amount: Ints, starts: Ints, sizes: Ints) -> Floats:
    """0 for amounts all but equal, up to `VARYING` for such as differ by half and more; a rise costs little.

    Measured from payment to payment, so that a price that rose once is still a steady one.
    """
    log = np.log(amount.astype(np.float64))
    step = np.abs(np.diff(log, prepend=log[0]))
    step[starts] = 0
    usual = np.add.reduceat(step, starts) / np.maximum(sizes - 1, 1)
    return np.asarray(VARYING * np.minimum(usual / 0.35, 1.0))


# -- what belongs together -------------------------------------------------------------------------


def _take_on(
    found: list[Found], key: Ints, day: Ints, amount: Ints, free: NDArray[np.bool_]
) -> None:
    """Gives streams of one price the free rows that follow on their due days: the first at a new price."""
    by_key: dict[int, list[int]] = {}
    for place, one in enumerate(found):
        by_key.setdefault(int(key[one.rows[0]]), []).append(place)
    left = np.flatnonzero(free & np.isin(key, np.array(list(by_key), dtype=np.int64)))
    for row in left.tolist():
        for place in by_key[int(key[row])]:
            one = found[place]
            last = one.rows[-1]
            if day[row] <= day[last]:
                continue
            off = float(one.cadence.place(day[row : row + 1])[0]) - one.phase
            index = round(off)
            late = abs(off - index) * one.cadence.period
            change = abs(float(amount[row]) / float(amount[last]) - 1)
            if (
                index - int(one.places[-1]) in (1, 2)
                and late <= one.cadence.tolerance
                and change < 0.35
            ):
                free[row] = False
                found[place] = Found(
                    np.append(one.rows, row),
                    one.cadence,
                    one.phase,
                    np.append(one.places, index),
                    one.count + 1,
                    one.evidence,
                )
                break


def _join(found: list[Found], key: Ints, day: Ints, amount: Ints) -> list[Found]:
    """Streams of one key and rhythm of which one goes on where the other ended, at about its price."""
    by_key: dict[tuple[int, str], list[Found]] = {}
    for one in found:
        by_key.setdefault((int(key[one.rows[0]]), one.cadence.name), []).append(one)
    joined: list[Found] = []
    for group in by_key.values():
        group.sort(key=lambda one: int(day[one.rows[0]]))
        kept: list[Found] = []
        for one in group:
            for place, before in enumerate(kept):
                last = before.rows[-1]
                change = abs(float(amount[one.rows[0]]) / float(amount[last]) - 1)
                if day[one.rows[0]] > day[last] and change < 0.35:
                    # Numbered on the later one's phase: the due days to come are its.
                    at = before.cadence.place(day[before.rows]) - one.phase
                    early = np.rint(at).astype(np.int64)
                    kept[place] = Found(
                        np.concatenate([before.rows, one.rows]),
                        one.cadence,
                        one.phase,
                        np.concatenate([early, one.places]),
                        before.count + one.count,
                        max(before.evidence, one.evidence),
                    )
                    break
            else:
                kept.append(one)
        joined += kept
    return joined


def _pairs(key: Ints, day: Ints, amount: Ints, free: NDArray[np.bool_]) -> list[Found]:
    """Keys with two equal payments and no other, as far apart as a rhythm: candidates."""
    starts = _starts(key)
    sizes = np.diff(np.append(starts, key.size))
    first = starts[sizes == 2]
    first = first[free[first] & free[first + 1]]
    gap = day[first + 1] - day[first]
    equal = np.abs(amount[first + 1] - amount[first]) <= 0.005 * amount[first]
    found = []
    for name, low, high in _PAIRS:
        kind = CADENCES[name]
        for row in first[equal & (gap >= low) & (gap <= high)].tolist():
            rows = np.array([row, row + 1])
            at = kind.place(day[rows])
            where = float(np.mod(at[1], 1.0))
            last = round(float(at[1]) - where)
            found.append(Found(rows, kind, where, np.array([last - 1, last]), 2, 0.0))
    return found


def due_months(one: Found) -> Ints:
    """The month (since January 1970) in which each row of a stream of months was due; shape (rows,)."""
    whole = (one.places + one.phase) * one.cadence.months
    if one.cadence.from_end:
        # The month's last day is a whole number, the days before it lie below.
        return np.asarray(np.ceil(whole - 0.05).astype(np.int64))
    return np.asarray(np.floor(whole + 1e-6).astype(np.int64))
