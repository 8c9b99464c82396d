"""Another app's addresses, whose unsafe requests become one transaction each: act and entry together."""

from collections.abc import Callable, Iterable
from functools import wraps
from importlib import import_module
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
View = Callable[..., HttpResponseBase]


def recorded(urlconf: str) -> list[URLPattern | URLResolver]:
    """The patterns of `urlconf`, for `include()`. Safe to ask for twice.

    Only the view is inside the transaction: an exception takes back what it wrote, and then becomes the
    answer that middleware makes of it.
    """
    patterns: list[URLPattern | URLResolver] = import_module(urlconf).urlpatterns
    _wrap(patterns)
    return patterns


def _wrap(patterns: Iterable[URLPattern | URLResolver]) -> None:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _wrap(pattern.url_patterns)
        elif not hasattr(pattern.callback, "is_recorded"):
            pattern.callback = _one_transaction(pattern.callback)


def _one_transaction(view: View) -> View:
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in _SAFE:
            return view(request, *args, **kwargs)
        with transaction.atomic():
            return view(request, *args, **kwargs)

    inner.is_recorded = True  # type: ignore[attr-defined]
    return inner
