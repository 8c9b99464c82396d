"""The tags and notes of many lines at once, for lists and files."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery

from transactions.models import Note, TransactionTag
from transactions.models.ledger import TransactionQuerySet


@dataclass(frozen=True, slots=True)
class Marks:
    """What one person put on some lines, by the line's key."""

    tags: dict[int, list[str]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def marks_of(rows: Iterable[int], customer: int) -> Marks:
    """This person's tags (by name, in order) and notes on these lines; two queries."""
    ids = list(rows)
    if not ids:
        return Marks()
    tags: dict[int, list[str]] = defaultdict(list)
    placed = TransactionTag.objects.filter(transaction__in=ids, tag__customer=customer)
    for pk, name in placed.order_by("tag__name").values_list("transaction_id", "tag__name"):
        tags[pk].append(name)
    notes = Note.objects.filter(customer=customer, transaction__in=ids)
    return Marks(dict(tags), dict(notes.values_list("transaction_id", "text")))


def with_marks(rows: TransactionQuerySet, customer: int) -> TransactionQuerySet:
    """The lines with `tags` (names, in order) and `note` beside them, in their own query.

    For one page: each line is two look-ups by index.
    """
    tags = TransactionTag.objects.filter(transaction=OuterRef("pk"), tag__customer=customer)
    notes = Note.objects.filter(transaction=OuterRef("pk"), customer=customer)
    return rows.annotate(
        tags=ArraySubquery(tags.order_by("tag__name").values("tag__name")),
        note=Subquery(notes.values("text")[:1]),
    )
