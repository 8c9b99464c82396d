"""Which function does which kind of work.

Apps register in their `tasks.py`, which Celery's autodiscovery and JobsConfig.ready both import;
web processes import it too, so a `tasks.py` imports nothing heavy at its top.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from accounts.jobs.errors import UnknownKind

if TYPE_CHECKING:
    from accounts.jobs.context import JobContext

Handler = Callable[["JobContext"], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: its handler, and its name in people's words."""

    name: str
    handler: Handler
    title: str | Promise


_kinds: dict[str, Kind] = {}


def handles(name: str, *, title: str | Promise = "") -> Callable[[Handler], Handler]:
    """Registers the decorated function for jobs of this kind. `title` is what pages call it."""

    def register(handler: Handler) -> Handler:
        known = _kinds.get(name)
        if known is not None and known.handler is not handler:
            raise RuntimeError(f"Two handlers for jobs of the kind {name!r}.")
        _kinds[name] = Kind(name, handler, title or name.replace("_", " ").capitalize())
        return handler

    return register


def kind(name: str) -> Kind:
    """The kind of this name; raises UnknownKind."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(name) from None


def title(name: str) -> str:
    """What pages call this kind, known here or not."""
    known = _kinds.get(name)
    return str(known.title) if known else name.replace("_", " ").capitalize()
