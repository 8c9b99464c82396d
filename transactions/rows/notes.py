"""What a person writes to one line: plain text, their own."""

from hashlib import sha256

from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.customers.models import Customer
from transactions.models import Note, Transaction
from transactions.rows import changes
from transactions.rows.errors import RowRefused
from transactions.rows.tags import locked

MAX_NOTE = 2_000


def clean(text: str) -> str:
    """The note as it is kept. Raises RowRefused for one that is too long."""
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > MAX_NOTE:
        raise RowRefused(
            _("A note has at most %(n)d characters; this one has %(m)d. Shorten it.")
            % {"n": MAX_NOTE, "m": len(text)},
            "note_long",
        )
    return text


def mark_of(text: str) -> str:
    """Sixteen digits that stand for a note as it was shown."""
    return sha256(text.encode()).hexdigest()[:16]


def write(
    rows: list[Transaction], customer: Customer, text: str, *, seen: str | None = None
) -> int:
    """Puts a note on lines, in place of the one each had; "" takes it off. Returns how many changed.

    Parameters: `rows` as read under the customer's own scope; `seen` (one line) the `mark_of` of the note
    that the person saw. Raises RowRefused, also where another stands there by now; ledger.AccountBusy.
    """
    text = clean(text)
    if not rows:
        return 0
    with locked(rows):
        standing = set(
            Transaction.objects.filter(pk__in=[r.pk for r in rows]).values_list("pk", flat=True)
        )
        mine = Note.objects.filter(customer=customer, transaction__in=standing)
        before = dict(mine.values_list("transaction_id", "text"))
        changed = sorted(pk for pk in standing if before.get(pk, "") != text)
        if changed and seen is not None and seen != mark_of(before.get(changed[0], "")):
            raise RowRefused(
                _(
                    "This note was changed meanwhile; it is shown as it is now. You had written: “%(text)s”"
                )
                % {"text": text},
                "note_changed",
            )
        if not changed:
            return 0
        if text:
            Note.objects.bulk_create(
                [Note(transaction_id=pk, customer=customer, text=text) for pk in changed],
                update_conflicts=True,
                unique_fields=["customer", "transaction"],
                update_fields=["text", "changed_at"],
            )
        else:
            mine.filter(transaction__in=changed).delete()
        changes.note(
            changes.NOTED,
            (changes.Change(pk, {"note": before.get(pk, "")}, {"note": text}) for pk in changed),
            customer_id=customer.pk,
        )
        audit.record(
            act="transaction.noted",
            subject=rows[0] if len(rows) == 1 else None,
            after={"lines": changed[: audit.LISTED], "n": len(changed), "removed": not text},
            customer_id=customer.pk,
        )
    return len(changed)
