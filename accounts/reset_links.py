"""The link that sets a password anew: good once, for three days, at one bank."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.banks.tenancy import current_schema


class BankResetTokens(EmailAwarePasswordResetTokenGenerator):  # type: ignore[misc]
    """A copy of a bank has the same people, ids and password hashes; its links must not be the same."""

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        return f"{current_schema()}:{super()._make_hash_value(user, timestamp)}"
