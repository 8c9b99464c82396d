"""Acts on customers: opening one with a purpose, and noting each look."""

from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.cards import cut_card_numbers
from accounts.customers.models import AccessGrant, AccessRecord, Customer
from accounts.models import User
from accounts.permissions import OPEN_CUSTOMER, has

GRANT_MINUTES = 60


def open_customer(*, staff: User, customer: Customer, purpose: str, note: str) -> AccessGrant:
    """Lets `staff` see `customer` for 60 minutes, with the purpose on record.

    Raises PermissionDenied when the role may not open customers.
    """
    if not has(staff, OPEN_CUSTOMER):
        raise PermissionDenied
    now = timezone.now()
    return AccessGrant.objects.create(
        staff=staff,
        customer=customer,
        purpose=purpose,
        note=cut_card_numbers(note),
        opened_at=now,
        expires_at=now + timedelta(minutes=GRANT_MINUTES),
    )


def record_look(*, grant: AccessGrant, what: str) -> None:
    """Notes one view under a grant; `what` names the page or endpoint, never its content."""
    AccessRecord.objects.create(grant=grant, what=what[:60], seen_at=timezone.now())


def record_looks(*, grants: Sequence[AccessGrant], what: str) -> None:
    """One view that shows several opened customers, noted for each of them."""
    now = timezone.now()
    AccessRecord.objects.bulk_create(
        AccessRecord(grant=grant, what=what[:60], seen_at=now) for grant in grants
    )
