"""What every answer carries: its id, its headers, and one line in the log."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.banks.tenancy import current_schema
from accounts.models import User

log = logging.getLogger("counterfoil.requests")

# Nothing in the product asks the device for any of these.
_DEVICE = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class AnswerMiddleware:
    """The outermost: static files, redirects and refusals of any layer leave through it as well.

    The log names the route, never the path or the query: both may hold what a person typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        start = time.perf_counter()
        response = self.get_response(request)
        for name, value in headers(request.is_secure()).items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        log.info("request", extra={"about": _about(request, response, start)})
        return response


def headers(secure: bool) -> dict[str, str]:
    """What Django's own middleware sets too late for files, and not at all where a host is refused."""
    found = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _DEVICE,
    }
    if secure and settings.SECURE_HSTS_SECONDS:
        found["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return found


def _about(request: HttpRequest, response: HttpResponse, start: float) -> dict[str, Any]:
    match = request.resolver_match
    return {
        "request_id": request.request_id,  # type: ignore[attr-defined]
        "bank": current_schema(),
        "user": _signed_in(request),
        "method": request.method if request.method in _METHODS else "OTHER",
        "route": match.route if match else "",
        "status": response.status_code,
        "ms": round((time.perf_counter() - start) * 1000, 1),
    }


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _signed_in(request: HttpRequest) -> int | None:
    """The id of the person, where the request already asked for it; the log asks nothing itself."""
    user = getattr(request, "_cached_user", None) or request.__dict__.get("user")
    return user.pk if type(user) is User else None


class NoStoreMiddleware:
    """Personal pages stay out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
