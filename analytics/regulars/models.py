"""A payment that comes again, and the rows it is made of.

It is the same row from night to night. What the search says and what a person says stand in columns of
their own: the night writes the first and never the second, and where a person said something it counts.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField, money_field
from accounts.customers.models import Customer
from transactions.models import BankAccount, Category


class RegularPayment(models.Model):
    """One stream of an account. Amounts are sizes, above zero; `direction` says which way they go."""

    class Direction(models.TextChoices):
        IN = "in", _("in")
        OUT = "out", _("out")

    class Cadence(models.TextChoices):
        WEEKLY = "weekly", _("every week")
        TWO_WEEKS = "every_2_weeks", _("every 2 weeks")
        FOUR_WEEKS = "every_4_weeks", _("every 4 weeks")
        TWICE_A_MONTH = "twice_a_month", _("twice a month")
        MONTHLY = "monthly", _("every month")
        TWO_MONTHS = "every_2_months", _("every 2 months")
        QUARTERLY = "quarterly", _("every 3 months")
        HALF_YEARLY = "half_yearly", _("every 6 months")
        YEARLY = "yearly", _("every year")

    class Maturity(models.TextChoices):
        CANDIDATE = "candidate", _("maybe: seen twice")
        EARLY = "early", _("early")
        MATURE = "mature", _("settled")

    class Word(models.TextChoices):
        """What a person said of it; "" = nothing yet."""

        NONE = "", _("found")
        CONFIRMED = "confirmed", _("confirmed")
        REJECTED = "rejected", _("not regular")
        REMOVED = "removed", _("removed")

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="+")
    # The other side as the search groups by it: letters of its name or of the row's text.
    key = models.CharField(max_length=80)
    direction = models.CharField(max_length=3, choices=Direction)
    currency = models.CharField(max_length=3)
    # -- what the search says -----------------------------------------------------------------------
    name = models.CharField(_("name"), max_length=120)
    cadence = models.CharField(_("how often"), max_length=16, choices=Cadence)
    due_rule = models.CharField(max_length=12, blank=True, default="")
    next_on = models.DateField(_("next on"), null=True, blank=True)
    window_days = models.PositiveSmallIntegerField(default=1)
    amount_low = money_field()
    amount_typical = money_field(verbose_name=_("amount"))
    amount_high = money_field()
    is_fixed = models.BooleanField(default=True)
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    payments = models.PositiveIntegerField(default=0)
    maturity = models.CharField(max_length=9, choices=Maturity, default=Maturity.CANDIDATE)
    # The price before its last change, and the day of the first payment after it.
    was_amount = money_field(null=True, blank=True)
    changed_on = models.DateField(null=True, blank=True)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    computed_through = models.DateField(null=True, blank=True)
    # -- what a person says; the night never writes these ----------------------------------------------
    word = models.CharField(max_length=9, choices=Word, blank=True, default=Word.NONE)
    by_hand = models.BooleanField(default=False)
    own_name = models.CharField(_("name"), max_length=120, blank=True, default="")
    own_cadence = models.CharField(
        _("how often"), max_length=16, choices=Cadence, blank=True, default=""
    )
    own_amount = money_field(verbose_name=_("amount"), null=True, blank=True)
    own_next_on = models.DateField(_("next on"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "analytics"
        verbose_name = _("regular payment")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_low__gt=0) & Q(amount_high__gte=models.F("amount_low")),
                name="regular_amounts",
            ),
            models.CheckConstraint(
                condition=Q(own_amount=None) | Q(own_amount__gt=0), name="regular_own_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.cadence} #{self.pk}"

    @property
    def is_spoken_for(self) -> bool:
        """Whether a person said anything of it: then it outlives the rows it was found in."""
        return bool(
            self.word or self.by_hand or self.own_name or self.own_cadence
            or self.own_amount is not None or self.own_next_on
        )  # fmt: skip


class RegularPaymentDate(models.Model):
    """One row of a stream, and the day it was expected on. Rows are the ledger's: no constraint binds them."""

    regular = models.ForeignKey(
        RegularPayment, models.CASCADE, related_name="dates", db_index=False
    )
    transaction_id = models.BigIntegerField()
    expected_on = models.DateField()

    class Meta:
        app_label = "analytics"
        ordering = ["expected_on", "transaction_id"]
        constraints = [
            models.UniqueConstraint(fields=["regular", "transaction_id"], name="regular_date_once")
        ]

    def __str__(self) -> str:
        return f"{self.regular_id} {self.expected_on}"
