"""Transactions in, for programs: booked at once by the same plan as a file."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import scoped_customer
from accounts.idempotency.views import KEY
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, READ_TRANSACTIONS, requires_api
from accounts.schema import header, operation, query
from transactions.api import TAG, Transactions
from transactions.api_one import Busy
from transactions.imports import booking
from transactions.ledger import AccountBusy

MOST = 500
_DESCRIPTION = f"""Books 1 to {MOST} transactions in accounts the customer holds. Send `transactions`, or one
transaction's fields alone. Each row is decided for itself and the answer has one result per row, in their order:

- `new`: booked. `changed`: a row with this `external_id` was there and now says this.
- `same`: it is there already; nothing was done.
- `same?`: a payment of equal account, day and amount came from elsewhere; left out unless the row says
  `book_anyway`.
- `rejected`: left out, with code, column, reason and fix.

A row without `external_id` is known by its day, amount and text: two equal ones count as two only when they come
in one call. 201: something was booked. 200: nothing was to be done. 400: no row could be read, or the body can't
be. Nothing is ever half done: what is booked is booked together with its totals."""


class RowSerializer(serializers.Serializer[Any]):
    account_id = serializers.UUIDField()
    booked_on = serializers.DateField()
    value_on = serializers.DateField(required=False, allow_null=True)
    amount = serializers.CharField(help_text="As text. Below zero is money out.")
    currency = serializers.CharField(required=False, help_text="Must be the account's.")
    description = serializers.CharField(max_length=booking.LONGEST_TEXT)
    counterparty = serializers.CharField(required=False, max_length=booking.LONGEST_TEXT)
    reference = serializers.CharField(required=False, max_length=booking.LONGEST_TEXT)
    external_id = serializers.CharField(
        required=False, max_length=booking.LONGEST_ID, help_text="Your own id of it: sent again, it is known by that."
    )  # fmt: skip
    status = serializers.ChoiceField(required=False, choices=("posted", "pending"))
    book_anyway = serializers.BooleanField(required=False)


class BookingSerializer(serializers.Serializer[Any]):
    transactions = RowSerializer(many=True)


class ResultSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="From 1, in the order of the request.")
    verdict = serializers.ChoiceField(choices=list(booking.VERDICTS.values()))
    transaction_id = serializers.CharField(
        allow_null=True, help_text="The row in the ledger; for `same?` the one it looks like."
    )
    code = serializers.CharField()
    column = serializers.CharField()
    reason = serializers.CharField()
    fix = serializers.CharField()


class BookedSerializer(serializers.Serializer[Any]):
    import_id = serializers.UUIDField(allow_null=True, help_text="Undo takes all rows of it back.")
    counts = serializers.DictField(child=serializers.IntegerField())
    results = ResultSerializer(many=True)


_ROW: dict[str, Any] = {
    "account_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e13", "booked_on": "2026-06-14", "amount": "-42.10",
    "description": "POS 4821 GREEN MARKET 0614", "external_id": "till-4821-0614",
}  # fmt: skip
_NO_REASON = {"code": "", "column": "", "reason": "", "fix": ""}
_ANSWER: dict[str, Any] = {
    "import_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e21",
    "counts": {"new": 1, "same": 0, "same?": 0, "changed": 0, "rejected": 1},
    "results": [
        {"row": 1, "verdict": "new", "transaction_id": "9f0c2f6a5d1e4b7c8a3d2e1f0b9c8d7e", **_NO_REASON},
        {"row": 2, "verdict": "rejected", "transaction_id": None, "code": "amount_precision",
         "column": "amount", "reason": "The amount has 5 decimals; four are kept.",
         "fix": "Round it to at most four decimals."},
    ],
}  # fmt: skip


class ListAndBook(Transactions):
    """The list, and new rows at the same address."""

    def get_permissions(self) -> list[Any]:
        staff = IMPORT_TRANSACTIONS if self.request.method == "POST" else READ_TRANSACTIONS
        return [requires_api(OWN_DATA, staff)()]

    @operation(
        "Book transactions",
        tag=TAG,
        operation_id="transactions_book",
        description=_DESCRIPTION,
        parameters=[
            query("customer_id", "Whose: required of staff, who need an open purpose.",
                  "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11"),
            header(KEY, "Makes a repeated request safe; kept for a day.",
                   "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e19"),
        ],
        request=BookingSerializer,
        request_example={"transactions": [_ROW, {**_ROW, "amount": "-3.14159", "external_id": "till-4822-0614"}]},
        answer=BookedSerializer,
        example=_ANSWER,
        status=201,
        errors=(400, 401, 403, 404, 409, 422),
        also={200: OpenApiResponse(
            BookedSerializer,
            description="Nothing was to be done",
            examples=[OpenApiExample("Answer", value={
                "import_id": None,
                "counts": {"new": 0, "same": 1, "same?": 0, "changed": 0, "rejected": 0},
                "results": [{"row": 1, "verdict": "same",
                             "transaction_id": "9f0c2f6a5d1e4b7c8a3d2e1f0b9c8d7e", **_NO_REASON}],
            })],
        )},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        customer = scoped_customer(
            request, request.query_params.get("customer_id"), what="book transactions"
        )
        rows = _rows(request.data)
        try:
            booked = booking.book(rows, customer=customer, user=request.user)  # type: ignore[arg-type]
        except AccountBusy:
            raise Busy from None
        if all(answer.verdict == "rejected" for answer in booked.rows):
            raise ValidationError(_faults(booked))
        return Response(_said(booked), status=201 if booked.batch is not None else 200)


def _rows(body: Any) -> list[Any]:
    """The rows of a body: its list, or itself. Raises ValidationError."""
    if not isinstance(body, dict):
        raise ValidationError({"transactions": [_("Send an object with the list “transactions”.")]})
    if "transactions" not in body:
        return [body]
    if others := [str(name)[:40] for name in body if name != "transactions"]:
        raise ValidationError({name: [_("There is no such field here.")] for name in others[:20]})
    rows = body["transactions"]
    if not isinstance(rows, list) or not rows:
        raise ValidationError({"transactions": [_("Send a list of at least one transaction.")]})
    if len(rows) > MOST:
        words = _("Send at most %(most)d in one call; these are %(n)d.")
        raise ValidationError({"transactions": [words % {"most": MOST, "n": len(rows)}]})
    return rows


def _faults(booked: booking.Booked) -> dict[str, list[str]]:
    """Why no row went in, by row and column."""
    return {
        ".".join(filter(None, (f"transactions.{a.row - 1}", a.column))): [f"{a.reason} {a.fix}"]
        for a in booked.rows
    }


def _said(booked: booking.Booked) -> dict[str, Any]:
    counts = dict.fromkeys(booking.VERDICTS.values(), 0)
    for answer in booked.rows:
        counts[answer.verdict] += 1
    return {
        "import_id": str(booked.batch.public_id) if booked.batch else None,
        "counts": counts,
        "results": [
            {name: getattr(a, name) for name in
             ("row", "verdict", "transaction_id", "code", "column", "reason", "fix")}
            for a in booked.rows
        ],
    }  # fmt: skip
