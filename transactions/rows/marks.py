"""The tags and notes of many lines at once, for lists and files: two queries, whatever their number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from transactions.models import Note, TransactionTag


@dataclass(frozen=True, slots=True)
class Marks:
    """What one person put on some lines, by the line's key."""

    tags: dict[int, list[str]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def marks_of(rows: Iterable[int], customer: int) -> Marks:
    """This person's tags (by name, in order) and notes on these lines."""
    ids = list(rows)
    if not ids:
        return Marks()
    tags: dict[int, list[str]] = defaultdict(list)
    placed = TransactionTag.objects.filter(transaction__in=ids, tag__customer=customer)
    for pk, name in placed.order_by("tag__name").values_list("transaction_id", "tag__name"):
        tags[pk].append(name)
    notes = Note.objects.filter(customer=customer, transaction__in=ids)
    return Marks(dict(tags), dict(notes.values_list("transaction_id", "text")))
