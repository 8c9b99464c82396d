"""Many payments split, or joined again, in one statement each; the accounts are locked, the ledger open."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from transactions import totals
from transactions.rows.splits import PART_COLUMNS, part_values

_INSERT = f"""
insert into transactions_transaction ({PART_COLUMNS})
select {part_values("e.part", "e.place")}
from jsonb_array_elements(%(rows)s::jsonb) r
join transactions_transaction t on t.id = (r->>'id')::bigint and not t.is_split
cross join lateral jsonb_array_elements(r->'parts') with ordinality e(part, place)
order by t.id, e.place
returning {totals.INSERTED}
"""
_MARK = f"""
update transactions_transaction
set is_split = %(is_split)s, version = transactions_transaction.version + 1
where id = any(%(ids)s) and is_split <> %(is_split)s returning {totals.UPDATED}
"""
_TAGS_DOWN = """
insert into transactions_transactiontag (transaction_id, tag_id)
select p.id, g.tag_id from transactions_transaction p
join transactions_transactiontag g on g.transaction_id = p.parent_id
where p.parent_id = any(%(ids)s) on conflict do nothing
"""
_TAGS_UP = """
insert into transactions_transactiontag (transaction_id, tag_id)
select distinct p.parent_id, g.tag_id from transactions_transaction p
join transactions_transactiontag g on g.transaction_id = p.id
where p.parent_id = any(%(ids)s) on conflict do nothing
"""
_CLEAR = """
delete from transactions_transactiontag g using transactions_transaction p
where p.parent_id = any(%(ids)s) and g.transaction_id = p.id
"""
_DELETE = f"""
delete from transactions_transaction where parent_id = any(%(ids)s) returning {totals.DELETED}
"""


def split_many(parts: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
    """Splits payments that are whole; `parts` by key, each as a split's image (rows/splits.py) says it."""
    if not parts:
        return
    rows = json.dumps([{"id": pk, "parts": said} for pk, said in parts.items()])
    ids = list(parts)
    totals.apply_change(_INSERT, {"rows": rows})
    totals.apply_change(_MARK, {"ids": ids, "is_split": True})
    with connection.cursor() as cursor:
        cursor.execute(_TAGS_DOWN, {"ids": ids})


def join_many(ids: Sequence[int]) -> None:
    """Joins payments again; each keeps its own tags and those of its parts, which must have no notes."""
    if not ids:
        return
    params = {"ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(_TAGS_UP, params)
        cursor.execute(_CLEAR, params)
    totals.apply_change(_DELETE, params)
    totals.apply_change(_MARK, params | {"is_split": False})
