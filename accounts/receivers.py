"""What follows a sign-in or a change of its means: limits of the session, other sessions ended."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in

from accounts import second_factor, sessions


def _start(request: Any, user: Any, **kwargs: Any) -> None:
    sessions.start(request.session, user)


def _proved(request: Any, **kwargs: Any) -> None:
    request.session[second_factor.PROVED] = True


def _factors_changed(request: Any, user: Any, **kwargs: Any) -> None:
    if second_factor.has_one(user):
        request.session[second_factor.PROVED] = True
    else:
        request.session.pop(second_factor.PROVED, None)
    sessions.end_sessions(user, keep=request.session.session_key)


def _factor_added(request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    # Adding one asked who is there, so the recovery codes that follow are shown without asking again.
    record_authentication(request, user, "mfa", type=authenticator.type, reauthenticated=True)


def _password_changed(request: Any, user: Any, **kwargs: Any) -> None:
    # allauth has given this session a new key by now; after a reset there is none to keep.
    keep = request.session.session_key if request.user == user else None
    sessions.end_sessions(user, keep=keep)


def connect() -> None:
    user_logged_in.connect(_start, dispatch_uid="session-limits")
    mfa.authenticator_used.connect(_proved, dispatch_uid="factor-used")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="factor-added")
    for changed in (mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset):
        changed.connect(_factors_changed, dispatch_uid="factors-changed")
    for changed in (account.password_changed, account.password_set, account.password_reset):
        changed.connect(_password_changed, dispatch_uid="password-changed")
