"""An API with one door whose effect can be counted: each call makes a customer."""

import itertools
import os
import time
from typing import Any

from django.urls import path
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.customers.models import Customer
from accounts.idempotency.views import BankAPIView
from config.urls import urlpatterns as _real

_number = itertools.count(1)


class Probe(BankAPIView):
    def post(self, request: Request, name: str = "") -> Response:
        said: dict[str, Any] = request.data
        made = Customer.objects.create(
            reference=f"P{os.getpid()}-{next(_number)}", full_name=f"Probe {said.get('name', '')}",
            created_at=timezone.now(),
        )  # fmt: skip
        time.sleep(said.get("pause", 0))
        if said.get("fail") == "refuse":
            raise ValidationError({"name": ["Not this one."]})
        if said.get("fail") == "break":
            raise RuntimeError("broken on purpose")
        if said.get("fail") == "say":
            return Response({"late": True}, status=503)
        answer = Response({"id": made.pk, "name": name}, status=201)
        answer.headers["Location"] = f"/probe/{made.pk}"
        return answer

    put = post


urlpatterns = [path("api/v1/probe/<str:name>", Probe.as_view()), *_real]
