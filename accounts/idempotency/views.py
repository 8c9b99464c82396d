"""The base of every view of the API: what DRF gives, and each effect once per `Idempotency-Key`."""

import hashlib
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.idempotency import services
from accounts.idempotency.services import Answer, InFlight, OtherRequest
from accounts.parsing import BodyTooLong

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class KeyInFlight(APIException):
    status_code = 409
    default_code = "idempotency_in_flight"
    default_detail = "A request with this key is being worked on. Ask again in a moment."


class KeyReused(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This key was used for another request. Take a new one."


class BankAPIView(APIView):
    """A repeated unsafe request with the same key gets the first answer again, and changes nothing."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As DRF's own, with the handler behind the key."""
        self.args, self.kwargs = args, kwargs
        asked = self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(asked, *args, **kwargs)
            name = (asked.method or "").lower()
            handler = getattr(self, name, None) if name in self.http_method_names else None
            handler = handler or self.http_method_not_allowed
            key = request.headers.get(KEY)
            if key is None or asked.method in SAFE or not asked.user.is_authenticated:
                answer = handler(asked, *args, **kwargs)
            else:
                answer = self._once(_checked(key), handler)
        except Exception as error:
            answer = self.handle_exception(error)
        self.response = self.finalize_response(asked, answer, *args, **kwargs)
        return self.response

    def _once(self, key: str, handler: Any) -> HttpResponseBase:
        asked = self.request
        match = asked.resolver_match
        assert match is not None

        def work() -> Answer:
            made = self.finalize_response(
                asked, handler(asked, *self.args, **self.kwargs), *self.args, **self.kwargs
            )
            if hasattr(made, "render"):
                made.render()
            headers = {n: made.headers[n] for n in _KEPT_HEADERS if n in made.headers}
            return Answer(made.status_code, headers, made.content)

        try:
            answer, replayed = services.once(
                user=asked.user,  # type: ignore[arg-type]
                operation=f"{asked.method} {match.route}"[:200],
                key=key,
                request_hash=request_hash(asked),
                work=work,
            )
        except InFlight:
            raise KeyInFlight from None
        except OtherRequest:
            raise KeyReused from None
        response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
        if replayed:
            response.headers[REPLAYED] = "true"
        return response


def _checked(key: str) -> str:
    if not 1 <= len(key) <= services.MAX_KEY or not key.isascii() or not key.isprintable():
        raise ValidationError(
            {KEY: [_("A key is 1 to 255 printable ASCII characters, such as a UUID.")]}
        )
    return key


def request_hash(request: Request) -> str:
    """SHA-256 over what the request asks: address, media type, conditions, fields and files."""
    raw = request._request
    digest = hashlib.sha256()
    condition = raw.headers.get("If-Match", "")
    for part in (raw.get_full_path(), raw.content_type or "", condition):
        digest.update(part.encode() + b"\0")
    if raw.content_type == "multipart/form-data":
        # Files are spooled to disk by the parser, not held in memory as `body` would.
        for name, fields in sorted(cast(QueryDict, request.data).lists()):
            digest.update(repr((name, [f for f in fields if isinstance(f, str)])).encode())
        for name, file in sorted(request.FILES.items()):
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    else:
        try:
            digest.update(raw.body)
        except RequestDataTooBig:
            raise BodyTooLong from None
    return digest.hexdigest()
