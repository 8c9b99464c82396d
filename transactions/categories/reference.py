"""The bank's category tree, and the ways other vocabularies lead into it: one door to
`tree` (what the bank has), `plaid`, `mcc` and `source_words` (what others call it).
"""

from transactions.categories.mcc import map_mcc
from transactions.categories.plaid import PLAID_DETAILED, PLAID_PRIMARY, map_plaid
from transactions.categories.source_words import (
    SOURCE_WORDS,
    SourceMatch,
    map_source_category,
    source_match,
)
from transactions.categories.tree import (
    BY_CODE,
    CATEGORIES,
    CategoryEntry,
    Kind,
    counterpart,
    first_level,
    kind_of,
)

__all__ = [
    "BY_CODE",
    "CATEGORIES",
    "PLAID_DETAILED",
    "PLAID_PRIMARY",
    "SOURCE_WORDS",
    "CategoryEntry",
    "Kind",
    "SourceMatch",
    "counterpart",
    "first_level",
    "kind_of",
    "map_mcc",
    "map_plaid",
    "map_source_category",
    "source_match",
]
