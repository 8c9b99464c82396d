"""The one shape of an API error: {type, code, message, display_message, request_id, fields}."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response


class PurposeRequired(APIException):
    status_code = 403
    default_code = "purpose_required"
    default_detail = "Open this customer with a purpose first."


class CustomerRequired(APIException):
    status_code = 400
    default_code = "customer_required"
    default_detail = "Name the customer whose data you want: customer_id."


class SecondFactorRequired(APIException):
    status_code = 403
    default_code = "second_factor_required"
    default_detail = "Set a second factor up first: sign in on the pages."


_TYPES = {400: "validation_error", 401: "authentication_error", 403: "permission_error",
          404: "not_found", 405: "method_error", 409: "conflict", 412: "conflict", 413: "validation_error",
          422: "validation_error", 428: "validation_error", 429: "rate_limit"}  # fmt: skip


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal of the API in one shape; what isn't an API error stays a server error."""
    # rest_framework.views imports accounts/authentication.py, which imports this module.
    from rest_framework.views import exception_handler

    response = exception_handler(error, context)
    if response is None:
        return None
    request = context.get("request")
    response.data = error_body(
        status=response.status_code,
        code=_code(error),
        message=_message(error),
        fields=_fields(error),
        request_id=getattr(request, "request_id", ""),
    )
    return response


def error_body(
    *,
    status: int,
    code: str,
    message: str,
    fields: dict[str, list[str]] | None = None,
    request_id: str = "",
) -> dict[str, Any]:
    """`message` is for developers, `display_message` may be shown to people; here they agree."""
    return {
        "type": _TYPES.get(status, "api_error"),
        "code": code,
        "message": message,
        "display_message": message,
        "request_id": request_id,
        "fields": fields or {},
    }


def _code(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "invalid"
    codes = getattr(error, "get_codes", lambda: None)()
    if isinstance(codes, str):
        return codes
    if isinstance(error, Http404):
        return "not_found"
    return "permission_denied" if isinstance(error, PermissionDenied) else "error"


def _message(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fields = _fields(error)
        name, first = next(iter(fields.items()), ("", ["The request isn't valid."]))
        return first[0] if name in ("", "non_field_errors") else f"{name}: {first[0]}"
    detail = getattr(error, "detail", None)
    if detail is not None:
        return str(detail)
    if isinstance(error, Http404):
        return str(getattr(error, "sentence", "There is nothing here."))
    return "This is not yours to do."


def _fields(error: Exception) -> dict[str, list[str]]:
    if not isinstance(error, ValidationError):
        return {}
    detail = error.detail
    if isinstance(detail, dict):
        return {
            str(name): [str(x) for x in (value if isinstance(value, list) else [value])]
            for name, value in detail.items()
        }
    return {"non_field_errors": [str(x) for x in detail]}
