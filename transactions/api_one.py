"""One transaction, for programs: read with its version, and given another category under it."""

import re
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import scoped_customer
from accounts.bodies import BodySerializer
from accounts.idempotency.views import KEY, BankAPIView
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires_api
from accounts.schema import header, in_path, operation, query
from transactions import ids, ledger
from transactions.api import TAG, TransactionSerializer, item
from transactions.merchants import queries as merchants
from transactions.models import Category, Transaction
from transactions.reach import Reach
from transactions.rows import splits
from transactions.rows.marks import marks_of
from transactions.rules import learning

_ID = in_path("transaction_id", "Its id.", "9f0c2f6a5d1e4b7c8a3d2e1f0b9c8d7e")
_EXAMPLE: dict[str, Any] = {
    "id": "9f0c2f6a5d1e4b7c8a3d2e1f0b9c8d7e", "account_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e13",
    "booked_on": "2026-06-14", "value_on": None, "amount": "-42.10", "currency": "EUR",
    "description": "Green Market", "raw_description": "POS 4821 GREEN MARKET 0614",
    "merchant": "Green Market",
    "category": {"id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e12", "name": "Supermarket"},
    "category_origin": "person", "status": "posted", "tags": [], "note": "",
    "parent_id": None, "part_ids": [], "version": 3,
}  # fmt: skip
_MATCH = re.compile(r'"([0-9]{1,9})"')


class VersionRequired(APIException):
    status_code = 428
    default_code = "version_required"
    default_detail = "Say which version you saw: If-Match with the ETag of your last read."


class VersionChanged(APIException):
    status_code = 412
    default_code = "version_conflict"
    default_detail = "This payment was changed meanwhile. Read it again before you change it."


class Busy(APIException):
    status_code = 409
    default_code = "account_busy"
    default_detail = "A file is being brought into this account now. Try again in a moment."


class VersionedTransactionSerializer(TransactionSerializer):
    part_ids = serializers.ListField(
        child=serializers.CharField(),
        help_text="The parts it is split into; they count in its place.",
    )
    version = serializers.IntegerField(help_text="Grows with each change; also the ETag.")


class ChangeSerializer(BodySerializer):
    category_id = serializers.UUIDField(
        allow_null=True, help_text="A category that the customer may choose; null = uncategorised."
    )


class OneTransaction(BankAPIView):
    def get_permissions(self) -> list[Any]:
        reading = self.request.method in ("GET", "HEAD", "OPTIONS")
        allowed = (OWN_DATA, OPEN_CUSTOMER) if reading else (OWN_DATA,)
        return [requires_api(*allowed)()]

    @operation(
        "Read one transaction",
        tag=TAG,
        operation_id="transaction_retrieve",
        description="The transaction as it is now. Its `version` is also the `ETag`.",
        parameters=[
            _ID,
            query("customer_id", "Whose: required of staff, who need an open purpose.",
                  "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11"),
        ],
        answer=VersionedTransactionSerializer,
        example=_EXAMPLE,
    )  # fmt: skip
    def get(self, request: Request, transaction_id: str) -> Response:
        named = request.query_params.get("customer_id")
        customer = scoped_customer(request, named, what="transaction")
        reach = Reach(customer)
        return _answer(_row(reach, transaction_id, whole=True), reach)

    @operation(
        "Give it another category",
        tag=TAG,
        description="The person's own decision, which wins over every other. Needs `If-Match` with the ETag "
        "that was read: a change that somebody else made meanwhile is never written over.",
        parameters=[
            _ID,
            header("If-Match", "The ETag of the last read.", '"3"', required=True),
            header(KEY, "Makes a repeated request safe; kept for a day.",
                   "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e19"),
        ],
        request=ChangeSerializer,
        request_example={"category_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e12"},
        answer=VersionedTransactionSerializer,
        example=_EXAMPLE,
        errors=(400, 401, 403, 404, 409, 412, 422, 428),
    )  # fmt: skip
    def patch(self, request: Request, transaction_id: str) -> Response:
        customer = scoped_customer(request, None, what="transaction")
        reach = Reach(customer)
        row = _row(reach, transaction_id)
        said = request.headers.get("If-Match")
        if said is None:
            raise VersionRequired
        match = _MATCH.fullmatch(said.strip())
        if match is None:
            raise VersionChanged
        form = ChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        category = _chosen(reach, form.validated_data["category_id"])
        try:
            with transaction.atomic():
                ledger.recategorise([row], category=category, expected_version=int(match[1]))
                learning.note_choices(customer, [row], category)
        except ledger.VersionConflict:
            raise VersionChanged from None
        except ledger.AccountBusy:
            raise Busy from None
        row.refresh_from_db()
        return _answer(row, reach)


def _row(reach: Reach, transaction_id: str, *, whole: bool = False) -> Transaction:
    """A line of an account this customer holds; whatever else is as missing as nothing.

    Parameters: `whole` takes a payment that is split too, whose parts count in its place.
    """
    row = reach.payment(transaction_id) if whole else reach.line(transaction_id)
    if row is None:
        raise Http404
    return row


def _chosen(reach: Reach, public_id: Any) -> Category | None:
    if public_id is None:
        return None
    offered = {ref.public_id: ref.pk for _name, refs in reach.groups() for ref in refs}
    if public_id not in offered:
        raise ValidationError(
            {"category_id": [_("There is no such category. Choose one of the list.")]}
        )
    return Category.objects.get(pk=offered[public_id])


def _answer(row: Transaction, reach: Reach) -> Response:
    ref = reach.ref(row.category_id)
    text = merchants.text_of(row.raw_text, row.counterparty)
    merchant = merchants.named(reach.customer.pk, [text])[text]
    marks = marks_of([row.pk], reach.customer.pk)
    parts = splits.parts_of(row) if row.is_split else []
    said = item(
        {
            "public_id": ids.encode_one(row.pk),
            "account": next(a for a in reach.accounts if a.pk == row.account_id),
            "category": ref if ref.pk else None,
            "tags": marks.tags.get(row.pk, []),
            "note": marks.notes.get(row.pk, ""),
            **{
                name: getattr(row, name)
                for name in (
                    "booked_on", "value_on", "amount", "clean_text", "raw_text", "counterparty",
                    "category_origin", "status", "parent_id",
                )
            },
        },
        merchant.name,
    )  # fmt: skip
    said["part_ids"] = ids.encode([part.pk for part in parts])
    return Response({**said, "version": row.version}, headers={"ETag": f'"{row.version}"'})
