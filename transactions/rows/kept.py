"""What people did to lines that an undo takes away, kept by fingerprint; and its return with the lines.

One JSON object per line: `category_id` where the person chose it, `tags` (keys), `notes` ([customer, text]),
`parts` of a split, each with its own tags and notes.
"""

from typing import Any

from django.db import connection

from transactions import totals
from transactions.rows.splits import PART_COLUMNS, part_values

# The lines meant: a whole batch's, or single ones with their parts.
_OF_BATCH = "t.batch_id = %(batch)s and t.account_id = any(%(accounts)s)"
_OF_IDS = "t.id = any(%(ids)s) and t.account_id = any(%(accounts)s)"


def _keeping(which: str) -> str:
    # The small tables first: a batch has up to a million lines and few of them are touched.
    return f"""
with mine as materialized (
  select t.id, t.parent_id from transactions_transaction t where {which}),
tags as (
  select g.transaction_id, jsonb_agg(g.tag_id order by g.tag_id) v
  from transactions_transactiontag g join mine on mine.id = g.transaction_id group by 1),
notes as (
  select g.transaction_id, jsonb_agg(jsonb_build_array(g.customer_id, g.text) order by g.customer_id) v
  from transactions_note g join mine on mine.id = g.transaction_id group by 1),
parts as (
  select p.parent_id transaction_id, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'amount', p.amount::text,
           'text', case when p.clean_text <> w.clean_text or p.counterparty <> w.counterparty
                        then p.clean_text end,
           'category_id', p.category_id, 'origin', p.category_origin, 'confidence', p.confidence,
           'tags', tags.v, 'notes', notes.v)) order by p.id) v
  from mine join transactions_transaction p on p.id = mine.id
  join transactions_transaction w on w.id = p.parent_id
  left join tags on tags.transaction_id = p.id left join notes on notes.transaction_id = p.id
  where mine.parent_id is not null group by 1)
insert into transactions_keptedit as k (account_id, fingerprint, occurrence, payload)
select t.account_id, t.fingerprint, t.occurrence,
       case when t.category_origin = 'person' then jsonb_build_object('category_id', t.category_id)
            else '{{}}'::jsonb end
       || jsonb_strip_nulls(jsonb_build_object('tags', tags.v, 'notes', notes.v, 'parts', parts.v))
from transactions_transaction t
left join tags on tags.transaction_id = t.id
left join notes on notes.transaction_id = t.id
left join parts on parts.transaction_id = t.id
where {which} and t.parent_id is null
  and (t.category_origin = 'person' or tags.v is not null or notes.v is not null or parts.v is not null)
on conflict (account_id, fingerprint, occurrence) do update set payload = excluded.payload
"""


def _clearing(which: str) -> tuple[str, ...]:
    return tuple(
        f"delete from transactions_{table} g using transactions_transaction t "
        f"where g.transaction_id = t.id and {which}"
        for table in ("transactiontag", "note")
    )


# Lines that this batch brought and that an edit waits for.
_BACK = """
back as materialized (
  select t.id, k.payload from transactions_keptedit k
  join transactions_transaction t on t.account_id = k.account_id and t.fingerprint = k.fingerprint
       and t.occurrence = k.occurrence
  where t.batch_id = %(batch)s and k.account_id = any(%(accounts)s))
"""
# A split returns only where its parts still add up to the line, which may have come back with another
# amount when it is known by its provider's id.
_PARTS_BACK = f"""
insert into transactions_transaction ({PART_COLUMNS})
select {part_values("e.part", "e.place")}
from back join transactions_transaction t on t.id = back.id
cross join lateral (
  select part.value || jsonb_build_object('category_id', c.id) part, part.place
  from jsonb_array_elements(back.payload->'parts') with ordinality part(value, place)
  left join transactions_category c on c.id = (part.value->>'category_id')::bigint) e
where back.payload ? 'parts' and not t.is_split and t.amount = (
  select sum((value->>'amount')::numeric) from jsonb_array_elements(back.payload->'parts'))
order by t.id, e.place
returning {totals.INSERTED}
"""
_MARK_BACK = f"""
update transactions_transaction
set is_split = true, version = transactions_transaction.version + 1
where transactions_transaction.batch_id = %(batch)s
  and transactions_transaction.account_id = any(%(accounts)s) and not transactions_transaction.is_split
  and transactions_transaction.id in (
    select parent_id from transactions_transaction p
    where p.parent_id is not null and p.account_id = any(%(accounts)s))
returning {totals.UPDATED}
"""
# What belongs to a line: the line itself, and each part by its place among the parts.
_PIECES = f"""
with {_BACK},
numbered as (
  select id, parent_id, row_number() over (partition by parent_id order by id) place
  from transactions_transaction where parent_id in (select id from back where payload ? 'parts')),
pieces as (
  select id, payload piece from back
  union all
  select numbered.id, e.part from back
  cross join lateral jsonb_array_elements(back.payload->'parts') with ordinality e(part, place)
  join numbered on numbered.parent_id = back.id and numbered.place = e.place
  where back.payload ? 'parts')
"""
_TAGS_BACK = f"""
{_PIECES}
insert into transactions_transactiontag (transaction_id, tag_id)
select pieces.id, g.id from pieces
cross join lateral jsonb_array_elements_text(pieces.piece->'tags') e(tag)
join transactions_tag g on g.id = e.tag::bigint
where pieces.piece ? 'tags' order by 1, 2 on conflict do nothing
"""
_NOTES_BACK = f"""
{_PIECES}
insert into transactions_note (transaction_id, customer_id, text, changed_at)
select pieces.id, c.id, e.note->>1, now() from pieces
cross join lateral jsonb_array_elements(pieces.piece->'notes') e(note)
join customers_customer c on c.id = (e.note->>0)::bigint
where pieces.piece ? 'notes' order by 1, 2 on conflict do nothing
"""
_FORGET = """
delete from transactions_keptedit where id in (
  select k.id from transactions_keptedit k join transactions_transaction t
    on t.account_id = k.account_id and t.fingerprint = k.fingerprint and t.occurrence = k.occurrence
  where t.batch_id = %(batch)s and k.account_id = any(%(accounts)s))
"""


def keep(batch: int, accounts: list[int]) -> int:
    """Keeps what people did to this batch's lines and clears what hangs on them; before they go.

    Returns the number of lines that had something. The ledger is open and the accounts locked.
    """
    return _keep(_OF_BATCH, {"batch": batch, "accounts": accounts})


def keep_rows(ids: list[int], accounts: list[int]) -> int:
    """The same for single lines of these accounts; the parts of a split are named with their whole."""
    return _keep(_OF_IDS, {"ids": ids, "accounts": accounts})


def clear_rows(ids: list[int], accounts: list[int]) -> None:
    """Takes tags and notes off lines that go for good, such as the parts of a payment that is one again."""
    with connection.cursor() as cursor:
        for sql in _clearing(_OF_IDS):
            cursor.execute(sql, {"ids": ids, "accounts": accounts})


def _keep(which: str, params: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_keeping(which), params)
        kept = int(cursor.rowcount)
        for sql in _clearing(which):
            cursor.execute(sql, params)
    return kept


def give_back(batch: int, accounts: list[int]) -> int:
    """Tags, notes and splits return to lines that this batch brought; the category came with the line.

    Returns the number of lines whose edits returned, and forgets these. The ledger is open.
    """
    params: dict[str, Any] = {"batch": batch, "accounts": accounts}
    with connection.cursor() as cursor:
        cursor.execute(
            f"with {_BACK} select count(*), count(*) filter (where payload ? 'parts') from back",
            params,
        )
        returned, split = cursor.fetchone()
        if split:
            totals.apply_change(_PARTS_BACK, params, before=f"{_BACK},")
            totals.apply_change(_MARK_BACK, params)
        if returned:
            cursor.execute(_TAGS_BACK, params)
            cursor.execute(_NOTES_BACK, params)
            cursor.execute(_FORGET, params)
    return int(returned)
