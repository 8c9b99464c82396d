"""Signing in and out, and what people change about their own sign-in: entries from allauth's signals.

A signal is sent inside the transaction of its request (urls.py) or opens one of its own.
"""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models.signals import ModelSignal
from django.dispatch import Signal
from django.http import HttpRequest
from django_tenants.utils import get_public_schema_name

from accounts.audit import actors, services
from accounts.audit.actors import Actor
from accounts.banks.tenancy import current_schema


def note(
    act: str,
    *,
    user: Any,
    request: HttpRequest | None,
    actor: Actor | None = None,
    **after: Any,
) -> None:
    """One entry about a sign-in, done by the person whose it is unless `actor` says otherwise."""
    request_id = getattr(request, "request_id", "")
    with transaction.atomic():
        services.record(
            act=act,
            subject=user,
            after=after or None,
            customer_id=customer_of(user),
            actor=actor or actors.of_person(user, request_id),
        )


def customer_of(user: Any) -> int | None:
    """The customer whose sign-in this is."""
    if (
        user is None
        or not getattr(user, "is_customer", False)
        or current_schema() == get_public_schema_name()
    ):
        return None
    from accounts.customers.models import Customer

    return Customer.objects.filter(user=user).values_list("pk", flat=True).first()


def note_first_password(*, user: Any, request: HttpRequest) -> None:
    """An invitation is accepted; that this signs in too is the same act."""
    note("invitation.accepted", user=user, request=request)
    _noted(request).add("sign_in")


def _noted(request: HttpRequest) -> set[str]:
    """What this request's entries are about already."""
    found: set[str] = request.__dict__.setdefault("_audit_noted", set())
    return found


def _signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if "sign_in" not in _noted(request):
        note("sign_in.done", user=user, request=request)


def _signed_out(request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    if user is not None and user.is_authenticated:
        note("sign_in.ended", user=user, request=request)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    # The name that was typed is not kept: people type passwords there.
    from accounts.models import User

    name = str(credentials.get("email") or credentials.get("username") or "")[:254]
    field = "email__iexact" if "@" in name else "login_name__iexact"
    user = User.objects.filter(**{field: name}).first() if name else None
    nobody = Actor(None, actors.NOBODY, getattr(request, "request_id", ""))
    note("sign_in.failed", user=user, request=request, actor=nobody, known=user is not None)


def _once(act: str) -> Any:
    """A receiver that writes `act`; a confirmation that also changes the address is one act."""
    topic = act.partition(".")[0]

    def receive(request: HttpRequest, **kwargs: Any) -> None:
        noted = _noted(request)
        if topic in noted:
            return
        noted.add(topic)
        address = kwargs.get("email_address") or kwargs.get("to_email_address")
        user = kwargs.get("user") or getattr(address, "user", None)
        said = {"address": getattr(address, "email", None)} if address is not None else {}
        kind = getattr(kwargs.get("authenticator"), "type", None)
        if kind is not None:
            said["factor"] = str(kind)
        note(act, user=user, request=request, **said)

    return receive


def connect() -> None:
    """Listens to Django and allauth; to its second factors where they are installed."""
    from allauth.account import signals
    from django.contrib.auth.signals import user_logged_out, user_login_failed

    receivers: list[tuple[Signal | ModelSignal, Any, str]] = [
        (signals.user_logged_in, _signed_in, "in"),
        (user_logged_out, _signed_out, "out"),
        (user_login_failed, _failed, "failed"),
        (signals.password_changed, _once("password.changed"), "password"),
        (signals.password_set, _once("password.changed"), "password-set"),
        (signals.password_reset, _once("password.reset"), "password-reset"),
        (signals.email_added, _once("email.added"), "email-added"),
        (signals.email_changed, _once("email.changed"), "email-changed"),
        (signals.email_confirmed, _once("email.confirmed"), "email-confirmed"),
        (signals.email_removed, _once("email.removed"), "email-removed"),
    ]
    if apps.is_installed("allauth.mfa"):
        from allauth.mfa import signals as factors

        receivers += [
            (factors.authenticator_added, _once("factor.added"), "factor-added"),
            (factors.authenticator_removed, _once("factor.removed"), "factor-removed"),
            (factors.authenticator_reset, _once("factor.renewed"), "factor-reset"),
        ]
    for signal, receiver, name in receivers:
        signal.connect(receiver, dispatch_uid=f"audit-{name}", weak=False)
