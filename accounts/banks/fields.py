"""Field types that several tables share."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func


class UuidV7(Func):
    """PostgreSQL 18's uuidv7(): time-ordered, made by the database."""

    function = "uuidv7"
    template = "uuidv7()"
    output_field = models.UUIDField()


class PublicIdField(models.UUIDField[Any, Any]):
    """The id that stands in addresses, the API and files; the bigint key never leaves the house."""

    # Django reads database defaults back after an INSERT for fields that say so.
    db_returning = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("db_default", UuidV7())
        super().__init__(*args, **kwargs)


def money_field(**kwargs: Any) -> "models.DecimalField[Any, Any]":
    """NUMERIC(19,4): every amount of the product, signed from the owner's side."""
    return models.DecimalField(max_digits=19, decimal_places=4, **kwargs)
