"""Who acts now: the person of the request at hand, the person a job works for, else the product itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

SYSTEM = "system"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the sign-in's key; `role` its role then, "nobody" without a sign-in, or "system"."""

    id: int | None
    role: str
    request_id: str = ""


_now: ContextVar[Actor | HttpRequest | None] = ContextVar("audit_actor", default=None)


def of_person(user: Any, request_id: str = "") -> Actor:
    if user is None or not getattr(user, "is_authenticated", False):
        return Actor(None, NOBODY, request_id)
    return Actor(user.pk, user.role, request_id)


def current() -> Actor:
    """Asked when an act is written: by then a program's token has been read too."""
    found = _now.get()
    if found is None:
        return Actor(None, SYSTEM)
    if isinstance(found, Actor):
        return found
    return of_person(getattr(found, "user", None), getattr(found, "request_id", ""))


@contextmanager
def acting(who: Actor | HttpRequest) -> Iterator[None]:
    """The acts inside are this person's. Not inherited by threads."""
    token = _now.set(who)
    try:
        yield
    finally:
        _now.reset(token)
