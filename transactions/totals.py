"""Month totals, changed by the same statement that changes the lines.

Every write of the ledger ends in `apply_change`: its SQL changes rows and RETURNs their before- and
after-images (PostgreSQL 18 `RETURNING old/new`); one tail counts before-images −1 and after-images +1.
So totals equal the lines to the cent at every commit, whatever the act.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from transactions.guard import LedgerWriteRefused, copy_text, is_open

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
   select account_id, date_trunc('month', booked_on::timestamp)::date as month, coalesce(category_id, 0) category_id,
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


_CELLS = "account_id, month, category_id, money_in, money_out, n"
_MAKE_CELLS = """
create temp table import_cells (
  account_id bigint not null, month date not null, category_id bigint not null,
  money_in numeric(19,4) not null, money_out numeric(19,4) not null, n integer not null
) on commit drop
"""
_ADD_CELLS = f"""
insert into transactions_monthtotal as t ({_CELLS})
select {_CELLS} from import_cells order by 1, 2, 3
on conflict (account_id, month, category_id) do update
set money_in = t.money_in + excluded.money_in, money_out = t.money_out + excluded.money_out,
    n = t.n + excluded.n
"""


def sum_cells(lines: str, params: Mapping[str, Any]) -> bytes:
    """The cells that new lines add up to, as COPY text; leaves them in the temporary table import_cells.

    Parameters: `lines` is SQL of the lines that will count: account_id, booked_on, category_id, amount.
    """
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.import_cells")
        cursor.execute(_MAKE_CELLS)
        # A fresh temporary table has no statistics, and sorting all lines costs twice the hashing.
        cursor.execute("set local enable_sort = off")
        cursor.execute(
            f"""
            insert into import_cells
            select account_id, date_trunc('month', booked_on::timestamp)::date,
                   coalesce(category_id, 0), sum(greatest(amount, 0)), sum(least(amount, 0)), count(*)
            from ({lines}) l group by 1, 2, 3
            """,
            params,
        )
        cursor.execute("set local enable_sort = on")
        cursor.execute(f"select string_agg(concat_ws(e'\t', {_CELLS}), e'\n') from import_cells")
        return (cursor.fetchone()[0] or "").encode()


def copy_lines(columns: Sequence[str], lines: Iterable[bytes], cells: bytes) -> int:
    """COPYs new lines and adds `cells`, what `sum_cells` made of the very same lines, to the totals.

    For the import alone, whose plan numbered and summed what it now writes: COPY can't RETURN rows. The
    accounts must be locked; the caller compares the rows returned. Raises LedgerWriteRefused outside
    `writing()`.
    """
    copied = copy_text("transactions_transaction", columns, lines)
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.import_cells")
        cursor.execute(_MAKE_CELLS)
        copy_text("import_cells", _CELLS.split(", "), [cells])
        cursor.execute(_ADD_CELLS)
    return copied


def drop_empty_cells(account_ids: Iterable[int]) -> None:
    """Takes cells away that count no line any more, so that an undo leaves the table as it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from transactions_monthtotal where account_id = any(%s) "
            "and n = 0 and money_in = 0 and money_out = 0",
            [list(account_ids)],
        )
