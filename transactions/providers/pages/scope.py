"""Whose connection a page is about: a customer's own alone. Staff look at rows, not at connections."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.customers.models import Customer
from accounts.customers.scope import customer_of_sign_in
from accounts.models import User
from transactions.models import ProviderLink


def person(request: HttpRequest) -> User:
    return cast(User, request.user)


def owner(request: HttpRequest) -> Customer:
    return customer_of_sign_in(person(request))


def link_for(request: HttpRequest, link_id: UUID) -> ProviderLink:
    """The person's own connection; another's is as missing as none."""
    link = (
        ProviderLink.objects.select_related("customer")
        .filter(public_id=link_id, customer=owner(request))
        .first()
    )
    if link is None:
        raise Http404
    return link


def addresses(request: HttpRequest, public_id: UUID) -> tuple[str, str]:
    """Where the provider's messages about this connection come, and where it sends the person back."""
    back = reverse("providers:detail", args=[public_id])
    to = reverse("provider_message", args=[public_id])
    return request.build_absolute_uri(to), request.build_absolute_uri(back)


def crumbs(here: str) -> list[tuple[str, str]]:
    return [(_("Connected banks"), reverse("providers:list")), (here, "")]
