"""Reading the change log in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from accounts.audit.models import AuditEntry


@contextmanager
def entries() -> Iterator[list[AuditEntry]]:
    """Gathers the entries written inside; read the list after the block."""
    last = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    found: list[AuditEntry] = []
    yield found
    found += list(AuditEntry.objects.filter(pk__gt=last).order_by("id"))


def said(entry: AuditEntry) -> dict[str, Any]:
    assert entry.payload is not None
    content: dict[str, Any] = orjson.loads(entry.payload)
    return content
