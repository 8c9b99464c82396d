"""How one line came to be what it is: its import, files that changed it, and what people did, newest first."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import services as audit
from accounts.customers.models import Customer
from accounts.customers.visits import staff_reference
from accounts.models import Role
from transactions import enrichment, totals
from transactions.ledger import VersionConflict, writing_accounts
from transactions.models import Category, Correction, ImportBatch, RowChange, RowPair, Transaction
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


# All that hangs on one line, in one statement: a page of one line asks for little else.
_ALL = """
select jsonb_build_object(
  'tags', (select jsonb_agg(jsonb_build_object('id', g.public_id, 'name', g.name, 'on', exists(
             select from transactions_transactiontag p where p.tag_id = g.id and p.transaction_id = %(pk)s))
             order by lower(g.name)) from transactions_tag g where g.customer_id = %(customer)s),
  'note', (select text from transactions_note where transaction_id = %(pk)s and customer_id = %(customer)s),
  'changes', (select jsonb_agg(c order by c.id desc) from (
     select * from transactions_rowchange r where r.account_id = %(account)s
       and (r.fingerprint = %(print)s and r.occurrence = %(occurrence)s or (r.fingerprint, r.occurrence) = (
         select w.fingerprint, w.occurrence from transactions_transaction w where w.id = %(parent)s))
       and (r.customer_id is null or r.customer_id = %(customer)s)
     order by r.id desc limit %(shown)s) c),
  'undone', (select jsonb_agg(u.id) from transactions_rulerun u where u.undone_at is not null and u.id in (
     select (r.after->>'run')::bigint from transactions_rowchange r where r.account_id = %(account)s
       and r.fingerprint = %(print)s and r.occurrence = %(occurrence)s and r.act = 'ruled')),
  'files', (select jsonb_agg(jsonb_build_object('before', i.before, 'after', i.after,
       'name', coalesce(f.name, b.source), 'committed', b.committed_at, 'undone', b.undone_at))
     from transactions_importissue i join transactions_importbatch b on b.id = i.batch_id
     left join jobs_storedfile f on f.id = b.file_id
     where i.verdict = 'changed' and i.transaction_id = coalesce(%(parent)s, %(pk)s)
       and b.state in ('committed', 'undone')),
  'merged', (select jsonb_agg(jsonb_build_object('pk', t.id, 'day', t.booked_on, 'text', t.raw_text))
     from transactions_pairverdict v join transactions_transaction t
       on t.account_id = v.account_id and t.fingerprint = v.other_fingerprint
      and t.occurrence = v.other_occurrence and t.status = 'merged'
     where v.account_id = %(account)s and v.fingerprint = %(print)s
       and v.occurrence = %(occurrence)s and v.verdict = 'merged'),
  'pairs', (select jsonb_agg(p order by p.state = 'asked', p.id desc) from transactions_rowpair p
     where (p.first_id = %(pk)s or p.second_id = %(pk)s) and p.state <> 'no'),
  'sides', (select jsonb_agg(jsonb_build_object('id', t.id, 'account_id', t.account_id,
       'booked_on', t.booked_on, 'amount', t.amount::text, 'counterparty', t.counterparty,
       'clean_text', t.clean_text))
     from transactions_rowpair p
     join transactions_transaction t on t.id = case p.first_id when %(pk)s then p.second_id else p.first_id end
     where (p.first_id = %(pk)s or p.second_id = %(pk)s) and p.state <> 'no'))
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that hangs on one line for one person, as read.

    `sides` are the other lines of its `pairs`, of whatever account, with what a card shows of them.
    """

    tags: list[dict[str, Any]]
    note: str
    changes: list[RowChange]
    files: list[dict[str, Any]]
    undone: set[int]  # runs of rules that were taken back
    merged: list[dict[str, Any]]
    pairs: list[RowPair]
    sides: list[Transaction]


def sheet(row: Transaction, customer: Customer) -> Sheet:
    """Tags, note, changes, files, merges and pairs of one line, as this customer may read them; one query."""
    params = {
        "pk": row.pk, "parent": row.parent_id, "account": row.account_id, "print": row.fingerprint,
        "occurrence": row.occurrence, "customer": customer.pk, "shown": SHOWN,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ALL, params)
        said = cursor.fetchone()[0]
    said = json.loads(said) if isinstance(said, str) else said
    found = []
    for values in said["changes"] or []:
        values["at"] = datetime.fromisoformat(values["at"])
        values["fingerprint"] = UUID(values["fingerprint"])
        found.append(RowChange(**values))
    sides = [
        Transaction(
            **values
            | {
                "booked_on": date.fromisoformat(values["booked_on"]),
                "amount": Decimal(values["amount"]),
            }
        )
        for values in said["sides"] or []
    ]
    return Sheet(
        said["tags"] or [],
        said["note"] or "",
        found,
        said["files"] or [],
        set(said["undone"] or []),
        said["merged"] or [],
        [RowPair(**values) for values in said["pairs"] or []],
        sides,
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a line. `pairs` = what, before, after; `can_put_back` the change's key."""

    at: datetime | None
    who: str
    what: str
    pairs: tuple[tuple[str, str, str], ...] = ()
    can_put_back: int | None = None


def history(
    row: Transaction,
    customer: Customer,
    reach: Reach,
    *,
    own: bool,
    read: Sheet | None = None,
    batch: ImportBatch | None = None,
) -> list[Event]:
    """Events of a line, newest first, as this customer may read them.

    Parameters: `own` whether the reader is the customer, who is then “you”; staff are named to them by their
    mark alone. Notes and tags of another holder of the account are left out. `read` and `batch` where the
    caller has them.
    """
    read = read or sheet(row, customer)
    if batch is None and row.batch_id:
        batch = ImportBatch.objects.filter(pk=row.batch_id).select_related("file").first()
    found = [*_people(row, read, customer, reach, own), *_files(row, read.files, batch)]
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
        enrichment.after_edit([now.pk])
        totals.drop_empty_cells([row.account_id])
        # A choice that was taken back teaches nothing.
        Correction.objects.filter(transaction_id=now.pk).delete()
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


def _people(
    row: Transaction, read: Sheet, customer: Customer, reach: Reach, own: bool
) -> list[Event]:
    rows = read.changes
    mine = [c for c in rows if c.act == changes.CATEGORY and c.fingerprint == row.fingerprint]
    last = mine[0] if mine else None
    found = []
    for change in rows:
        undoable = change is last and _stands(row, change) and not row.is_split
        what, pairs = _said(change, reach)
        if change.after.get("run") in read.undone and change.act == changes.RULED:
            what = _("%(what)s; that run was taken back since") % {"what": what}
        key = change.pk if undoable else None
        found.append(Event(change.at, _who(change, customer, own), what, pairs, key))
    return found


def _who(change: RowChange, customer: Customer, own: bool) -> str:
    if "rule" in change.after or "rule" in change.before:
        name = change.after.get("rule_name") or change.before.get("rule_name")
        return _("the rule “%(name)s”") % {"name": name} if name else _("a rule")
    if change.act == changes.RULED:
        return _("the rules")
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
    if change.act in (changes.PAIRED, changes.PARTED):
        return _of_pair(after or before, together=bool(after)), ()
    if change.act == changes.RULED:
        moved = [
            (_("Category"), _category(before, reach), _category(after, reach)),
            (_("Text"), str(before.get("text", "")), str(after.get("text", ""))),
        ]
        said = _("put it right by “%(title)s”") % {"title": after.get("title", "")}
        return said, tuple(one for one in moved if one[1] != one[2])
    if change.act == changes.SPLIT:
        return _("split it into %(n)d parts") % {"n": len(after.get("parts", []))}, ()
    if change.act == changes.JOINED:
        return _("joined its parts again"), ()
    return change.act, ()


def _of_pair(said: dict[str, Any], *, together: bool) -> str:
    name = {"name": said.get("with", "")}
    if said.get("kind") == "transfer":
        if together:
            return _("became one transfer with “%(name)s”") % name
        return _("is no transfer with “%(name)s” any more") % name
    if said.get("side") == "in":
        if together:
            return _("is money back for “%(name)s”") % name
        return _("is no money back for “%(name)s” any more") % name
    if together:
        return _("got money back, “%(name)s”") % name
    return _("got no money back by “%(name)s” any more") % name


def _category(image: dict[str, Any], reach: Reach) -> str:
    name = reach.ref(image.get("category_id")).name
    origin = _ORIGINS.get(str(image.get("origin")))
    return f"{name} ({origin})" if origin and image.get("category_id") else name


def _files(row: Transaction, files: list[dict[str, Any]], came: ImportBatch | None) -> list[Event]:
    found = []
    for file in files:
        before, after = file["before"] or {}, file["after"] or {}
        pairs = tuple(
            (str(_COLUMNS[name]), str(before.get(name) or ""), str(after[name] or ""))
            for name in after
            if name in _COLUMNS and before.get(name) != after[name]
        )
        name = {"file": file["name"]}
        said = _("“%(file)s” changed it") % name
        found.append(Event(_time(file["committed"]), _("a file"), said, pairs))
        if file["undone"]:
            said = _("“%(file)s” was taken back") % name
            found.append(Event(_time(file["undone"]), _("a file"), said))
    if came:
        said = _("came in with “%(file)s”") % {"file": came.file.name if came.file else came.source}
        if row.line:
            said = _("%(came)s, line %(line)d") % {"came": said, "line": row.line}
        found.append(Event(came.committed_at, _("a file"), said))
    return found


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
