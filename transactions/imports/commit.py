"""The commit: the plan as shown, or a refusal. Lines and totals change in one statement."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.audit import services as audit
from accounts.jobs.context import JobContext
from accounts.models import User
from transactions import enrichment, totals
from transactions.imports import plan as planning
from transactions.imports import reading, tables, verdict_codes
from transactions.imports.errors import PlanChanged, PlanMissing, RowDifference
from transactions.imports.made import let_stand
from transactions.imports.verdicts import Verdicts
from transactions.ledger import writing_accounts
from transactions.models import BalanceStatement, ImportBatch, KeptEdit
from transactions.rows import kept, splits

DIFFERENCES_SHOWN = 50
_GONE = "The planned rows are gone. Look at the preview again."

_COPIED = (
    "account_id, booked_on, value_on, amount, raw_text, clean_text, counterparty, reference, category_id,"
    " category_origin, confidence, decision, status, provider_id, fingerprint"
)
# Inserted in one order: it fills pages densely, and equal files raced by several workers
# meet rows alike.
_INSERT = f"""
insert into transactions_transaction ({_COPIED}, occurrence, batch_id, line, version, is_split)
select {_COPIED}, occurrence, %(batch)s, line, 1, false from import_stage
where get_byte(%(verdicts)s::bytea, n) = 110 order by account_id, booked_on, fingerprint, n
returning {totals.INSERTED}
"""
_CHANGE = f"""
update transactions_transaction
set booked_on = s.booked_on, value_on = coalesce(s.value_on, transactions_transaction.value_on),
    amount = s.amount, raw_text = s.raw_text, clean_text = s.clean_text, counterparty = s.counterparty,
    reference = s.reference, status = s.status, version = transactions_transaction.version + 1
from import_known k, import_stage s
where k.verdict = 'c' and s.n = k.n and transactions_transaction.id = k.transaction_id
returning {totals.UPDATED}
"""


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What was written: new rows, changed rows, and edits that came back with their rows."""

    batch: ImportBatch
    new: int
    changed: int
    edits_returned: int


def commit(
    batch: ImportBatch,
    *,
    plan_hash: str,
    user: User | None = None,
    context: JobContext | None = None,
) -> CommitResult:
    """Applies the plan with this hash, whole or not at all.

    Locks the accounts first. When nothing wrote them since the plan, it is applied as it stands; else the
    verdicts are made again and must be equal. Raises PlanMissing (no plan, or done already), PlanChanged
    with the rows that differ.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state != ImportBatch.State.PLANNED:
            raise PlanMissing(_not_planned(batch))
        if context:
            context.progress(0, batch.counts["rows"], "waiting for the account")
        if not batch.code_version.startswith(f"{planning.CODE_VERSION}."):
            raise PlanMissing(
                "The program was renewed since this plan was made. Look at the preview again."
            )
        if plan_hash != batch.plan_hash:
            raise PlanChanged(
                "This plan was made anew since you saw it. Look at the new one first."
            )
        accounts = [int(pk) for pk in batch.basis["accounts"]]
        with writing_accounts(accounts, wait=True):
            planned = reading.verdicts_of(batch)
            plain = _untouched(batch, accounts) and _only_new(planned, accounts)
            if not plain:
                tables.make()
                if not tables.load_kept(batch):
                    raise PlanMissing(_GONE)
                _decide_again(batch, planned, accounts)
            if context:
                context.progress(len(planned) // 2, len(planned), "writing")
                context.raise_if_cancelled()
            result = _copy(batch, planned) if plain else apply(batch, planned, accounts)
            note_balances(batch)
            enrichment.after_commit(enrichment.Delivery(batch, tuple(accounts)))
        let_stand(batch, accounts)
        batch.state = ImportBatch.State.COMMITTED
        batch.committed_at = timezone.now()
        batch.save(update_fields=["state", "committed_at"])
        tables.forget(batch)
        note_act(result)
        if context:
            context.progress(len(planned), len(planned), "writing")
            context.raise_if_cancelled()
            done = {
                "batch": str(batch.public_id),
                "url": batch.page("done"),
                "new": result.new,
                "changed": result.changed,
            }
            context.finish(done)
    return result


def note_act(result: CommitResult) -> None:
    """An import is one act, however many rows it brought."""
    batch = result.batch
    audit.record(
        act="import.committed",
        subject=batch,
        after={
            "plan_hash": batch.plan_hash,
            "source": batch.source,
            "counts": batch.counts,
            "new": result.new,
            "changed": result.changed,
            "edits_returned": result.edits_returned,
        },
        customer_id=batch.customer_id,
    )


def _not_planned(batch: ImportBatch) -> str:
    said: dict[str, str] = {
        ImportBatch.State.COMMITTED: "This import is in the ledger already; nothing was done a second time.",
        ImportBatch.State.UNDONE: "This import was undone. Bring the file in again to have it back.",
        ImportBatch.State.EMPTY: "Everything in this file is here already; there is nothing to bring in.",
        ImportBatch.State.REFUSED: "This file can't be read yet, so there is no plan to commit.",
    }
    return said.get(batch.state, "There is no plan yet. Look at the preview first.")


def _untouched(batch: ImportBatch, accounts: list[int]) -> bool:
    """Whether nobody wrote the accounts since the plan; this act itself has added one already."""
    now = planning.revisions_of(accounts)
    return all(now.get(pk) == kept + 1 for pk, kept in batch.basis["accounts"].items())


def _only_new(planned: bytes, accounts: list[int]) -> bool:
    """Whether rows are only added: none changes, and no kept edit waits for one."""
    changes = verdict_codes.CHANGED.encode() in planned
    return not changes and not KeptEdit.objects.filter(account_id__in=accounts).exists()


def _copy(batch: ImportBatch, planned: bytes) -> CommitResult:
    """The kept rows as they are, by the shortest road."""
    copied = tables.copy_kept(batch, planned, falls=batch.basis["falls"])
    if copied != batch.counts["new"]:
        raise PlanMissing(_GONE)
    return CommitResult(batch, copied, 0, 0)


def _decide_again(batch: ImportBatch, planned: bytes, accounts: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select n from import_stage")
        again = bytearray(planned)
        for (n,) in cursor:
            again[n] = ord(verdict_codes.NEW)
    found = planning.decide(batch, bytes(again), accounts, has_ids=batch.basis["has_ids"])
    if planning.plan_hash(batch.basis["content"], found) == batch.plan_hash:
        return
    raise PlanChanged(
        "The ledger has changed since this plan was made, and some rows would now be handled otherwise. "
        "Nothing was written; look at the new plan.",
        _differences(planned, found),
    )


def _differences(planned: bytes, found: Verdicts) -> list[RowDifference]:
    places = [n for n, (a, b) in enumerate(zip(planned, found.codes, strict=True)) if a != b]
    # Equal verdicts, other values: a row that the plan changes was edited, or an edit waits for one.
    places = places or [n for n, *_ in found.changed] or [n for n, _ in found.kept]
    wanted = places[:DIFFERENCES_SHOWN]
    with connection.cursor() as cursor:
        cursor.execute("select n, line from import_stage where n = any(%s)", [wanted])
        lines = dict(cursor.fetchall())
    names = verdict_codes.NAMES
    return [
        RowDifference(lines.get(n, n + 1), names[chr(planned[n])], names[chr(found.codes[n])])
        for n in wanted
    ]


def apply(batch: ImportBatch, planned: bytes, accounts: list[int]) -> CommitResult:
    params: dict[str, Any] = {"batch": batch.pk, "verdicts": planned, "accounts": accounts}
    new = changed = returned = 0
    if verdict_codes.NEW.encode() in planned:
        new = totals.apply_change(_INSERT, params)
    if verdict_codes.CHANGED.encode() in planned:
        changed = totals.apply_change(_CHANGE, params)
        splits.follow(accounts)
    if KeptEdit.objects.filter(account_id__in=accounts).exists():
        returned = kept.give_back(batch.pk, accounts)
    return CommitResult(batch, new, changed, returned)


def note_balances(batch: ImportBatch) -> None:
    """What the file states as balances, beside those of other files."""
    for stated in batch.choices.get("balances", []):
        BalanceStatement.objects.update_or_create(
            account_id=stated["account"],
            day=stated["day"],
            source=f"file {batch.pk}"[:20],
            defaults={"amount": stated["amount"], "batch_id": batch.pk},
        )
