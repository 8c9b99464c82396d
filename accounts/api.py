"""Sign-in and the person signed in, for programs. allauth decides; this only gives its answers our shape."""

import json
from typing import Any
from uuid import UUID

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless import app_settings as headless
from allauth.headless.account.inputs import LoginInput
from allauth.headless.account.views import LoginView
from allauth.headless.internal.restkit.inputs import CharField
from allauth.headless.mfa.views import AuthenticateView
from allauth.headless.tokens.strategies.jwt.internal import session_key_from_sid
from django.conf import settings
from django.contrib.auth import logout as end_session
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import second_factor, sessions, tokens
from accounts.audit.sign_ins import note
from accounts.bodies import BodySerializer
from accounts.customers import queries
from accounts.customers.models import Customer
from accounts.customers.scope import CustomerNeeded, PurposeNeeded, customer_in_scope
from accounts.errors import CustomerRequired, PurposeRequired, SecondFactorRequired, error_body
from accounts.idempotency.views import BankAPIView
from accounts.passwords import LONGEST
from accounts.permissions import CAPABILITIES
from accounts.schema import operation

TAG = "People"


def scoped_customer(request: Request, named: str | UUID | None, *, what: str) -> Customer:
    """The customer this call may read (accounts/customers/scope.py), refusals as the API says them."""
    try:
        return customer_in_scope(request.user, named, what=f"API: {what}")  # type: ignore[arg-type]
    except CustomerNeeded:
        raise CustomerRequired from None
    except PurposeNeeded:
        raise PurposeRequired from None


class LoginSerializer(BodySerializer):
    email = serializers.CharField(
        max_length=254, help_text="E-mail (in a demo, a name to sign in with)."
    )
    password = serializers.CharField(max_length=LONGEST, trim_whitespace=False)


class LoginMfaSerializer(BodySerializer):
    login_token = serializers.CharField(max_length=64, help_text="From the answer of `login`.")
    code = serializers.CharField(
        max_length=32, help_text="Of the authenticator app, or one of the recovery codes."
    )


class TokensSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token is valid.")


class RefreshSerializer(BodySerializer):
    refresh_token = serializers.CharField(help_text="The one of the last answer.")


class MeSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.CharField()
    bank = serializers.CharField()
    currency = serializers.CharField()
    business_day = serializers.DateField()
    capabilities = serializers.ListField(child=serializers.CharField())
    customer_id = serializers.UUIDField(allow_null=True)


TOKENS = {
    "access_token": "eyJhbGciOi…",
    "refresh_token": "eyJhbGciOi…",
    "token_type": "Bearer",
    "expires_in": 1800,
}


class Login(BankAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation(
        "Sign in",
        tag=TAG,
        description="Gives an access token for `Authorization: Bearer …` and a refresh token, both good at "
        "this bank alone. Where a second factor is on: 401 with code `mfa_required`, a `login_token` and the "
        "person's `factors`: a code goes to `login/mfa` (`totp`, `recovery_codes`), a passkey to "
        "`login/passkey` (`webauthn`), which also signs in alone. Staff who have none yet: 403 "
        "`second_factor_required`; they set it up on the pages. A sign-in ends by age (customers 24 hours, "
        "staff 12) and unused (1 hour, 15 minutes), tokens with it.",
        request=LoginSerializer,
        request_example={"email": "john.doe@example.com", "password": "…"},
        answer=TokensSerializer,
        example=TOKENS,
        errors=(400, 401, 403, 429),
        public=True,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        form = LoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        name = form.validated_data["email"].strip()
        body = {
            "email" if _looks_like_email(name) else "username": name,
            "password": form.validated_data["password"],
        }
        return answer_of(request, ask_allauth(request._request, PasswordStep, body))


class WholePasswordInput(LoginInput):  # type: ignore[misc]
    """allauth's own would take spaces off both ends of a password."""

    password = CharField(strip=False)


class PasswordStep(LoginView):  # type: ignore[misc]
    input_class = WholePasswordInput


class LoginMfa(BankAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation(
        "Sign in, second step",
        tag=TAG,
        description="The code of the second factor, after `login` answered `mfa_required`. Ten wrong codes "
        "within half an hour make the person wait; a `login_token` is good for 15 minutes.",
        request=LoginMfaSerializer,
        request_example={"login_token": "…", "code": "123456"},
        answer=TokensSerializer,
        example=TOKENS,
        errors=(400, 401, 429),
        public=True,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        form = LoginMfaSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token = session_key(form.validated_data["login_token"])
        body = {"code": form.validated_data["code"]}
        return answer_of(
            request, ask_allauth(request._request, AuthenticateView, body, session=token)
        )


class Refresh(BankAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation(
        "Renew the tokens",
        tag=TAG,
        description="Each refresh token is good once: the answer carries the next one.",
        request=RefreshSerializer,
        request_example={"refresh_token": "eyJhbGciOi…"},
        answer=TokensSerializer,
        example=TOKENS,
        errors=(400, 401),
        public=True,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token = form.validated_data["refresh_token"]
        renewed = headless.TOKEN_STRATEGY.refresh_token(token) if token.isascii() else None
        if renewed is None:
            return _refused(
                request,
                401,
                "token_not_valid",
                _("The token isn't valid or has ended. Sign in again."),
            )
        found = tokens.read_access_token(renewed[0])
        if found is not None:
            note("token.renewed", user=found[0], request=request._request)
        return Response(_tokens(*renewed))


class Logout(BankAPIView):
    ends_sign_in = True

    @operation(
        "Sign out",
        tag=TAG,
        description="Ends the session that the token belongs to; its access and refresh tokens stop working.",
        errors=(401,),
        status=204,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        claims = request.auth
        if isinstance(claims, dict):
            sessions.end_key(session_key_from_sid(claims["sid"]) or "")
            note("sign_in.ended", user=request.user, request=request._request)
        else:
            end_session(request._request)
        return Response(status=204)


class Me(BankAPIView):
    @operation(
        "Who is signed in",
        tag=TAG,
        answer=MeSerializer,
        example={
            "email": "john.doe@example.com", "name": "John Doe", "role": "customer", "bank": "North",
            "currency": "EUR", "business_day": "2026-06-15", "capabilities": ["own_data"],
            "customer_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11",
        },
        errors=(401,),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        user, profile = request.user, queries.bank_profile()
        customer = queries.own_customer(user)  # type: ignore[arg-type]
        return Response(
            {
                "email": user.email,  # type: ignore[union-attr]
                "name": customer.full_name if customer else "",
                "role": user.role,  # type: ignore[union-attr]
                "bank": profile.name,
                "currency": profile.currency,
                "business_day": queries.business_day(),
                "capabilities": sorted(CAPABILITIES.get(user.role, ())),  # type: ignore[union-attr]
                "customer_id": customer.public_id if customer else None,
            }
        )


class Nothing(BankAPIView):
    """Any other address: refused as every refusal is, so that programs never meet a page."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound


def _tokens(access: str, refresh: str) -> dict[str, Any]:
    return {
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "Bearer",
        "expires_in": settings.JWT_LIFETIME_MINUTES * 60,
    }


def _looks_like_email(name: str) -> bool:
    return "@" in name


def session_key(login_token: str) -> str:
    """The session that a sign-in half done goes on in; a word that no session has for an odd one."""
    return login_token if login_token.isascii() and login_token.isalnum() else "none"


def ask_allauth(
    request: HttpRequest,
    view: Any,
    body: dict[str, Any],
    *,
    session: str = "",
    method: str = "POST",
) -> HttpResponseBase:
    """allauth's own step of signing in (rate limits, e-mail check, second factor) with this body."""
    # A token sent along would make allauth answer "already signed in".
    for name in ("HTTP_AUTHORIZATION", "HTTP_X_SESSION_TOKEN"):
        request.META.pop(name, None)
    if session:
        request.META["HTTP_X_SESSION_TOKEN"] = session
    request.__dict__.pop("headers", None)
    request._body = json.dumps(body).encode()  # type: ignore[attr-defined]
    asked, request.method = request.method, method
    try:
        answer: HttpResponseBase = view.as_api_view(client="app")(request)
    except ImmediateHttpResponse as immediate:
        answer = immediate.response
    finally:
        request.method = asked
    return answer


def said_by(answer: HttpResponseBase) -> dict[str, Any]:
    """allauth's JSON."""
    said: dict[str, Any] = json.loads(getattr(answer, "content", b"") or b"{}")
    return said


def answer_of(request: Request, answer: HttpResponseBase) -> Response:
    """What allauth said, in our shape."""
    said = said_by(answer)
    meta, codes = said.get("meta") or {}, {e.get("code") for e in said.get("errors") or []}
    if answer.status_code == 200 and "access_token" in meta:
        return _signed_in(meta)
    if answer.status_code == 429 or "too_many_login_attempts" in codes:
        return too_many(
            request, getattr(request._request, "sign_in_wait", settings.SIGN_IN_WINDOW_SECONDS)
        )
    if "sign_in_unavailable" in codes:
        away = _("Signing in isn't possible just now. Try again in a minute.")
        refused = _refused(request, 503, "sign_in_unavailable", away)
        refused["Retry-After"] = "60"
        return refused
    if "incorrect_code" in codes:
        wrong = _("The code isn't right, or it was used already. Take the next one.")
        if _asked_at(request, "login_passkey"):
            wrong = _("This passkey isn't known here, or it answered another question. Ask anew.")
            return _refused(request, 401, "passkey_not_accepted", wrong)
        return _refused(request, 401, "incorrect_code", wrong)
    flows = (said.get("data") or {}).get("flows", [])
    pending = {flow["id"]: flow for flow in flows if flow.get("is_pending")}
    if "mfa_authenticate" in pending:
        return _refused(
            request, 401, "mfa_required", _("Now give your second factor."),
            login_token=meta.get("session_token", ""),
            factors=sorted(map(str, pending["mfa_authenticate"].get("types", []))),
        )  # fmt: skip
    if "verify_email" in pending:
        return _refused(
            request, 401, "email_not_verified",
            _("Confirm your e-mail address first: sign in on the pages."),
        )  # fmt: skip
    if _asked_at(request, "login_mfa", "login_passkey", "login_passkey_options"):
        again = _("This sign-in isn't waiting for a second step any more. Start again.")
        return _refused(request, 401, "login_token_not_valid", again)
    return _refused(request, 401, "invalid_credentials", _("The e-mail or the password is wrong."))


def too_many(request: Request, wait: int) -> Response:
    """429; `wait` in seconds."""
    refused = _refused(
        request, 429, "too_many_attempts", _("Too many attempts. Try again in a few minutes.")
    )
    refused["Retry-After"] = str(wait)
    return refused


def _asked_at(request: Request, *names: str) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in names


def _signed_in(meta: dict[str, Any]) -> Response:
    """The tokens; staff without a second factor get none, and the session they would belong to ends."""
    found = tokens.read_access_token(meta["access_token"])
    if found is not None and second_factor.is_missing(found[0], found[2]):
        sessions.end_key(found[2].session_key or "")
        raise SecondFactorRequired
    return Response(_tokens(meta["access_token"], meta["refresh_token"]))


def _refused(request: Request, status: int, code: str, message: str, **more: Any) -> Response:
    request_id = getattr(request, "request_id", "")
    body = error_body(status=status, code=code, message=message, request_id=request_id)
    response = Response(body | more, status=status)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
