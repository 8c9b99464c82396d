"""Tokens of the API: allauth's stateful JWT, bound to one bank, in one spelling only, each refresh good once.

Each token names its bank twice over, as who gave it (`iss`) and for whom (`aud`), and belongs to a session
of that bank, which ends by age, by sign-out and by whatever ends sessions (accounts/sessions.py).
"""

import base64
import binascii
import json
from typing import Any

from allauth.account.internal.userkit import user_id_to_str
from allauth.headless import app_settings as headless
from allauth.headless.tokens.strategies.jwt import internal
from allauth.headless.tokens.strategies.jwt.strategy import JWTTokenStrategy
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts.banks.tenancy import current_schema

LONGEST = 8192
_NUMBERS = ("exp", "iat")


class BankTokenStrategy(JWTTokenStrategy):  # type: ignore[misc]
    def get_claims(self, user: AbstractBaseUser) -> dict[str, Any]:
        return {"role": getattr(user, "role", ""), **bank_claims()}

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        payload: dict[str, Any] | None = super().create_access_token_payload(request)
        if payload is not None:
            payload["refresh_token"] = _refresh_token(request.user, request.session)  # type: ignore[arg-type]
        return payload

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """The next pair; a refresh token seen a second time ends the whole sign-in."""
        payload = read_token(refresh_token, "refresh")
        if payload is None:
            return None
        with transaction.atomic():
            # Two requests with one token: the second waits here and finds it spent.
            key = internal.session_key_from_sid(payload["sid"]) or ""
            if not Session.objects.select_for_update().filter(session_key=key).exists():
                return None
            session = internal.get_token_session(payload)
            user = internal.validate_token_user(payload, session) if session is not None else None
            if session is None or user is None:
                return None
            good = internal.get_refresh_token_state(session)
            if payload["jti"] not in good:
                session.flush()
                return None
            good.clear()
            pair = (
                internal.create_access_token(user, session, self.get_claims(user)),
                _refresh_token(user, session),
            )
            session.save()
        return pair


def bank_claims() -> dict[str, str]:
    schema = current_schema()
    return {"bank": schema, "iss": f"counterfoil/{schema}", "aud": f"counterfoil/{schema}/api"}


def read_token(token: str, use: str) -> dict[str, Any] | None:
    """The claims of a token of this bank, None for anything else.

    Besides signature, time and use (allauth): our own header and no other, base64 in its one spelling, no
    claim twice, and the bank's three claims.
    """
    if len(token) > LONGEST or not token.isascii() or not _is_ours(token):
        return None
    claims: dict[str, Any] | None = internal.decode_token(token, use)
    if claims is None or not all(type(claims.get(name)) is int for name in _NUMBERS):
        return None
    ours = bank_claims()
    return claims if {name: claims.get(name) for name in ours} == ours else None


def read_access_token(token: str) -> tuple[Any, dict[str, Any], SessionBase] | None:
    """The person, the claims and the session behind an access token."""
    claims = read_token(token, "access")
    session = internal.get_token_session(claims) if claims else None
    if claims is None or session is None:
        return None
    user = internal.validate_token_user(claims, session)
    return None if user is None else (user, claims, session)


def _refresh_token(user: AbstractBaseUser, session: SessionBase) -> str:
    """As allauth's, with the bank's claims; the session keeps which one is good now."""
    token, payload = internal.create_token(
        "refresh",
        sub=user_id_to_str(user),
        sid=internal.session_key_to_sid(session.session_key),
        claims=bank_claims(),
        expires_in=headless.JWT_REFRESH_TOKEN_EXPIRES_IN,
    )
    good = internal.get_refresh_token_state(session)
    good.clear()
    good[payload["jti"]] = payload["exp"]
    session.modified = True  # type: ignore[attr-defined]
    return str(token)


def _is_ours(token: str) -> bool:
    try:
        header, claims = (_json(part) for part in token.split(".")[:2])
        *_, signature = token.split(".")
        _bytes(signature)
    except (ValueError, binascii.Error, RecursionError):
        return False
    config = internal._get_jwt_config()
    expected = {"alg": config.algorithm, "typ": "JWT", **internal.get_jwt_headers(config)}
    return token.count(".") == 2 and header == expected and isinstance(claims, dict)


def _json(part: str) -> Any:
    return json.loads(_bytes(part), object_pairs_hook=_no_name_twice)


def _bytes(part: str) -> bytes:
    """Bytes of one part; base64 whose last character says the same in another spelling is refused."""
    found = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise ValueError("not the one spelling")
    return found


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a claim stands twice")
    return found
