"""The list of a customer's transactions, for programs."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import scoped_customer
from accounts.customers.models import Customer
from accounts.idempotency.views import BankAPIView
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, READ_TRANSACTIONS, requires_api
from accounts.schema import operation, query
from transactions import ids, queries
from transactions.doors import API
from transactions.flows import FLOWS
from transactions.merchants import queries as merchants
from transactions.models import Transaction
from transactions.plain_money import plain_amount
from transactions.rates.api_shapes import ConvertedSerializer
from transactions.rates.api_shapes import converted as shown_converted
from transactions.slice_parsing import BadSlice, as_number, read_slice
from transactions.slices import Slice

TAG = "Transactions"
_LIST_PARAMETERS = ("customer_id", "metric", "status", "limit", "skip", "cursor")

# Filters that every call about one customer's lines takes.
FILTERS = (
    query("customer_id", "Whose: required of staff, who need an open purpose.",
          "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11"),
    query("start_date", "First day, included.", "2026-06-01"),
    query("end_date", "Last day, included.", "2026-06-30"),
    query("categories", "Ids of categories, parted by commas, with all below them; `none` = uncategorised.",
          "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e12,none"),
    query("account_id", "Ids of accounts, parted by commas.", "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e13"),
    query("q", "Words, all of which must be in the text, the counterparty, the reference, a note or a tag; "
          "quotes keep words together, a minus leaves out, an amount finds that amount.", "market"),
    query("merchant", "The key of a merchant, as trace links name it.", "green market"),
    query("tag", "Ids of the customer's tags, parted by commas: rows with any of them.",
          "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e15"),
    query("currency", "The currency that figures are in; the customer's own unless named.", "EUR"),
    query("month_start", "The day a month begins on, 1 to 28.", "25"),
    query("convert", "1: count other currencies too, each line at the stored rate of its day.", "1"),
    query("rated", "Only lines that have a stored rate to this currency; `-EUR`: only those without.",
          "EUR"),
    query("within", "The wider choice of categories that a share is taken of; stands in trace links.",
          "none"),
)  # fmt: skip


class CategorySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class TransactionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="32 hexadecimal digits.")
    account_id = serializers.UUIDField()
    booked_on = serializers.DateField()
    value_on = serializers.DateField(allow_null=True)
    amount = serializers.CharField(help_text="Signed: below zero is money out.")
    currency = serializers.CharField()
    description = serializers.CharField()
    raw_description = serializers.CharField(help_text="As the bank received it.")
    merchant = serializers.CharField(allow_null=True)
    category = CategorySerializer(allow_null=True)
    category_origin = serializers.CharField(help_text="Who decided the category.")
    status = serializers.CharField(help_text="posted or pending.")
    tags = serializers.ListField(child=serializers.CharField(), help_text="The customer's own.")
    note = serializers.CharField(help_text="What the customer wrote to it.")
    parent_id = serializers.CharField(
        allow_null=True, help_text="The payment that this is a part of; null for a whole one."
    )
    converted = ConvertedSerializer(
        required=False, allow_null=True,
        help_text="With `convert`: what a line in another currency counts as; null where it is in its own.",
    )  # fmt: skip


class TransactionsSerializer(serializers.Serializer[Any]):
    items = TransactionSerializer(many=True)
    total = serializers.IntegerField()
    next_cursor = serializers.CharField(allow_null=True)
    sum = serializers.CharField(required=False, help_text="With `metric`: what its figure is.")


class Transactions(BankAPIView):
    permission_classes = (requires_api(OWN_DATA, READ_TRANSACTIONS),)

    @operation(
        "List transactions",
        tag=TAG,
        description="One customer's transactions, newest first. Go on with `next_cursor`; `skip` reaches "
        "10,000 rows. With `metric` only the rows that figure is the sum of, and `sum` says it.",
        parameters=[
            *FILTERS,
            query("metric", "Only the rows behind this figure.", "expenses", enum=sorted(FLOWS)),
            query("status", "posted or pending.", "posted", enum=sorted(Transaction.LISTED)),
            query("limit", "Rows in the answer, 1 to 500.", "50", kind=int),
            query("skip", "Rows to pass over, 0 to 10,000.", "0", kind=int),
            query("cursor", "`next_cursor` of the page before.", "WzczOTc4MiwiNGY…"),
        ],
        answer=TransactionsSerializer,
        example={
            "items": [{
                "id": "9f0c2f6a5d1e4b7c8a3d2e1f0b9c8d7e",
                "account_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e13",
                "booked_on": "2026-06-14", "value_on": None, "amount": "-42.10", "currency": "EUR",
                "description": "Green Market", "raw_description": "POS 4821 GREEN MARKET 0614",
                "merchant": "Green Market",
                "category": {"id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e12", "name": "Supermarket"},
                "category_origin": "keyword", "status": "posted", "tags": ["Holiday"], "note": "",
                "parent_id": None,
            }],
            "total": 1, "next_cursor": None, "sum": "42.10",
        },
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        params = request.query_params
        customer = scoped_customer(request, params.get("customer_id"), what="transactions")
        slice, given = read_list(request, customer)
        try:
            page = queries.list_page(slice, **given)
        except queries.BadCursor as error:
            raise ValidationError({"cursor": [str(error)]}) from None
        answer: dict[str, Any] = {
            "items": items(page.rows, customer),
            "total": page.total,
            "next_cursor": page.next_cursor,
        }
        if page.sum is not None:
            answer["sum"] = plain_amount(page.sum, slice.currency)
        return Response(answer)


def items(rows: list[dict[str, Any]], customer: Customer) -> list[dict[str, Any]]:
    """Rows of `queries.list_page` as the API says them; one query for what their merchants are called."""
    names = merchants.named_rows(customer.pk, rows)
    return [
        item(row, names[merchants.text_of(row["raw_text"], row["counterparty"])].name)
        for row in rows
    ]


def item(row: dict[str, Any], merchant: str) -> dict[str, Any]:
    """One row of `queries.list_page` as the API says it."""
    account, category = row["account"], row["category"]
    counted = {"converted": shown_converted(row["converted"])} if "converted" in row else {}
    return {
        "id": row["public_id"],
        "account_id": account.public_id,
        "booked_on": row["booked_on"],
        "value_on": row["value_on"],
        "amount": plain_amount(row["amount"], account.currency),
        "currency": account.currency,
        "description": row["clean_text"],
        "raw_description": row["raw_text"],
        "merchant": merchant or None,
        "category": {"id": category.public_id, "name": category.name} if category else None,
        "category_origin": row["category_origin"],
        "status": row["status"],
        "tags": row["tags"],
        "note": row["note"],
        "parent_id": ids.encode_one(row["parent_id"]) if row["parent_id"] else None,
        **counted,
    }


def slice_from(
    request: Request, customer: Customer, others: Collection[str] = (), **period: Any
) -> Slice:
    """The slice of the query string; faults become a 400 that names each parameter."""
    try:
        return read_slice(request.query_params, customer, door=API, others={*others}, **period)
    except BadSlice as error:
        raise ValidationError({name: [text] for name, text in error.fields.items()}) from None


def number_from(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query string. Raises ValidationError naming it."""
    try:
        return (
            as_number(request.query_params[name], low, high)
            if request.query_params.get(name)
            else default
        )
    except ValueError as error:
        raise ValidationError({name: [str(error)]}) from None


def read_list(request: Request, customer: Customer) -> tuple[Slice, dict[str, Any]]:
    """The slice, and what else a list takes. Raises ValidationError."""
    params = request.query_params
    slice = slice_from(request, customer, _LIST_PARAMETERS)
    metric, status, cursor = (params.get(name, "") for name in ("metric", "status", "cursor"))
    limit = number_from(request, "limit", 50, 1, queries.MAX_LIMIT)
    faults, skip = {}, 0
    if metric and metric not in FLOWS:
        faults["metric"] = _("There are rows behind %(names)s.") % {
            "names": ", ".join(sorted(FLOWS))
        }
    if status and status not in Transaction.LISTED:
        faults["status"] = _("Write posted or pending.")
    try:
        skip = as_number(params.get("skip") or "0", 0, queries.MAX_SKIP)
    except ValueError as error:
        faults["skip"] = _("%(why)s Beyond that go on with cursor, from next_cursor.") % {
            "why": error
        }
    if skip and cursor:
        faults["skip"] = _("Give skip or cursor, not both.")
    if faults:
        raise ValidationError({name: [text] for name, text in faults.items()})
    flow = FLOWS[metric] if metric else None
    return slice, {"flow": flow, "status": status, "limit": limit, "skip": skip, "cursor": cursor}


ONE_CUSTOMER = requires_api(OWN_DATA, OPEN_CUSTOMER)
