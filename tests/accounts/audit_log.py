"""Reading the change log in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.db import connection, transaction

from accounts.audit import services
from accounts.audit.actors import Actor
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


def sql(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if cursor.description else []


def write(n: int = 1, customer_id: int | None = None) -> None:
    with transaction.atomic():
        for number in range(n):
            services.record(
                act="row.changed", subject=("test.Row", number), before={"n": number},
                after={"n": number + 1, "name": f"person {number}"}, customer_id=customer_id,
                actor=Actor(number % 5 + 1, "analyst", f"r{number}"),
            )  # fmt: skip
