"""This product's own exports: the list of transactions as a file, and the admin's.

Texts come back as they were before they were made harmless for spreadsheets. Categories are decided anew: a
person's choice is theirs, not the file's.
"""

from collections.abc import Iterator
from typing import BinaryIO

from transactions.adapters.base import Layout, Line, Row
from transactions.adapters.named import NamedFormat, Shape
from transactions.adapters.reading import read_rows
from transactions.csv_cells import as_it_was

_SIGNED = "in these files a minus is money out"

_LIST = Shape(
    label="Counterfoil, list of transactions",
    required={
        "date": "booked_on", "value date": "value_on", "amount": "amount", "currency": "currency",
        "text": "", "counterparty": "counterparty", "reference": "reference", "category": "",
        "subcategory": "", "category from": "", "status": "status", "account": "account",
        "text as received": "text", "id": "",
    },
    # What a person put to a line is theirs, and what it counts as in another currency is computed anew.
    optional=dict.fromkeys(
        ("tags", "note", "part of", "counts as", "counts as currency", "rate", "rate day", "rate source"), ""
    ),
    convention=_SIGNED,
)  # fmt: skip
_ADMIN = Shape(
    label="Counterfoil, admin export",
    required={
        "id": "", "account": "account", "booked on": "booked_on", "value on": "value_on",
        "amount": "amount", "currency": "currency", "text": "", "as received": "text",
        "counterparty": "counterparty", "reference": "reference", "category": "", "status": "status",
    },
    convention=_SIGNED,
)  # fmt: skip


class OwnExport(NamedFormat):
    name = "COUNTERFOIL"
    label = "Counterfoil"
    shapes = (_LIST, _ADMIN)
    reads_plainly = False

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        for row in read_rows(stream, layout):
            if isinstance(row, Line):
                yield row._replace(
                    text=as_it_was(row.text),
                    counterparty=as_it_was(row.counterparty),
                    reference=as_it_was(row.reference),
                )
            else:
                yield row
