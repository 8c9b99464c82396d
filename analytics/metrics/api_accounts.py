"""A customer's accounts for programs: what each holds, as of when, and what that is made of."""

from dataclasses import replace
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import scoped_customer
from accounts.customers.queries import business_day
from accounts.idempotency.views import BankAPIView
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires_api
from accounts.schema import in_path, operation, query
from analytics.metrics import api_shapes as shapes
from analytics.metrics.registry import METRICS, figure_of
from transactions.balances import queries as balances
from transactions.balances.queries import ONE_DAY, Held, Standing
from transactions.doors import API
from transactions.reach import Reach
from transactions.slices import CustomerRef, Slice

TAG = "Accounts"
_ID = "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e13"
_WHOSE = query(
    "customer_id",
    "Whose: required of staff, who need an open purpose.",
    "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11",
)
_EXAMPLE: dict[str, Any] = {
    "id": _ID, "name": "Everyday", "kind": "current", "masked_number": "··4821", "currency": "EUR",
    "role": "owner", "put_away": False, "balance": "1204.11", "as_of": "2026-06-21",
    "stated_on": "2026-05-31", "lines": 412, "last_line_on": "2026-06-20",
    "trace": f"/api/v1/trace/balance?end_date=2026-06-21&account_id={_ID}&currency=EUR",
}  # fmt: skip


class AccountSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="The customer's own name for it, where they gave one.")
    kind = serializers.CharField(help_text="current, savings, card or loan.")
    masked_number = serializers.CharField()
    currency = serializers.CharField()
    role = serializers.CharField(help_text="owner or user.")
    put_away = serializers.BooleanField(help_text="Folded away by the customer; it still counts.")
    balance = serializers.CharField(
        allow_null=True, help_text="Below zero is owed; null where none was ever stated."
    )
    as_of = serializers.DateField(help_text="The end of this day.")
    stated_on = serializers.DateField(
        allow_null=True, help_text="The stated balance that it rests on is of this day."
    )
    lines = serializers.IntegerField(help_text="Posted lines.")
    last_line_on = serializers.DateField(allow_null=True)
    trace = serializers.CharField(
        allow_null=True,
        help_text="Where the balance comes from: what was stated, and the lines since.",
    )


class AccountsSerializer(serializers.Serializer[Any]):
    items = AccountSerializer(many=True)


class Accounts(BankAPIView):
    permission_classes = (requires_api(OWN_DATA, OPEN_CUSTOMER),)

    @operation(
        "List accounts",
        tag=TAG,
        description="Every account the customer holds, as owner or user, with its balance today.",
        parameters=[_WHOSE],
        answer=AccountsSerializer,
        example={"items": [_EXAMPLE]},
    )
    def get(self, request: Request) -> Response:
        return Response({"items": list(_told(request, "accounts").values())})


class OneAccount(BankAPIView):
    permission_classes = (requires_api(OWN_DATA, OPEN_CUSTOMER),)

    @operation(
        "Read one account",
        tag=TAG,
        operation_id="account_retrieve",
        parameters=[in_path("account_id", "Its id.", _ID), _WHOSE],
        answer=AccountSerializer,
        example=_EXAMPLE,
    )
    def get(self, request: Request, account_id: str) -> Response:
        found = _told(request, "account").get(account_id.lower())
        if found is None:
            raise Http404
        return Response(found)


def _told(request: Request, what: str) -> dict[str, dict[str, Any]]:
    customer = scoped_customer(request, request.query_params.get("customer_id"), what=what)
    reach, today = Reach(customer), business_day()
    pks = [account.pk for account in reach.accounts]
    standings, held = balances.standings(pks, today), balances.held(pks, today)
    whole = Slice(
        currency="", customer=CustomerRef(customer.pk, customer.public_id), end=today + ONE_DAY
    )
    return {
        str(account.public_id): _item(
            account,
            standings[account.pk],
            held[account.pk],
            replace(
                whole,
                currency=account.currency,
                accounts=(reach.account_refs[account.public_id],),
            ),
        )
        for account in reach.accounts
    }


def _item(account: Any, stands: Standing, held: Held, slice: Slice) -> dict[str, Any]:
    balance = figure_of(METRICS["balance"], stands.balance, slice, API)
    return {
        "id": account.public_id,
        "name": account.name,
        "kind": account.kind,
        "masked_number": account.masked_number,
        "currency": account.currency,
        "role": account.role,
        "put_away": account.put_away_on is not None,
        "balance": shapes.exact(balance),
        "as_of": stands.day,
        "stated_on": stands.statement.day if stands.statement else None,
        "lines": held.lines,
        "last_line_on": held.last_day,
        "trace": balance.trace if stands.statement else None,
    }
