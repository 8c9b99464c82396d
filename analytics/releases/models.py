"""What staff see: sums of whole groups, published together."""

from django.db import models

from accounts.banks.fields import money_field
from analytics.nights.models import Run


class StaffRelease(models.Model):
    run = models.OneToOneField(Run, models.CASCADE, related_name="release")
    k = models.PositiveSmallIntegerField()
    customers = models.PositiveIntegerField()
    active_customers = models.PositiveIntegerField()
    # Lines that are in no total because too few customers are behind them: [{month, currency, lines}].
    withheld = models.JSONField(default=list)
    # Lines whose latest change the figures don't have yet.
    waiting = models.PositiveIntegerField(default=0)
    # The whole release as releases/calc packs it: what the next one is made from. Never shown.
    packed = models.BinaryField(default=bytes)

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
    # [[category id or 0, branch or "", segment id or 0], …]: what is pooled in it.
    leaves = models.JSONField()
    customers = models.IntegerField()
    lines = models.IntegerField()
    net = money_field()
    # Null where only their sum may be shown.
    money_in = money_field(null=True)
    money_out = money_field(null=True)
    changed_in = models.IntegerField()

    class Meta:
        app_label = "analytics"
        ordering = ["release", "month", "id"]
        indexes = [models.Index(fields=["release", "month"], name="staff_group_month")]

    def __str__(self) -> str:
        return f"{self.release_id} {self.month:%Y-%m} {self.kind}"


class StaffMonth(models.Model):
    """Branch and segment of each customer as a month was first shown; a later move changes no past month."""

    month = models.DateField(unique=True)
    # zlib of {customer id: [branch, segment id or 0]}
    placements = models.BinaryField(default=bytes)

    class Meta:
        app_label = "analytics"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
