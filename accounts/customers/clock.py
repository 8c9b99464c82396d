"""The bank's own clock: what people read and type as a time is a time there, whatever the server's zone.

Pages and the admin are inside `bank_time` as a whole, jobs too; the API answers in UTC with its offset. What is
computed never asks it: business days come from `queries.business_day`, nights from `config/nightly.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from accounts.banks.tenancy import current_schema
from accounts.customers.queries import bank_profile


@contextmanager
def bank_time() -> Iterator[None]:
    """Times are shown and read by the current bank's clock inside; at the operators' door by UTC."""
    if current_schema() == get_public_schema_name():
        yield
        return
    with timezone.override(ZoneInfo(bank_profile().time_zone)):
        yield


class BankTimeMiddleware:
    """After the bank is known. Programs get what they always got."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        with bank_time():
            return self.get_response(request)
