"""How an API request is recognised. Alone in its module: DRF imports it while importing views."""

from typing import Any

from allauth.headless.tokens.strategies.jwt import internal
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.banks.tenancy import current_schema


class BankTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`: signature, lifetime, session and bank are all checked."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2 or len(parts[1]) > 8192:
            raise AuthenticationFailed("The token can't be read. Sign in again.")
        try:
            found = internal.validate_access_token(parts[1].decode("ascii"))
        except (ValueError, KeyError, TypeError):
            found = None
        if found is None:
            raise AuthenticationFailed("The token isn't valid or has ended. Sign in again.")
        user, payload = found
        if payload.get("bank") != current_schema() or not user.is_active:
            raise AuthenticationFailed("The token isn't valid or has ended. Sign in again.")
        return user, payload

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BankTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.BankTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
