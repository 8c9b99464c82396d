"""A customer's transactions: the list under one filter, and the same filter as a file."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.banks.tenancy import current_bank, in_bank
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, READ_TRANSACTIONS, requires
from analytics import exports
from config.pages.customer_scope import View, open_view
from config.pages.ledger_reading import ListReading, as_of, chips, read_list
from transactions import ids, queries
from transactions.models import Transaction
from transactions.plain_money import plain_number
from transactions.rates.conversion import Conversion
from transactions.rows.marks import marks_of

CSV_CHUNK = 2000


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def transaction_list(request: HttpRequest) -> HttpResponse:
    """Lines newest first. With `metric=` exactly the rows that a figure is the sum of."""
    view = open_view(request, "transactions")
    found = read_list(view, request.GET)
    context = frame(request, view, found)
    if found.slice is None:
        return render(request, "transactions/list.html", context, status=400)
    try:
        listing = found.listing()
    except queries.BadCursor as error:
        context |= {"fault": str(error)}
        return render(request, "transactions/list.html", context, status=400)
    context |= {
        "listing": listing,
        "asked_pairs": view.reach.asked_pairs if view.is_own else 0,
        "chips": chips(found),
        "older_url": _older(found, listing.next_cursor),
        "first_url": f"?{found.form.query()}" if found.cursor else "",
        "csv_url": reverse("transactions:csv") + f"?{found.form.query()}",
        "filter_query": found.form.query("customer"),
        "saved_filters": view.reach.filters if view.is_own else [],
        "groups": view.reach.groups(),
        "fitting": _fitting(found),
    }
    return render(request, "transactions/list.html", context)


def _fitting(found: ListReading) -> int | None:
    """How many lines fit the filter, where the figures have counted them."""
    if found.status or found.flow or "count" not in found.sums or found.excluded:
        return None
    value = found.sums["count"].value
    return int(value) if value is not None else None


def frame(request: HttpRequest, view: View, found: ListReading) -> dict[str, Any]:
    """What the page, and a row changed in place, both need."""
    return {
        "view": view,
        "found": found,
        "filter_form": found.form,
        "clear_url": request.path + view.words,
        "as_of": as_of(view),
        "first_levels": list(view.reach.first_levels()),
        "may_change": view.is_own,
    }


def _older(found: ListReading, cursor: str | None) -> str:
    return f"?{found.form.query(cursor=cursor)}" if cursor else ""


HEAD = (
    "date", "value_date", "amount", "currency", "text", "counterparty", "reference", "category",
    "subcategory", "category_from", "status", "account", "text_as_received", "tags", "note", "part_of", "id",
)  # fmt: skip


# Beside them where the filter counts other currencies.
CONVERTED = ("counts_as", "counts_as_currency", "rate", "rate_day", "rate_source")


@requires(OWN_DATA, OPEN_CUSTOMER, READ_TRANSACTIONS)
@require_safe
def transactions_csv(request: HttpRequest) -> HttpResponseBase:
    """Every line of the filter, streamed; what looks like a formula is made harmless."""
    view = open_view(request, "transactions as file")
    found = read_list(view, request.GET)
    if found.slice is None:
        context = frame(request, view, found)
        return render(request, "transactions/list.html", context, status=400)
    by = queries.conversion(found.chosen)
    return exports.stream(
        (*HEAD, *CONVERTED) if by else HEAD,
        _csv_rows(found, current_bank(), by),
        name=f"transactions-{view.today:%Y-%m-%d}",
    )


def _counted(by: Conversion, row: Transaction, currency: str) -> list[Any]:
    """What a line in another currency counts as, and by which rate; empty for others."""
    found = by.of_row(row.amount, currency, row.booked_on)
    if found is None:
        return [None] * len(CONVERTED)
    return [found.amount, found.currency, found.rate.value, found.rate.day, found.rate.source]


def _csv_rows(found: ListReading, bank: str, by: Conversion | None = None) -> Iterator[list[Any]]:
    view = found.view
    accounts = {a.pk: a for a in view.reach.accounts}
    rows = queries.listed(found.chosen, found.flow, found.status, by).order_by("-booked_on", "-id")
    # Rows are read while the answer is sent, when the request's own bank may be left already.
    with in_bank(bank):
        for block in batched(rows.iterator(CSV_CHUNK), CSV_CHUNK):
            marks = marks_of([row.pk for row in block], view.customer.pk)
            for row in block:
                account = accounts[row.account_id]
                category, root = view.reach.ref(row.category_id), view.reach.root(row.category_id)
                yield [
                    row.booked_on, row.value_on, plain_number(row.amount, account.currency),
                    account.currency, row.clean_text,
                    row.counterparty, row.reference, root.name if root.pk else "",
                    category.name if category.pk != root.pk else "", row.category_origin, row.status,
                    str(account), row.raw_text, ", ".join(marks.tags.get(row.pk, [])),
                    marks.notes.get(row.pk, ""), ids.encode_one(row.parent_id) if row.parent_id else "",
                    ids.encode_one(row.pk),
                    *(_counted(by, row, account.currency) if by else ()),
                ]  # fmt: skip


def batched(rows: Iterator[Transaction], size: int) -> Iterator[list[Transaction]]:
    while block := list(islice(rows, size)):
        yield block
