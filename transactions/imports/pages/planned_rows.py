"""The rows of a plan as they would be written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from zlib import decompress

from django.utils.functional import Promise

from transactions.imports import reading, staging
from transactions.imports import verdict_codes as codes
from transactions.imports.pages.words import VERDICTS
from transactions.models import BankAccount, Category, ImportBatch, PlannedChunk

FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class RowPlanned:
    """One of the first rows as it would be written."""

    line: int
    day: date
    text: str
    category: str
    amount: Decimal
    currency: str
    verdict: str | Promise
    pending: bool


def planned_rows(batch: ImportBatch) -> Iterator[dict[str, Any]]:
    """The plan's rows as they would be written, chunk by chunk; none before there is a plan."""
    if not batch.counts.get("rows"):
        return
    chunks = PlannedChunk.objects.filter(batch=batch).order_by("no").values_list("data", flat=True)
    for data in chunks.iterator(chunk_size=4):
        # Only "\\n" ends a row: a text may hold other characters that break lines.
        for line in decompress(bytes(data)).decode().split("\n"):
            if line:
                yield staging.plain_row(line)


def first_rows(batch: ImportBatch) -> list[RowPlanned]:
    """The first rows as they would be, with their categories and verdicts."""
    found = list(islice(planned_rows(batch), FIRST_ROWS))
    if not found:
        return []
    verdicts = reading.verdicts_of(batch)
    names = dict(
        Category.objects.filter(pk__in={r["category_id"] for r in found}).values_list("pk", "name")
    )
    currencies = _currencies({r["account_id"] for r in found})
    return [
        RowPlanned(
            line=row["line"],
            day=row["booked_on"],
            text=row["clean_text"],
            category=names.get(row["category_id"], ""),
            amount=row["amount"],
            currency=currencies.get(row["account_id"], ""),
            verdict=VERDICTS[codes.NAMES[chr(verdicts[row["n"]])]],
            pending=row["status"] == "pending",
        )
        for row in found
    ]


def _currencies(accounts: Iterable[int]) -> dict[int, str]:
    return dict(BankAccount.objects.filter(pk__in=accounts).values_list("pk", "currency"))
