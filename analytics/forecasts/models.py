"""Forecasts as issued. They are never changed: tomorrow they say how good they were."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import money_field
from accounts.customers.models import Customer
from analytics.nights.models import Run


class ForecastIssue(models.Model):
    """One customer's forecast of one flow, as issued by one run."""

    class Flow(models.TextChoices):
        INCOME = "income", _("income")
        EXPENSES = "expenses", _("expenses")
        NET = "net", _("net")

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    flow = models.CharField(max_length=8, choices=Flow)
    # "" and no points where there is too little history.
    model = models.CharField(max_length=20, blank=True, default="")
    months_used = models.PositiveSmallIntegerField()
    months_needed = models.PositiveSmallIntegerField()
    issued_through = models.DateField(_("last month used"))

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "run", "flow", "currency"], name="forecast_issue_once"
            )
        ]
        indexes = [models.Index(fields=["run", "flow"], name="forecast_issue_run")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.flow} {self.issued_through:%Y-%m}"


class ForecastPoint(models.Model):
    """One month ahead: the middle, and the band that holds four times in five."""

    issue = models.ForeignKey(ForecastIssue, models.CASCADE, related_name="points", db_index=False)
    month = models.DateField()
    value = money_field()
    low = money_field()
    high = money_field()

    class Meta:
        app_label = "analytics"
        ordering = ["issue", "month"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "month"], name="forecast_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.month:%Y-%m}"


class ForecastScore(models.Model):
    """How one run's method did on months that have since ended, against the last value repeated."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    flow = models.CharField(max_length=8, choices=ForecastIssue.Flow)
    model = models.CharField(max_length=20)
    # "replayed": what the method would have said some months ago, against what came.
    basis = models.CharField(max_length=10)
    mase = models.FloatField(null=True)
    naive_mase = models.FloatField(null=True)
    coverage_ratio = models.FloatField(null=True)
    series = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "flow", "model", "basis"], name="forecast_score_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.flow} {self.model}"
