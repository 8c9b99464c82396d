"""Whose acts a request's are, and one transaction for the sign-in pages' acts and their entries."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from accounts.audit import actors

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Views that write without a transaction of their own; each writes its entry inside this one.
_WRAPPED = ("allauth.", "accounts.api", "accounts.views")


class AuditMiddleware:
    """The last one, so that what the others do before and after a view stays out of the transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with actors.acting(request):
            if not _is_wrapped(request):
                return self.get_response(request)
            with transaction.atomic():
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Whatever answer becomes of an exception, what the view had written by then is taken back."""
        if _is_wrapped(request):
            transaction.set_rollback(True)


def _is_wrapped(request: HttpRequest) -> bool:
    if request.method in _SAFE:
        return False
    try:
        match = resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return False
    return match.func.__module__.startswith(_WRAPPED)
