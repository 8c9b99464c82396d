"""What each role may do: one table, asked by pages, API and admin alike.

What you may not see is a 404, what you may not do a 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Role

OWN_DATA = "own_data"
READ_REPORTS = "read_reports"
READ_TRANSACTIONS = "read_transactions"
RUN_ANALYTICS = "run_analytics"
IMPORT_TRANSACTIONS = "import_transactions"
OPEN_CUSTOMER = "open_customer"
MANAGE_OFFERS = "manage_offers"
MANAGE_BANK = "manage_bank"
RUN_INSTALLATION = "run_installation"

_ANALYST = {
    READ_REPORTS, READ_TRANSACTIONS, RUN_ANALYTICS, IMPORT_TRANSACTIONS, OPEN_CUSTOMER, MANAGE_OFFERS,
}  # fmt: skip

CAPABILITIES: dict[str, frozenset[str]] = {
    Role.CUSTOMER: frozenset({OWN_DATA}),
    Role.VIEWER: frozenset({READ_REPORTS}),
    Role.ANALYST: frozenset(_ANALYST),
    Role.ADMIN: frozenset(_ANALYST | {MANAGE_BANK}),
    Role.OPERATOR: frozenset({RUN_INSTALLATION}),
}


def has(user: Any, capability: str) -> bool:
    """Whether this person may do it. Nobody and closed sign-ins may do nothing."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return capability in CAPABILITIES.get(user.role, frozenset())


def may_give(giver: Any, role: str) -> bool:
    """Whether this person may let somebody in with `role`: staff up to their own rights, and customers."""
    own = CAPABILITIES.get(giver.role, frozenset()) if has(giver, MANAGE_BANK) else frozenset()
    if has(giver, RUN_INSTALLATION):
        return role == Role.OPERATOR
    return bool(own) and (role == Role.CUSTOMER or CAPABILITIES.get(role, frozenset({""})) <= own)


def has_any(user: Any, *capabilities: str) -> bool:
    return any(has(user, capability) for capability in capabilities)


View = Callable[..., HttpResponseBase]


def requires(*capabilities: str) -> Callable[[View], View]:
    """Page decorator: any one of the capabilities, else 403. Sign-in is asked by the middleware."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not has_any(request.user, *capabilities):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inner

    return decorate


class SignedIn(BasePermission):
    """DRF's default: a person of this bank whose sign-in is open."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return bool(user and user.is_authenticated and user.is_active)


def requires_api(*capabilities: str) -> type[BasePermission]:
    """DRF permission class: signed in, and any one of the capabilities."""

    class Requires(SignedIn):
        def has_permission(self, request: Request, view: Any) -> bool:
            return super().has_permission(request, view) and has_any(request.user, *capabilities)

    return Requires
