"""Devices a person signed in on before: guesses from elsewhere don't shut them out there.

A signed cookie names them; a guesser has none, so on a known device tries are counted apart (a "device
cookie"). It lets nobody in by itself, and a new password makes it worthless.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.banks.tenancy import current_schema
from accounts.models import User

_DAYS = 180
_MOST_PEOPLE = 5


def device_of(request: HttpRequest | None, user: User) -> str | None:
    """The name of the device this request comes from, when `user` signed in there before."""
    for key, name, stamp in _read(request):
        if key == user.pk and secrets.compare_digest(stamp, _stamp(user)):
            return name
    return None


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Notes on the answer that `user` signed in on this device; the last few people are kept."""
    others = [entry for entry in _read(request) if entry[0] != user.pk]
    name = device_of(request, user) or secrets.token_hex(8)
    entries = [(user.pk, name, _stamp(user)), *others][:_MOST_PEOPLE]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(entries, salt=_salt(), compress=True),
        max_age=_DAYS * 86400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest | None) -> list[tuple[int, str, str]]:
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "") if request else ""
    if not cookie:
        return []
    try:
        entries = signing.loads(cookie, salt=_salt(), max_age=_DAYS * 86400)
    except signing.BadSignature:
        return []
    return [(key, name, stamp) for key, name, stamp in entries]


def _salt() -> str:
    return f"accounts.devices:{current_schema()}"


def _stamp(user: User) -> str:
    return user.get_session_auth_hash()[:16]
