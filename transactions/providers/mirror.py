"""What a source that takes its rows back needs of the ledger: rows that get another id, rows that go.

Both run inside `ledger.writing_accounts`. A row is known by its provider's id alone
(transactions/fingerprints.py), so both find theirs by `transaction_once`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from transactions import enrichment, totals
from transactions.fingerprints import fingerprint
from transactions.imports.verdicts import SOURCE_COLUMNS
from transactions.models import ImportBatch, ProviderLink
from transactions.rows import changes, kept

# The pending row keeps its key, so whatever hangs on it (category, notes, tags) stays with it; the plan
# then finds it under the posted one's id and changes what the source owns.
_BECOME = """
update transactions_transaction t
set provider_id = p.new_id, fingerprint = p.new_print, version = t.version + 1
from (select unnest(%(accounts)s::bigint[]) account_id, unnest(%(old)s::uuid[]) old_print,
             unnest(%(new)s::uuid[]) new_print, unnest(%(ids)s::text[]) new_id) p
where t.account_id = p.account_id and t.fingerprint = p.old_print and t.occurrence = 0
  and t.status = 'pending'
  and not exists (select from transactions_transaction x where x.account_id = p.account_id
                  and x.fingerprint = p.new_print and x.occurrence = 0)
returning t.id, t.provider_id, t.amount, t.is_split
"""
_POST_PARTS = f"""
update transactions_transaction set status = 'posted', version = transactions_transaction.version + 1
where account_id = any(%(accounts)s) and (id = any(%(ids)s) or parent_id = any(%(ids)s))
returning {totals.UPDATED}
"""
_PARTS_OF = """
select id from transactions_transaction where account_id = any(%(accounts)s) and parent_id = any(%(ids)s)
"""
_TAGS_UP = """
insert into transactions_transactiontag (transaction_id, tag_id)
select distinct t.parent_id, g.tag_id from transactions_transactiontag g
join transactions_transaction t on t.id = g.transaction_id
where t.id = any(%(ids)s) on conflict do nothing
"""
_JOIN = f"""
update transactions_transaction set is_split = false, version = transactions_transaction.version + 1
where id = any(%(ids)s) and account_id = any(%(accounts)s)
returning {totals.UPDATED}
"""
# What is known by the pending row's fingerprint is known by the posted one's from then on: its history, what
# it is to other rows, and, where it went before its posted one came, what the person said of it.
_PRINTS = """
(select unnest(%(accounts)s::bigint[]) account_id, unnest(%(old)s::uuid[]) old_print,
        unnest(%(new)s::uuid[]) new_print) p
"""
_CARRY = (
    f"""
    update transactions_keptedit k set fingerprint = p.new_print from {_PRINTS}
    where k.account_id = p.account_id and k.fingerprint = p.old_print and k.occurrence = 0
      and not exists (select from transactions_keptedit x where x.account_id = p.account_id
                      and x.fingerprint = p.new_print and x.occurrence = 0)
    """,
    f"""
    update transactions_rowchange k set fingerprint = p.new_print from {_PRINTS}
    where k.account_id = p.account_id and k.fingerprint = p.old_print and k.occurrence = 0
    """,
    *(
        f"""
        update transactions_pairverdict k set {side}fingerprint = p.new_print from {_PRINTS}
        where k.account_id = p.account_id and k.{side}fingerprint = p.old_print and k.{side}occurrence = 0
          and not exists (
            select from transactions_pairverdict x where x.account_id = p.account_id
              and x.{side}fingerprint = p.new_print and x.{side}occurrence = 0
              and x.{far}fingerprint = k.{far}fingerprint and x.{far}occurrence = k.{far}occurrence)
        """
        for side, far in (("", "other_"), ("other_", ""))
    ),
    *(
        f"""
        update transactions_rowpair k set {side}_fingerprint = p.new_print from {_PRINTS}
        where k.{side}_account_id = p.account_id and k.{side}_fingerprint = p.old_print
          and k.{side}_occurrence = 0
        """
        for side in ("first", "second")
    ),
)
_OF_IDS = """
select t.id from transactions_transaction t
where t.account_id = any(%(accounts)s) and t.fingerprint = any(%(prints)s::uuid[]) and t.occurrence = 0
order by t.id
"""
# Counts on transaction_account_day.
_OF_LINK = """
select t.id, t.fingerprint from transactions_transaction t
join transactions_importbatch b on b.id = t.batch_id
where t.account_id = any(%(accounts)s) and b.source_key = %(key)s and t.provider_id <> ''
order by t.id
"""
_PARTS = """
select id from transactions_transaction
where account_id = any(%(accounts)s) and parent_id = any(%(ids)s) and exists (
  select from transactions_transaction where id = any(%(ids)s) and is_split)
"""
_IMAGES = ", ".join(f"'{name}', t.{name}::text" for name in SOURCE_COLUMNS)
_NOTE = f"""
insert into transactions_importissue
  (batch_id, line, verdict, code, "column", value, reason, fix, raw, transaction_id, before)
select %(batch)s, 0, 'removed', '', '', '', '', '', '', t.id, jsonb_build_object({_IMAGES})
from transactions_transaction t where t.id = any(%(ids)s) and t.parent_id is null order by t.id
"""
_DELETE = f"""
delete from transactions_transaction where id = any(%(ids)s) and account_id = any(%(accounts)s)
returning {totals.DELETED}
"""


@dataclass(frozen=True, slots=True)
class Became:
    """A posted transaction and the pending one that it takes the place of, in one ledger account."""

    account: int
    pending_id: str
    posted_id: str
    amount: Decimal  # of the posted one, signed as the ledger's


def print_of(provider_id: str) -> UUID:
    """The fingerprint of a row that its provider's id alone makes known."""
    return UUID(bytes=fingerprint(date.min, Decimal(0), "", provider_id))


def become_posted(pairs: Sequence[Became]) -> int:
    """Pending rows take the ids of their posted ones; returns how many did. Their other columns follow
    with the plan. Nothing happens where the posted one is here already, or the pending one never was."""
    if not pairs:
        return 0
    params: dict[str, Any] = {
        "accounts": [pair.account for pair in pairs],
        "old": [print_of(pair.pending_id) for pair in pairs],
        "new": [print_of(pair.posted_id) for pair in pairs],
        "ids": [pair.posted_id for pair in pairs],
    }
    with connection.cursor() as cursor:
        cursor.execute(_BECOME, params)
        became = cursor.fetchall()
        for carry in _CARRY:
            cursor.execute(carry, params)
    amounts = {pair.posted_id: pair.amount for pair in pairs}
    split = [(pk, amounts.get(key) == amount) for pk, key, amount, is_split in became if is_split]
    accounts = sorted({pair.account for pair in pairs})
    _post_split([pk for pk, fits in split if fits], accounts)
    _join([pk for pk, fits in split if not fits], accounts)
    return len(became)


def _post_split(rows: list[int], accounts: list[int]) -> None:
    """A payment that the person had split while it was pending: its parts are posted with it."""
    if rows:
        totals.apply_change(_POST_PARTS, {"ids": rows, "accounts": accounts})


def _join(rows: list[int], accounts: list[int]) -> None:
    """Where it was posted with another amount its parts no longer add up: they go, and it is one again."""
    if not rows:
        return
    params: dict[str, Any] = {"ids": rows, "accounts": accounts}
    with connection.cursor() as cursor:
        cursor.execute(_PARTS_OF, params)
        parts = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_TAGS_UP, {"ids": parts})
    enrichment.before_removal(enrichment.Removal(tuple(parts), tuple(accounts)))
    kept.clear_rows(parts, accounts)
    changes.note(changes.JOINED, (changes.Change(pk, {}, {"parts": []}) for pk in rows))
    totals.apply_change(_DELETE, {"ids": parts, "accounts": accounts})
    totals.apply_change(_JOIN, params)


def rows_of_ids(account_ids: Iterable[int], provider_ids: Iterable[str]) -> list[int]:
    """Keys of the rows with these ids in these accounts."""
    prints = [print_of(found) for found in provider_ids]
    if not prints:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OF_IDS, {"accounts": list(account_ids), "prints": prints})
        return [pk for (pk,) in cursor.fetchall()]


def rows_of_link(link: ProviderLink, account_ids: Iterable[int]) -> dict[int, UUID]:
    """Keys and fingerprints of all rows that this connection brought into these accounts."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_LINK, {"accounts": list(account_ids), "key": link.source_key})
        return dict(cursor.fetchall())


def remove(rows: Sequence[int], account_ids: Iterable[int], batch: ImportBatch | None) -> int:
    """Takes rows that their source took back out of the ledger; returns how many lines went.

    What the person said of them (category, tags, notes, splits) is kept by fingerprint and returns with
    them. A split goes with its parts. Before-images stand as issues of `batch`. The accounts must be locked
    and the ledger open.
    """
    accounts = sorted(account_ids)
    if not rows:
        return 0
    params: dict[str, Any] = {"ids": list(rows), "accounts": accounts}
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, params)
        gone = [*rows, *(pk for (pk,) in cursor.fetchall())]
        params = {"ids": gone, "accounts": accounts}
        enrichment.before_removal(enrichment.Removal(tuple(gone), tuple(accounts)))
        kept.keep_rows(gone, accounts)
        if batch is not None:
            cursor.execute(_NOTE, {**params, "batch": batch.pk})
    removed = totals.apply_change(_DELETE, params)
    totals.drop_empty_cells(accounts)
    return removed
