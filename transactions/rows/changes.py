"""The change history of lines, written in the transaction of each change."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.audit import actors

# The acts a line's history knows; their words are in rows/history.py.
CATEGORY, SPLIT, JOINED, MERGED, UNMERGED, TAGGED, UNTAGGED, NOTED, PAIRED, PARTED, RULED = (
    "category", "split", "joined", "merged", "unmerged", "tagged", "untagged", "noted", "paired", "parted",
    "ruled",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What one line had before an act and has after it, as plain values."""

    pk: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


_INSERT = """
insert into transactions_rowchange
  (account_id, fingerprint, occurrence, at, act, actor_id, actor_role, customer_id, before, after)
select t.account_id, t.fingerprint, t.occurrence, %(at)s, %(act)s, %(actor)s, %(role)s, %(customer)s,
       c->'before', c->'after'
from jsonb_array_elements(%(changes)s::jsonb) c join transactions_transaction t on t.id = (c->>'id')::bigint
"""


def note(act: str, changes: Iterable[Change], *, customer_id: int | None = None) -> None:
    """Adds one entry per line; the person at work is who did it.

    Parameters: `customer_id` where only that person may read it (their own tags and notes).
    """
    images = [{"id": c.pk, "before": c.before, "after": c.after} for c in changes]
    if not images:
        return
    who = actors.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {"at": timezone.now(), "act": act, "actor": who.id, "role": who.role[:20],
             "customer": customer_id, "changes": json.dumps(images)},
        )  # fmt: skip


def note_category(
    images: Iterable[tuple[int, int | None, str, int]], category_id: int | None
) -> None:
    """A person's own choice of category on lines; those that had it by their choice didn't change.

    Parameters: `images` of each line before: key, category, who decided it, how surely.
    """
    after = {"category_id": category_id, "origin": "person", "confidence": 100}
    note(
        CATEGORY,
        (
            Change(pk, {"category_id": had, "origin": origin, "confidence": confidence}, after)
            for pk, had, origin, confidence in images
            if (had, origin) != (category_id, "person")
        ),
    )
