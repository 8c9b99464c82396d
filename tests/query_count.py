"""How many statements a piece of code sends, without the ones that only name the bank."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def counted() -> Iterator[list[str]]:
    """Gathers the statements sent inside; read the list after the block."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as seen:
        yield found
    found += [q["sql"] for q in seen.captured_queries if not q["sql"].startswith("SET search_path")]
