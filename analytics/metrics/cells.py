"""What every metric folds: a slice's posted lines added up, in one query.

Month totals answer whole calendar months; lines answer everything else; both say the same to the cent.
Counts of the uncategorised by sign stand in no month total: asked for, those lines alone are counted.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Case, Count, F, Func, Q, Sum, Value, When
from django.db.models.fields import BigIntegerField, DateField
from django.db.models.functions import Coalesce, Greatest, Least

from transactions.flows import Cell
from transactions.models.ledger import TransactionQuerySet
from transactions.queries import lines
from transactions.rates.conversion import Conversion
from transactions.slices import Slice

# Counts on the unique index (account, month, category) of the totals and on holder_account_customer.
_TOTALS = """
select a.currency, {month}, {category}, coalesce(c.kind, ''), sum(t.money_in), sum(t.money_out), sum(t.n)
from transactions_monthtotal t
join transactions_bankaccount a on a.id = t.account_id
left join transactions_category c on c.id = t.category_id
left join transactions_category p on p.id = c.parent_id
where t.month >= %(start)s and t.month < %(end)s {filters}
group by 1, 2, 3, 4 having sum(t.n) <> 0
"""
_HELD = (
    "and t.account_id in"
    " (select account_id from transactions_accountholder where customer_id = %(customer)s)"
)
_ACCOUNTS = "and t.account_id = any(%(accounts)s)"
_BELOW = (
    "t.category_id in (select id from transactions_category where id = any(%(categories)s)"
    " or parent_id = any(%(categories)s) or parent_id in"
    " (select id from transactions_category where parent_id = any(%(categories)s)))"
)
_ROOT = "coalesce(p.parent_id, c.parent_id, c.id, 0)"
_LEAF = "coalesce(c.id, 0)"


SHORT = timedelta(days=62)


def cells(slice: Slice, by: Collection[str] = (), *, counts: bool = False) -> list[Cell]:
    """Sums of the slice's posted lines per currency, kind and what `by` names.

    Parameters: `by` any of month, category (first level), subcategory (as booked); `counts` also says how
    many uncategorised lines lie above and below zero.
    """
    if slice.convert and slice.from_totals:
        return _merged([*_home(slice, by, counts), *_from_lines(_foreign(slice), slice, by)])
    # The lines of one person's month answer all in one statement; totals leave the counts to a second.
    is_short = slice.customer is not None and slice.end - slice.start <= SHORT
    if not slice.from_totals or (counts and is_short):
        return list(_from_lines(lines(slice), slice, by))
    if not counts:
        return list(_from_totals(slice, by))
    uncategorised = lines(slice).filter(category__kind__isnull=True)
    return [
        *(c for c in _from_totals(slice, by) if c.kind),
        *_from_lines(uncategorised, slice, by),
    ]


def _home(slice: Slice, by: Collection[str], counts: bool) -> list[Cell]:
    """The cells of the slice's own currency, without any conversion."""
    found = cells(replace(slice, convert=False), by, counts=counts)
    return [cell for cell in found if cell.currency == slice.currency]


def _foreign(slice: Slice) -> TransactionQuerySet:
    """The lines in other currencies: their rates are of days, so no month total can answer."""
    return lines(slice).exclude(account__currency=slice.currency)


def _merged(found: Iterable[Cell]) -> list[Cell]:
    """One cell for each currency, month, category and kind."""
    made: dict[tuple[Any, ...], Cell] = {}
    for cell in found:
        key = (cell.currency, cell.month, cell.category, cell.kind)
        one = made.get(key)
        if one is None:
            made[key] = cell
            continue
        known = one.n_in is not None and cell.n_in is not None
        made[key] = replace(
            one,
            money_in=one.money_in + cell.money_in,
            money_out=one.money_out + cell.money_out,
            n=one.n + cell.n,
            n_in=one.n_in + cell.n_in if known else None,  # type: ignore[operator]
            n_out=one.n_out + cell.n_out if known else None,  # type: ignore[operator]
        )
    return list(made.values())


def cells_from_lines(slice: Slice, by: Collection[str] = ()) -> list[Cell]:
    """The same from lines whatever the slice: what tests and the nightly audit compare with."""
    return list(_from_lines(lines(slice), slice, by))


def _from_totals(slice: Slice, by: Collection[str]) -> Iterator[Cell]:
    filters = []
    params: dict[str, Any] = {"start": slice.start, "end": slice.end}
    if slice.customer:
        filters.append(_HELD)
        params["customer"] = slice.customer.pk
    if slice.accounts:
        filters.append(_ACCOUNTS)
        params["accounts"] = [a.pk for a in slice.accounts]
    if slice.categories:
        params["categories"] = [c.pk for c in slice.categories if c.pk]
        either = [_BELOW] if params["categories"] else []
        if any(c.pk == 0 for c in slice.categories):
            either.append("c.id is null")
        filters.append(f"and ({' or '.join(either)})")
    statement = _TOTALS.format(
        month="t.month" if "month" in by else "null::date",
        category=_LEAF if "subcategory" in by else _ROOT if "category" in by else "null::bigint",
        filters=" ".join(filters),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for currency, month, category, kind, money_in, money_out, n in cursor.fetchall():
            sure = {"n_in": None, "n_out": None}
            yield Cell(currency, month, category, kind, money_in, money_out, int(n), **sure)


def cells_of_periods(
    slice: Slice, spans: Sequence[tuple[date, date]], by: Collection[str] = ()
) -> dict[tuple[date, date], list[Cell]]:
    """Cells of several periods of the slice's lines, whatever its own period; one query for all.

    Parameters: `spans` half-open and apart from each other (days of a list, a month and the same days of
    the one before); `by` category or subcategory. Every span has its list, an empty one too.
    """
    found: dict[tuple[date, date], list[Cell]] = {span: [] for span in spans}
    if not spans:
        return found
    within = [(Q(booked_on__gte=start, booked_on__lt=end), start) for start, end in spans]
    whole = slice.over(min(start for start, _ in spans), max(end for _, end in spans))
    rows = lines(whole).filter(reduce(or_, (condition for condition, _ in within)))
    which = Case(
        *(
            When(condition, then=Value(start, output_field=DateField()))
            for condition, start in within
        )
    )
    by_start = {start: (start, end) for start, end in spans}
    for cell in _from_lines(rows, slice, by, period=which):
        assert cell.month
        found[by_start[cell.month]].append(replace(cell, month=None))
    return found


class _MonthStart(Func):
    """First day of the month that a day lies in, for months that begin on day 1 + `shift`."""

    template = "((date_trunc('month', %(expressions)s - %(shift)s))::date + %(shift)s)"
    output_field = DateField()


def _from_lines(
    found: TransactionQuerySet, slice: Slice, by: Collection[str], period: Any = None
) -> Iterator[Cell]:
    by_rate = Conversion.of(found, slice.currency) if slice.convert else None
    amount: Any = by_rate.amount() if by_rate else F("amount")
    currency: Any = by_rate.currency() if by_rate else F("account__currency")
    money_in = Greatest(amount, Value(Decimal(0)))
    money_out = Least(amount, Value(Decimal(0)))
    month: Any = period if period is not None else Value(None, output_field=DateField())
    if "month" in by:
        month = _MonthStart(F("booked_on"), shift=slice.month_start - 1)
    category: Any = Value(None, output_field=BigIntegerField())
    known = Q(category__kind__isnull=False)
    if "subcategory" in by:
        category = Case(When(known, then=F("category_id")), default=Value(0))
    elif "category" in by:
        root = Coalesce("category__parent__parent_id", "category__parent_id", "category_id")
        category = Case(When(known, then=root), default=Value(0))
    rows = (
        found.posted()
        .order_by()
        .annotate(
            month=month, root=category, kind=Coalesce("category__kind", Value("")), money=currency
        )
        .values_list("money", "month", "root", "kind")
        .annotate(
            money_in=Sum(money_in), money_out=Sum(money_out), n=Count("pk"),
            n_in=Count("pk", filter=Q(amount__gt=0)), n_out=Count("pk", filter=Q(amount__lt=0)),
        )
    )  # fmt: skip
    for row in rows:
        yield Cell(*row)
