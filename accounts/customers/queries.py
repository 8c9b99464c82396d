"""Reads about the bank's settings and its customers."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from accounts.banks.tenancy import current_schema
from accounts.customers.models import AccessGrant, BankProfile, Customer
from accounts.models import User


def bank_profile() -> BankProfile:
    """The bank's settings, read once per request or task (kept on the connection's tenant object)."""
    tenant = connection.tenant  # type: ignore[attr-defined]
    profile = getattr(tenant, "_profile", None)
    if profile is None:
        profile = BankProfile.objects.get(pk=1)
        tenant._profile = profile
    return profile


def bank_name() -> str:
    """What people call the place they sign in at: their bank, or the product at the operators' door."""
    return "Counterfoil" if current_schema() == get_public_schema_name() else bank_profile().name


def business_day(now: datetime | None = None) -> date:
    """The bank's day: every "this month" starts from it."""
    profile = bank_profile()
    if profile.business_day:
        return profile.business_day
    return (now or timezone.now()).astimezone(ZoneInfo(profile.time_zone)).date()


def own_customer(user: User) -> Customer | None:
    """The customer whose sign-in this is."""
    if not user.is_customer:
        return None
    found: Customer | None = getattr(user, "customer", None)
    return found


def open_grant(
    *, staff: User, customer: Customer, now: datetime | None = None
) -> AccessGrant | None:
    """The unexpired purpose under which this person may see this customer."""
    return (
        AccessGrant.objects.filter(
            staff=staff, customer=customer, expires_at__gt=now or timezone.now()
        )
        .order_by("-expires_at")
        .first()
    )


def opened_by(staff: User, customers: Iterable[Customer], now: datetime | None = None) -> set[int]:
    """Ids of those customers whom this person may see now, in one query."""
    return set(
        AccessGrant.objects.filter(
            staff=staff,
            customer__in=[c.pk for c in customers],
            expires_at__gt=now or timezone.now(),
        ).values_list("customer_id", flat=True)
    )
