"""What stands on a line whose category or name a rule or something learned had a say in.

`Transaction.decision` holds `{"rule": 7}` or `{"learned": 7}`, `"base"`: category, origin and confidence
that the line has without it, and `"named"`: the rule that gave its name. So what was taught can be taken
back without reading the file again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from transactions.models import Transaction

RULE, LEARNED = "rule", "learned"


class Base(NamedTuple):
    """The category a line has by its source, its words or similar texts alone; confidence in per cent."""

    category_id: int | None
    origin: str
    confidence: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules make of one line; `name` None leaves its text as it is cleaned."""

    category_id: int | None
    origin: str
    confidence: int
    decision: dict[str, Any] | None
    name: str | None = None

    def is_by(self, kind: str, pk: int) -> bool:
        """Whether this rule or learned merchant had a say."""
        return is_by(self.decision, kind, pk)


def is_by(decision: Mapping[str, Any] | None, kind: str, pk: int) -> bool:
    if not decision:
        return False
    return decision.get(kind) == pk or (kind == RULE and decision.get("named") == pk)


def base_of(
    decision: Mapping[str, Any] | None, category_id: int | None, origin: str, confidence: int
) -> Base | None:
    """What a line has without rules and learning; None for a person's choice that nothing stood before."""
    if decision and "base" in decision:
        return Base(*decision["base"])
    if origin in ("person", RULE, LEARNED):
        return Base(None, "none", 0) if origin != "person" else None
    return Base(category_id, origin, confidence)


def name_of(row: Transaction) -> str:
    """What a line is called."""
    return called(row.decision, row.counterparty, row.clean_text)


def called(decision: Mapping[str, Any] | None, counterparty: str, clean_text: str) -> str:
    """As a rule says, else by the other side's name, else by the cleaned text."""
    return clean_text if is_named(decision) else counterparty or clean_text


def is_named(decision: Mapping[str, Any] | None) -> bool:
    """Whether a rule gave the line its name, which stands as its cleaned text then."""
    return bool(decision and "named" in decision)
