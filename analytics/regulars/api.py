"""Regular payments for programs: the list, and a customer's word on one."""

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import scoped_customer
from accounts.bodies import BodySerializer
from accounts.customers.queries import business_day
from accounts.idempotency.views import KEY, BankAPIView
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires_api
from accounts.schema import header, in_path, operation, query
from analytics.regulars import queries, services
from analytics.regulars.models import RegularPayment
from analytics.regulars.queries import Regular
from transactions.plain_money import plain_amount
from transactions.reach import Reach

TAG = "Regular payments"
# What the API calls a person's word.
WORDS = {
    "found": RegularPayment.Word.NONE,
    "confirmed": RegularPayment.Word.CONFIRMED,
    "not_regular": RegularPayment.Word.REJECTED,
    "removed": RegularPayment.Word.REMOVED,
}
_STATES = ("candidate", "found", "confirmed", "not_regular", "stopped")
_CALLED = {"rejected": "not_regular", "lapsed": "stopped"}
_EXAMPLE: dict[str, Any] = {
    "id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e21", "name": "Streamline",
    "account_id": "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e13", "direction": "out", "cadence": "monthly",
    "amount": "-14.99", "lowest": "-14.99", "highest": "-14.99", "currency": "EUR",
    "next_on": "2026-07-18", "window_days": 1, "first_on": "2025-01-18", "last_on": "2026-06-18",
    "payments": 18, "maturity": "mature", "state": "found", "is_new": False, "is_transfer": False,
    "price_change": {"before": "-12.99", "after": "-14.99", "since": "2026-06-18", "yearly": "-24.00"},
    "version": 1,
}  # fmt: skip


class RegularChangedMeanwhile(APIException):
    status_code = 412
    default_code = "version_conflict"
    default_detail = "This was changed meanwhile. Read it again before you change it."


class RegularsBusy(APIException):
    status_code = 409
    default_code = "regulars_busy"
    default_detail = "Regular payments are being worked out now. Try again in a moment."


class PriceChangeSerializer(serializers.Serializer[Any]):
    before = serializers.CharField()
    after = serializers.CharField()
    since = serializers.DateField(help_text="The first payment at the new price.")
    yearly = serializers.CharField(help_text="The difference in a year.")


class RegularSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    account_id = serializers.UUIDField()
    direction = serializers.ChoiceField(RegularPayment.Direction.values)
    cadence = serializers.ChoiceField(RegularPayment.Cadence.values)
    amount = serializers.CharField(help_text="What it usually is, signed from the customer's side.")
    lowest = serializers.CharField(help_text="Of the present price, by size.")
    highest = serializers.CharField()
    currency = serializers.CharField()
    next_on = serializers.DateField(allow_null=True)
    window_days = serializers.IntegerField(help_text="How many days it may come before or after.")
    first_on = serializers.DateField(allow_null=True)
    last_on = serializers.DateField(allow_null=True)
    payments = serializers.IntegerField()
    maturity = serializers.ChoiceField(RegularPayment.Maturity.values)
    state = serializers.ChoiceField(_STATES)
    is_new = serializers.BooleanField()
    is_transfer = serializers.BooleanField(help_text="Between own accounts.")
    price_change = PriceChangeSerializer(allow_null=True)
    version = serializers.IntegerField(help_text="Grows with each word of a person.")


class RegularsSerializer(serializers.Serializer[Any]):
    items = RegularSerializer(many=True)


class WordSerializer(BodySerializer):
    state = serializers.ChoiceField(
        list(WORDS), help_text="The customer's word; `found` takes it back, `removed` hides it."
    )
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="Refuses when it was changed since."
    )


class Regulars(BankAPIView):
    permission_classes = (requires_api(OWN_DATA, OPEN_CUSTOMER),)

    @operation(
        "List regular payments",
        tag=TAG,
        description="Payments that come again, nearest next day first, as found in the customer's lines and "
        "as the customer said of them. What the customer removed is not there.",
        parameters=[
            query("customer_id", "Whose: required of staff, who need an open purpose.",
                  "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11"),
        ],
        answer=RegularsSerializer,
        example={"items": [_EXAMPLE]},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        named = request.query_params.get("customer_id")
        customer = scoped_customer(request, named, what="regular payments")
        accounts = {a.pk for a in Reach(customer).accounts}
        found = queries.regulars_of(accounts, today=business_day())
        return Response({"items": [item(one) for one in found]})


class OneRegular(BankAPIView):
    permission_classes = (requires_api(OWN_DATA),)

    @operation(
        "Say a word on a regular payment",
        tag=TAG,
        description="The customer's own word, which no search takes back.",
        parameters=[
            in_path("regular_id", "Its id.", "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e21"),
            header(KEY, "Makes a repeated request safe; kept for a day.",
                   "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e19"),
        ],
        request=WordSerializer,
        request_example={"state": "confirmed", "version": 1},
        answer=RegularSerializer,
        example=_EXAMPLE | {"state": "confirmed", "version": 2},
        errors=(400, 401, 403, 404, 409, 412, 422),
    )  # fmt: skip
    def patch(self, request: Request, regular_id: str) -> Response:
        customer = scoped_customer(request, None, what="regular payment")
        row = _row(customer, regular_id)
        form = WordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            row = services.say(
                row,
                word=WORDS[form.validated_data["state"]],
                expected_version=form.validated_data.get("version"),
            )
        except services.RegularChanged:
            raise RegularChangedMeanwhile from None
        except services.RegularBusy:
            raise RegularsBusy from None
        return Response(item(queries.told(row, today=business_day())))


def _row(customer: Any, regular_id: str) -> RegularPayment:
    try:
        public_id = UUID(regular_id)
    except ValueError:
        raise Http404 from None
    row = (
        RegularPayment.objects.filter(
            public_id=public_id, account__in=[a.pk for a in Reach(customer).accounts]
        )
        .exclude(word=RegularPayment.Word.REMOVED)
        .select_related("account")
        .first()
    )
    if row is None:
        raise Http404
    return row


def item(one: Regular) -> dict[str, Any]:
    """One regular payment as the API says it; amounts from the customer's side."""
    row = one.row
    sign = 1 if one.is_in else -1

    def money(amount: Any) -> str:
        return plain_amount(sign * amount, row.currency)

    change = one.change
    return {
        "id": one.public_id,
        "name": one.name,
        "account_id": row.account.public_id,
        "direction": row.direction,
        "cadence": one.cadence,
        "amount": money(one.amount),
        "lowest": money(row.amount_low),
        "highest": money(row.amount_high),
        "currency": row.currency,
        "next_on": one.next_on,
        "window_days": row.window_days,
        "first_on": row.first_on,
        "last_on": row.last_on,
        "payments": row.payments,
        "maturity": row.maturity,
        "state": _CALLED.get(one.state, one.state),
        "is_new": one.is_new,
        "is_transfer": one.is_transfer,
        "price_change": change
        and {
            "before": money(change.before),
            "after": money(change.after),
            "since": change.since,
            "yearly": money(change.yearly),
        },
        "version": row.version,
    }
