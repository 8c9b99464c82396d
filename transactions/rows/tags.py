"""A person's tags: made, renamed, removed, put on lines and taken off."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.customers.models import Customer
from transactions.ledger import lock_accounts
from transactions.models import Tag, Transaction, TransactionTag
from transactions.rows import changes
from transactions.rows.errors import RowRefused

MAX_TAGS = 200
MAX_NAME = 40

_PUT = """
insert into transactions_transactiontag (transaction_id, tag_id)
select t.id, %(tag)s from transactions_transaction t where t.id = any(%(ids)s)
on conflict do nothing returning transaction_id
"""
_TAKE = """
delete from transactions_transactiontag where tag_id = %(tag)s and transaction_id = any(%(ids)s)
returning transaction_id
"""


def tags_of(customer: Customer) -> QuerySet[Tag]:
    return Tag.objects.filter(customer=customer)


def counted(customer: Customer) -> QuerySet[Tag]:
    """This person's tags with `n`, the number of lines each is on."""
    return tags_of(customer).annotate(n=Count("placed"))


def named(customer: Customer, name: str) -> Tag:
    """The tag of this name (in any case), made where there is none yet. Raises RowRefused."""
    name = _clean(name)
    found = tags_of(customer).filter(name__iexact=name).first()
    if found:
        return found
    if tags_of(customer).count() >= MAX_TAGS:
        raise RowRefused(
            _("You have %(n)d tags, which is as many as there can be. Remove one first.")
            % {"n": MAX_TAGS},
            "too_many_tags",
        )
    try:
        with transaction.atomic():
            made = Tag.objects.create(customer=customer, name=name)
            audit.record(
                act="tag.added", subject=made, after={"name": name}, customer_id=customer.pk
            )
    except IntegrityError:  # made by another request in between
        return tags_of(customer).get(name__iexact=name)
    return made


def rename(tag: Tag, name: str) -> Tag:
    """Gives a tag another name. Raises RowRefused where another has it."""
    name = _clean(name)
    before = tag.name
    try:
        with transaction.atomic():
            Tag.objects.filter(pk=tag.pk).update(name=name)
            audit.record(
                act="tag.renamed", subject=tag, before={"name": before}, after={"name": name},
                customer_id=tag.customer_id,
            )  # fmt: skip
    except IntegrityError:
        raise RowRefused(
            _("You have a tag “%(name)s” already. Choose another name.") % {"name": name},
            "name_taken",
        ) from None
    tag.name = name
    return tag


def remove(tag: Tag) -> int:
    """Takes a tag away from every line and from the list; returns how many lines had it."""
    with transaction.atomic():
        n = TransactionTag.objects.filter(tag=tag).count()
        audit.record(
            act="tag.removed", subject=tag, before={"name": tag.name, "lines": n},
            customer_id=tag.customer_id,
        )  # fmt: skip
        tag.delete()
    return n


def put(tag: Tag, rows: Sequence[Transaction]) -> int:
    """Puts a tag on lines read under the owner's scope; returns how many didn't have it.

    Raises ledger.AccountBusy while a file is brought into one of the accounts.
    """
    return _move(_PUT, changes.TAGGED, "transaction.tagged", tag, rows)


def take(tag: Tag, rows: Sequence[Transaction]) -> int:
    """Takes a tag off lines; returns how many had it. Raises ledger.AccountBusy."""
    return _move(_TAKE, changes.UNTAGGED, "transaction.untagged", tag, rows)


def _move(sql: str, act: str, audited: str, tag: Tag, rows: Sequence[Transaction]) -> int:
    if not rows:
        return 0
    with locked(rows), connection.cursor() as cursor:
        cursor.execute(sql, {"tag": tag.pk, "ids": [row.pk for row in rows]})
        moved = [pk for (pk,) in cursor.fetchall()]
        value = {"tag": tag.name}
        before, after = ({}, value) if act == changes.TAGGED else (value, {})
        changes.note(
            act,
            (changes.Change(pk, before, after) for pk in moved),
            customer_id=tag.customer_id,
        )
        if moved:
            audit.record(
                act=audited,
                subject=rows[0] if len(rows) == 1 else tag,
                after=value | {"lines": sorted(moved)[: audit.LISTED], "n": len(moved)},
                customer_id=tag.customer_id,
            )
    return len(moved)


@contextmanager
def locked(rows: Iterable[Transaction]) -> Iterator[None]:
    """The accounts of these lines held, so that no undo takes a line away meanwhile."""
    with transaction.atomic():
        lock_accounts(sorted({row.account_id for row in rows}), wait=False)
        yield


def _clean(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise RowRefused(_("Write a name for the tag."), "name_missing")
    if len(name) > MAX_NAME:
        raise RowRefused(
            _("A tag's name has at most %(n)d letters. Shorten it.") % {"n": MAX_NAME}, "name_long"
        )
    if "," in name:
        raise RowRefused(_("A tag's name has no comma. Leave it out."), "name_comma")
    return name
