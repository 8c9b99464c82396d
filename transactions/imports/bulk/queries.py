"""What a plan for many customers says of them: by reference, counted, never by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Min, QuerySet

from accounts.customers.models import Customer
from transactions.imports.bulk.finder import CUSTOMER_CODES
from transactions.imports.bulk.services import missing_accounts
from transactions.models import ImportBatch, ImportIssue

SHOWN = 50
LINES_SHOWN = 1_000

# Counts on the issues' batch index.
_UNKNOWN = f"""
select value, reason, count(*), (array_agg(line order by line))[1:{LINES_SHOWN}]
from transactions_importissue where batch_id = %s and code = any(%s) group by 1, 2 order by 3 desc, 1
"""


@dataclass(frozen=True, slots=True)
class CustomerRows:
    reference: str
    rows: int


@dataclass(frozen=True, slots=True)
class People:
    """Whose the rows are. `shown` are those named by reference with most rows; those that the file names by
    full name are counted only, so that no name leads to a reference."""

    shown: Sequence[CustomerRows]
    customers: int
    rows: int
    by_name: int
    by_name_rows: int

    @property
    def more(self) -> int:
        return self.customers - self.by_name - len(self.shown)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A customer whom the bank doesn't know, as the file says it."""

    value: str
    reason: str
    rows: int
    first_line: int


@dataclass(frozen=True, slots=True)
class UnknownPeople:
    shown: Sequence[Unknown]
    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class MissingAccounts:
    accounts: int
    customers: int
    rows: int


def people_of(batch: ImportBatch) -> People:
    said = batch.choices.get("bulk", {})
    counted: list[tuple[int, int]] = [(pk, n) for pk, n in said.get("customers", [])]
    by_name, by_name_rows = said.get("by_name", [0, 0])
    references = Customer.objects.filter(pk__in=[pk for pk, _n in counted[:SHOWN]])
    known = dict(references.values_list("pk", "reference"))
    return People(
        shown=[CustomerRows(known[pk], n) for pk, n in counted[:SHOWN] if pk in known],
        customers=len(counted) + by_name,
        rows=sum(n for _pk, n in counted) + by_name_rows,
        by_name=by_name,
        by_name_rows=by_name_rows,
    )


def _nobodies(batch: ImportBatch) -> "QuerySet[ImportIssue]":
    return batch.issues.filter(verdict="rejected", code__in=CUSTOMER_CODES)


def unknown_people(batch: ImportBatch) -> UnknownPeople:
    """Each unknown customer once, those with most rows first."""
    grouped = (
        _nobodies(batch)
        .order_by()
        .values("value", "reason")
        .annotate(rows=Count("id"), first=Min("line"))
    )
    return UnknownPeople(
        shown=[
            Unknown(one["value"], one["reason"], one["rows"], one["first"])
            for one in grouped.order_by("-rows", "value")[:SHOWN]
        ],
        total=grouped.count(),
        rows=_nobodies(batch).count(),
    )


def unknown_with_lines(batch: ImportBatch) -> Iterator[tuple[str, str, int, list[int]]]:
    """Each unknown customer once: as the file says it, why, rows, the lines (the first thousand)."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [batch.pk, list(CUSTOMER_CODES)])
        yield from cursor


def missing_of(batch: ImportBatch) -> MissingAccounts:
    missing = missing_accounts(batch)
    return MissingAccounts(
        accounts=len(missing),
        customers=len({entry[0] for entry in missing}),
        rows=sum(entry[3] for entry in missing),
    )
