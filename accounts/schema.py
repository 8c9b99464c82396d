"""How an operation of the API is described: summary, answer, examples and refusals, in one decorator."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from accounts.errors import error_body

F = TypeVar("F", bound=Callable[..., Any])


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of a refusal. `message` is for developers, `display_message` may be shown to people."""

    type = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    display_message = serializers.CharField()
    request_id = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))  # type: ignore[assignment]


_ERRORS: dict[int, tuple[str, str, str, dict[str, list[str]]]] = {
    400: ("Something in the request can't be read.", "invalid",
          "end_date: The last day lies before the first.",
          {"end_date": ["The last day lies before the first."]}),
    401: ("Nobody is signed in, or the token has ended.", "authentication_failed",
          "The token isn't valid or has ended. Sign in again.", {}),
    403: ("Not yours to do, or the customer isn't open to you.", "purpose_required",
          "Open this customer with a purpose first.", {}),
    404: ("There is nothing here that you may see.", "not_found", "There is nothing here.", {}),
    409: ("Something else is at work on it.", "conflict",
          "Something else is at work on it. Ask again in a moment.", {}),
    412: ("It was changed since it was read.", "version_conflict",
          "This was changed meanwhile. Read it again before you change it.", {}),
    422: ("The idempotency key was used for another request.", "idempotency_key_reused",
          "This key was used for another request. Take a new one.", {}),
    428: ("The version that was read must be named.", "version_required",
          "Say which version you saw: If-Match with the ETag of your last read.", {}),
    429: ("Too many attempts.", "too_many_attempts", "Too many attempts. Try again in a few minutes.", {}),
}  # fmt: skip
CUSTOMER_ERRORS = (400, 401, 403, 404)


def operation(
    summary: str,
    *,
    tag: str,
    answer: Any = None,
    example: Any = None,
    description: str = "",
    parameters: Sequence[OpenApiParameter] = (),
    request: Any = None,
    request_example: Any = None,
    errors: Sequence[int] = CUSTOMER_ERRORS,
    status: int = 200,
    public: bool = False,
    operation_id: str | None = None,
    also: Mapping[int, OpenApiResponse] | None = None,
) -> Callable[[F], F]:
    """Describes one operation: `answer` (serializer) with its `example`, and the refusals it knows.

    Parameters: `also` has other good answers by their status.
    """
    responses: dict[int, Any] = {
        status: OpenApiResponse(
            answer,
            description="Done." if answer is None else summary,
            examples=[OpenApiExample("Answer", value=example)] if example is not None else [],
        )
    }
    responses |= also or {}
    for code in errors:
        about, name, message, fields = _ERRORS[code]
        body = error_body(
            status=code, code=name, message=message, fields=fields, request_id="5f0c…"
        )
        responses[code] = OpenApiResponse(
            ErrorSerializer, description=about, examples=[OpenApiExample(name, value=body)]
        )
    examples = (
        [OpenApiExample("Request", value=request_example, request_only=True)]
        if request_example
        else []
    )
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description or summary,
        tags=[tag],
        parameters=list(parameters),
        request=request,
        responses=responses,
        examples=examples,
        auth=[] if public else None,
    )


def query(name: str, about: str, example: str, kind: type = str, **more: Any) -> OpenApiParameter:
    """A parameter of the query string."""
    return OpenApiParameter(
        name, kind, OpenApiParameter.QUERY, description=about,
        examples=[OpenApiExample(example, value=example)], **more,
    )  # fmt: skip


def header(name: str, about: str, example: str, *, required: bool = False) -> OpenApiParameter:
    """A header of the request."""
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, description=about, required=required,
        examples=[OpenApiExample(example, value=example)],
    )  # fmt: skip


def in_path(name: str, about: str, example: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.PATH, description=about,
        examples=[OpenApiExample(example, value=example)],
    )  # fmt: skip
