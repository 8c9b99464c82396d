"""Log lines as JSON, one a record, that hold ids and never what a person typed or owns.

An exception is told by its type and the places it passed, not by its words: a database's refusal quotes the
row. Of Django's, Celery's and gunicorn's own records only what they are about is kept. JSON escapes line
breaks, so nothing in a record can begin a line of its own.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from accounts.cards import cut_card_numbers

_EMAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,255}")
_LONGEST = 2_000
_FRAMES = 30
_HEADS = "audit.heads"
# Loggers whose messages quote the address or the exception: what is said instead of their arguments.
_QUOTING = {
    "django.request": "request refused or failed",
    "django.security": "suspicious request",
    "django.server": "development server",
    "gunicorn.error": "",
    "gunicorn.access": "access",
    "celery.app.trace": "task failed",
}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # A head is digits by nature: one that looked like a card number would be cut, and lost.
            "message": _message(record) if record.name == _HEADS else redact(_message(record)),
            **getattr(record, "about", {}),
            **_own_facts(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry |= _error(record.exc_info[1])
        return json.dumps(entry, default=str)


def redact(text: str) -> str:
    """The last net: card numbers are cut to four digits, e-mail addresses to nothing, long texts
    to their beginning."""
    return _EMAIL.sub("[e-mail]", cut_card_numbers(text[:_LONGEST]))


def _message(record: logging.LogRecord) -> str:
    said = next((said for name, said in _QUOTING.items() if _is_under(record.name, name)), None)
    if said is None or (said == "" and not record.exc_info):
        return record.getMessage()
    if record.name == "celery.app.trace" and not record.exc_info:
        return record.getMessage()
    return said or "server error"


def _is_under(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def _own_facts(record: logging.LogRecord) -> dict[str, Any]:
    """Ids that Django and Celery attach to their records."""
    facts: dict[str, Any] = {}
    request = getattr(record, "request", None)
    if request_id := getattr(request, "request_id", None):
        facts["request_id"] = request_id
    match = getattr(request, "resolver_match", None)
    if match is not None:
        facts["route"] = match.route
    if (status := getattr(record, "status_code", None)) is not None:
        facts["status"] = status
    data = getattr(record, "data", None)
    if record.name.startswith("celery") and isinstance(data, dict):
        facts |= {"task": str(data.get("name", "")), "task_id": str(data.get("id", ""))}
    return facts


def _error(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    kinds: list[str] = []
    at: BaseException | None = error
    while at is not None and len(kinds) < 5:
        kinds.append(f"{type(at).__module__}.{type(at).__qualname__}")
        at = at.__cause__ or at.__context__
    return {
        "error": kinds,
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
