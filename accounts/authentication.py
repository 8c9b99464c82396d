"""How an API request is recognised. Alone in its module: DRF imports it while importing views."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import second_factor, tokens
from accounts.errors import SecondFactorRequired


class BankTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`: signature, lifetime, session, bank and second factor are all checked."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2 or len(parts[1]) > tokens.LONGEST:
            raise AuthenticationFailed("The token can't be read. Sign in again.")
        try:
            found = tokens.read_access_token(parts[1].decode("ascii"))
        except (ValueError, KeyError, TypeError):
            found = None
        if found is None or not found[0].is_active:
            raise AuthenticationFailed("The token isn't valid or has ended. Sign in again.")
        user, claims, session = found
        if claims["role"] != user.role:
            raise AuthenticationFailed("The token isn't valid or has ended. Sign in again.")
        view = (request.parser_context or {}).get("view")
        if second_factor.is_missing(user, session) and not getattr(view, "ends_sign_in", False):
            raise SecondFactorRequired
        session.touch()  # type: ignore[attr-defined]
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BankTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.BankTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
