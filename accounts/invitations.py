"""Invitations: nobody starts with a password that somebody else knows."""

import hashlib
import secrets
from datetime import timedelta
from enum import Enum

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.customers.queries import bank_name
from accounts.models import Invitation, Role, User
from accounts.permissions import may_give
from accounts.services import confirm_email, create_person


class InvitationRefused(Exception):
    """The person can't be invited; the sentence says why."""


def new_token(*, user: User, by: User | None) -> str:
    """What the link to a first password carries; older links of this person stop working.

    Raises InvitationRefused for a closed sign-in, for one that has a password already, and for a role
    beyond the rights of whoever invites (`by`; None is a command of the operators).
    """
    if by is not None and not may_give(by, user.role):
        raise InvitationRefused(
            _("You can invite people up to your own rights; “%(role)s” goes beyond them.")
            % {"role": user.get_role_display()}
        )
    if not user.is_active:
        raise InvitationRefused(_("This sign-in is closed. Open it first."))
    if user.has_usable_password():
        raise InvitationRefused(
            _("This person signs in already. A forgotten password is set anew by “Forgotten?”.")
        )
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(user=user, used_at=None).update(expires_at=timezone.now())
        Invitation.objects.create(
            user=user,
            token_hash=_hash(token),
            invited_by=by,
            expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
        )
    return token


def invite(*, request: HttpRequest, user: User) -> None:
    """Mails `user` a link with which they set their first password. Raises InvitationRefused."""
    token = new_token(user=user, by=request.user if isinstance(request.user, User) else None)
    context = {
        "bank_name": bank_name(),
        "link": request.build_absolute_uri(reverse("account_invitation", args=[token])),
        "days": settings.INVITATION_DAYS,
        "staff": user.role != Role.CUSTOMER,
    }
    get_adapter(request).send_mail("account/email/invitation", user.email, context)


def invite_by_email(*, request: HttpRequest, email: str, role: str) -> User:
    """A new sign-in for `email`, without a password, and its invitation. Raises InvitationRefused."""
    known = User.objects.filter(email__iexact=email.strip()).first()
    if known is not None:
        raise InvitationRefused(address_in_use(known))
    with transaction.atomic():
        user = create_person(email=email, password=None, role=role)
        invite(request=request, user=user)
    return user


def address_in_use(user: User) -> str:
    """Why an address can't be invited once more, and how to go on."""
    if user.has_usable_password():
        return _("Somebody signs in with this address already. Give another one.")
    if user.is_customer:
        return _("A customer was invited with this address already. Give another one.")
    return _(
        "This address was invited already, and nobody has come in with it yet. Tick it in the list of "
        "people and choose “Send an invitation”: the newest link counts."
    )


class Ended(Enum):
    """Why a link opens nothing any more."""

    USED = "used"
    REPLACED = "replaced"
    PASSED = "passed"
    CLOSED = "closed"
    UNKNOWN = "unknown"


def why_ended(token: str) -> Ended:
    """For whoever holds the link; one that was removed since is as unknown as one that never was."""
    found = Invitation.objects.filter(token_hash=_hash(token)).select_related("user").first()
    if found is None:
        return Ended.UNKNOWN
    if found.used_at is not None:
        return Ended.USED
    if not found.user.is_active:
        return Ended.CLOSED
    if found.user.has_usable_password():
        return Ended.USED
    newer = Invitation.objects.filter(user=found.user, pk__gt=found.pk)
    return Ended.REPLACED if newer.exists() else Ended.PASSED


def find(token: str) -> Invitation | None:
    """The invitation that this link opens, if it still does."""
    return (
        Invitation.objects.filter(
            token_hash=_hash(token), used_at=None, expires_at__gt=timezone.now()
        )
        .filter(user__is_active=True)
        .select_related("user")
        .first()
    )


def accept(*, token: str, password: str) -> User | None:
    """Sets the first password, once; None when the link was used meanwhile or has ended."""
    with transaction.atomic():
        invitation = find(token)
        if invitation is None:
            return None
        # The one statement that uses it up: of two at once, one finds nothing to change.
        used = Invitation.objects.filter(pk=invitation.pk, used_at=None)
        if not used.update(used_at=timezone.now()):
            return None
        user = invitation.user
        user.set_password(password)
        user.save(update_fields=["password"])
        if not EmailAddress.objects.filter(user=user, verified=True).exists():
            confirm_email(user=user)
        sessions.end_sessions(user)
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
