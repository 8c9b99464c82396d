"""Acts on a file for many customers: it arrives, and accounts that it needs are made for it."""

from itertools import islice
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.customers.queries import bank_profile
from accounts.jobs import files
from accounts.models import User
from transactions.adapters import Refused
from transactions.imports import reading
from transactions.imports.errors import PlanMissing
from transactions.imports.made import note_made
from transactions.imports.receive import OPEN_STATES, refuse, settle
from transactions.models import AccountHolder, BankAccount, ImportBatch

SOURCE = "bulk"
ACCOUNT_NAME = "Everyday account"
_AT_ONCE = 1_000


def receive_bulk(
    *,
    stream: BinaryIO,
    name: str,
    content_type: str = "",
    user: User | None,
    limit: int,
    source: str = SOURCE,
) -> ImportBatch:
    """Keeps a file for many customers and finds out how to read it; nothing is planned yet.

    As `receive` for one customer: what can't be read makes a batch in state REFUSED; raises FileTooLarge and
    EmptyFile.
    """
    with transaction.atomic():
        kept = files.store_file(stream, name=name, content_type=content_type, limit=limit)
        batch = ImportBatch.objects.create(source=source, file=kept, created_by=user)
        try:
            found = reading.recognise(kept, customer=None)
            if found.layout.described:
                raise Refused(
                    "no_customers_in_format",
                    f"A file of the kind {found.label} names no customers. Bring it in for one customer, or "
                    "export a table with a column for the customer.",
                )
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
        )
    return batch


def missing_accounts(batch: ImportBatch) -> list[tuple[int, str, str, int]]:
    """Accounts that rows of the plan name and their customer lacks: customer, name, currency, rows."""
    return [tuple(entry) for entry in batch.choices.get("bulk", {}).get("missing", [])]


def make_missing(batch: ImportBatch) -> int:
    """Makes the accounts that are missing, one per customer, name and currency; returns how many.

    They are this draft's until it is in the ledger, and go with it. The plan must be made again after it.
    Raises PlanMissing for a batch beyond planning.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in OPEN_STATES:
            raise PlanMissing("This import is finished; bring the file in again to change it.")
        wanted: dict[tuple[int, str, str], dict[str, Any]] = {}
        usual = bank_profile().currency
        for customer, name, currency, _rows in missing_accounts(batch):
            is_number = name.startswith("··")
            currency = currency or usual
            fields = {
                "name": (_("Account in %(currency)s") % {"currency": currency} if is_number else name)[:80]
                or (ACCOUNT_NAME if currency == usual else f"{ACCOUNT_NAME} {currency}"),
                "currency": currency,
                "masked_number": name[:24] if is_number else "",
                "draft_of": batch.pk,
            }  # fmt: skip
            wanted[customer, name.casefold(), currency] = fields
        made: list[int] = []
        left = iter(wanted.items())
        while chunk := list(islice(left, _AT_ONCE)):
            accounts = BankAccount.objects.bulk_create(
                BankAccount(**fields) for _key, fields in chunk
            )
            AccountHolder.objects.bulk_create(
                AccountHolder(account=account, customer_id=key[0])
                for account, (key, _fields) in zip(accounts, chunk, strict=True)
            )
            made += [account.pk for account in accounts]
        note_made(batch, made)
        batch.choices["bulk"]["missing"] = []
        batch.save(update_fields=["choices"])
        audit.record(
            act="account.created",
            subject=batch,
            after={"accounts": len(made), "for_import": batch.pk},
        )
    return len(made)
