"""Reads about balances: what was stated, what the lines since come to, where the two part.

A stated balance is that of the end of its day. A balance = the last one stated up to a day + the posted lines
after it. Days to come are left out everywhere, and so are pending lines.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import connection

from transactions import periods
from transactions.models import BalanceStatement

BY_HAND = "person"
ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)

# An account's lines over some days, half-open; walks the index (account, booked_on, id).
_LINES = """
select s.at, coalesce(sum(t.amount), 0), count(t.id)
from unnest(%(accounts)s::bigint[], %(starts)s::date[], %(ends)s::date[])
  with ordinality s(account, first, past, at)
join transactions_transaction t on t.account_id = s.account
  and t.booked_on >= s.first and t.booked_on < s.past and t.status = 'posted' and not t.is_split
group by s.at
"""
# The same over whole months; walks the unique index (account, month, category).
_MONTHS = """
select s.at, sum(t.money_in + t.money_out), sum(t.n)
from unnest(%(accounts)s::bigint[], %(starts)s::date[], %(ends)s::date[])
  with ordinality s(account, first, past, at)
join transactions_monthtotal t on t.account_id = s.account and t.month >= s.first and t.month < s.past
group by s.at
"""
_HELD = """
select a.id, coalesce(m.n, 0), coalesce(p.n, 0), l.booked_on
from unnest(%(accounts)s::bigint[]) a(id)
left join lateral (
  select sum(t.n) n from transactions_monthtotal t where t.account_id = a.id
) m on true
left join lateral (
  select t.booked_on from transactions_transaction t
  where t.account_id = a.id and t.booked_on <= %(today)s and t.status = 'posted' and not t.is_split
  order by t.booked_on desc limit 1
) l on true
left join lateral (
  select count(*) n from transactions_transaction t
  where t.account_id = a.id and t.booked_on >= %(recent)s and t.status = 'pending' and not t.is_split
) p on true
"""
# A pending line older than this was forgotten by its bank; it is still found in the list.
_PENDING_DAYS = 120


Span = tuple[int, date, date]
Sums = Callable[[Sequence[Span]], list[tuple[Decimal, int]]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A balance as somebody stated it, at the end of `day`."""

    account: int
    day: date
    amount: Decimal
    source: str
    batch: int | None = None

    @property
    def is_by_hand(self) -> bool:
        return self.source == BY_HAND


@dataclass(frozen=True, slots=True)
class Standing:
    """An account at the end of a day: what it rests on, and what the lines since come to."""

    account: int
    day: date
    statement: Statement | None
    moved: Decimal = ZERO

    @property
    def balance(self) -> Decimal | None:
        return self.statement.amount + self.moved if self.statement else None


@dataclass(frozen=True, slots=True)
class Gap:
    """Two balances stated one after the other, and what the lines between come to."""

    opening: Statement
    closing: Statement
    moved: Decimal
    lines: int

    @property
    def expected(self) -> Decimal:
        return self.opening.amount + self.moved

    @property
    def unexplained(self) -> Decimal:
        """Above zero: more is there than the lines say."""
        return self.closing.amount - self.expected


@dataclass(frozen=True, slots=True)
class Held:
    """How much of an account is here: posted lines, pending ones, the day of the last posted one."""

    lines: int
    pending: int
    last_day: date | None


def statements(accounts: Collection[int], until: date) -> list[Statement]:
    """Every balance stated of these accounts up to a day, oldest first; the one that counts last in its day.

    What a bank stated counts before what a person entered; of two banks' the one that came later.
    """
    rows = (
        BalanceStatement.objects.filter(account_id__in=accounts, day__lte=until)
        .order_by("account_id", "day", "id")
        .values_list("account_id", "day", "amount", "source", "batch_id")
    )
    found = [Statement(*row) for row in rows]
    return sorted(found, key=lambda s: (s.account, s.day, not s.is_by_hand))


def counting(stated: Iterable[Statement]) -> dict[int, list[Statement]]:
    """Per account the statements that count, one a day, oldest first."""
    last = {(s.account, s.day): s for s in stated}
    found: dict[int, list[Statement]] = {}
    for (account, _day), one in last.items():
        found.setdefault(account, []).append(one)
    return found


def moved(spans: Sequence[Span]) -> list[tuple[Decimal, int]]:
    """Sum and number of the posted lines of each span (account, first day, day after the last).

    Whole months come from month totals, the days at both ends from lines; two queries whatever the number.
    """
    ends: list[tuple[int, int, date, date]] = []
    months: list[tuple[int, int, date, date]] = []
    for at, (account, first, past) in enumerate(spans):
        if first >= past:
            continue
        whole = first if first.day == 1 else periods.add_months(periods.month_of(first), 1)
        until = periods.month_of(past)
        if whole >= until:
            ends.append((at, account, first, past))
            continue
        months.append((at, account, whole, until))
        ends += [(at, account, a, b) for a, b in ((first, whole), (until, past)) if a < b]
    found = [(ZERO, 0)] * len(spans)
    for statement, parts in ((_MONTHS, months), (_LINES, ends)):
        for at, amount, n in _summed(statement, parts):
            found[at] = (found[at][0] + amount, found[at][1] + n)
    return found


def _summed(
    statement: str, parts: Sequence[tuple[int, int, date, date]]
) -> list[tuple[int, Decimal, int]]:
    if not parts:
        return []
    params: dict[str, Any] = {
        "accounts": [account for _, account, _, _ in parts],
        "starts": [first for *_, first, _ in parts],
        "ends": [past for *_, past in parts],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [(parts[at - 1][0], amount, int(n)) for at, amount, n in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything about some accounts as of a day: what they hold, where they part, their last months."""

    standings: dict[int, Standing]
    gaps: dict[int, list[Gap]]
    month_ends: dict[int, list[Decimal]]


def whole(
    accounts: Collection[int], today: date, stated: Mapping[int, Sequence[Statement]]
) -> Whole:
    """The three reads below with the sums of all their spans asked for at once: two queries."""

    def told(sums: Sums) -> Whole:
        return Whole(
            standings(accounts, today, stated=stated, sums=sums),
            gaps(stated, sums=sums),
            at_month_ends(stated, today, sums=sums),
        )

    asked: list[Span] = []

    def noted(spans: Sequence[Span]) -> list[tuple[Decimal, int]]:
        asked.extend(spans)
        return [(ZERO, 0)] * len(spans)

    told(noted)
    found = dict(zip(asked, moved(asked), strict=True))
    return told(lambda spans: [found[span] for span in spans])


def standings(
    accounts: Collection[int],
    day: date,
    *,
    stated: Mapping[int, Sequence[Statement]] | None = None,
    sums: Sums | None = None,
) -> dict[int, Standing]:
    """What each account held at the end of a day; `stated` are the counting statements, where known."""
    known = counting(statements(accounts, day)) if stated is None else stated
    last = {pk: _last_until(known.get(pk, ()), day) for pk in accounts}
    resting = [s for s in last.values() if s]
    found = (sums or moved)([(s.account, s.day + ONE_DAY, day + ONE_DAY) for s in resting])
    since = {s.account: amount for s, (amount, _n) in zip(resting, found, strict=True)}
    return {pk: Standing(pk, day, s, since.get(pk, ZERO)) for pk, s in last.items()}


def _last_until(stated: Sequence[Statement], day: date) -> Statement | None:
    return next((s for s in reversed(stated) if s.day <= day), None)


def gaps(
    stated: Mapping[int, Sequence[Statement]], *, sums: Sums | None = None
) -> dict[int, list[Gap]]:
    """What lies between each two statements of an account, oldest first."""
    pairs = [pair for found in stated.values() for pair in pairwise(found)]
    found = (sums or moved)([(a.account, a.day + ONE_DAY, b.day + ONE_DAY) for a, b in pairs])
    made: dict[int, list[Gap]] = {}
    for (a, b), (amount, n) in zip(pairs, found, strict=True):
        made.setdefault(a.account, []).append(Gap(a, b, amount, n))
    return made


def at_month_ends(
    stated: Mapping[int, Sequence[Statement]],
    today: date,
    months: int = 12,
    *,
    sums: Sums | None = None,
) -> dict[int, list[Decimal]]:
    """The balance of each account at the last `months` ends of months, the running one as of today.

    From the last statement up to each day forwards; before the first one, backwards from it.
    """
    first, _end = periods.this_month(today)
    past = [periods.add_months(first, -back) - ONE_DAY for back in range(months - 1, -1, -1)]
    days = [*past[1:], today]
    spans, starts = [], []
    for account, found in stated.items():
        if not found:
            continue
        for day in days:
            rests = _last_until(found, day)
            if rests:
                spans.append((account, rests.day + ONE_DAY, day + ONE_DAY))
                starts.append((account, rests.amount, 1))
            else:
                spans.append((account, day + ONE_DAY, found[0].day + ONE_DAY))
                starts.append((account, found[0].amount, -1))
    made: dict[int, list[Decimal]] = {}
    for (account, amount, sign), (change, _n) in zip(starts, (sums or moved)(spans), strict=True):
        made.setdefault(account, []).append(amount + sign * change)
    return made


def held(accounts: Collection[int], today: date) -> dict[int, Held]:
    """How many lines each account has, and the day of its last one up to today."""
    if not accounts:
        return {}
    recent = today - timedelta(days=_PENDING_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"accounts": list(accounts), "today": today, "recent": recent})
        return {pk: Held(int(n), int(p), last) for pk, n, p, last in cursor.fetchall()}
