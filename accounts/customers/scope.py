"""Whose data a request is about: one rule for pages and API.

A customer: their own, and a foreign id is as missing as one that doesn't exist. Staff: the customer
named, under an open purpose; each look is noted.
"""

from uuid import UUID

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.customers import queries, services
from accounts.customers.models import AccessGrant, Customer
from accounts.models import User
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, has


class NotConnected(Http404):
    """A customer's sign-in that belongs to no customer: nothing is theirs yet, and that is said."""

    sentence: str | Promise = _(
        "Your bank hasn’t connected this sign-in to your accounts yet. Ask your branch to do it; then you "
        "find your figures here."
    )


class PurposeNeeded(Exception):
    """Staff named a customer without an open purpose; pages lead to the gate, the API says 403."""

    def __init__(self, customer: Customer) -> None:
        super().__init__("purpose required")
        self.customer = customer


class CustomerNeeded(Exception):
    """Staff asked for one customer's data and named none."""


def customer_in_scope(user: User, named: str | UUID | None, *, what: str) -> Customer:
    """The customer this request may read.

    Parameters: `named` is the customer's public id as it came (or None), `what` is noted in the access
    record. Raises Http404 (foreign, missing or unreadable id), NotConnected, CustomerNeeded, PurposeNeeded.
    """
    if has(user, OWN_DATA):
        own = customer_of_sign_in(user)
        if named not in (None, "") and _uuid(named) != own.public_id:
            raise Http404
        return own
    return open_purpose(user, named, what=what).customer


def customer_of_sign_in(user: User) -> Customer:
    """The customer whose sign-in this is. Raises NotConnected where there is none."""
    own = queries.own_customer(user)
    if own is None:
        raise NotConnected
    return own


def open_purpose(user: User, named: str | UUID | None, *, what: str) -> AccessGrant:
    """The purpose under which this member of staff looks at the customer named, with that customer; the look
    is noted. Raises Http404 (no such customer, or a role that opens none), CustomerNeeded, PurposeNeeded.
    """
    if not has(user, OPEN_CUSTOMER):
        raise Http404
    if named in (None, ""):
        raise CustomerNeeded
    public_id = _uuid(named)
    grant = services.look(staff=user, public_id=public_id, what=what)
    if grant is None:
        customer = Customer.objects.filter(public_id=public_id).first()
        if customer is None:
            raise Http404
        raise PurposeNeeded(customer)
    return grant


def _uuid(text: str | UUID | None) -> UUID:
    try:
        return text if isinstance(text, UUID) else UUID(str(text))
    except ValueError:
        raise Http404 from None
