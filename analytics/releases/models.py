"""What staff see: sums of whole groups, published together."""

from django.db import models

from accounts.banks.fields import money_field
from analytics.nights.models import Run


class StaffRelease(models.Model):
    run = models.OneToOneField(Run, models.CASCADE, related_name="release")
    k = models.PositiveSmallIntegerField()
    customers = models.PositiveIntegerField()
    active_customers = models.PositiveIntegerField()
    # Per month and currency: how many lines are withheld from every total, and why.
    withheld = models.JSONField(default=list)

    class Meta:
        app_label = "analytics"

    def __str__(self) -> str:
        return f"release of run {self.run_id}"


class StaffGroup(models.Model):
    """One group of at least k customers; every staff figure is a sum of whole groups."""

    release = models.ForeignKey(StaffRelease, models.CASCADE, related_name="groups", db_index=False)
    month = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=13)
    # null in each = "several", pooled
    category_id = models.BigIntegerField(null=True)
    branch = models.CharField(max_length=60, null=True)
    segment_id = models.BigIntegerField(null=True)
    money_in = money_field()
    money_out = money_field()
    n = models.IntegerField()
    customers = models.IntegerField()
    # Who is in it (customer ids, compressed): needed to decide when it may be published anew; never shown.
    members = models.BinaryField(default=bytes)

    class Meta:
        app_label = "analytics"
        ordering = ["release", "month", "id"]
        indexes = [models.Index(fields=["release", "month"], name="staff_group_month")]

    def __str__(self) -> str:
        return f"{self.release_id} {self.month:%Y-%m} {self.kind}"
