"""What a request's body may hold: its own fields, and nothing that would be passed over in silence."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

_SHOWN, _NAMED = 40, 20


# No docstring: the API's reference would say it of every body.
class BodySerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        given = data if isinstance(data, Mapping) else ()  # what is no object the parent refuses
        unknown = [str(n)[:_SHOWN] for n in given if n not in self.fields]
        faults: dict[str, Any] = {n: [_("There is no such field here.")] for n in unknown[:_NAMED]}
        try:
            found = super().to_internal_value(data)
        except ValidationError as error:
            if not faults or not isinstance(error.detail, dict):
                raise
            raise ValidationError({**error.detail, **faults}) from None
        if faults:
            raise ValidationError(faults)
        return found
