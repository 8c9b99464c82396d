"""The balance after each line of one account, from what the bank states and the lines between.

A list of many pages stays flat: whole months come from the totals, so that the first row of any page costs
one statement, and the others only subtract.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

# From the last statement on, or back, to the end of the first row's day; less what that day has above it.
# Counts on statement_account_day, transaction_account_day and month_total_cell.
_BALANCE = """
with said as (
  select day, amount from transactions_balancestatement
  where account_id = %(account)s order by day desc, id desc limit 1),
span as (
  select day, amount, case when %(day)s::date >= day then 1 else -1 end way,
         least(day, %(day)s::date) + 1 lo, greatest(day, %(day)s::date) + 1 hi from said),
whole as (
  select *, (date_trunc('month', lo - interval '1 day') + interval '1 month')::date first,
         date_trunc('month', hi::timestamp)::date last from span),
pieces as (
  select lo a, case when first < last then first else hi end b from whole
  union all
  select last, hi from whole where first < last)
select w.day, w.amount, w.amount + w.way * (
    coalesce((select sum(m.money_in + m.money_out) from transactions_monthtotal m
              where m.account_id = %(account)s and m.month >= w.first and m.month < w.last), 0)
  + coalesce((select sum(t.amount) from pieces p join transactions_transaction t
              on t.booked_on >= p.a and t.booked_on < p.b
              where t.account_id = %(account)s and t.status = 'posted' and not t.is_split), 0))
  - coalesce((select sum(t.amount) from transactions_transaction t
              where t.account_id = %(account)s and t.booked_on = %(day)s and t.id > %(id)s
                and t.status = 'posted' and not t.is_split), 0)
from whole w
"""


@dataclass(frozen=True, slots=True)
class Running:
    """The balance after each line by its key, and the statement that all of them rest on."""

    stated_on: date
    stated: Decimal
    after: dict[int, Decimal]


def running(account_id: int, rows: Sequence[dict[str, Any]]) -> Running | None:
    """The balance after each of these lines; None where no statement says where to start.

    Parameters: `rows` posted lines as `queries.rows_of_page` gives them, newest first and without gaps.
    """
    if not rows:
        return None
    params = {"account": account_id, "day": rows[0]["booked_on"], "id": rows[0]["id"]}
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE, params)
        found = cursor.fetchone()
    if found is None:
        return None
    day, stated, balance = found
    after = {}
    for row in rows:
        after[row["id"]] = balance
        balance -= row["amount"]
    return Running(day, stated, after)
