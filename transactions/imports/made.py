"""Accounts that were made for a file: with the file they go again, unless something else is on them."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from accounts.audit import services as audit
from transactions.models import (
    AccountHolder,
    BalanceStatement,
    BankAccount,
    ImportBatch,
    KeptEdit,
    MonthTotal,
    Note,
    Transaction,
    TransactionTag,
)

_KEY = "made_accounts"


def remember_made(batch: ImportBatch, accounts: Iterable[BankAccount]) -> None:
    """Writes on the draft which accounts were made for it; for others they are there once it's committed."""
    pks = []
    for account in accounts:
        account.draft_of = batch.pk
        account.save(update_fields=["draft_of"])
        pks.append(account.pk)
    if pks:
        batch.choices[_KEY] = [*batch.choices.get(_KEY, []), *pks]
        batch.save(update_fields=["choices"])


def let_stand(batch: ImportBatch, accounts: Iterable[int]) -> None:
    """Its file is in the ledger: the accounts made for it, and those written, are there for everyone."""
    drafts = BankAccount.objects.filter(Q(draft_of=batch.pk) | Q(pk__in=list(accounts)))
    drafts.exclude(draft_of=None).update(draft_of=None)


def accounts_that_go(batch: ImportBatch) -> list[BankAccount]:
    """The accounts made for this file that nothing but this file is on: they go when it goes."""
    made = BankAccount.objects.filter(pk__in=batch.choices.get(_KEY, []))
    return [account for account in made if _is_only_of(batch, account)]


def remove_made(batch: ImportBatch) -> list[str]:
    """Deletes them with their holder and returns their names. The batch's own rows must be gone already.

    The batch lets go of them too, so that it may stay (an undo) or go (a draft thrown away).
    """
    return _remove(batch, batch.choices.get(_KEY, []))


def remove_left(batch: ImportBatch) -> list[str]:
    """Deletes those that the file no longer goes to, as another account was chosen since; their names."""
    used = {batch.account_id, *(entry["account"] for entry in batch.choices.get("accounts", []))}
    return _remove(batch, [pk for pk in batch.choices.get(_KEY, []) if pk not in used])


def _remove(batch: ImportBatch, pks: list[int]) -> list[str]:
    if not pks:
        return []
    removed: dict[int, str] = {}
    with transaction.atomic():
        # The whole row, not only its key: nobody may put anything on it between look and deletion.
        list(BankAccount.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        for account in accounts_that_go(batch):
            if account.pk not in pks:
                continue
            if MonthTotal.objects.filter(account=account).exists():
                continue
            removed[account.pk] = account.name
            audit.record(
                act="row.removed",
                subject=account,
                before={"name": account.name, "kind": account.kind, "currency": account.currency},
                customer_id=batch.customer_id,
            )
        if removed:
            _let_go(batch, removed)
            AccountHolder.objects.filter(account__in=removed).delete()
            BankAccount.objects.filter(pk__in=removed).delete()
        # What else is on the others needs them, so they are there for everyone from now on.
        BankAccount.objects.filter(pk__in=pks, draft_of=batch.pk).update(draft_of=None)
    return list(removed.values())


def _let_go(batch: ImportBatch, removed: Iterable[int]) -> None:
    gone = set(removed)
    if batch.account_id in gone:
        batch.account = None
    batch.choices[_KEY] = [pk for pk in batch.choices[_KEY] if pk not in gone]
    if "accounts" in batch.choices:
        batch.choices["accounts"] = [
            entry for entry in batch.choices["accounts"] if entry["account"] not in gone
        ]
    batch.save(update_fields=["account", "choices"])


def _is_only_of(batch: ImportBatch, account: BankAccount) -> bool:
    rows = Transaction.objects.filter(account=account)
    others = ImportBatch.objects.exclude(pk=batch.pk)
    is_named = Q(basis__accounts__has_key=str(account.pk)) | Q(
        choices__contains={"accounts": [{"account": account.pk}]}
    )
    return not (
        rows.exclude(batch_id=batch.pk).exists()
        # An undo keeps what a person said of a row, and that needs its account.
        or rows.filter(Q(category_origin=Transaction.Origin.PERSON) | Q(is_split=True)).exists()
        or TransactionTag.objects.filter(transaction__account=account).exists()
        or Note.objects.filter(transaction__account=account).exists()
        or KeptEdit.objects.filter(account=account).exists()
        or BalanceStatement.objects.filter(account=account).exclude(batch_id=batch.pk).exists()
        or account.holders.exclude(customer=batch.customer_id).exists()
        or others.filter(account=account).exists()
        or others.exclude(state=ImportBatch.State.UNDONE).filter(is_named).exists()
    )
