"""Who looked at my data (D8): every opening by staff, why, and each look, at once."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.customers.scope import customer_of_sign_in
from accounts.customers.visits import visits
from accounts.permissions import OWN_DATA, requires


class AccessFilter(forms.Form):
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


@requires(OWN_DATA)
@require_GET
def access(request: HttpRequest) -> HttpResponse:
    customer = customer_of_sign_in(request.user)  # type: ignore[arg-type]
    form = AccessFilter(request.GET)
    before: Any = form.cleaned_data["before"] if form.is_valid() else None
    found, older = visits(customer, before=before)
    here = reverse("pages:access")
    context = {
        "visits": found,
        "older_url": f"{here}?{urlencode({'before': older})}" if older else "",
        "first_url": here if before else "",
        "crumbs": [(_("Profile"), reverse("pages:profile")), (_("Who looked at my data"), "")],
    }
    return render(request, "pages/access.html", context)
