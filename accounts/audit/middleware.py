"""Whose acts a request's are, and one transaction for the sign-in pages' acts and their entries."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.audit import actors

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Views that write without a transaction of their own; each writes its entry inside this one.
_WRAPPED = ("allauth.", "accounts.api")


class AuditMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with actors.acting(request):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if request.method in _SAFE or not view.__module__.startswith(_WRAPPED):
            return None
        with transaction.atomic():
            return view(request, *args, **kwargs)
