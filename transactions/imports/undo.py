"""Taking a whole import back: its rows go, changed rows get their old values, edits wait for the rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.jobs.context import JobContext
from accounts.models import User
from transactions import totals
from transactions.imports.errors import UndoRefused
from transactions.ledger import writing_accounts
from transactions.models import BalanceStatement, ImportBatch, ImportIssue, Transaction

UNDO_DAYS = 30

_KEEP_EDITS = """
insert into transactions_keptedit as k (account_id, fingerprint, occurrence, payload)
select account_id, fingerprint, occurrence,
       jsonb_build_object('category_id', category_id)
from transactions_transaction where batch_id = %(batch)s and account_id = any(%(accounts)s)
  and category_origin = 'person'
on conflict (account_id, fingerprint, occurrence) do update set payload = excluded.payload
"""
_DELETE = f"""
delete from transactions_transaction where batch_id = %(batch)s and account_id = any(%(accounts)s)
returning {totals.DELETED}
"""
_RESTORE = f"""
update transactions_transaction
set booked_on = (b.v->>'booked_on')::date, value_on = (b.v->>'value_on')::date,
    amount = (b.v->>'amount')::numeric, raw_text = b.v->>'raw_text', clean_text = b.v->>'clean_text',
    counterparty = b.v->>'counterparty', reference = b.v->>'reference', status = b.v->>'status',
    version = transactions_transaction.version + 1
from (select (e->>'id')::bigint id, e->'before' v from jsonb_array_elements(%(before)s::jsonb) e) b
where transactions_transaction.id = b.id
returning {totals.UPDATED}
"""


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What an undo would do: rows that go, rows that get old values back, how many of them were edited."""

    rows: int
    changed: int
    edited: int
    also_in: tuple[ImportBatch, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class UndoResult:
    batch: ImportBatch
    removed: int
    restored: int
    edits_kept: int
    offers: tuple[ImportBatch, ...]


def undo_preview(batch: ImportBatch) -> UndoPreview:
    """Names what an undo of this batch would do, or in `refusal` why it can't be done."""
    rows = Transaction.objects.filter(batch_id=batch.pk, account_id__in=_accounts(batch))
    return UndoPreview(
        rows=rows.count(),
        changed=batch.issues.filter(verdict="changed").count(),
        edited=rows.filter(category_origin=Transaction.Origin.PERSON).count(),
        also_in=tuple(reimport_offers(batch)),
        refusal=_refusal(batch),
    )


def undo(
    batch: ImportBatch, *, user: User | None = None, context: JobContext | None = None
) -> UndoResult:
    """Takes the batch back whole; every derived figure is as it was before.

    People's edits on its rows are kept by fingerprint and return with the rows. Raises UndoRefused with
    the reason: not in the ledger, older than 30 days, or a later import changed one of its rows.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        refusal = _refusal(batch)
        if refusal:
            raise UndoRefused(refusal)
        offers = tuple(reimport_offers(batch))
        accounts = _accounts(batch)
        params: dict[str, Any] = {"batch": batch.pk, "accounts": accounts}
        with writing_accounts(accounts, wait=True):
            with connection.cursor() as cursor:
                cursor.execute(_KEEP_EDITS, params)
                kept = cursor.rowcount
            removed = totals.apply_change(_DELETE, params)
            restored = 0
            for before in _before_images(batch):
                restored += totals.apply_change(_RESTORE, {"before": before})
            BalanceStatement.objects.filter(batch_id=batch.pk).delete()
        batch.state = ImportBatch.State.UNDONE
        batch.undone_at = timezone.now()
        batch.save(update_fields=["state", "undone_at"])
        if context:
            context.finish(
                {"batch": str(batch.public_id), "removed": removed, "restored": restored}
            )
    return UndoResult(batch, removed, restored, kept, offers)


def _accounts(batch: ImportBatch) -> list[int]:
    return [int(pk) for pk in batch.basis.get("accounts", {})]


def _refusal(batch: ImportBatch) -> str:
    if batch.state != ImportBatch.State.COMMITTED or batch.committed_at is None:
        return "Only an import that is in the ledger can be undone; this one isn't."
    if timezone.now() - batch.committed_at > timedelta(days=UNDO_DAYS):
        return f"An import can be undone for {UNDO_DAYS} days; this one is older."
    later = (
        ImportIssue.objects.filter(
            verdict="changed",
            batch__state=ImportBatch.State.COMMITTED,
            batch__committed_at__gt=batch.committed_at,
            transaction_id__in=_touched(batch),
        )
        .select_related("batch")
        .order_by("-batch__committed_at")
        .first()
    )
    if later is None:
        return ""
    when = later.batch.committed_at
    return (
        "A later import changed rows of this one. Undo that first: the one of "
        f"{when:%d %B %Y, %H:%M} UTC."
    )


def _touched(batch: ImportBatch) -> list[int]:
    """Rows this batch brought or changed, among those that a later import changed at all."""
    changed_later = ImportIssue.objects.filter(
        verdict="changed", batch__committed_at__gt=batch.committed_at, batch__state="committed"
    ).values_list("transaction_id", flat=True)
    ids = [pk for pk in changed_later if pk is not None]
    mine = set(
        Transaction.objects.filter(pk__in=ids, batch_id=batch.pk).values_list("pk", flat=True)
    )
    changed: set[int | None] = set(
        batch.issues.filter(verdict="changed", transaction_id__in=ids).values_list(
            "transaction_id", flat=True
        )
    )
    return sorted(mine | {pk for pk in changed if pk is not None})


def _before_images(batch: ImportBatch) -> Iterator[str]:
    rows = batch.issues.filter(verdict="changed").values_list("transaction_id", "before")
    block: list[dict[str, object]] = []
    for pk, before in rows.iterator(chunk_size=2000):
        block.append({"id": pk, "before": before})
        if len(block) == 2000:
            yield json.dumps(block)
            block = []
    if block:
        yield json.dumps(block)


def reimport_offers(batch: ImportBatch) -> list[ImportBatch]:
    """Later files of the same accounts that brought some of the same rows: they can be read in again."""
    if batch.committed_at is None:
        return []
    accounts = set(_accounts(batch))
    later = ImportBatch.objects.filter(
        planned_at__gt=batch.committed_at,
        state__in=[ImportBatch.State.COMMITTED, ImportBatch.State.EMPTY],
        file__isnull=False,
    ).exclude(pk=batch.pk)
    return [b for b in later if b.counts.get("same") and accounts & set(_accounts(b))]
