"""What the bank knows of a person besides their money (A23)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.customers.scope import customer_of_sign_in
from accounts.permissions import OWN_DATA, requires
from transactions.models import BankAccount


@requires(OWN_DATA)
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    customer = customer_of_sign_in(request.user)  # type: ignore[arg-type]
    accounts = BankAccount.objects.held_by(customer).order_by("id")
    return render(request, "pages/profile.html", {"customer": customer, "accounts": accounts})
