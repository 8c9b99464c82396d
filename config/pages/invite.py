"""A bank admin invites an imported customer to sign in."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.audit import services as audit
from accounts.customers.scope import open_purpose
from accounts.customers.sign_ins import StillOpen, connect, lock, may_connect
from accounts.forms import InviteForm
from accounts.models import Role, User
from accounts.permissions import MANAGE_BANK, requires


@requires(MANAGE_BANK)
@require_http_methods(["GET", "HEAD", "POST"])
def invite_customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Asks for the address once and sends the link; again for who was invited and never came.

    Bank admins alone: whoever chooses the address decides who reads this customer's figures.
    """
    grant = open_purpose(request.user, customer_id, what="page: invite")  # type: ignore[arg-type]
    customer = grant.customer
    # A closed sign-in is done with: another address may be invited in its place.
    user: User | None = customer.user if not may_connect(customer) else None
    form = InviteForm(request.POST or None, initial={"email": user.email if user else ""})
    if user is not None:
        form.fields["email"].disabled = True
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            with transaction.atomic():
                if user is None:
                    lock(customer)
                    invited = invitations.invite_by_email(
                        request=request, email=email, role=Role.CUSTOMER
                    )
                    connect(request=request, customer=customer, user=invited, grant=grant)
                else:
                    invitations.invite(request=request, user=user)
                    audit.record(act="person.invited", subject=user, customer_id=customer.pk)
        except (invitations.InvitationRefused, StillOpen) as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, _("The invitation is sent."))
            return redirect("pages:customer", customer_id=customer.public_id)
    status = 400 if request.method == "POST" else 200
    signs_in = user is not None and user.has_usable_password()
    crumbs = [
        (_("Customers"), reverse("pages:customers")),
        (customer.reference, reverse("pages:customer", args=[customer.public_id])),
        (_("Invite"), ""),
    ]
    context = {"form": form, "customer": customer, "signs_in": signs_in, "crumbs": crumbs}
    return render(request, "pages/invite.html", context, status=status)
