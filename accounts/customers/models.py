"""Who the money belongs to, and who of the staff looked."""

import secrets
from datetime import date
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField


def new_id_key() -> bytes:
    """The random key under which this bank's transaction ids go out; never rotated."""
    return secrets.token_bytes(16)


# The ledger keeps days from 1900 to 2199: a year less at each end is left to the windows around a day.
FIRST_BUSINESS_DAY, LAST_BUSINESS_DAY = date(1901, 1, 1), date(2198, 12, 31)
_DAY_OUT_OF_REACH = _("Choose a day from 1901-01-01 to 2198-12-31, or leave it empty for today.")


class BankProfile(models.Model):
    """The bank's own settings: one row."""

    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2, default="DE")
    time_zone = models.CharField(max_length=40, default="Europe/Berlin")
    currency = models.CharField(max_length=3, default="EUR")
    locale = models.CharField(max_length=10, default="en")
    brand = models.CharField(max_length=7, blank=True, default="")
    k = models.PositiveSmallIntegerField(
        _("smallest group shown to staff"),
        default=10,
        validators=[MinValueValidator(5), MaxValueValidator(1000)],
    )
    # Fixed in demo banks and sandboxes; null = today in the bank's zone.
    business_day = models.DateField(
        null=True,
        blank=True,
        validators=[
            MinValueValidator(FIRST_BUSINESS_DAY, _DAY_OUT_OF_REACH),
            MaxValueValidator(LAST_BUSINESS_DAY, _DAY_OUT_OF_REACH),
        ],
    )
    # Who gets the day's head of the change log by mail, besides settings.AUDIT_HEADS_TO.
    heads_to = models.CharField(
        _("daily head of the change log goes to"), max_length=500, blank=True, default=""
    )
    id_key = models.BinaryField(default=new_id_key, max_length=16, editable=False)

    class Meta:
        verbose_name = _("bank settings")
        verbose_name_plural = _("bank settings")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="bank_profile_one_row")
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The one row. Raises ValidationError for a business day that no page could compute with."""
        others = {field.name for field in self._meta.fields} - {"business_day"}
        self.clean_fields(exclude=others)
        self.pk = 1
        super().save(*args, **kwargs)


class Customer(models.Model):
    """The data subject; may exist without a sign-in."""

    public_id = PublicIdField()
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="customer"
    )
    full_name = models.CharField(_("full name"), max_length=120)
    age_bracket = models.CharField(_("age bracket"), max_length=12, blank=True, default="")
    location = models.CharField(_("location"), max_length=80, blank=True, default="")
    employment_status = models.CharField(_("employment"), max_length=40, blank=True, default="")
    branch = models.CharField(_("branch"), max_length=60, blank=True, default="")
    created_at = models.DateTimeField(_("customer since"))
    # The currency their figures are in, where they hold an account in it; "" = the bank's.
    reporting_currency = models.CharField(max_length=3, blank=True, default="", editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["branch", "id"], name="customer_branch")]

    def __str__(self) -> str:
        return self.reference


class Purpose(models.TextChoices):
    """Why a member of staff opens one customer."""

    REQUEST = "request", _("the customer asked us")
    COMPLAINT = "complaint", _("a complaint")
    FRAUD = "fraud", _("suspected fraud")
    ARREARS = "arrears", _("payment difficulties")
    QUALITY = "quality", _("mending data")
    OTHER = "other", _("another reason, described")


class AccessGrant(models.Model):
    """One member of staff may see one customer, for one purpose, for an hour."""

    public_id = PublicIdField()
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="grants")
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    note = models.CharField(_("in your own words"), max_length=300)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["staff", "customer", "expires_at"], name="grant_staff_customer")
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} → {self.customer_id}"


class AccessRecord(models.Model):
    """One view under a grant: what was looked at, and when."""

    grant = models.ForeignKey(AccessGrant, models.PROTECT, related_name="records")
    what = models.CharField(max_length=60)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.grant_id}: {self.what}"
