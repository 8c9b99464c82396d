"""PostgreSQL's int8multirange: many ids as few ranges."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from psycopg.types.multirange import Int8Multirange
from psycopg.types.range import Int8Range

# Half-open: the first id and the one after the last.
Span = tuple[int, int]


class IdRangesField(models.Field[Any, Any]):
    """A list of half-open spans of ids, kept as an int8multirange (60–90 bytes for thousands of ids)."""

    def db_type(self, connection: Any) -> str:
        return "int8multirange"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> list[Span] | None:
        return None if value is None else spans_of(value)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Int8Multirange):
            return value
        return Int8Multirange(Int8Range(low, high) for low, high in value)

    def value_to_string(self, obj: models.Model) -> str:
        return spans_text(self.value_from_object(obj))


@IdRangesField.register_lookup
class Holds(models.Lookup[Any]):
    """`ids__holds=7`: the field's ranges hold this id."""

    lookup_name = "holds"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s::bigint", (int(value),)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @> {right}", (*left_params, *right_params)


def spans_of(value: Iterable[Any]) -> list[Span]:
    """What psycopg reads from the database, as spans."""
    return [(int(r.lower), int(r.upper)) for r in value]


def to_spans(ids: Iterable[int]) -> list[Span]:
    """Ascending ids as the fewest spans."""
    spans: list[Span] = []
    for number in ids:
        if spans and spans[-1][1] == number:
            spans[-1] = (spans[-1][0], number + 1)
        else:
            spans.append((number, number + 1))
    return spans


def spans_text(spans: Iterable[Span]) -> str:
    """As people read them, and as a seal's hash covers them: `1-5, 7`."""
    return ", ".join(str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in spans)
