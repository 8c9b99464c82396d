"""What the night reads: all customers' cells at once, and which run is the published one."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from accounts.customers.queries import bank_profile
from analytics.nights.models import Run
from transactions.flows import UNCATEGORISED, Flow

# Every account once, under its owner; posted lines only, since totals hold no others.
# Counts on month_total_cell (account, month, category) and holder_one_owner (account).
_CELLS = """
select h.customer_id, a.currency, t.month, coalesce(c.parent_id, c.id, 0) as category_id,
       coalesce(c.kind, '') as kind,
       sum(t.money_in) as money_in, sum(t.money_out) as money_out, sum(t.n) as n
from transactions_monthtotal t
join transactions_bankaccount a on a.id = t.account_id
join transactions_accountholder h on h.account_id = a.id and h.role = 'owner'
left join transactions_category c on c.id = t.category_id
where t.n > 0 and t.month >= %(first)s and t.month <= %(last)s
group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
"""
_LAST_PAYMENT = """
select h.customer_id, max(t.booked_on)
from transactions_transaction t
join transactions_accountholder h on h.account_id = t.account_id and h.role = 'owner'
left join transactions_category c on c.id = t.category_id
where t.amount < 0 and t.status = 'posted' and t.booked_on <= %(day)s
  and coalesce(c.kind, 'expense') = 'expense'
group by 1
"""
_BOOKS = """
select (select coalesce(md5(string_agg(id || ':' || revision, ',' order by id)), '')
        from transactions_bankaccount),
       (select coalesce(md5(string_agg(id || ':' || branch, ',' order by id)), '')
        from customers_customer),
       (select coalesce(md5(string_agg(account_id || ':' || customer_id || role, ',' order by id)), '')
        from transactions_accountholder),
       (select coalesce(md5(string_agg(id || ':' || kind || coalesce(parent_id, 0), ',' order by id)), '')
        from transactions_category)
"""


@dataclass(frozen=True, eq=False)
class Cells:
    """All customers' month cells as columns; amounts are ten-thousandths, so sums are exact.

    Each array has shape (n_cells,); `money_out` <= 0. `kind` is a category's, "" where
    there is none; `category` is the first level's id or 0.
    """

    customer: NDArray[np.int64]
    currency: NDArray[np.str_]
    month: NDArray[np.datetime64]
    category: NDArray[np.int64]
    kind: NDArray[np.str_]
    money_in: NDArray[np.int64]
    money_out: NDArray[np.int64]
    n: NDArray[np.int64]

    def amount(self, flow: Flow) -> NDArray[np.int64]:
        """Each cell's part of a flow (transactions/flows.py), in ten-thousandths."""
        whole = self.money_in + self.money_out
        side = {1: self.money_in, -1: self.money_out, 0: whole}[flow.direction]
        taken = np.where(self.kind == UNCATEGORISED, side, 0)
        return flow.sign * np.where(self.kind == flow.kind, whole, taken)


def all_cells(*, first: date, last: date) -> Cells:
    """Cells of every customer for whole months from `first` to `last` (first days of months)."""
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, {"first": first, "last": last})
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    return Cells(
        customer=np.array(columns[0], dtype=np.int64),
        currency=np.array(columns[1], dtype=np.str_),
        month=np.array(columns[2], dtype="datetime64[M]"),
        category=np.array(columns[3], dtype=np.int64),
        kind=np.array(columns[4], dtype=np.str_),
        money_in=np.array([int(v.scaleb(4)) for v in columns[5]], dtype=np.int64),
        money_out=np.array([int(v.scaleb(4)) for v in columns[6]], dtype=np.int64),
        n=np.array(columns[7], dtype=np.int64),
    )


def last_payments(*, day: date) -> dict[int, date]:
    """Each customer's last day with money out that is spending, up to `day`."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_PAYMENT, {"day": day})
        return dict(cursor.fetchall())


def books_hash(*, business_day: date, code_version: str, seed: int) -> str:
    """What a run reads, as one hash: equal books give an equal run."""
    with connection.cursor() as cursor:
        cursor.execute(_BOOKS)
        books = cursor.fetchone()
    profile = bank_profile()
    said = (business_day.isoformat(), code_version, seed, profile.k, profile.currency, *books)
    return hashlib.sha256(repr(said).encode()).hexdigest()


def published_run() -> Run | None:
    """The run that pages show: the last one published."""
    return Run.objects.filter(state=Run.State.PUBLISHED).order_by("-published_at", "-id").first()


def last_whole_month(business_day: date) -> date:
    """First day of the last calendar month that has ended by the close of `business_day`."""
    tomorrow = business_day + timedelta(days=1)
    this_month = tomorrow.replace(day=1)
    return (this_month - timedelta(days=1)).replace(day=1)


def months_before(month: date, count: int) -> date:
    """The first day of the month `count` months earlier."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)
