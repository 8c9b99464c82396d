"""Which sign-in reads a customer's figures: the one act by which a bank decides it, and never unseen.

A customer gets a sign-in where there is none, or where the present one is closed. The old address is written
to, the change log keeps an entry, and the customer finds a line under "Who looked at my data".
"""

from allauth.account.adapter import get_adapter
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.customers import services
from accounts.customers.models import AccessGrant, Customer
from accounts.customers.queries import bank_name
from accounts.models import Role, User


class StillOpen(Exception):
    """The customer has a sign-in that isn't closed; the sentence says what to do first."""

    def __init__(self) -> None:
        super().__init__(
            _("This customer has a sign-in that is open. Close it first, then connect another one.")
        )


def may_connect(customer: Customer) -> bool:
    """Whether the customer's sign-in may be set: there is none, or it is closed."""
    return customer.user is None or not customer.user.is_active


def free_sign_ins(customer: Customer | None = None) -> "QuerySet[User]":
    """Customers' open sign-ins that belong to nobody, and the one that `customer` has now."""
    free = Q(role=Role.CUSTOMER, is_active=True, customer__isnull=True)
    now = customer.user_id if customer is not None else None
    return User.objects.filter(free | Q(pk=now) if now else free)


def lock(customer: Customer) -> Customer:
    """The customer as they are now, kept so until the transaction ends: of two colleagues at once the second
    waits here, and finds what the first did. Raises StillOpen where the present sign-in is not closed.
    """
    now = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if not may_connect(now):
        raise StillOpen
    return now


def connect(
    *, request: HttpRequest, customer: Customer, user: User, grant: AccessGrant | None
) -> None:
    """Gives the customer the sign-in `user`. Raises StillOpen where the present one is not closed."""
    with transaction.atomic():
        now = lock(customer)
        now.user, old = user, now.user
        now.save(update_fields=["user"])
        customer.user = user
        tell(request=request, customer=now, old=old, grant=grant, place="page")


def tell(
    *,
    request: HttpRequest,
    customer: Customer,
    old: User | None,
    grant: AccessGrant | None,
    place: str,
) -> None:
    """Notes for everybody concerned that the customer has another sign-in now, in the act's transaction.

    `place` is where it was done, as access records begin. A customer who is only just made has been opened
    by nobody, so `grant` is None and there is no line.
    """
    audit.record(
        act="customer.connected",
        subject=customer,
        before={"user": old.pk if old else None},
        after={"user": customer.user_id},
        customer_id=customer.pk,
    )
    if grant is not None:
        what = "another sign-in connected" if old else "a sign-in connected"
        if customer.user_id is None:
            what = "sign-in taken away"
        services.record_look(grant=grant, what=f"{place}: {what}")
    if old is not None:
        context = {"bank_name": bank_name(), "taken_away": customer.user_id is None}
        get_adapter(request).send_mail("account/email/sign_in_replaced", old.email, context)
