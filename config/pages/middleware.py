"""What holds for every page: the methods it answers, and the gate before one customer's data."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.customers.scope import CustomerNeeded, NotConnected, PurposeNeeded

# Browsers send no other; the admin's and the sign-in's views would take a PUT for a read.
PAGE_METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class PageMethodsMiddleware:
    """Pages know GET and POST; the API decides about its own methods."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in PAGE_METHODS and not request.path.startswith("/api/"):
            return HttpResponseNotAllowed(PAGE_METHODS)
        return self.get_response(request)


class PurposeMiddleware:
    """Staff who name a customer without an open purpose are led to the gate, and back afterwards; who has no
    customer yet is told so.
    """

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
        if isinstance(error, NotConnected):
            said = {"sentence": error.sentence}
            return render(request, "not_connected.html", said, status=404)
        return None
