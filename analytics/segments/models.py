"""Segments that keep their identity from night to night."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField, money_field
from accounts.customers.models import Customer
from analytics.nights.models import Run


class Segment(models.Model):
    """A group with a name that stays while its centre moves; what it looks like now is per run."""

    public_id = PublicIdField()
    position = models.PositiveSmallIntegerField(unique=True)
    first_run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        app_label = "analytics"
        ordering = ["position"]

    def __str__(self) -> str:
        return str(self.position)


class SegmentModel(models.Model):
    """The fitted model of one run, as plain numbers."""

    run = models.OneToOneField(Run, models.CASCADE, related_name="segment_model")
    k = models.PositiveSmallIntegerField()
    customers = models.PositiveIntegerField()
    parameters = models.JSONField()

    class Meta:
        app_label = "analytics"

    def __str__(self) -> str:
        return f"{self.run_id} k={self.k}"


class SegmentProfile(models.Model):
    """One segment as one run found it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("description"), max_length=400)
    customers = models.PositiveIntegerField()
    centre = models.JSONField()

    class Meta:
        app_label = "analytics"
        ordering = ["run", "segment"]
        constraints = [
            models.UniqueConstraint(fields=["run", "segment"], name="segment_profile_once")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="+", db_index=False)
    x = models.FloatField()
    y = models.FloatField()

    class Meta:
        app_label = "analytics"
        constraints = [models.UniqueConstraint(fields=["customer", "run"], name="membership_once")]
        indexes = [models.Index(fields=["run", "segment"], name="membership_run_segment")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"


class Move(models.Model):
    """A customer who changed segment, and the three features that moved them most."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    old = models.ForeignKey(Segment, models.PROTECT, related_name="+", db_index=False)
    new = models.ForeignKey(Segment, models.PROTECT, related_name="+", db_index=False)
    drivers = models.JSONField()

    class Meta:
        app_label = "analytics"
        constraints = [models.UniqueConstraint(fields=["customer", "run"], name="move_once")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.old_id} → {self.new_id}"


class CustomerFeatures(models.Model):
    """What segments and behaviour are computed from: one row per customer and run."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    recency_days = models.PositiveIntegerField(null=True)
    frequency = models.PositiveIntegerField()
    monetary = money_field()
    recency_score = models.PositiveSmallIntegerField()
    frequency_score = models.PositiveSmallIntegerField()
    monetary_score = models.PositiveSmallIntegerField()
    features = models.JSONField()

    class Meta:
        app_label = "analytics"
        constraints = [models.UniqueConstraint(fields=["customer", "run"], name="features_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.run_id}"
