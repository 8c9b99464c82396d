"""Money back: a line in that returns all or a part of a payment out of the same account.

Evidence is counted in points, as for transfers. The merchant must be the same, or the text must speak of
money back and name nobody. A payment is given back at most once over.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from transactions.pairs.calc.entries import Entry, Found

DAYS = 180
SURE, LIKELY = 8, 6

_EQUAL = 4
_SAYS_REFUND = 3
_SAME_MERCHANT = 3
_SOON, _SOON_DAYS = 1, 60
_ONLY_CHANCE = 1


def refunds(
    entries: Sequence[Entry],
    *,
    never: Collection[tuple[int, int]] = (),
    returned: Mapping[int, Decimal] | None = None,
) -> list[Found]:
    """Pairs (payment, money back) among the lines of one account, each money back at most once.

    Parameters: `entries` of one account in any order. Money back may be less than the payment, and several
    may come for one payment, together never more than it. `never` are (payment, money back) that a person
    has said no to, `returned` what of a payment came back already.
    """
    payments = sorted((e for e in entries if e.amount < 0), key=lambda e: (e.day, e.id))
    by_merchant: dict[str, list[Entry]] = defaultdict(list)
    by_amount: dict[Decimal, list[Entry]] = defaultdict(list)
    for payment in payments:
        if payment.hints.merchant:
            by_merchant[payment.hints.merchant].append(payment)
        by_amount[-payment.amount].append(payment)
    back_already = returned or {}
    left = {p.id: -p.amount - back_already.get(p.id, Decimal(0)) for p in payments}
    found = []
    for back in sorted((e for e in entries if e.amount > 0), key=lambda e: (e.day, e.id)):
        if back.hints.transfer or back.hints.earned:
            continue
        if back.hints.merchant:
            pool = by_merchant.get(back.hints.merchant, [])
        elif back.hints.refund:
            pool = by_amount.get(back.amount, [])
        else:
            continue
        asked = [p for p in _before(pool, back) if (p.id, back.id) not in never]
        best = _best(back, asked, left)
        if best is not None:
            left[best.first] -= back.amount
            found.append(best)
    return found


def _before(pool: Sequence[Entry], back: Entry) -> Iterable[Entry]:
    """The payments of the pool in the `DAYS` before the money back, its own day included."""
    first = bisect_left(pool, back.day - timedelta(days=DAYS), key=lambda e: e.day)
    end = bisect_left(pool, back.day + timedelta(days=1), key=lambda e: e.day)
    return pool[first:end]


def _best(back: Entry, pool: Iterable[Entry], left: dict[int, Decimal]) -> Found | None:
    fitting = [p for p in pool if left[p.id] >= back.amount and not p.hints.transfer]
    if not fitting:
        return None
    equal = [p for p in fitting if -p.amount == back.amount]
    # An equal amount says more than nearness; of several the latest.
    payment = (equal or fitting)[-1]
    score = _SAYS_REFUND * back.hints.refund
    score += _EQUAL * bool(equal)
    score += _SAME_MERCHANT * bool(back.hints.merchant)
    score += _SOON * ((back.day - payment.day).days <= _SOON_DAYS)
    score += _ONLY_CHANCE * (len(equal or fitting) == 1)
    if score < LIKELY:
        return None
    return Found(payment.id, back.id, score, score >= SURE)
