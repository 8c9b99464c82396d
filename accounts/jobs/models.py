"""Long work and kept files. The job table is the truth; a message only makes work sooner."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField


class StoredFile(models.Model):
    """A file kept in the bank itself, in compressed chunks, so that any worker reads it."""

    public_id = PublicIdField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, blank=True, default="")
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.public_id)


class StoredChunk(models.Model):
    """At most 1 MB of a file, compressed with zlib."""

    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="chunks", db_index=False)
    no = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["file", "no"]
        constraints = [models.UniqueConstraint(fields=["file", "no"], name="chunk_file_no")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.no}"


class Job(models.Model):
    """One piece of long work: claimed under a lease, done in its effect's transaction."""

    class State(models.TextChoices):
        DUE = "due", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        PARKED = "parked", _("stopped, needs a hand")
        CANCELLED = "cancelled", _("cancelled")

    public_id = PublicIdField()
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    # A job that must exist once carries a key (`night:2026-11-25`); the rest are null.
    unique_key = models.CharField(max_length=120, null=True, blank=True)
    # Jobs of one lane are never at work at the same time (the nights of a bank); the rest are null.
    lane = models.CharField(max_length=40, null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    run_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    lost_leases = models.PositiveSmallIntegerField(default=0)
    lease_id = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(default=0)
    # done_count at the last lost lease: progress since then forgives earlier losses.
    progress_mark = models.BigIntegerField(default=0)
    step = models.CharField(max_length=80, blank=True, default="")
    cancel_asked = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True, default="")
    # One sentence for people; never a trace.
    error = models.CharField(max_length=500, blank=True, default="")
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["unique_key"], name="job_unique_key"),
            models.UniqueConstraint(
                fields=["lane"], condition=Q(state="running"), name="job_lane_running"
            ),
        ]
        indexes = [
            models.Index(
                fields=["run_at"], condition=Q(state__in=["due", "running"]), name="job_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
