"""JSON in: strict, small, and without text that no database can hold."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

LIMIT = 2_500_000
_DEEPEST = 50


class BodyTooLong(APIException):
    status_code = 413
    default_code = "too_long"
    default_detail = gettext_lazy("The request is too long: at most 2.5 MB. Nothing was changed.")


class CleanJSONParser(BaseParser):
    """Refuses what isn't JSON (NaN and lone surrogates too), NUL characters, deep nests, long bodies."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(LIMIT + 1)
        if len(body) > LIMIT:
            raise BodyTooLong
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            if "limit" in str(error):  # orjson reads 1,024 levels and says so
                raise _too_deep() from None
            raise ParseError(_("The body isn't valid JSON in UTF-8."), code="not_json") from None
        if not _storable(data, 0):
            raise ParseError(
                _("A field holds a character that can't be stored. Remove it and try again."),
                code="unstorable_text",
            )
        return data


def _too_deep() -> ParseError:
    words = _("The body is nested too deeply: at most %(n)d levels of lists and objects.")
    return ParseError(words % {"n": _DEEPEST}, code="too_deep")


def _storable(data: Any, depth: int) -> bool:
    if depth > _DEEPEST:
        raise _too_deep()
    if isinstance(data, str):
        return "\x00" not in data
    if isinstance(data, dict):
        return all("\x00" not in k and _storable(v, depth + 1) for k, v in data.items())
    if isinstance(data, list):
        return all(_storable(v, depth + 1) for v in data)
    return True
