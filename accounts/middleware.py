"""What every request of a signed-in person goes through."""

import logging
import uuid
from collections.abc import Callable
from typing import Any

import redis
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.errors import SecondFactorRequired, error_body

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]


class NoStoreMiddleware:
    """Personal pages stay out of every cache; each request has an id that errors and logs name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Request-Id", request.request_id)  # type: ignore[attr-defined]
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
