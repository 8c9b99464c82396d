"""Verdicts of staged rows, set-based: what the ledger has already, what it changes, what is doubtful."""

import sys
from array import array
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from transactions.imports import verdict_codes as codes

# Columns that the source owns: what a changed row may change. Counts on transaction_once.
SOURCE_COLUMNS = (
    "booked_on", "value_on", "amount", "raw_text", "clean_text", "counterparty", "reference", "status",
)  # fmt: skip

# A row with the provider's id speaks for itself: any difference is a change. One known by its text can
# only have gone from pending to posted. What is posted never goes back to pending, and one that counts as
# another stays as it is. Of a payment in parts the source may change all but the amount, for its parts
# would no longer add up: such a row is rejected, and says so.
_KNOWN = """
insert into import_known (n, verdict, transaction_id, version)
select s.n,
       case when t.status = 'posted' and s.status = 'pending' then 's'
            when t.status = 'merged' then 's'
            when t.is_split and s.amount <> t.amount then 'r'
            when t.status <> s.status then 'c'
            when s.provider_id <> '' and (s.booked_on, coalesce(s.value_on, t.value_on),
                 s.amount, s.raw_text, s.counterparty, s.reference) is distinct from (t.booked_on, t.value_on, t.amount,
                 t.raw_text, t.counterparty, t.reference) then 'c'
            else 's' end,
       t.id, t.version
from import_stage s
join transactions_transaction t on t.account_id = s.account_id and t.fingerprint = s.fingerprint
     and t.occurrence = s.occurrence
where s.provider_id = '' or s.occurrence = 0
"""

# The same id twice in one file: the same row said again, or two rows that can't both have it.
_REPEATED = """
insert into import_known (n, verdict)
select s.n, case when (s.booked_on, s.amount, s.raw_text) = (f.booked_on, f.amount, f.raw_text)
                 then 's' else 'r' end
from import_stage s
join import_stage f on f.account_id = s.account_id and f.fingerprint = s.fingerprint
     and f.occurrence = 0
where s.provider_id <> '' and s.occurrence > 0
"""

# A new row beside one of equal account, day and amount from another kind of source: one to one, and
# only rows that this file has not met already. Counts on transaction_account_day.
_ELSEWHERE = """
select exists(
  select from transactions_transaction t
  left join transactions_importbatch b on b.id = t.batch_id
  where t.account_id = any(%(accounts)s) and t.booked_on between %(first)s and %(last)s
    and b.source_key is distinct from %(source_key)s)
"""
_DOUBTFUL = """
insert into import_known (n, verdict, transaction_id, version)
select f.n, 'q', t.id, 0
from (select s.n, s.line, s.account_id, s.booked_on, s.amount,
             row_number() over (partition by s.account_id, s.booked_on, s.amount order by s.n) no
      from import_stage s left join import_known k on k.n = s.n where k.n is null) f
join (select t.id, t.account_id, t.booked_on, t.amount,
             row_number() over (partition by t.account_id, t.booked_on, t.amount order by t.id) no
      from transactions_transaction t
      left join transactions_importbatch b on b.id = t.batch_id
      where t.account_id = any(%(accounts)s) and t.booked_on between %(first)s and %(last)s
        and t.parent_id is null and t.status <> 'merged' and b.source_key is distinct from %(source_key)s
        and not exists (select from import_known k where k.transaction_id = t.id)) t
  using (account_id, booked_on, amount, no)
where not (%(all)s or f.line = any(%(lines)s))
"""

# A person's edits on rows that an undo took away come back with the rows.
_KEPT = """
update import_stage s
set category_id = (k.payload->>'category_id')::bigint, category_origin = 'person', confidence = 100
from transactions_keptedit k
where k.account_id = s.account_id and k.fingerprint = s.fingerprint
  and k.occurrence = s.occurrence and k.payload ? 'category_id'
  and (k.payload->>'category_id' is null or exists (
       select from transactions_category c where c.id = (k.payload->>'category_id')::bigint))
returning s.n, s.category_id
"""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One character per row of the file, and what else the plan's hash covers."""

    codes: bytes
    changed: list[tuple[int, int, int]]  # row, transaction, its version
    kept: list[tuple[int, int | None]]  # row, category of the person's edit
    first: date | None
    last: date | None


def decide(
    staged: bytes,
    *,
    account_ids: list[int],
    has_ids: bool,
    source_key: str,
    choices: dict[str, Any],
) -> Verdicts:
    """Verdicts for what stands in the staging table; leaves import_known filled.

    Parameters: `staged` has one character per row, new where the row was staged; `choices["doubtful"]`
    is "all" or a list of line numbers to bring in although they look like rows from elsewhere.
    """
    with connection.cursor() as cursor:
        kept: list[tuple[int, int | None]] = []
        cursor.execute(
            "select exists(select from transactions_keptedit where account_id = any(%s))",
            [account_ids],
        )
        if cursor.fetchone()[0]:
            cursor.execute(_KEPT)
            kept = sorted(cursor.fetchall())
        cursor.execute(_KNOWN)
        if has_ids:
            cursor.execute(_REPEATED)
        cursor.execute("select min(booked_on), max(booked_on) from import_stage")
        first, last = cursor.fetchone()
        brought = choices.get("doubtful", [])
        params = {
            "accounts": account_ids,
            "source_key": source_key,
            "first": first,
            "last": last,
            "all": brought == "all",
            "lines": [] if brought == "all" else list(brought),
        }
        cursor.execute(_ELSEWHERE, params)
        if cursor.fetchone()[0]:
            cursor.execute(_DOUBTFUL, params)
        verdicts = _merge(cursor, staged)
        cursor.execute(
            "select n, transaction_id, version from import_known where verdict = 'c' order by n"
        )
        changed = cursor.fetchall()
    new = codes.NEW.encode()[0]
    waiting = [(n, to) for n, to in kept if verdicts[n] == new]
    return Verdicts(verdicts, changed, waiting, first, last)


def _merge(cursor: Any, staged: bytes) -> bytes:
    """The rows' verdicts in file order. Fetched as packed integers: a row each would cost a second."""
    merged = bytearray(staged)
    cursor.execute(
        "select verdict::text, string_agg(int4send(n), ''::bytea) from import_known group by 1"
    )
    for verdict, packed in cursor.fetchall():
        rows = array("i", bytes(packed))
        if sys.byteorder == "little":  # the database sends the highest byte first
            rows.byteswap()
        code = ord(verdict)
        for n in rows:
            merged[n] = code
    return bytes(merged)
