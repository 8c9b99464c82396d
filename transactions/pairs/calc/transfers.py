"""The two sides of a transfer: money out of one own account that comes into another.

Evidence is counted in points. Equal amounts of different accounts of one owner and currency, at most
`LATEST` days apart, are candidates; a transfer is sure from `SURE` points on when no other line could be
the other side just as well. The points were set on one half of the generated truth of
tests/transactions/pairs_truth.py and reported on the other.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from transactions.pairs.calc.entries import Entry, Found

# Days from the money out to the money in: banks book the arrival up to a long weekend later, and a
# statement may state the arrival a day before the departure.
EARLIEST, LATEST = -1, 5
SURE, LIKELY = 8, 5

_BY_GAP = {-1: 1, 0: 3, 1: 3, 2: 2, 3: 2, 4: 1, 5: 0}
_SAYS_TRANSFER = 3
_NAMES_OTHER = 4
_SHARES_NUMBER = 2
_ONLY_CHANCE = 2
_AGAINST = -6
_SOMEBODY = -4


def transfers(entries: Sequence[Entry], *, never: Collection[tuple[int, int]] = ()) -> list[Found]:
    """Pairs among lines of one owner's accounts in one currency, the best first.

    Each line is in at most one pair. Parameters: `entries` in any order, signed amounts; `never` are
    (out, in) that a person has said no to.
    """
    candidates = [pair for pair in _candidates(entries) if (pair[0].id, pair[1].id) not in never]
    chances: dict[int, int] = defaultdict(int)
    for out, into in candidates:
        chances[out.id] += 1
        chances[into.id] += 1
    scored = sorted(
        (
            (-score, abs((into.day - out.day).days), out.id, into.id)
            for out, into in candidates
            if (score := _score(out, into, alone=chances[out.id] == chances[into.id] == 1))
            >= LIKELY
        ),
    )
    taken: set[int] = set()
    chosen: list[tuple[int, int, int]] = []
    for minus, _gap, out_id, in_id in scored:
        if out_id not in taken and in_id not in taken:
            taken |= {out_id, in_id}
            chosen.append((-minus, out_id, in_id))
    rivals = _rivals(scored, taken)
    return [
        Found(out, into, score, score >= SURE and max(rivals[out], rivals[into]) < score)
        for score, out, into in chosen
    ]


def _candidates(entries: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    by_amount: dict[object, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for entry in entries:
        if entry.amount:
            by_amount[abs(entry.amount)][entry.amount > 0].append(entry)
    found = []
    for outs, ins in by_amount.values():
        ins.sort(key=lambda entry: entry.day)
        for out in outs:
            for into in ins:
                gap = (into.day - out.day).days
                if gap > LATEST:
                    break
                if gap >= EARLIEST and into.account != out.account:
                    found.append((out, into))
    return found


def _score(out: Entry, into: Entry, *, alone: bool) -> int:
    score = _BY_GAP[(into.day - out.day).days]
    score += _SAYS_TRANSFER * (out.hints.transfer + into.hints.transfer)
    for one, other in ((out, into), (into, out)):
        if other.account in one.hints.accounts:
            score += _NAMES_OTHER
        elif one.hints.accounts:
            score += _AGAINST  # it names another own account
        elif one.hints.elsewhere:
            score += _SOMEBODY
    score += _SHARES_NUMBER * bool(out.hints.numbers & into.hints.numbers)
    score += _ONLY_CHANCE * alone
    for one in (out, into):
        says = one.hints.transfer or bool(one.hints.accounts)
        if (one.hints.shop or one.hints.earned or one.hints.refund) and not says:
            score += _AGAINST
    return score


def _rivals(scored: Sequence[tuple[int, int, int, int]], taken: set[int]) -> dict[int, int]:
    """For each line the best score that it would have had with a line that is in no pair now."""
    best: dict[int, int] = defaultdict(int)
    for minus, _gap, out, into in scored:
        if out not in taken:
            best[into] = max(best[into], -minus)
        if into not in taken:
            best[out] = max(best[out], -minus)
    return best
