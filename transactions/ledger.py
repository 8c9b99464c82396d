"""The only writers of the ledger, with the import's commit and undo (transactions/imports).

Each service: transaction → lock the accounts in id order → change rows and totals in one statement.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from accounts.audit import services as audit
from transactions import enrichment, guard, totals
from transactions.models import AccountHolder, Category, Transaction
from transactions.rows import changes


class AccountBusy(RuntimeError):
    """Another act holds the account now; the person may try again in a moment."""


class VersionConflict(RuntimeError):
    """The row has changed since the person saw it."""


@contextmanager
def writing_accounts(account_ids: Iterable[int], *, wait: bool) -> Iterator[None]:
    """One write act: a transaction, the accounts locked in id order, the ledger open.

    Parameters: `wait` False is for people (raises AccountBusy at once when an import of the same account
    runs), True for imports and the night. Each account's revision grows by one.
    """
    ids = sorted(set(account_ids))
    with transaction.atomic():
        lock_accounts(ids, wait=wait)
        with connection.cursor() as cursor:
            cursor.execute(
                "update transactions_bankaccount set revision = revision + 1 where id = any(%s)",
                [ids],
            )
        with guard.writing():
            yield


def lock_accounts(account_ids: list[int], *, wait: bool) -> None:
    """Locks account rows in id order; foreign-key checks of others still pass.

    NOWAIT rather than lock_timeout, which is not honoured on a distributed database.
    """
    sql = (
        "select id from transactions_bankaccount where id = any(%s) order by id for no key update"
        + ("" if wait else " nowait")
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [sorted(account_ids)])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "55P03":
            raise AccountBusy(
                "This account is being written now. Try again in a moment."
            ) from error
        raise


RECATEGORISE = f"""
update transactions_transaction
set category_id = %(category)s, category_origin = %(origin)s, confidence = %(confidence)s,
    version = transactions_transaction.version + 1
where id = any(%(ids)s) and account_id = any(%(accounts)s)
  and (category_id is distinct from %(category)s or category_origin is distinct from %(origin)s)
returning {totals.UPDATED}
"""


def recategorise(
    rows: Iterable[Transaction],
    *,
    category: Category | None,
    origin: str = Transaction.Origin.PERSON,
    expected_version: int | None = None,
) -> int:
    """Puts rows into a category and returns how many changed.

    Parameters: `rows` as read under the caller's own scope; `category` None = uncategorised;
    `expected_version` (one row) refuses a change the person didn't see. Raises AccountBusy,
    VersionConflict. The person's decision always wins over every later one.
    """
    rows = list(rows)
    ids, accounts = [row.pk for row in rows], {row.account_id for row in rows}
    if not ids:
        return 0
    by_person = origin == Transaction.Origin.PERSON
    with writing_accounts(accounts, wait=False):
        if expected_version is not None:
            now = Transaction.objects.filter(pk__in=ids).values_list("version", flat=True)
            if any(version != expected_version for version in now):
                raise VersionConflict(
                    "This payment was changed meanwhile. Look again before you change it."
                )
        images = list(
            Transaction.objects.filter(
                pk__in=ids if by_person else ids[: audit.LISTED]
            ).values_list("pk", "category_id", "category_origin", "confidence")
        )
        before = {pk: category_id for pk, category_id, _, _ in images[: audit.LISTED]}
        changed = totals.apply_change(
            RECATEGORISE,
            {
                "category": category.pk if category else None,
                "origin": origin,
                "confidence": 100 if origin == Transaction.Origin.PERSON else 0,
                "ids": ids,
                "accounts": sorted(accounts),
            },
        )
        if changed:
            if by_person:
                changes.note_category(images, category.pk if category else None)
                enrichment.after_edit(ids)
            audit.record(
                act="transaction.recategorised",
                subject=rows[0] if len(rows) == 1 else None,
                before={"categories": before},
                after={
                    "category": category.pk if category else None,
                    "origin": origin,
                    "n": changed,
                },
                customer_id=owner_of(accounts),
            )
        return changed


def owner_of(accounts: Iterable[int]) -> int | None:
    """The one customer whose accounts these are, for the change log."""
    owners = AccountHolder.objects.filter(account__in=accounts, role=AccountHolder.Role.OWNER)
    found = list(owners.values_list("customer_id", flat=True).distinct()[:2])
    return found[0] if len(found) == 1 else None
