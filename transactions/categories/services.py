"""Reference categories of a bank, loaded from code; safe to run again."""

from typing import Any

from transactions.categories.plaid import PLAID_DETAILED, PLAID_PRIMARY
from transactions.categories.tree import CATEGORIES
from transactions.models import Category


def load_reference(sender: Any = None, **kwargs: Any) -> None:
    """Makes the bank's category tree, or brings new codes in; names that a bank changed are kept."""
    plaid = {code: name for name, code in [*PLAID_DETAILED.items(), *PLAID_PRIMARY.items()]}
    known = {c.code: c for c in Category.objects.filter(customer=None)}
    for level in (False, True):
        new = [
            Category(
                code=entry.code,
                name=entry.name,
                kind=entry.kind,
                parent=known[entry.parent] if entry.parent else None,
                pfc=plaid.get(entry.code, ""),
                position=position,
            )
            for position, entry in enumerate(CATEGORIES)
            if (entry.parent is not None) == level and entry.code not in known
        ]
        known |= {c.code: c for c in Category.objects.bulk_create(new)}
