"""Files that were found in the bank's watched folder, and what became of each."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.customers.models import Customer
from transactions.models.imports import ImportBatch


class WatchedFile(models.Model):
    """One file of the watched folder. Written in the transaction that brings its rows in, so that a sweep
    that was killed before it moved the file away finds here that only the moving is left."""

    class State(models.TextChoices):
        DONE = "done", _("brought in")
        NOTHING_NEW = "nothing", _("nothing new in it")
        FAILED = "failed", _("not brought in")

    # The folder it lay in: a customer's reference, or "" for the bank's own.
    folder = models.CharField(max_length=80, blank=True, default="")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    batch = models.ForeignKey(ImportBatch, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=7, choices=State)
    code = models.CharField(max_length=40, blank=True, default="")
    sentence = models.CharField(max_length=500, blank=True, default="")
    counts = models.JSONField(default=dict)
    found_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.pk)
