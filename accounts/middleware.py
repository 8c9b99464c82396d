"""What every request and every answer goes through: id, headers, log, idle time, second factor."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.banks.tenancy import current_schema
from accounts.errors import SecondFactorRequired, error_body
from accounts.models import User

View = Callable[..., HttpResponseBase]

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


class IdleMiddleware:
    """A request by the person keeps the sign-in alive; a page that asks by itself does not."""

    by_itself = {"jobs:progress"}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session: Any = request.session
        match = request.resolver_match
        asked = match is not None and match.view_name not in self.by_itself
        # A changed session is saved anyway, with its new end.
        if asked and session.accessed and not session.modified:
            session.touch()
        return response


class CountersAwayMiddleware:
    """Where tries can't be counted nobody is let in: 503, and never a guess uncounted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, redis.RedisError):
            return None
        log.error("redis is away: %s", type(error).__name__)
        message = _("This isn’t possible just now. Try again in a minute.")
        response: HttpResponse
        if request.path.startswith("/api/"):
            body = error_body(
                status=503, code="unavailable", message=message,
                request_id=getattr(request, "request_id", ""),
            )  # fmt: skip
            response = JsonResponse(body, status=503)
        else:
            response = render(request, "503.html", status=503)
        response["Retry-After"] = "60"
        return response


class SecondFactorMiddleware:
    """Staff without a second factor are led to set one up, wherever they go; the API says so in its words."""

    open_names = {
        "account_login", "account_logout", "account_inactive", "account_reauthenticate", "brand_css",
        "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_authenticate", "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
        "security_txt", "change_password", "api:login", "api:login_mfa", "api:logout",
        "api:login_passkey", "api:login_passkey_options",
    }  # fmt: skip

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.view_name in self.open_names:
            return None
        user = request.user
        if not user.is_authenticated or not second_factor.is_missing(user, request.session):
            return None
        if request.path.startswith("/api/"):
            needed = SecondFactorRequired
            body = error_body(
                status=needed.status_code, code=needed.default_code, message=str(needed.default_detail),
                request_id=getattr(request, "request_id", ""),
            )  # fmt: skip
            return JsonResponse(body, status=needed.status_code)
        return redirect("mfa_index")
