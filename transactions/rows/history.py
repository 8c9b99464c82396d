"""How one line came to be what it is: its import, files that changed it, and what people did, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import services as audit
from accounts.customers.models import Customer
from accounts.customers.visits import staff_reference
from accounts.models import Role
from transactions import totals
from transactions.ledger import VersionConflict, writing_accounts
from transactions.models import Category, ImportBatch, ImportIssue, RowChange, Transaction
from transactions.reach import Reach
from transactions.rows import changes
from transactions.rows.errors import RowRefused

SHOWN = 100
_COLUMNS: dict[str, str | Promise] = {
    "booked_on": gettext_lazy("day"),
    "value_on": gettext_lazy("value day"),
    "amount": gettext_lazy("amount"),
    "raw_text": gettext_lazy("text as received"),
    "clean_text": gettext_lazy("text"),
    "counterparty": gettext_lazy("counterparty"),
    "reference": gettext_lazy("reference"),
    "status": gettext_lazy("status"),
}
_ORIGINS: dict[str, str | Promise] = {
    "rule": gettext_lazy("by a rule"),
    "learned": gettext_lazy("learned from you"),
    "source": gettext_lazy("by the bank"),
    "keyword": gettext_lazy("by a known name in the text"),
    "model": gettext_lazy("by similar texts"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a line. `pairs` = what, before, after; `can_put_back` the change's key."""

    at: datetime | None
    who: str
    what: str
    pairs: tuple[tuple[str, str, str], ...] = ()
    can_put_back: int | None = None


def history(row: Transaction, customer: Customer, reach: Reach, *, own: bool) -> list[Event]:
    """Events of a line, newest first, as this customer may read them.

    Parameters: `own` whether the reader is the customer, who is then “you”; staff are named to them by their
    mark alone. Notes and tags of another holder of the account are left out.
    """
    found = [*_people(row, customer, reach, own), *_files(row)]
    if row.parent_id:
        whole = Transaction.objects.filter(pk=row.parent_id).first()
        if whole:
            found += [e for e in _people(whole, customer, reach, own) if e.can_put_back is None]
    return sorted(found, key=lambda e: (e.at is not None, e.at), reverse=True)


def put_back(row: Transaction, change_id: int, *, expected_version: int | None = None) -> None:
    """Undoes one choice of category: the line has the one it had before, decided by whom it was.

    Only the line's last choice can be undone. Raises RowRefused, VersionConflict, AccountBusy.
    """
    with writing_accounts([row.account_id], wait=False):
        now = Transaction.objects.filter(pk=row.pk).first()
        if now is None or (expected_version is not None and now.version != expected_version):
            raise VersionConflict("This payment was changed meanwhile. Look again.")
        last = _changes(now).filter(act=changes.CATEGORY).first()
        if last is None or last.pk != change_id or not _stands(now, last):
            raise RowRefused(
                _("Something newer was chosen since. Look again before you put it back."),
                "not_the_last",
            )
        before = last.before
        category = before.get("category_id")
        if category is not None and not Category.objects.filter(pk=category).exists():
            raise RowRefused(_("The category it had is gone. Choose another."), "category_gone")
        image = (now.pk, now.category_id, now.category_origin, now.confidence)
        totals.apply_change(
            _PUT_BACK,
            {"pk": now.pk, "category": category, "origin": before.get("origin", "none"),
             "confidence": before.get("confidence", 0)},
        )  # fmt: skip
        totals.drop_empty_cells([row.account_id])
        changes.note(
            changes.CATEGORY,
            [
                changes.Change(
                    now.pk,
                    {"category_id": image[1], "origin": image[2], "confidence": image[3]},
                    before | {"put_back": True},
                )
            ],
        )
        audit.record(
            act="transaction.put_back", subject=now, before={"category": now.category_id},
            after={"category": category, "origin": before.get("origin")},
        )  # fmt: skip


_PUT_BACK = f"""
update transactions_transaction
set category_id = %(category)s, category_origin = %(origin)s, confidence = %(confidence)s,
    version = transactions_transaction.version + 1
where id = %(pk)s returning {totals.UPDATED}
"""


def _changes(row: Transaction) -> Any:
    return RowChange.objects.filter(
        account_id=row.account_id, fingerprint=row.fingerprint, occurrence=row.occurrence
    ).order_by("-id")


def _stands(row: Transaction, change: RowChange) -> bool:
    after = change.after
    return (after.get("category_id"), after.get("origin")) == (
        row.category_id, row.category_origin,
    )  # fmt: skip


def _people(row: Transaction, customer: Customer, reach: Reach, own: bool) -> list[Event]:
    rows = [c for c in _changes(row)[:SHOWN] if c.customer_id in (None, customer.pk)]
    last = next((c.pk for c in rows if c.act == changes.CATEGORY), None)
    found = []
    for change in rows:
        undoable = change.pk == last and _stands(row, change) and not row.is_split
        what, pairs = _said(change, reach)
        found.append(
            Event(
                change.at, _who(change, customer, own), what, pairs, change.pk if undoable else None
            )
        )
    return found


def _who(change: RowChange, customer: Customer, own: bool) -> str:
    if change.actor_id is None:
        return _("the product")
    if change.actor_id == customer.user_id:
        return _("you") if own else _("the customer")
    if change.actor_role == Role.CUSTOMER:
        return _("another holder of the account")
    return _("the bank, %(who)s") % {"who": staff_reference(change.actor_id)}


def _said(change: RowChange, reach: Reach) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    before, after = change.before, change.after
    if change.act == changes.CATEGORY:
        what = (
            _("put the earlier category back") if after.get("put_back") else _("chose a category")
        )
        return what, ((_("Category"), _category(before, reach), _category(after, reach)),)
    if change.act in (changes.TAGGED, changes.UNTAGGED):
        name = str((after or before).get("tag", ""))
        said = _("put the tag “%(name)s” on it") if after else _("took the tag “%(name)s” off")
        return said % {"name": name}, ()
    if change.act == changes.NOTED:
        pairs = ((_("Note"), str(before.get("note", "")), str(after.get("note", ""))),)
        return (_("wrote a note") if after.get("note") else _("took the note off")), pairs
    if change.act in (changes.MERGED, changes.UNMERGED):
        name = str((after or before).get("with", ""))
        said = (
            _("said that it is the same payment as “%(name)s”")
            if after
            else _("said that it isn't the same payment as “%(name)s”")
        )
        return said % {"name": name}, ()
    if change.act == changes.SPLIT:
        return _("split it into %(n)d parts") % {"n": len(after.get("parts", []))}, ()
    if change.act == changes.JOINED:
        return _("joined its parts again"), ()
    return change.act, ()


def _category(image: dict[str, Any], reach: Reach) -> str:
    name = reach.ref(image.get("category_id")).name
    origin = _ORIGINS.get(str(image.get("origin")))
    return f"{name} ({origin})" if origin and image.get("category_id") else name


def _files(row: Transaction) -> list[Event]:
    changed = ImportIssue.objects.filter(
        transaction_id=row.parent_id or row.pk,
        verdict="changed",
        batch__state__in=[ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE],
    ).select_related("batch", "batch__file")
    found = []
    for issue in changed:
        before, after = issue.before or {}, issue.after or {}
        pairs = tuple(
            (str(_COLUMNS.get(name, name)), str(before.get(name) or ""), str(after[name] or ""))
            for name in after
            if name in _COLUMNS and before.get(name) != after[name]
        )
        name = _name(issue.batch)
        found.append(
            Event(
                issue.batch.committed_at,
                _("a file"),
                _("“%(file)s” changed it") % {"file": name},
                pairs,
            )
        )
        if issue.batch.undone_at:
            said = _("“%(file)s” was taken back") % {"file": name}
            found.append(Event(issue.batch.undone_at, _("a file"), said))
    came = ImportBatch.objects.filter(pk=row.batch_id or 0).select_related("file").first()
    if came:
        said = _("came in with “%(file)s”") % {"file": _name(came)}
        if row.line:
            said = _("%(came)s, line %(line)d") % {"came": said, "line": row.line}
        found.append(Event(came.committed_at, _("a file"), said))
    return found


def _name(batch: ImportBatch) -> str:
    return batch.file.name if batch.file else batch.source
