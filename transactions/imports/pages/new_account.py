"""“A new account” for a file: made at once where the file can be read, else once it can."""

from typing import Any

from django.db import transaction

from accounts.customers.queries import bank_profile
from transactions.imports.accounts import create_account
from transactions.imports.made import remember_made
from transactions.imports.pages.understood import FileShown
from transactions.models import ImportBatch

_KEY = "new_account"


def ask_for(batch: ImportBatch, said: dict[str, Any]) -> None:
    """Keeps what was said of the new account (name, kind, currency), and makes it where it can be."""
    batch.choices[_KEY] = {name: said[name] for name in ("name", "kind", "currency")}
    batch.save(update_fields=["choices"])
    make(batch)


def make(batch: ImportBatch) -> None:
    """Makes the account that was asked for, unless the file can't be read or has an account by now.

    Its currency is the one said, else the file's own, else the bank's.
    """
    if _KEY not in batch.choices or batch.state == ImportBatch.State.REFUSED:
        return
    with transaction.atomic():
        # A doubled answer makes one account.
        kept = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        said = kept.choices.pop(_KEY, None)
        if said is not None and kept.account is None and kept.customer is not None:
            shown = FileShown(kept)
            currency = said["currency"] or shown.currency(None, shown.first_line())
            kept.account = create_account(
                customer=kept.customer,
                name=said["name"],
                currency=currency or bank_profile().currency,
                kind=said["kind"] or "current",
            )
            remember_made(kept, [kept.account])
        kept.save(update_fields=["account", "choices"])
    batch.account, batch.choices = kept.account, kept.choices
