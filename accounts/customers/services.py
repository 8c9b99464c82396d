"""Acts on customers: opening one with a purpose, and noting each look."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.audit import services as audit
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
    note = cut_card_numbers(note)
    with transaction.atomic():
        grant = AccessGrant.objects.create(
            staff=staff,
            customer=customer,
            purpose=purpose,
            note=note,
            opened_at=now,
            expires_at=now + timedelta(minutes=GRANT_MINUTES),
        )
        audit.record(
            act="customer.opened",
            subject=grant,
            after={"purpose": purpose, "note": note, "until": grant.expires_at},
            customer_id=customer.pk,
        )
    return grant


def record_look(*, grant: AccessGrant, what: str) -> None:
    """Notes one view under a grant; `what` names the page or endpoint, never its content."""
    AccessRecord.objects.create(grant=grant, what=what[:60], seen_at=timezone.now())


# The look is noted by the statement that allows it, so nothing is ever shown without its record.
_LOOK = """
with open_now as (
  select g.id from customers_accessgrant g join customers_customer c on c.id = g.customer_id
  where g.staff_id = %(staff)s and c.public_id = %(public_id)s and g.expires_at > %(now)s
  order by g.expires_at desc limit 1
), noted as (
  insert into customers_accessrecord (grant_id, what, seen_at)
  select id, %(what)s, %(now)s from open_now returning grant_id
)
select c.*, g.id as grant_pk, g.public_id as grant_public_id, g.purpose as grant_purpose,
       g.note as grant_note, g.opened_at as grant_opened_at, g.expires_at as grant_expires_at
from noted join customers_accessgrant g on g.id = noted.grant_id
join customers_customer c on c.id = g.customer_id
"""
_OF_GRANT = ("public_id", "purpose", "note", "opened_at", "expires_at")


def look(*, staff: User, public_id: UUID, what: str) -> AccessGrant | None:
    """Notes one view of the customer under the open purpose, and gives both; None where none is open.

    One statement. `what` names the page or endpoint, never its content.
    """
    values = {"staff": staff.pk, "public_id": public_id, "what": what[:60], "now": timezone.now()}
    for customer in Customer.objects.raw(_LOOK, values):
        of_grant = {name: getattr(customer, f"grant_{name}") for name in _OF_GRANT}
        pk: int = customer.grant_pk  # type: ignore[attr-defined]
        return AccessGrant(pk=pk, staff=staff, customer=customer, **of_grant)
    return None


def record_looks(*, grants: Sequence[AccessGrant], what: str) -> None:
    """One view that shows several opened customers, noted for each of them."""
    now = timezone.now()
    AccessRecord.objects.bulk_create(
        AccessRecord(grant=grant, what=what[:60], seen_at=now) for grant in grants
    )
