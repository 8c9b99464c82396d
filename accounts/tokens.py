"""Tokens of the API: allauth's stateful JWT, with the role and the bank as claims."""

from typing import Any

from allauth.headless.tokens.strategies.jwt.strategy import JWTTokenStrategy
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.banks.tenancy import current_schema


class BankTokenStrategy(JWTTokenStrategy):  # type: ignore[misc]
    def get_claims(self, user: AbstractBaseUser) -> dict[str, Any]:
        return {"role": getattr(user, "role", ""), "bank": current_schema()}
