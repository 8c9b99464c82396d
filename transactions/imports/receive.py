"""A file arrives: kept as received, and recognised."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import BinaryIO

from django.db import transaction

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from accounts.jobs import files
from accounts.models import User
from transactions.adapters import Detection, Layout, Refused
from transactions.imports import reading, tables
from transactions.imports.bulk.columns import with_customer
from transactions.imports.errors import PlanMissing
from transactions.imports.made import remove_made
from transactions.models import BankAccount, ImportBatch

OPEN_STATES = (
    ImportBatch.State.RECEIVED,
    ImportBatch.State.REFUSED,
    ImportBatch.State.PLANNED,
    ImportBatch.State.EMPTY,
)


def receive(
    *,
    stream: BinaryIO,
    name: str,
    content_type: str = "",
    customer: Customer,
    account: BankAccount | None = None,
    user: User | None = None,
    source: str = "file",
    limit: int,
    adapter: str | None = None,
) -> ImportBatch:
    """Keeps the file in the bank and finds out how to read it; nothing is planned yet.

    A file that can't be read makes a batch in state REFUSED with one sentence; too large or empty ones
    raise files.FileTooLarge and files.EmptyFile and leave nothing.
    """
    with transaction.atomic():
        kept = files.store_file(stream, name=name, content_type=content_type, limit=limit)
        batch = ImportBatch.objects.create(
            customer=customer, account=account, source=source, file=kept, created_by=user
        )
        try:
            currency = account.currency if account else ""
            found = reading.recognise(kept, customer=customer, only=adapter, currency=currency)
            settle(batch, found)
        except Refused as refused:
            refuse(batch, refused)
        audit.record(
            act="import.received",
            subject=batch,
            after={
                "sha256": kept.sha256,
                "bytes": kept.size,
                "source": source,
                "state": batch.state,
            },
            customer_id=customer.pk,
        )
    return batch


def settle(batch: ImportBatch, detection: Detection) -> None:
    """Writes down how the file is read; an older plan is gone."""
    if batch.is_bulk and batch.file is not None:
        layout, why = with_customer(batch.file, detection.layout)
        evidence = (*detection.evidence, why) if why else detection.evidence
        detection = replace(detection, layout=layout, adapter=layout.adapter, evidence=evidence)
    batch.adapter = detection.adapter
    batch.layout = detection.layout.to_json()
    batch.detection = reading.describe(detection)
    batch.source_key = source_key(detection.layout)
    _as_its_import(batch, detection.layout)
    batch.state = ImportBatch.State.RECEIVED
    batch.refused_code = batch.refused_message = ""
    forget_plan(batch)
    batch.save()


def _as_its_import(batch: ImportBatch, layout: Layout) -> None:
    """Rejected rows brought in again are of the same source as their file, and go to its accounts."""
    before = reading.import_mended(layout, batch.customer)
    if before is None:
        return
    batch.source_key = before.source_key
    if batch.account_id is None:
        batch.account = before.account
    if "accounts" in before.choices:
        batch.choices.setdefault("accounts", before.choices["accounts"])


def source_key(layout: Layout) -> str:
    """What kind of export this is: rows of another kind that look alike are doubtful, not new."""
    return f"{layout.adapter}:{layout.signature()}"[:64]


def refuse(batch: ImportBatch, refused: Refused) -> None:
    """The file can't be read as it is; a best guess, where there is one, is kept to be corrected."""
    guess = refused.detection
    if guess is not None:
        settle(batch, guess)
    batch.state = ImportBatch.State.REFUSED
    batch.refused_code = refused.code[:40]
    batch.refused_message = refused.message[:500]
    forget_plan(batch)
    batch.save()


def forget_plan(batch: ImportBatch) -> None:
    batch.plan_hash, batch.verdicts, batch.counts, batch.sums, batch.basis = "", b"", {}, {}, {}
    batch.planned_at = None
    tables.forget(batch)
    batch.issues.all().delete()


def choose(
    batch: ImportBatch,
    *,
    account: BankAccount | None = None,
    accounts: Mapping[tuple[str, str], BankAccount] | None = None,
    format_choices: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    bring_in: Collection[int] | str | None = None,
) -> ImportBatch:
    """What the person decided about the file; the plan must be made again after it.

    Parameters: `account` for all rows; `accounts` by (name in the file, currency); `format_choices` as
    adapters.detect takes them (date_order, decimal, sign, …); `layout` with other column roles;
    `bring_in` line numbers of doubtful rows that are to come in, or "all". Raises PlanMissing for a batch
    that is beyond planning, adapters.Refused where the file can't be read so.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in OPEN_STATES:
            raise PlanMissing("This import is finished; bring the file in again to change it.")
        if account is not None:
            batch.account = account
        if accounts is not None:
            batch.choices["accounts"] = [
                {"name": cut_card_numbers(name), "currency": currency, "account": chosen.pk}
                for (name, currency), chosen in accounts.items()
            ]
        if bring_in is not None:
            batch.choices["doubtful"] = (
                bring_in if bring_in == "all" else sorted(map(int, bring_in))
            )
        if format_choices is not None:
            assert batch.file
            detection = reading.recognise_by(
                batch.file,
                customer=batch.customer,
                choices=dict(format_choices),
                # What is said of a file that a saved mapping reads is said of that reading.
                saved=reading.saved_layouts(batch.customer) if batch.detection.get("saved") else (),
            )
            batch.choices["format"] = dict(format_choices)
            settle(batch, detection)
        if layout is not None:
            layout.check()
            batch.layout = layout.to_json()
            batch.source_key = source_key(layout)
            _as_its_import(batch, layout)
            batch.state = ImportBatch.State.RECEIVED
            batch.refused_code = batch.refused_message = ""
        forget_plan(batch)
        # Which account it is doesn't answer why a file couldn't be read.
        if batch.state != ImportBatch.State.REFUSED:
            batch.state = ImportBatch.State.RECEIVED
        batch.save()
        audit.record(
            act="import.chosen",
            subject=batch,
            after={
                "account": batch.account_id,
                "choices": batch.choices,
                "new_layout": bool(layout),
            },
            customer_id=batch.customer_id,
        )
    return batch


def discard(batch: ImportBatch) -> list[str]:
    """Throws a draft away with its file, unless another import keeps the same one.

    An account that was made for it goes too, unless something else is on it. Returns the names of those
    that went. Raises PlanMissing for one that is in the ledger or was undone.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in OPEN_STATES:
            raise PlanMissing("This import is in the ledger. Undo it instead.", "not_a_draft")
        audit.record(
            act="import.discarded",
            subject=batch,
            before={"state": batch.state, "counts": batch.counts},
            customer_id=batch.customer_id,
        )
        file = batch.file
        removed = remove_made(batch)
        batch.delete()
        if file is not None and not ImportBatch.objects.filter(file=file).exists():
            file.delete()
    return removed
