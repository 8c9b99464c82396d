"""One change on many lines: a category, a tag put on or taken off, a note.

A choice of category teaches and is followed by pairs as the choice for a single line is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from accounts.audit import services as audit
from accounts.customers.models import Customer
from transactions import enrichment, totals
from transactions.ledger import RECATEGORISE, lock_accounts, owner_of, writing_accounts
from transactions.models import BankAccount, Category, Tag, Transaction
from transactions.rows import changes, notes, tags
from transactions.rules import learning

# As many as a request does itself; more are a job.
AT_ONCE = 2_000
MOST = 200_000
ACTIONS = ("category", "tag", "untag", "note")


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What is to be done to each line; `action` says which of the others holds."""

    action: str
    category: Category | None = None
    tag: Tag | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """`left` = keys of lines that were changed (or went) since the person saw them; `lessons` what a choice
    of category taught."""

    changed: int
    chosen: int
    left: tuple[int, ...]
    lessons: list[learning.Lesson] = field(default_factory=list)


def apply(
    customer: Customer, seen: Mapping[int, int | None], change: BulkChange, *, wait: bool = False
) -> BulkResult:
    """Does one change to all these lines in one act; those changed meanwhile are left as they are.

    Parameters: `seen` = key of a line → the version the person saw (None: as it is now); a line of an
    account that this customer doesn't hold is none, as one that never was. Raises ledger.AccountBusy, RowRefused.
    """
    accounts = _accounts(customer)
    wanted = Transaction.objects.filter(pk__in=list(seen), account__in=accounts)
    own = dict(wanted.values_list("pk", "account_id"))
    if not own:
        return BulkResult(0, 0, ())
    touched = sorted(set(own.values()))
    lessons: list[learning.Lesson] = []
    with transaction.atomic():
        lock_accounts(touched, wait=wait)
        rows = [
            row
            for row in Transaction.objects.lines().filter(pk__in=list(seen), account__in=touched)
            if seen[row.pk] in (None, row.version)
        ]
        changed = _do(rows, customer, change, wait)
        if change.action == "category":
            lessons = learning.note_choices(customer, rows, change.category)
    there = {row.pk for row in rows}
    return BulkResult(changed, len(own), tuple(pk for pk in own if pk not in there), lessons)


def _accounts(customer: Customer) -> list[int]:
    return list(BankAccount.objects.held_by(customer).values_list("pk", flat=True))


def _do(rows: Sequence[Transaction], customer: Customer, change: BulkChange, wait: bool) -> int:
    if not rows:
        return 0
    if change.action == "note":
        return notes.write(list(rows), customer, change.note)
    if change.action == "category":
        return _recategorise(rows, change.category, wait)
    assert change.tag
    return (tags.put if change.action == "tag" else tags.take)(change.tag, rows)


def _recategorise(rows: Sequence[Transaction], category: Category | None, wait: bool) -> int:
    accounts = sorted({row.account_id for row in rows})
    pk = category.pk if category else None
    with writing_accounts(accounts, wait=wait):
        changed = totals.apply_change(
            RECATEGORISE,
            {"category": pk, "origin": Transaction.Origin.PERSON, "confidence": 100,
             "ids": [row.pk for row in rows], "accounts": accounts},
        )  # fmt: skip
        if changed:
            changes.note_category(
                ((r.pk, r.category_id, r.category_origin, r.confidence) for r in rows), pk
            )
            enrichment.after_edit([row.pk for row in rows])
            audit.record(
                act="transaction.recategorised",
                subject=rows[0] if len(rows) == 1 else None,
                before={"categories": {r.pk: r.category_id for r in rows[: audit.LISTED]}},
                after={"category": pk, "origin": Transaction.Origin.PERSON, "n": changed},
                customer_id=owner_of(accounts),
            )
    return changed
