"""Month totals, changed by the same statement that changes the lines.

Every write of the ledger ends in `apply_change`: its SQL changes rows and RETURNs their before- and
after-images (PostgreSQL 18 `RETURNING old/new`); one tail counts before-images −1 and after-images +1.
So totals equal the lines to the cent at every commit, whatever the act.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from transactions.guard import LedgerWriteRefused, is_open

# What a change returns: account, day, category, amount and whether the row counts, before and after.
INSERTED = (
    "null::bigint oa, null::date od, null::bigint oc, null::numeric om, false ox, "
    "account_id na, booked_on nd, category_id nc, amount nm, status = 'posted' and not is_split nx"
)
DELETED = (
    "account_id oa, booked_on od, category_id oc, amount om, status = 'posted' and not is_split ox, "
    "null::bigint na, null::date nd, null::bigint nc, null::numeric nm, false nx"
)
UPDATED = (
    "old.account_id oa, old.booked_on od, old.category_id oc, old.amount om, "
    "old.status = 'posted' and not old.is_split ox, "
    "new.account_id na, new.booked_on nd, new.category_id nc, new.amount nm, "
    "new.status = 'posted' and not new.is_split nx"
)

_TAIL = """
with {before} ch as ({change}),
 lines as (
   select -1 s, oa account_id, od booked_on, oc category_id, om amount from ch where oa is not null and ox
   union all
   select 1, na, nd, nc, nm from ch where na is not null and nx),
 cells as (
   select account_id, date_trunc('month', booked_on)::date as month, coalesce(category_id, 0) category_id,
          sum(s * greatest(amount, 0)) money_in, sum(s * least(amount, 0)) money_out, sum(s) n
   from lines group by 1, 2, 3),
 moved as (
   insert into transactions_monthtotal as t (account_id, month, category_id, money_in, money_out, n)
   select account_id, month, category_id, money_in, money_out, n from cells
   where money_in <> 0 or money_out <> 0 or n <> 0 order by 1, 2, 3
   on conflict (account_id, month, category_id) do update
   set money_in = t.money_in + excluded.money_in, money_out = t.money_out + excluded.money_out,
       n = t.n + excluded.n
   returning 1)
select (select count(*) from ch), (select count(*) from moved)
"""


def apply_change(change: str, params: Mapping[str, Any], *, before: str = "") -> int:
    """Runs one change of the ledger with its totals, in one statement; returns the rows changed.

    Parameters: `change` is an INSERT, UPDATE or DELETE on transactions_transaction that ends in
    `returning {INSERTED|UPDATED|DELETED}`; `before` may name CTEs it needs, each ending in a comma.
    The accounts touched must be locked (ledger.lock_accounts). Raises LedgerWriteRefused outside
    `writing()`.
    """
    if not is_open():
        raise LedgerWriteRefused("Totals are changed by the ledger's services only.")
    with connection.cursor() as cursor:
        cursor.execute(_TAIL.format(before=before, change=change), params)
        return int(cursor.fetchone()[0])


def drop_empty_cells(account_ids: Iterable[int]) -> None:
    """Takes cells away that count no line any more, so that an undo leaves the table as it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from transactions_monthtotal where account_id = any(%s) "
            "and n = 0 and money_in = 0 and money_out = 0",
            [list(account_ids)],
        )
