"""Reads of the ledger's lines: what a slice takes, categories by their numbers, one list page by keyset."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.banks.tenancy import current_schema
from transactions import ids
from transactions.flows import Flow
from transactions.models import (
    AccountHolder,
    BankAccount,
    Category,
    Transaction,
    TransactionTag,
)
from transactions.models.ledger import TransactionQuerySet
from transactions.rates.conversion import Conversion
from transactions.rows import search
from transactions.rows.marks import with_marks
from transactions.slices import CategoryRef, Slice

MAX_SKIP = 10_000
MAX_LIMIT = 500
# Above this many accounts one ordered scan of each costs more than sorting what all of them hold.
_SCANS = 12


def lines(slice: Slice) -> TransactionQuerySet:
    """All rows of a slice that count as lines, of every currency and status.

    A customer's slice is bound to the accounts they hold, whatever accounts it names.
    """
    found: TransactionQuerySet = Transaction.objects.lines().filter(
        booked_on__gte=slice.start, booked_on__lt=slice.end
    )
    if slice.customer:
        held = AccountHolder.objects.filter(customer_id=slice.customer.pk)
        found = found.filter(account_id__in=held.values("account_id"))
    if slice.accounts:
        found = found.filter(account_id__in=[a.pk for a in slice.accounts])
    if slice.categories:
        found = found.filter(_in_categories(slice.categories))
    if slice.tags:
        placed = TransactionTag.objects.filter(tag__in=[tag.pk for tag in slice.tags])
        found = found.filter(pk__in=placed.values("transaction_id"))
    if slice.text:
        found = found.filter(
            search.condition(slice.text, slice.customer.pk if slice.customer else None)
        )
    if slice.merchant:
        texts = slice.merchant.texts
        found = found.filter(
            Q(counterparty__in=texts) | Q(counterparty="", raw_text__in=texts)
            if texts
            else Q(pk__in=[])
        )
    if slice.rated:
        rated = Conversion.of(found, slice.rated.removeprefix("-")).counted()
        found = found.exclude(rated) if slice.rated.startswith("-") else found.filter(rated)
    return found


def conversion(slice: Slice) -> Conversion | None:
    """How lines in other currencies count in this slice's; None where they don't."""
    return Conversion.of(lines(slice), slice.currency) if slice.convert else None


def summed(slice: Slice, flow: Flow, by: Conversion | None = None) -> TransactionQuerySet:
    """Exactly the rows that a figure of this flow is the sum (or count) of: posted, in its currency.

    A slice that converts takes the rows of other currencies that have a rate, too; `by` is its conversion,
    where the caller has it.
    """
    found = lines(slice).posted().filter(flow.condition())
    by = by or conversion(slice)
    return found.filter(by.counted() if by else Q(account__currency=slice.currency))


def _in_categories(chosen: Sequence[CategoryRef]) -> Q:
    """The categories named and all below them; pk 0 = rows without a category."""
    pks = [c.pk for c in chosen if c.pk]
    found = Q()
    if pks:
        below = Category.objects.filter(
            Q(pk__in=pks) | Q(parent_id__in=pks) | Q(parent__parent_id__in=pks)
        )
        found |= Q(category_id__in=below.values("pk"))
    if any(c.pk == 0 for c in chosen):
        found |= Q(category__kind__isnull=True)
    return found


def uncategorised() -> CategoryRef:
    return CategoryRef(0, None, _("Uncategorised"))


def category_refs(categories: QuerySet[Category]) -> list[CategoryRef]:
    """Categories by both their numbers, with the first level each belongs to."""
    root = Coalesce("parent__parent_id", "parent_id", "pk")
    rows = categories.annotate(root=root).values_list("pk", "public_id", "name", "kind", "root")
    return [CategoryRef(*row) for row in rows]


def category_refs_by_pk(pks: Iterable[int]) -> dict[int, CategoryRef]:
    """The same by key; 0 is the uncategorised, and so is a key that no category has."""
    wanted = set(pks)
    found = (
        {c.pk: c for c in category_refs(Category.objects.filter(pk__in=wanted - {0}))}
        if wanted
        else {}
    )
    return {pk: found.get(pk) or uncategorised() for pk in wanted}


# -- the list ------------------------------------------------------------------------------------


class BadCursor(ValueError):
    """A cursor that this bank didn't give out."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a customer's list, newest first. `sum` is there when a flow was named."""

    rows: list[dict[str, Any]]
    next_cursor: str | None
    total: int
    sum: Decimal | None


_COLUMNS = (
    "id", "booked_on", "value_on", "amount", "clean_text", "raw_text", "counterparty", "category_id",
    "category_origin", "confidence", "decision", "status", "version", "account_id", "batch_id", "parent_id",
    "tags", "note",
)  # fmt: skip


def list_page(
    slice: Slice,
    *,
    flow: Flow | None = None,
    status: str = "",
    limit: int = 50,
    skip: int = 0,
    cursor: str = "",
) -> ListPage:
    """One page of the rows of a customer's slice.

    Parameters: with `flow` only the rows a figure is the sum of (posted, in the slice's currency);
    `status` "" = all; `limit` 1–500; `skip` ≤ 10,000 or `cursor`, never both. Each row is a dict of the
    row's columns with `public_id`, `account`, `category` (CategoryRef or None), and the customer's own
    `tags` and `note`.
    Raises BadCursor; ValueError for bounds. Five queries, whatever the number of rows.
    """
    by = conversion(slice)
    found = listed(slice, flow, status, by)
    totals = found.aggregate(n=Count("pk"), money=Sum(by.amount() if by else "amount"))
    accounts = BankAccount.objects.filter(holders__customer=slice.customer.pk)  # type: ignore[union-attr]
    rows, next_cursor = rows_of_page(
        slice,
        accounts={a.pk: a for a in accounts},
        flow=flow,
        status=status,
        limit=limit,
        skip=skip,
        cursor=cursor,
        by=by,
    )
    return ListPage(
        rows=rows,
        next_cursor=next_cursor,
        total=totals["n"],
        sum=flow.sign * (totals["money"] or Decimal(0)) if flow else None,
    )


def rows_of_page(
    slice: Slice,
    *,
    accounts: Mapping[int, BankAccount],
    refs: Mapping[int, CategoryRef] | None = None,
    flow: Flow | None = None,
    status: str = "",
    limit: int = 50,
    skip: int = 0,
    cursor: str = "",
    pending: int = 0,
    by: Conversion | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of one page and the mark of the next, without counting the whole list.

    Parameters: as `list_page`; `pending` = so many pending rows stand before those of the page, which then are
    of another `status`; and what the caller has read: the customer's `accounts` and, where there
    are any, categories by key, and the slice's conversion (`by`). One query with `refs`, else two. A row
    that counts in another currency than its own has `converted`.
    """
    if not 1 <= limit <= MAX_LIMIT or not 0 <= skip <= MAX_SKIP or (skip and cursor):
        raise ValueError("limit, skip or both are out of bounds")
    after = read_cursor(cursor) if cursor else None
    wanted = [a.pk for a in slice.accounts] or list(accounts)
    assert slice.customer
    found = with_marks(listed(slice, flow, status, by), slice.customer.pk)
    apart = with_marks(listed(slice, flow, Transaction.Status.PENDING, by), slice.customer.pk)
    rows = _ordered(found, wanted, after, skip, limit + 1, apart=(apart, pending))
    waiting = [row for row in rows if row["status"] == Transaction.Status.PENDING]
    if pending:
        rows = [row for row in rows if row["status"] != Transaction.Status.PENDING]
    more = len(rows) > limit
    rows = rows[:limit]
    last = rows[-1] if more else None
    if pending:
        rows = [*waiting, *rows]
    named = {row["category_id"] for row in rows if row["category_id"]}
    refs = category_refs_by_pk(named) if refs is None else refs
    for row, public_id in zip(rows, ids.encode([row["id"] for row in rows]), strict=True):
        row["public_id"] = public_id
        row["account"] = accounts[row["account_id"]]
        row["category"] = refs.get(row["category_id"]) if row["category_id"] else None
        row["note"] = row["note"] or ""
        if by:
            own = row["account"].currency
            row["converted"] = by.of_row(row["amount"], own, row["booked_on"])
    return rows, make_cursor(last["booked_on"], last["public_id"]) if last else None


def listed(
    slice: Slice, flow: Flow | None = None, status: str = "", by: Conversion | None = None
) -> TransactionQuerySet:
    """All rows of a customer's list: of the slice, or only those a figure of `flow` is the sum of."""
    if slice.customer is None:
        raise ValueError("A list is of one customer.")
    found = summed(slice, flow, by) if flow else lines(slice)
    return found.filter(status=status) if status else found


def _ordered(
    found: QuerySet[Transaction],
    accounts: list[int],
    after: tuple[date, int] | None,
    skip: int,
    take: int,
    apart: tuple[QuerySet[Transaction], int],
) -> list[dict[str, Any]]:
    """Rows newest first. Each account is one descent of its own index (account, day, id).

    `apart` = other rows and how many of them, in the same statement; 0 = none.
    """
    if after:
        day, pk = after
        found = found.filter(Q(booked_on__lt=day) | Q(booked_on=day, id__lt=pk), booked_on__lte=day)
    wanted = [(found, skip + take), *([apart] if apart[1] else [])]
    order = ("-booked_on", "-id")
    scans = [
        rows.filter(account_id=pk).order_by(*order).values(*_COLUMNS)[:most]
        for rows, most in wanted
        for pk in (accounts if len(accounts) <= _SCANS else ())
    ] or [rows.order_by(*order).values(*_COLUMNS)[:most] for rows, most in wanted if accounts]
    if not scans:
        return []
    united = scans[0].union(*scans[1:], all=True).order_by(*order) if scans[1:] else scans[0]
    return list(united if apart[1] else united[skip : skip + take])


def _salt() -> str:
    return f"transactions.cursor.{current_schema()}"


def make_cursor(booked_on: date, public_id: str) -> str:
    """Names the last row of a page; signed for this bank, the row's number stays inside."""
    return signing.dumps([booked_on.toordinal(), public_id], salt=_salt())


def read_cursor(text: str) -> tuple[date, int]:
    """Day and key of the last row seen. Raises BadCursor."""
    try:
        ordinal, public_id = signing.loads(text, salt=_salt())
        pk = ids.decode(str(public_id))
        day = date.fromordinal(ordinal)
    except (signing.BadSignature, ValueError, TypeError, OverflowError):
        pk = None
    if pk is None:
        raise BadCursor(_("This page mark isn't from here. Start again without it."))
    return day, pk
