"""The search as a step of the night and as a job after an import; it writes what it says, never what people say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection, transaction

from accounts.customers.models import Customer
from accounts.customers.queries import business_day
from analytics.nights.models import Run
from analytics.nights.services import StepResult
from analytics.regulars import reading
from analytics.regulars.calc.cadences import CADENCES
from analytics.regulars.calc.describe import Described, describe
from analytics.regulars.calc.due import next_due, read_rule
from analytics.regulars.calc.identity import Side, same_streams
from analytics.regulars.calc.streams import find_streams
from analytics.regulars.models import RegularPayment, RegularPaymentDate
from transactions.models import AccountHolder

HISTORY_DAYS = 3 * 366
CHUNK = 200  # customers whose rows are in memory at once
# A row belongs to a stream that a person made or corrected when its amount is this close.
NEAR = Decimal("0.25")
_EPOCH = date(1970, 1, 1)

# The columns that the search writes, with their types in the database.
SEARCHED = {
    "name": "text", "cadence": "text", "due_rule": "text", "next_on": "date", "window_days": "int",
    "amount_low": "numeric", "amount_typical": "numeric", "amount_high": "numeric", "is_fixed": "bool",
    "first_on": "date", "last_on": "date", "payments": "int", "maturity": "text", "was_amount": "numeric",
    "changed_on": "date", "category_id": "bigint",
}  # fmt: skip


@dataclass
class Report:
    """What a search wrote."""

    customers: int = 0
    streams: int = 0
    new: int = 0
    gone: int = 0

    def add(self, other: "Report") -> None:
        for name in ("customers", "streams", "new", "gone"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class _Stream:
    """A stream of tonight as columns, with its rows and their expected days."""

    account: int
    direction: str
    key: str
    values: dict[str, Any]
    dates: dict[int, date] = field(default_factory=dict)


# -- the doors -------------------------------------------------------------------------------------


def find_regular_payments(run: Run) -> StepResult:
    """The night's step: all customers, by their owned accounts. Safe to repeat: it changes what differs."""
    report = Report()
    customers = list(
        AccountHolder.objects.filter(role=AccountHolder.Role.OWNER, account__draft_of=None)
        .order_by("customer_id")
        .values_list("customer_id", flat=True)
        .distinct()
    )
    for start in range(0, len(customers), CHUNK):
        report.add(search_customers(customers[start : start + CHUNK], through=run.business_day))
    return StepResult(report.streams, f"{report.new} new, {report.gone} no longer there")


def search_accounts(accounts: Iterable[int]) -> Report:
    """Searches the owners of these accounts, as of the bank's day; for the job after an import."""
    owners = AccountHolder.objects.filter(
        account__in=list(accounts), account__draft_of=None, role=AccountHolder.Role.OWNER
    )
    customers = sorted(set(owners.values_list("customer_id", flat=True)))
    return search_customers(customers, through=business_day())


def search_customers(customers: Sequence[int], *, through: date) -> Report:
    """Finds and writes the regular payments of these customers' owned accounts, as of `through`."""
    with transaction.atomic():
        # One search of a customer at a time; nothing else waits for this lock.
        list(
            Customer.objects.select_for_update(no_key=True)
            .filter(pk__in=customers)
            .order_by("pk")
            .values_list("pk")
        )
        held = AccountHolder.objects.filter(
            customer__in=customers, role=AccountHolder.Role.OWNER, account__draft_of=None
        ).values_list("account_id", "customer_id", "account__currency")
        accounts = {account: (owner, currency) for account, owner, currency in held}
        if not accounts:
            return Report(customers=len(customers))
        return _search(accounts, through, len(customers))


def _search(accounts: dict[int, tuple[int, str]], through: date, customers: int) -> Report:
    rows = reading.rows_of(
        list(accounts), since=through - timedelta(days=HISTORY_DAYS), through=through
    )
    streams = _streams(rows, through)
    before = list(RegularPayment.objects.filter(account__in=list(accounts)).order_by("pk"))
    dates: dict[int, dict[int, date]] = {regular.pk: {} for regular in before}
    for regular_id, row, expected in RegularPaymentDate.objects.filter(
        regular__in=before
    ).values_list("regular_id", "transaction_id", "expected_on"):
        dates[regular_id][row] = expected
    same = same_streams(
        [_side_of_row(regular, dates[regular.pk]) for regular in before],
        [_side_of_stream(stream) for stream in streams],
    )
    written: list[tuple[RegularPayment, dict[int, date]]] = []
    new: list[RegularPayment] = []
    changed: list[RegularPayment] = []
    for place, stream in enumerate(streams):
        if place in same:
            regular = before[same[place]]
            if _set(regular, stream.values):
                changed.append(regular)
        else:
            customer, currency = accounts[stream.account]
            regular = RegularPayment(
                customer_id=customer, account_id=stream.account, key=stream.key,
                direction=stream.direction, currency=currency, computed_through=through,
                **stream.values,
            )  # fmt: skip
            new.append(regular)
        written.append((regular, stream.dates))
    used = {row for stream in streams for row in stream.dates}
    gone = []
    for number in sorted(set(range(len(before))) - set(same.values())):
        regular = before[number]
        if not regular.is_spoken_for:
            gone.append(regular.pk)
            continue
        own = _follow(regular, dates[regular.pk], rows, used)
        used |= set(own.dates)
        if _set(regular, own.values):
            changed.append(regular)
        written.append((regular, own.dates))
    RegularPayment.objects.filter(pk__in=gone).delete()
    _write_new(new)
    _write_changed(changed)
    RegularPayment.objects.filter(account__in=list(accounts)).exclude(
        computed_through=through
    ).update(computed_through=through)
    _write_dates(written, dates)
    return Report(customers, len(streams), len(new), len(gone))


# -- from the search to columns ----------------------------------------------------------------------


def _streams(rows: reading.Rows, through: date) -> list[_Stream]:
    found = find_streams(rows.place, rows.day, rows.amount)
    described = describe(found, rows.day, rows.amount, through=through)
    names = reading.names_of([int(rows.id[one.rows[-1]]) for one in found])
    streams = []
    for one in described:
        account, is_in, key = rows.places[int(rows.place[one.found.rows[0]])]
        last = int(one.found.rows[-1])
        ids = rows.id[one.found.rows].tolist()
        streams.append(
            _Stream(
                account=account,
                direction="in" if is_in else "out",
                key=key,
                values=_values(one, rows, names.get(int(rows.id[last]), key)),
                dates=dict(zip(ids, one.expected, strict=True)),
            )
        )
    return streams


def _values(one: Described, rows: reading.Rows, name: str) -> dict[str, Any]:
    step = one.band.step
    last = int(one.found.rows[-1])
    return {
        "name": name[:120],
        "cadence": one.cadence,
        "due_rule": one.rule.text,
        "next_on": one.next_on,
        "window_days": one.window,
        "amount_low": money_of(one.band.low),
        "amount_typical": money_of(one.band.typical),
        "amount_high": money_of(one.band.high),
        "is_fixed": one.band.fixed,
        "first_on": one.first,
        "last_on": one.last,
        "payments": int(one.found.rows.size),
        "maturity": one.found.maturity,
        "was_amount": money_of(step.before) if step else None,
        "changed_on": (
            _EPOCH + timedelta(days=int(rows.day[one.found.rows[step.place]])) if step else None
        ),
        "category_id": int(rows.category[last]) or None,
    }


def money_of(amount: int) -> Decimal:
    """Ten-thousandths as money, exact."""
    return Decimal(amount).scaleb(-4)


def _side_of_row(regular: RegularPayment, dates: dict[int, date]) -> Side:
    amount = regular.own_amount if regular.own_amount is not None else regular.amount_typical
    return Side(
        (regular.account_id, regular.direction, regular.key),
        frozenset(dates),
        int(amount * 10_000),
        regular.own_cadence or regular.cadence,
    )


def _side_of_stream(stream: _Stream) -> Side:
    return Side(
        (stream.account, stream.direction, stream.key),
        frozenset(stream.dates),
        int(stream.values["amount_typical"] * 10_000),
        stream.values["cadence"],
    )


def _follow(
    regular: RegularPayment, known: dict[int, date], rows: reading.Rows, used: set[int]
) -> _Stream:
    """What a person spoke for and the search doesn't see: its rows that still are there, and such as fit it."""
    wanted = (regular.account_id, regular.direction == "in", regular.key)
    stream = _Stream(regular.account_id, regular.direction, regular.key, {})
    if wanted not in rows.places:
        return stream
    usual = regular.own_amount if regular.own_amount is not None else regular.amount_typical
    near = int(usual * 10_000 * NEAR)
    here = np.flatnonzero(rows.place == rows.places.index(wanted))
    here = here[np.argsort(rows.day[here], kind="stable")]
    taken = [
        row
        for row in here.tolist()
        if int(rows.id[row]) in known
        or (int(rows.id[row]) not in used and abs(int(rows.amount[row]) - usual * 10_000) <= near)
    ]
    if not taken:
        return stream
    days = [_EPOCH + timedelta(days=int(rows.day[row])) for row in taken]
    amounts = [int(rows.amount[row]) for row in taken]
    cadence = CADENCES[regular.own_cadence or regular.cadence]
    stream.dates = {
        int(rows.id[row]): known.get(int(rows.id[row]), day_)
        for row, day_ in zip(taken, days, strict=True)
    }
    stream.values = {
        "first_on": days[0],
        "last_on": days[-1],
        "payments": len(taken),
        "amount_low": money_of(min(amounts)),
        "amount_high": money_of(max(amounts)),
        "next_on": next_due(cadence, read_rule(regular.due_rule), days[-1]),
        "category_id": int(rows.category[taken[-1]]) or None,
    }
    return stream


def _set(regular: RegularPayment, values: dict[str, Any]) -> bool:
    """Sets the columns that differ; whether any did."""
    differs = False
    for name, value in values.items():
        if getattr(regular, name) != value:
            setattr(regular, name, value)
            differs = True
    return differs


# One statement for all of them: the ORM's take longer to word than to run.
_PLACED = {
    "customer_id": "bigint", "account_id": "bigint", "key": "text", "direction": "text",
    "currency": "text", "computed_through": "date", **SEARCHED,
}  # fmt: skip
_NEW = (
    f"insert into analytics_regularpayment ({', '.join(_PLACED)}, word, by_hand, own_name, own_cadence,"
    f" version) select {', '.join(_PLACED)}, '', false, '', '', 1 from unnest("
    + ", ".join(f"%s::{kind}[]" for kind in _PLACED.values())
    + f") with ordinality g({', '.join(_PLACED)}, place) order by place returning id"
)
_CHANGED = (
    "update analytics_regularpayment r set "
    + ", ".join(f"{name} = g.{name}" for name in SEARCHED)
    + " from unnest(%s::bigint[], "
    + ", ".join(f"%s::{kind}[]" for kind in SEARCHED.values())
    + f") g(id, {', '.join(SEARCHED)}) where r.id = g.id"
)


def _write_new(new: list[RegularPayment]) -> None:
    """Inserts them and gives each its key; rows come back in the order they went in."""
    if new:
        with connection.cursor() as cursor:
            cursor.execute(_NEW, _columns(new, _PLACED))
            for row, (pk,) in zip(new, cursor.fetchall(), strict=True):
                row.pk = pk


def _columns(rows: list[RegularPayment], names: Iterable[str]) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in names]


def _write_changed(changed: list[RegularPayment]) -> None:
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_CHANGED, _columns(changed, ("id", *SEARCHED)))


_DATES = """
insert into analytics_regularpaymentdate (regular_id, transaction_id, expected_on)
select * from unnest(%s::bigint[], %s::bigint[], %s::date[])
"""


def _write_dates(
    written: list[tuple[RegularPayment, dict[int, date]]], before: dict[int, dict[int, date]]
) -> None:
    """Changes only what differs: most nights leave nearly every row of theirs alone."""
    add: list[tuple[int, int, date]] = []
    drop: list[tuple[int, int]] = []
    for regular, wanted in written:
        old = before.get(regular.pk, {})
        if old == wanted:
            continue
        for row, expected in wanted.items():
            if old.get(row) != expected:
                add.append((regular.pk, row, expected))
        drop += [(regular.pk, row) for row, day in old.items() if wanted.get(row) != day]
    with connection.cursor() as cursor:
        if drop:
            cursor.execute(
                "delete from analytics_regularpaymentdate d using unnest(%s::bigint[], %s::bigint[]) g(r, t)"
                " where d.regular_id = g.r and d.transaction_id = g.t",
                [[r for r, _ in drop], [t for _, t in drop]],
            )
        if add:
            cursor.execute(_DATES, [list(column) for column in zip(*add, strict=True)])
