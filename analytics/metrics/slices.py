"""The registry's Slice, and how each door builds one.

The ledger's own lists are slices too, so the class stands below, in transactions.slices.
"""

from transactions.doors import API, PAGE, STAFF_PAGE, Door
from transactions.slice_parsing import BadSlice, read_slice
from transactions.slices import (
    EARLIEST,
    LATEST,
    AccountRef,
    CategoryRef,
    CustomerRef,
    Slice,
    currency_of,
    slice_of,
)

__all__ = [
    "API",
    "EARLIEST",
    "LATEST",
    "PAGE",
    "STAFF_PAGE",
    "AccountRef",
    "BadSlice",
    "CategoryRef",
    "CustomerRef",
    "Door",
    "Slice",
    "currency_of",
    "read_slice",
    "slice_of",
]
