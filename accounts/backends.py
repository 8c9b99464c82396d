"""Who a name and a password belong to: one look-up and one hash, whoever is asked for."""

import functools
import secrets
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Lower
from django.http import HttpRequest
from django_tenants.utils import get_public_schema_name

from accounts.banks.tenancy import current_schema
from accounts.models import User


def find_person(name: str) -> User | None:
    """The person of this bank who signs in with `name` (an e-mail or a demo's name), whatever its case.

    The same three queries for a known and an unknown name, so that their time says nothing.
    """
    low = name.strip().lower()
    address = EmailAddress.objects.filter(email=low, verified=True).select_related("user").first()
    people = User.objects.alias(low_email=Lower("email"), low_name=Lower("login_name"))
    by_email = people.filter(low_email=low).first()
    by_name = people.filter(low_name=low).first()
    if address is not None:
        user: User = address.user
        return user
    return by_email or by_name


class OneCheckBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's own checks a known person's password twice where a name may be an e-mail or a login name."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        password = credentials.get("password")
        name = credentials.get("email") or credentials.get("username")
        if not password or not name:
            return None
        person = find_person(name)
        right = (person or _nobody(settings.PASSWORD_HASHERS[0])).check_password(password)
        if person is None or not right or _is_seed(password):
            return None
        if not self.user_can_authenticate(person):
            self._stash_user(person)
            return None
        return person

    def get_user(self, user_id: Any) -> User | None:
        """Together with the customer whose sign-in it is: nearly every page asks for both."""
        people = User.objects.all()
        if current_schema() != get_public_schema_name():  # operators are nobody's customers
            people = people.select_related("customer")
        person = people.filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None


def _is_seed(password: str) -> bool:
    return not settings.DEMO and password in settings.SEED_PASSWORDS


@functools.cache
def _nobody(hasher: str) -> User:
    """Somebody with a hash like everybody's, and a password that nobody knows."""
    return User(password=make_password(secrets.token_hex(32)))
