"""Taking a whole import back: its rows go, changed rows get their old values, edits wait for the rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.audit import services as audit
from accounts.jobs.context import JobContext
from accounts.models import User
from transactions import enrichment, totals
from transactions.imports.errors import PlanMissing, UndoRefused
from transactions.imports.made import accounts_that_go, remove_made
from transactions.ledger import writing_accounts
from transactions.models import (
    BalanceStatement,
    ImportBatch,
    ImportIssue,
    Note,
    Transaction,
    TransactionTag,
)
from transactions.rows import kept, splits

UNDO_DAYS = 30
# Deliveries that follow a source by its cursor: one taken back alone would be told of never again.
MIRRORED = ("plaid",)

_DELETE = f"""
delete from transactions_transaction where batch_id = %(batch)s and account_id = any(%(accounts)s)
returning {totals.DELETED}
"""
_RESTORE = f"""
update transactions_transaction
set booked_on = (b.v->>'booked_on')::date, value_on = (b.v->>'value_on')::date,
    amount = (b.v->>'amount')::numeric, raw_text = b.v->>'raw_text', clean_text = b.v->>'clean_text',
    counterparty = b.v->>'counterparty', reference = b.v->>'reference',
    status = case when transactions_transaction.status = 'merged' then 'merged' else b.v->>'status' end,
    version = transactions_transaction.version + 1
from (select (e->>'id')::bigint id, e->'before' v from jsonb_array_elements(%(before)s::jsonb) e) b
where transactions_transaction.id = b.id
returning {totals.UPDATED}
"""


@dataclass(frozen=True, slots=True)
class LaterFile:
    """A later delivery that brought some of these rows too; they counted as “same” then."""

    batch: ImportBatch
    rows: int


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What an undo would do: rows that go, rows that get old values back, how many of them were edited,
    and the later files that brought some of them too."""

    rows: int
    changed: int
    edited: int
    also_in: tuple[LaterFile, ...]
    refusal: str = ""
    accounts: tuple[str, ...] = ()  # names of accounts made for the file, which go with it


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What was done; the rows of `offers` can be brought in again from their kept originals."""

    batch: ImportBatch
    removed: int
    restored: int
    edits_kept: int
    offers: tuple[LaterFile, ...]


def undo_preview(batch: ImportBatch) -> UndoPreview:
    """Names what an undo of this batch would do, or in `refusal` why it can't be done."""
    refusal = _refusal(batch)
    return UndoPreview(
        rows=_rows(batch).count(),
        changed=batch.issues.filter(verdict="changed").count(),
        edited=_edited(batch),
        also_in=tuple(reimport_offers(batch)),
        refusal=refusal.sentence if refusal else "",
        accounts=() if batch.is_bulk else tuple(a.name for a in accounts_that_go(batch)),
    )


def undo(
    batch: ImportBatch,
    *,
    user: User | None = None,
    context: JobContext | None = None,
    confirm_edits: int | None = None,
) -> UndoResult:
    """Takes the batch back whole; every derived figure is as it was before.

    People's edits on its rows (category, tags, notes, splits) are kept by fingerprint and return with the
    rows. An account made for the file goes too when nothing else, such as a kept edit, is on it. Parameters:
    `confirm_edits` is how many edited rows the person was told of; when more were edited since, the undo
    is refused (None doesn't ask). Raises UndoRefused with the reason: not in the ledger, older than 30
    days, or a later import changed one of its rows.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        accounts = _accounts(batch)
        params: dict[str, Any] = {"batch": batch.pk, "accounts": accounts}
        # Asked under the locks: another import may just be changing these rows.
        with writing_accounts(accounts, wait=True):
            if refusal := _refusal(batch):
                raise refusal
            edited = _edited(batch)
            if confirm_edits is not None and edited > confirm_edits:
                raise UndoRefused(
                    f"{edited} rows of this import are edited now, more than you were told of. Look again "
                    "before you take it back.",
                    "edited_since",
                )
            if context:
                context.progress(0, batch.counts.get("new", 0), "taking back")
            enrichment.before_undo(enrichment.Delivery(batch, tuple(accounts)))
            kept_edits = kept.keep(batch.pk, accounts)
            parts = _parts(batch).count()
            removed = totals.apply_change(_DELETE, params) - parts
            restored = 0
            for before in _before_images(batch):
                restored += totals.apply_change(_RESTORE, {"before": before})
            if restored:
                splits.follow(accounts)
            totals.drop_empty_cells(accounts)
            BalanceStatement.objects.filter(batch_id=batch.pk).delete()
        remove_made(batch)
        batch.state = ImportBatch.State.UNDONE
        batch.undone_at = timezone.now()
        batch.save(update_fields=["state", "undone_at"])
        audit.record(
            act="import.undone",
            subject=batch,
            before={"plan_hash": batch.plan_hash},
            after={"removed": removed, "restored": restored, "edits_kept": kept_edits},
            customer_id=batch.customer_id,
        )
        if context:
            context.progress(removed, removed, "taking back")
            context.raise_if_cancelled()
            done = {"batch": str(batch.public_id), "url": batch.page("done")}
            context.finish(done | {"removed": removed, "restored": restored})
    return UndoResult(batch, removed, restored, kept_edits, tuple(reimport_offers(batch)))


def bring_again(batch: ImportBatch, *, user: User | None = None) -> ImportBatch:
    """A new delivery of a kept original, read as it was read then; plan it as any other.

    Raises PlanMissing where no file is kept.
    """
    if batch.file is None:
        raise PlanMissing("There is no file behind this import.", "file_missing")
    with transaction.atomic():
        again = ImportBatch.objects.create(
            customer=batch.customer,
            account=batch.account,
            source=batch.source,
            file=batch.file,
            adapter=batch.adapter,
            layout=batch.layout,
            detection=batch.detection,
            choices={k: v for k, v in batch.choices.items() if k in ("accounts", "format")},
            source_key=batch.source_key,
            created_by=user,
        )
        audit.record(
            act="import.received",
            subject=again,
            after={"again": batch.pk, "sha256": batch.file.sha256},
            customer_id=batch.customer_id,
        )
    return again


def _rows(batch: ImportBatch) -> "QuerySet[Transaction]":
    # There is no index on batch_id (every import would pay for it): rows are found in their accounts.
    found = Transaction.objects.filter(batch_id=batch.pk, account_id__in=_accounts(batch))
    return found.filter(parent=None)


def _parts(batch: ImportBatch) -> "QuerySet[Transaction]":
    found = Transaction.objects.filter(batch_id=batch.pk, account_id__in=_accounts(batch))
    return found.filter(parent__isnull=False)


def _edited(batch: ImportBatch) -> int:
    """Rows that a person gave a category, a tag or a note, or split."""
    rows = _rows(batch)
    ids: set[int] = set()
    for table in (TransactionTag, Note):
        found = table.objects.filter(transaction__batch_id=batch.pk)
        for pk, parent in found.values_list("transaction_id", "transaction__parent_id"):
            ids.add(parent or pk)
    by_hand = Q(category_origin=Transaction.Origin.PERSON)
    is_split = Q(is_split=True) & ~Q(status=Transaction.Status.MERGED)
    return rows.filter(by_hand | is_split | Q(pk__in=ids)).count()


def _accounts(batch: ImportBatch) -> list[int]:
    return [int(pk) for pk in batch.basis.get("accounts", {})]


def _refusal(batch: ImportBatch) -> UndoRefused | None:
    if batch.state == ImportBatch.State.UNDONE:
        return UndoRefused("This import was undone already.", "already_undone")
    if batch.state != ImportBatch.State.COMMITTED or batch.committed_at is None:
        return UndoRefused(
            "Only an import that is in the ledger can be undone; this one isn't.", "not_committed"
        )
    if batch.source in MIRRORED:
        return UndoRefused(
            "These payments follow a connection to your bank. Disconnect it there to take them away.",
            "mirrored",
        )
    if timezone.now() - batch.committed_at > timedelta(days=UNDO_DAYS):
        return UndoRefused(
            f"An import can be undone for {UNDO_DAYS} days; this one is older.", "too_old"
        )
    if _split_since(batch):
        return UndoRefused(
            "A payment whose amount this import changed was split into parts since. Join it again first.",
            "row_split",
        )
    later = (
        ImportIssue.objects.filter(
            verdict="changed",
            batch__state=ImportBatch.State.COMMITTED,
            batch__committed_at__gte=batch.committed_at,
            transaction_id__in=_touched(batch),
        )
        .exclude(batch=batch)
        .select_related("batch")
        .order_by("-batch__committed_at")
        .first()
    )
    if later is None:
        return None
    when = later.batch.committed_at
    return UndoRefused(
        "A later import changed rows of this one. Undo that first: the one of "
        f"{when:%d %B %Y, %H:%M} UTC.",
        "undo_later_first",
    )


def _split_since(batch: ImportBatch) -> bool:
    """Whether a row that would get another amount back is in parts, which add up to the present one."""
    changed = batch.issues.filter(verdict="changed").values_list("transaction_id", "before")
    before = {pk: Decimal(image["amount"]) for pk, image in changed if image}
    if not before:
        return False
    held = Transaction.objects.filter(account_id__in=_accounts(batch), is_split=True)
    amounts = held.exclude(status=Transaction.Status.MERGED).values_list("pk", "amount")
    return any(pk in before and before[pk] != now for pk, now in amounts)


def _touched(batch: ImportBatch) -> set[int]:
    """Rows this batch brought or changed, among those that a later import changed at all."""
    changed_later = ImportIssue.objects.filter(
        verdict="changed",
        batch__committed_at__gte=batch.committed_at,
        batch__state=ImportBatch.State.COMMITTED,
    ).exclude(batch=batch)
    ids = {pk for pk in changed_later.values_list("transaction_id", flat=True) if pk is not None}
    mine = Transaction.objects.filter(pk__in=ids, batch_id=batch.pk).values_list("pk", flat=True)
    changed = batch.issues.filter(verdict="changed", transaction_id__in=ids)
    return set(mine) | {pk for pk in changed.values_list("transaction_id", flat=True) if pk}


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


def reimport_offers(batch: ImportBatch) -> list[LaterFile]:
    """Later files that brought rows of this batch too: without it they can bring them in again."""
    later = ImportBatch.objects.filter(
        counts__same_of__has_key=str(batch.pk),
        state__in=[ImportBatch.State.COMMITTED, ImportBatch.State.EMPTY],
        file__isnull=False,
    ).select_related("file")
    return [LaterFile(other, int(other.counts["same_of"][str(batch.pk)])) for other in later]
