"""Staff who name a customer without an open purpose are led to the gate, and back afterwards."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.customers.scope import CustomerNeeded, PurposeNeeded


class PurposeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, PurposeNeeded):
            gate = reverse("pages:open_customer", args=[error.customer.public_id])
            back = request.get_full_path() if request.method == "GET" else ""
            return redirect(f"{gate}?{urlencode({'next': back})}" if back else gate)
        if isinstance(error, CustomerNeeded):
            return redirect("pages:customers")
        return None
