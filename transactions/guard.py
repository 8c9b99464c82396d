"""Nothing else writes the ledger: the connection itself refuses.

One hook sees every statement that any code sends (ORM, admin, raw SQL, cascades, fixtures) and refuses
those that write a table of the ledger outside `writing()`. COPY doesn't pass the hook, so it has one
door, `copy_rows()`, which asks the same question. What no hook sees: psql, SQL functions, a restore;
`audit_ledger` finds those.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

OWNED = ("transactions_transaction", "transactions_monthtotal", "transactions_keptedit")

# Not inherited by threads: a thread started inside writing() may not write.
_open: ContextVar[bool] = ContextVar("ledger_open", default=False)

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.S)
_TABLE = rf'(?:only\s+)?(?:"?\w+"?\s*\.\s*)?"?(?:{"|".join(OWNED)})"?(?!\w)'
_WRITE = re.compile(
    rf"\b(?:insert\s+into|merge\s+into|update|delete\s+from)\s+{_TABLE}"
    rf"|\btruncate\b[^;]*?{_TABLE}"
    rf"|\bcopy\s+{_TABLE}\s*(?:\([^)]*\))?\s*from\b",
    re.I | re.S,
)
# Statements whose target can't be read off their text: never needed, so refused outright.
_OPAQUE = re.compile(r"^\s*do\b|;\s*do\b|\bU&\"", re.I)
# A text with none of these words writes nothing; it is most of the traffic.
_VERB = re.compile(r"insert|update|delete|truncate|copy|merge|\bdo\b|U&", re.I)


class LedgerWriteRefused(RuntimeError):
    """Somebody tried to write the ledger outside its own services."""


@contextmanager
def writing() -> Iterator[None]:
    """Opens the ledger to the code inside; `transactions.ledger` and the import alone use it."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def is_open() -> bool:
    return _open.get()


def refuses(sql: str) -> bool:
    """Whether this statement may not run now."""
    if _open.get() or not _VERB.search(sql):
        return False
    text = _COMMENT.sub(" ", sql)
    return bool(_OPAQUE.search(text) or _WRITE.search(text))


def _guard(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text = sql
    if not isinstance(text, str):
        if isinstance(text, bytes):
            text = text.decode(errors="replace")
        else:  # psycopg.sql.Composed reaches the hook as an object
            text = text.as_string(context["connection"].connection)
    if refuses(text):
        raise LedgerWriteRefused(f"The ledger is written by its services only: {text[:80]}")
    return execute(sql, params, many, context)


def _on_connection(sender: Any, connection: Any, **kwargs: Any) -> None:
    if _guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(_guard)


def install() -> None:
    """Puts the hook on every connection, now and later; it survives a reconnect."""
    connection_created.connect(_on_connection, dispatch_uid="ledger-guard", weak=False)


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into `table`. Returns how many rows went in.

    Values are Python objects or None; psycopg turns and escapes them. Raises LedgerWriteRefused for a
    table of the ledger outside `writing()`.
    """
    count = 0
    with _copy(table, columns) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_text(table: str, columns: Sequence[str], blocks: Iterable[bytes]) -> None:
    """COPY lines that are already in COPY's text format; with `copy_rows` the only COPY of the product.

    Several times faster than `copy_rows` for long files. Raises LedgerWriteRefused as that does.
    """
    with _copy(table, columns) as copy:
        for block in blocks:
            copy.write(block)


@contextmanager
def _copy(table: str, columns: Sequence[str]) -> Iterator[Any]:
    if table.split(".")[-1].strip('" ').lower() in OWNED and not _open.get():
        raise LedgerWriteRefused(f"COPY into {table} outside the ledger's services")
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy
