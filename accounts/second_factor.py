"""The second factor: who must have one, and how its secrets are kept.

Staff and operators reach nothing before they have an authenticator app or a passkey (middleware for pages,
accounts/authentication.py for programs, accounts/api.py at sign-in); the demo shows a banner instead.
"""

import base64
import functools
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.audit import services as audit
from accounts.audit.sign_ins import customer_of
from accounts.banks.tenancy import current_schema
from accounts.models import Role, User

# In the session of whoever signed in with a second factor, or set one up in it.
PROVED = "second_factor_proved"
_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_one(user: Any) -> bool:
    """An authenticator app or a passkey; recovery codes alone are none."""
    if not getattr(user, "is_authenticated", False):
        return False
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=_TYPES).exists())


def must_have_one(user: Any) -> bool:
    """By role: everybody who sees more than their own data."""
    return bool(user.is_bank_staff or user.role == Role.OPERATOR)


def is_missing(user: Any, session: Any) -> bool:
    """Whether this person must set one up before anything else."""
    if not settings.SECOND_FACTOR_REQUIRED or not must_have_one(user):
        return False
    return not (session is not None and session.get(PROVED)) and not has_one(user)


def forget(user: User) -> bool:
    """Removes every factor and recovery code of `user` and signs them out; False where there was none."""
    with transaction.atomic():
        removed, _tables = Authenticator.objects.filter(user_id=user.pk).delete()
        if removed:
            sessions.end_sessions(user)
            audit.record(act="factor.forgotten", subject=user, customer_id=customer_of(user))
    return bool(removed)


class BankMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code isn’t right, or it was used already. Take the next one."),
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Set another one up first, then remove this one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _cipher(current_schema()).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher(current_schema()).decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        """What the person's app or device calls us."""
        from accounts.customers.queries import bank_name

        return bank_name()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        n = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(n)d") % {"n": n}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = authenticator.user
        if not settings.SECOND_FACTOR_REQUIRED or not must_have_one(user):
            return True
        others = Authenticator.objects.filter(user=user, type__in=_TYPES)
        return bool(others.exclude(pk=authenticator.pk).exists())


@functools.cache
def _cipher(schema: str) -> MultiFernet:
    """Secrets of one bank's people under a key of that bank; older SECRET_KEYs still open them."""
    secrets = [str(s) for s in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet([Fernet(_derived(secret, schema)) for secret in secrets])


def _derived(secret: str, schema: str) -> bytes:
    info = f"counterfoil second factor {schema}".encode()
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret.encode())
    return base64.urlsafe_b64encode(key)


def notice(request: HttpRequest) -> dict[str, Any]:
    """Context processor: whether to ask this person for a second factor, and how firmly. Lazy."""
    return {"second_factor": SimpleLazyObject(lambda: _notice(request))}


def _notice(request: HttpRequest) -> dict[str, bool]:
    user = getattr(request, "user", None)
    asked = settings.DEMO or settings.SECOND_FACTOR_REQUIRED
    if not asked or user is None or not user.is_authenticated or not must_have_one(user):
        return {"missing": False, "required": False, "elsewhere": False}
    missing = not request.session.get(PROVED) and not has_one(user)
    match = request.resolver_match
    here = match is not None and match.view_name.startswith("mfa_")
    return {
        "missing": missing,
        "required": settings.SECOND_FACTOR_REQUIRED,
        "elsewhere": missing and not here,
    }
