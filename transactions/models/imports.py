"""Imports: what came, what was planned, what was done."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer
from accounts.jobs.models import Job, StoredFile
from transactions.models.accounts import BankAccount


class ImportBatch(models.Model):
    """One file (or other delivery) on its way into the ledger."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        REFUSED = "refused", _("can't be read")
        PLANNED = "planned", _("planned, nothing written yet")
        COMMITTED = "committed", _("in the ledger")
        EMPTY = "empty", _("nothing to bring in")
        UNDONE = "undone", _("undone")

    public_id = PublicIdField()
    # Null for lines that came for many customers at once.
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    # Null until the person has said which account (a file with one account).
    account = models.ForeignKey(
        BankAccount, models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.CharField(max_length=12, default="file")
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    adapter = models.CharField(max_length=20, blank=True, default="")
    # The mapping as detected or corrected, the evidence for it, and where it could be read otherwise.
    layout = models.JSONField(default=dict)
    detection = models.JSONField(default=dict)
    # What the person decided besides: accounts of names in the file, doubtful lines to bring in.
    choices = models.JSONField(default=dict)
    # What kind of export this is: rows of another kind that look alike are doubtful, not new.
    source_key = models.CharField(max_length=64, blank=True, default="")
    # The plan: one verdict per row (one character a row, zlib), counts, sums, one hash over all, and
    # the accounts' revisions it was made against.
    verdicts = models.BinaryField(default=bytes)
    counts = models.JSONField(default=dict)
    # Money of the new rows by currency and kind of category, as text.
    sums = models.JSONField(default=dict)
    plan_hash = models.CharField(max_length=64, blank=True, default="")
    basis = models.JSONField(default=dict)
    code_version = models.CharField(max_length=40, blank=True, default="")
    refused_code = models.CharField(max_length=40, blank=True, default="")
    refused_message = models.CharField(max_length=500, blank=True, default="")
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    # When transfers and refunds among its rows were looked for.
    paired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = _("import batches")

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_bulk(self) -> bool:
        """A file in which a column says whose each row is."""
        return self.customer_id is None and self.file_id is not None

    def page(self, name: str) -> str:
        """The address of one of its pages: preview, done, …"""
        return reverse(f"imports:{name}", args=[self.public_id], urlconf=settings.ROOT_URLCONF)


class PlannedChunk(models.Model):
    """Some rows of a plan as they would be written (COPY text, zlib); gone once committed.

    The commit applies these instead of reading the file again, so what was shown is what is written.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="chunks", db_index=False)
    no = models.PositiveIntegerField()
    data = models.BinaryField()
    # On the first chunk: the month totals that all new rows of the plan add up to (COPY text, zlib).
    totals = models.BinaryField(default=bytes)

    class Meta:
        ordering = ["batch", "no"]
        constraints = [models.UniqueConstraint(fields=["batch", "no"], name="planned_chunk_no")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.no}"


class ImportIssue(models.Model):
    """A row that was rejected, is doubtful, or changes one in the ledger (before- and after-image)."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="issues")
    line = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10)
    code = models.CharField(max_length=40, blank=True, default="")
    column = models.CharField(max_length=80, blank=True, default="")
    value = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    fix = models.CharField(max_length=300, blank=True, default="")
    raw = models.TextField(blank=True, default="")
    transaction_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["batch", "line", "id"]
        indexes = [
            # What files changed on one line, for its history.
            models.Index(
                fields=["transaction_id"],
                condition=models.Q(verdict="changed"),
                name="issue_changed_row",
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line} {self.verdict}"


class ImportProfile(models.Model):
    """A saved mapping: how files of this kind are read."""

    public_id = PublicIdField()
    name = models.CharField(max_length=80)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    # What marks a file of this kind (hash of its header and shape).
    signature = models.CharField(max_length=64)
    layout = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "signature"], name="profile_signature", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name
