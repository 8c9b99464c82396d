"""Nothing else writes the ledger: the connection itself refuses.

One hook sees every statement that any code sends (ORM, admin, raw SQL, cascades, fixtures, COPY, the
psycopg connection beneath Django's) and refuses those that write a table of the ledger outside
`writing()`. COPY has one door all the same, `copy_rows()` and `copy_text()`. What no hook sees: psql,
another connection made by hand, the body of a SQL function, a restore; `audit_ledger` finds those.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

OWNED = ("transactions_transaction", "transactions_monthtotal", "transactions_keptedit")

# Not inherited by threads: a thread started inside writing() may not write.
_open: ContextVar[bool] = ContextVar("ledger_open", default=False)
# A migration changes tables, never rows: it opens the door for ALTER, DROP and the like alone.
_migrating: ContextVar[bool] = ContextVar("ledger_migrating", default=False)

# Patterns meet lower-cased text: a case-blind search costs three times as much.
_TABLE = (
    r'(?:only\b\s*\(?\s*)?(?:(?:"(?:[^"]|"")+"|[\w$]+)\s*\.\s*)*'
    rf'"?(?:{"|".join(OWNED)})"?(?![\w$])'
)
# No blank is needed where a quoted name follows: insert into"x".
_WRITE = re.compile(
    rf"\binto\s*(?:(?:temp|temporary|unlogged)\s+)?(?:table\s*)?{_TABLE}"
    rf"|\b(?:update|delete\s+from)\s*{_TABLE}"
    rf"|\btruncate\b[^;]*?(?:{_TABLE}|\bcascade\b)"
    rf"|\bcopy\s*{_TABLE}(?!\s*(?:\((?:[^()\"]|\"(?:[^\"]|\"\")*\")*\)\s*)?to\b)",
    re.S,
)
# What changes the tables themselves, or lets a view, rule or trigger write in the ledger's place.
_SHAPE = re.compile(
    rf"\b(?:alter|drop)\s+table\b[^;]*?{_TABLE}"
    rf"|\bcreate\b[^;]*?\b(?:view|rule|trigger)\b[^;]*?{_TABLE}",
    re.S,
)
# Statements whose target can't be read off their text: never needed, so refused outright.
_OPAQUE_FIRST = re.compile(r"\s*(?:do|execute)\b")
_OPAQUE_LATER = re.compile(r";\s*(?:do|execute)\b")
_VERBS = ("into", "update", "delete", "copy", "alter", "drop", "view", "rule", "trigger")
_STRING = r"(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
_DOLLAR = r"(?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)"
_COMMENT = r"--[^\r\n]*|/\*"
# The second reads a $$body$$ as text, the first as statements: what either sees is refused.
_TOKENS = tuple(
    re.compile("|".join(parts), re.S)
    for parts in ((_STRING, _COMMENT), (_STRING, _DOLLAR, _COMMENT))
)
_NESTING = re.compile(r"/\*|\*/")


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
    if _open.get():
        return False
    text = sql.lower()
    if _is_harmless(text):
        return False
    if "--" in text or "/*" in text:
        return any(_is_write(_without_comments(sql, token).lower()) for token in _TOKENS)
    return _is_write(text)


def _is_harmless(text: str) -> bool:
    """A quick look that lets most of the traffic pass."""
    if any(word in text for word in ("do", "execute", "truncate", 'u&"')):
        return False
    return not (any(table in text for table in OWNED) and any(verb in text for verb in _VERBS))


def _is_write(text: str) -> bool:
    if _WRITE.search(text):
        return True
    if _migrating.get():
        return False
    return bool(
        'u&"' in text
        or _OPAQUE_FIRST.match(text)
        or _OPAQUE_LATER.search(text)
        or _SHAPE.search(text)
    )


def _without_comments(sql: str, token: re.Pattern[str]) -> str:
    """As PostgreSQL reads it: comments nest, and signs inside quotes are no comments."""
    kept, at = [], 0
    while found := token.search(sql, at):
        if not found[0].startswith(("--", "/*")):
            kept.append(sql[at : found.end()])
            at = found.end()
            continue
        kept += [sql[at : found.start()], " "]
        at = found.end() if found[0].startswith("--") else _end_of_comment(sql, found.end())
    return "".join([*kept, sql[at:]])


def _end_of_comment(sql: str, at: int) -> int:
    depth = 1
    for sign in _NESTING.finditer(sql, at):
        depth += 1 if sign[0] == "/*" else -1
        if not depth:
            return sign.end()
    return len(sql)


def _check(query: Any, connection: Any) -> None:
    if isinstance(query, str):
        text = query
    elif isinstance(query, bytes):
        text = query.decode(errors="replace")
    else:  # psycopg.sql.Composed reaches the hook as an object
        text = query.as_string(connection)
    if refuses(text):
        raise LedgerWriteRefused(f"The ledger is written by its services only: {text[:80]}")


def _guard(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    _check(sql, context["connection"].connection)
    return execute(sql, params, many, context)


class _AskingCursor:
    """Put before psycopg's own cursor: asks also where Django's is passed by, and for COPY."""

    connection: Any

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        _check(query, self.connection)
        return super().execute(query, *args, **kwargs)  # type: ignore[misc]

    def executemany(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        _check(query, self.connection)
        return super().executemany(query, *args, **kwargs)  # type: ignore[misc]

    def stream(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        _check(query, self.connection)
        return super().stream(query, *args, **kwargs)  # type: ignore[misc]

    def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        _check(statement, self.connection)
        return super().copy(statement, *args, **kwargs)  # type: ignore[misc]


@cache
def _asking(cursor: type) -> type:
    if issubclass(cursor, _AskingCursor):
        return cursor
    return type(cursor.__name__, (_AskingCursor, cursor), {})


@cache
def _migrating_editor(editor: Any) -> Any:
    """Django's schema editor, whose statements are a migration's."""

    class Editor(editor):  # type: ignore[misc]
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            token = _migrating.set(True)
            try:
                return super().execute(*args, **kwargs)
            finally:
                _migrating.reset(token)

    return Editor


def _on_connection(sender: Any, connection: Any, **kwargs: Any) -> None:
    if _guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(_guard)
        connection.SchemaEditorClass = _migrating_editor(connection.SchemaEditorClass)
    raw = connection.connection
    raw.cursor_factory = _asking(raw.cursor_factory)
    raw.server_cursor_factory = _asking(raw.server_cursor_factory)


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
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy
