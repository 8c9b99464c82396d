"""Acts on sign-ins."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.audit import services as audit
from accounts.models import Role, User


def create_person(
    *, email: str, password: str | None, role: str = Role.CUSTOMER, login_name: str | None = None
) -> User:
    """A sign-in whose e-mail counts as checked: made by an admin, an operator or the demo.

    `password` None makes one that can't sign in until it's set by invitation or reset.
    """
    with transaction.atomic():
        email = email.strip().lower()
        user = User.objects.create_user(email, password, role=role, login_name=login_name)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        audit.record(act="person.created", subject=user, after={"role": role, "email": user.email})
    return user


def confirm_email(*, user: User) -> None:
    """The address an admin gave counts as checked; an older one of this person no longer does."""
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()
        EmailAddress.objects.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )
