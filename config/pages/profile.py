"""What the bank knows of a person besides their money (A23)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.customers import queries
from accounts.permissions import OWN_DATA, requires
from transactions.models import BankAccount


@requires(OWN_DATA)
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    customer = queries.own_customer(request.user)  # type: ignore[arg-type]
    if customer is None:
        raise Http404
    accounts = BankAccount.objects.held_by(customer).order_by("id")
    return render(request, "pages/profile.html", {"customer": customer, "accounts": accounts})
