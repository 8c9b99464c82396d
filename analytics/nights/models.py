"""What a night computed is a record: one run per business day and state of the books, its steps timed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """Everything one night computed, written beside the last one's and published by one switch.

    The same day over unchanged books is the same run: a second start finds it and changes nothing.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PUBLISHED = "published", _("published")
        FAILED = "failed", _("stopped")

    business_day = models.DateField()
    # Hash of what the run reads: revisions of all accounts, settings, code version, seed.
    inputs_hash = models.CharField(max_length=64)
    code_version = models.CharField(max_length=40)
    seed = models.IntegerField(default=0)
    computed_through = models.DateField(_("last day covered"))
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    error = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "analytics"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["business_day", "inputs_hash"], name="run_day_inputs")
        ]

    def __str__(self) -> str:
        return f"{self.business_day} #{self.pk}"


class RunStep(models.Model):
    """One step of a run, with how long it took and what it made."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps", db_index=False)
    name = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField()
    done = models.BooleanField(default=False)
    milliseconds = models.PositiveIntegerField(default=0)
    count = models.BigIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        app_label = "analytics"
        ordering = ["run", "position"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_step_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.name}"
