"""Signing in over the API with a passkey: alone, or as the second step after a password.

Two requests, as on the pages: the question that the key signs, then its answer. allauth asks and checks; what
a program sends is read with the same care as what a browser does (accounts/forms.py).
"""

from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.core.internal import ratelimit
from allauth.headless import app_settings as headless
from allauth.headless.mfa.inputs import AuthenticateWebAuthnInput, LoginWebAuthnInput
from allauth.headless.mfa.views import AuthenticateWebAuthnView, LoginWebAuthnView
from django.db import transaction
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import api
from accounts.bodies import BodySerializer
from accounts.forms import Credential
from accounts.idempotency.views import BankAPIView
from accounts.schema import operation

_CREDENTIAL = {
    "id": "pW5j…",
    "rawId": "pW5j…",
    "type": "public-key",
    "response": {
        "clientDataJSON": "eyJ0…",
        "authenticatorData": "SZYN…",
        "signature": "MEUC…",
        "userHandle": "MQ",
    },
}


class SecondStepInput(Credential, AuthenticateWebAuthnInput):  # type: ignore[misc]
    pass


class AloneInput(Credential, LoginWebAuthnInput):  # type: ignore[misc]
    pass


class SecondStep(AuthenticateWebAuthnView):  # type: ignore[misc]
    input_class = {"POST": SecondStepInput}


class Alone(LoginWebAuthnView):  # type: ignore[misc]
    input_class = {"POST": AloneInput}


class PasskeyOptionsSerializer(BodySerializer):
    login_token = serializers.CharField(
        max_length=64,
        required=False,
        help_text="From `login`, for the second step; without it the passkey signs in alone.",
    )


class PasskeyQuestionSerializer(serializers.Serializer[Any]):
    login_token = serializers.CharField(help_text="For `login/passkey`; good for 15 minutes.")
    request_options = serializers.DictField(
        help_text="For `navigator.credentials.get`, its bytes as base64url (WebAuthn Level 3, "
        "`parseRequestOptionsFromJSON`)."
    )


class LoginPasskeySerializer(BodySerializer):
    login_token = serializers.CharField(
        max_length=64, help_text="From the answer of `login/passkey/options`."
    )
    credential = serializers.DictField(help_text="What the key answered (`credential.toJSON()`).")


class LoginPasskeyOptions(BankAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation(
        "Sign in with a passkey: the question",
        tag=api.TAG,
        description="What the passkey is to sign. With the `login_token` of `login` it is the second step of "
        "that sign-in; without one the passkey signs in alone, no password asked. The key answers for the "
        "bank's own host name only.",
        request=PasskeyOptionsSerializer,
        request_example={"login_token": "…"},
        answer=PasskeyQuestionSerializer,
        example={
            "login_token": "…",
            "request_options": {
                "publicKey": {
                    "challenge": "wX1c…",
                    "rpId": "north.example",
                    "allowCredentials": [],
                    "userVerification": "required",
                }
            },
        },
        errors=(400, 401, 429),
        public=True,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        form = PasskeyOptionsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data.get("login_token", "")
        token = api.session_key(given) if given else ""
        view = SecondStep if given else Alone
        # Each question is a row in the table of sessions, and anybody may ask.
        if not given and not ratelimit.consume(
            request._request, app="allauth.mfa", action="webauthn_question"
        ):
            return api.too_many(request, 60)
        answer = api.ask_allauth(request._request, view, {}, session=token, method="GET")
        said = api.said_by(answer)
        if answer.status_code != 200:
            return api.answer_of(request, answer)
        return Response(
            {
                "login_token": (said.get("meta") or {}).get("session_token") or token,
                "request_options": said["data"]["request_options"],
            }
        )


class LoginPasskey(BankAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation(
        "Sign in with a passkey: its answer",
        tag=api.TAG,
        description="The signed question of `login/passkey/options`. A question is good once. As a second "
        "step ten wrong answers within half an hour make the person wait; alone, 60 a minute from one address.",
        request=LoginPasskeySerializer,
        request_example={"login_token": "…", "credential": _CREDENTIAL},
        answer=api.TokensSerializer,
        example=api.TOKENS,
        errors=(400, 401, 403, 429),
        public=True,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        form = LoginPasskeySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token = api.session_key(form.validated_data["login_token"])
        session = headless.TOKEN_STRATEGY.lookup_session(token)
        view = SecondStep if session is not None and LOGIN_SESSION_KEY in session else Alone
        body = {"credential": form.validated_data["credential"]}
        return api.answer_of(request, api.ask_allauth(request._request, view, body, session=token))
