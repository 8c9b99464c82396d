"""Accounts that were made for a file: with the file they go again, unless something else is on them."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Q

from accounts.audit import services as audit
from transactions.models import (
    AccountHolder,
    BankAccount,
    ImportBatch,
    MonthTotal,
)

_KEY = "made_accounts"

# Of the accounts made for a file those that nothing else needs, all in one: a file for many customers may
# have thousands. What a person said of a row is kept by an undo, and that needs its account.
_ONLY_OF = """
with used as (
  select b.account_id id from transactions_importbatch b
  where b.id <> %(batch)s and b.account_id is not null
  union
  select k::bigint from transactions_importbatch b, jsonb_object_keys(b.basis->'accounts') k
  where b.id <> %(batch)s and b.state <> 'undone' and b.basis->'accounts' is not null
  union
  select (c->>'account')::bigint from transactions_importbatch b, jsonb_array_elements(b.choices->'accounts') c
  where b.id <> %(batch)s and b.state <> 'undone' and b.choices->'accounts' is not null)
select a.id from transactions_bankaccount a
where a.id = any(%(made)s) and a.id not in (select id from used where id is not null)
  and not exists (select from transactions_transaction t where t.account_id = a.id
                  and (t.batch_id is distinct from %(batch)s or t.category_origin = 'person' or t.is_split))
  and not exists (select from transactions_transactiontag g join transactions_transaction t
                  on t.id = g.transaction_id where t.account_id = a.id)
  and not exists (select from transactions_note n join transactions_transaction t
                  on t.id = n.transaction_id where t.account_id = a.id)
  and not exists (select from transactions_keptedit k where k.account_id = a.id)
  and not exists (select from transactions_balancestatement s
                  where s.account_id = a.id and s.batch_id is distinct from %(batch)s)
  and not exists (select from transactions_accountholder h where h.account_id = a.id
                  and case when %(customer)s::bigint is null then h.role <> 'owner'
                      else h.customer_id <> %(customer)s::bigint end)
order by a.id
"""


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


def note_made(batch: ImportBatch, accounts: Iterable[int]) -> None:
    """The same for accounts that carry the draft's number already."""
    batch.choices[_KEY] = [*batch.choices.get(_KEY, []), *accounts]
    batch.save(update_fields=["choices"])


def accounts_that_go(batch: ImportBatch) -> list[BankAccount]:
    """The accounts made for this file that nothing but this file is on: they go when it goes."""
    made = batch.choices.get(_KEY, [])
    if not made:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ONLY_OF, {"made": made, "batch": batch.pk, "customer": batch.customer_id})
        found = [pk for (pk,) in cursor.fetchall()]
    return list(BankAccount.objects.filter(pk__in=found))


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
        wanted = set(pks)
        summed = set(
            MonthTotal.objects.filter(account__in=pks).values_list("account_id", flat=True)
        )
        for account in accounts_that_go(batch):
            if account.pk not in wanted or account.pk in summed:
                continue
            removed[account.pk] = account.name
            if batch.customer_id is not None:
                audit.record(
                    act="row.removed",
                    subject=account,
                    before={
                        "name": account.name,
                        "kind": account.kind,
                        "currency": account.currency,
                    },
                    customer_id=batch.customer_id,
                )
        if removed and batch.customer_id is None:
            audit.record(act="row.removed", subject=batch, before={"accounts": len(removed)})
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
