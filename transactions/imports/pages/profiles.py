"""Saved mappings of a customer: how the next file of the same kind is read."""

from dataclasses import replace

from django.db import transaction
from django.db.models import Q

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from transactions.adapters import Layout
from transactions.models import ImportBatch, ImportProfile

_NAME_LENGTH = 80


def profile_of(batch: ImportBatch) -> ImportProfile | None:
    """The saved mapping for files of this kind: the customer's own, else the bank's."""
    try:
        signature = Layout.from_json(batch.layout).signature()
    except ValueError:
        return None
    found = ImportProfile.objects.filter(
        Q(customer=batch.customer_id) | Q(customer=None), signature=signature
    )
    return min(found, key=lambda p: p.customer_id is None, default=None)


def default_name(batch: ImportBatch) -> str:
    """The file's own name without its ending."""
    name = batch.file.name if batch.file else ""
    return (name.rpartition(".")[0] or name)[:_NAME_LENGTH]


def keep(batch: ImportBatch, name: str = "") -> ImportProfile | None:
    """Saves the batch's mapping for the customer; one of the same kind is replaced."""
    try:
        layout = Layout.from_json(batch.layout)
    except ValueError:
        return None
    with transaction.atomic():
        profile, _made = ImportProfile.objects.update_or_create(
            customer=batch.customer,
            signature=layout.signature(),
            defaults={
                "name": cut_card_numbers(name or default_name(batch))[:_NAME_LENGTH],
                # The next file may be packed otherwise, or not at all.
                "layout": replace(layout, within=()).to_json(),
            },
        )
        audit.record(
            act="mapping.saved",
            subject=profile,
            after={"name": profile.name, "layout": profile.layout},
            customer_id=batch.customer_id,
        )
    return profile


def forget(batch: ImportBatch) -> bool:
    """Drops the customer's own mapping for files of this kind; the bank's stays."""
    profile = profile_of(batch)
    if profile is None or profile.customer_id is None:
        return False
    with transaction.atomic():
        audit.record(
            act="row.removed",
            subject=profile,
            before={"name": profile.name, "layout": profile.layout},
            customer_id=profile.customer_id,
        )
        profile.delete()
    return True


def is_worth_keeping(batch: ImportBatch) -> bool:
    """Whether a person has said something of this file that the next one would ask again."""
    return bool(batch.choices.get("format") or batch.choices.get("mapped"))
