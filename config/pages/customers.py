"""Staff: find a customer, say why, and see one customer for an hour."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.customers import queries, services
from accounts.customers.models import Customer, Purpose
from accounts.customers.scope import open_purpose
from accounts.permissions import MANAGE_BANK, OPEN_CUSTOMER, has, requires

PAGE = 50


class PurposeForm(forms.Form):
    purpose = forms.ChoiceField(label=_("Why do you open this customer?"), choices=Purpose.choices)
    note = forms.CharField(
        label=_("In your own words"),
        help_text=_("The customer will read this. A case number and half a sentence are enough."),
        min_length=5,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CustomerFilter(forms.Form):
    q = forms.CharField(
        label=_("Reference"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Reference")}),
    )
    branch = forms.ChoiceField(label=_("Branch"), required=False)
    after = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, branches: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].choices = [("", _("All branches")), *((b, b) for b in branches)]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class CustomerRow:
    """One line of the masked list: no name, no amount."""

    reference: str
    branch: str
    age_bracket: str
    since: date
    url: str
    is_open: bool


@requires(OPEN_CUSTOMER)
@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """The bank's customers, masked; keyset pages, no total."""
    branches = list(
        Customer.objects.exclude(branch="")
        .order_by("branch")
        .values_list("branch", flat=True)
        .distinct()
    )
    form = CustomerFilter(request.GET, branches=branches)
    rows: list[Customer] = []
    if form.is_valid():
        found = Customer.objects.order_by("id").filter(id__gt=form.cleaned_data["after"] or 0)
        if form.cleaned_data["q"]:
            found = found.filter(reference__icontains=form.cleaned_data["q"])
        if form.cleaned_data["branch"]:
            found = found.filter(branch=form.cleaned_data["branch"])
        rows = list(found[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    opened = queries.opened_by(request.user, rows)  # type: ignore[arg-type]
    query = {k: str(v) for k, v in request.GET.items() if k in ("q", "branch") and v}
    return render(
        request,
        "pages/customers.html",
        {
            "filter_form": form,
            "rows": [
                CustomerRow(
                    c.reference, c.branch, c.age_bracket, timezone.localtime(c.created_at).date(),
                    reverse("pages:customer", args=[c.public_id]), c.pk in opened,
                )
                for c in rows
            ],
            "filtered": bool(query),
            "older_url": f"?{urlencode({**query, 'after': str(rows[-1].pk)})}" if more else "",
            "first_url": f"?{urlencode(query)}" if form.is_valid() and form.cleaned_data["after"] else "",
        },
    )  # fmt: skip


@requires(OPEN_CUSTOMER)
def open_customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """The gate: a purpose, on record and shown to the customer, before anything else."""
    customer = get_object_or_404(Customer, public_id=customer_id)
    target = request.GET.get("next", "")
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.open_customer(staff=request.user, customer=customer, **form.cleaned_data)  # type: ignore[arg-type]
        if url_has_allowed_host_and_scheme(
            target, {request.get_host()}, require_https=request.is_secure()
        ):
            return redirect(target)
        return redirect("pages:customer", customer_id=customer.public_id)
    status = 400 if request.method == "POST" else 200
    return render(
        request, "pages/open_customer.html", {"form": form, "customer": customer}, status=status
    )


@requires(OPEN_CUSTOMER)
@require_safe
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """One customer, opened: who they are, and the overview that they see themselves."""
    from config.pages import overview

    grant = open_purpose(request.user, customer_id, what="page: customer")  # type: ignore[arg-type]
    can_invite = has(request.user, MANAGE_BANK)
    return overview.render_overview(
        request, grant.customer, template="pages/customer.html",
        extra={"grant": grant, "customer": grant.customer, "can_invite": can_invite},
    )  # fmt: skip
