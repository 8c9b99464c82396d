"""JSON out, fast: orjson, with amounts as strings."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return (
            b""
            if data is None
            else orjson.dumps(data, default=plain, option=orjson.OPT_NON_STR_KEYS)
        )


def plain(value: Any) -> str:
    """Decimals become strings, never floats."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (UUID, Promise)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
