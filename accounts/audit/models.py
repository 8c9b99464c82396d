"""The change log: one entry for each act, and the seals that chain them. Rows are only ever added."""

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.audit.fields import IdRangesField, spans_text


class AppendOnly(RuntimeError):
    """Somebody tried to change or remove what is only ever added."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Refuses changes here too, where one role both owns and serves; else the database refuses."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly(f"{self.model.__name__} is never changed.")

    def delete(self) -> Any:
        raise AppendOnly(f"{self.model.__name__} is never removed.")


class AppendOnlyModel(models.Model):
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{type(self).__name__} is never changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise AppendOnly(f"{type(self).__name__} is never removed.")


class AuditEntry(AppendOnlyModel):
    """One act of one person (or of the product itself), written in the act's own transaction.

    No foreign key: an entry outlives whom and what it names, and no writer waits for another row. The
    payload is text as it was hashed; it may be erased together with its salt, the digest stays.
    """

    at = models.DateTimeField(_("when"))
    act = models.CharField(_("act"), max_length=60)
    actor_id = models.BigIntegerField(_("who"), null=True, blank=True)
    actor_role = models.CharField(_("role"), max_length=10)
    subject_type = models.CharField(_("what kind"), max_length=60, blank=True, default="")
    subject_id = models.CharField(_("which"), max_length=40, blank=True, default="")
    # Whom the act is about, where it is about one customer.
    customer_id = models.BigIntegerField(null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True, default="")
    payload = models.TextField(null=True, blank=True)
    salt = models.BinaryField(max_length=16, null=True)
    payload_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(
                fields=["customer_id", "id"],
                condition=Q(customer_id__isnull=False),
                name="audit_entry_customer",
            ),
            BrinIndex(fields=["at"], name="audit_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.act}"


class AuditSeal(AppendOnlyModel):
    """One link of the chain: which entries, their Merkle root, the link before, and the signed head."""

    no = models.BigIntegerField(_("number"), primary_key=True)
    sealed_at = models.DateTimeField(_("sealed"))
    ids = IdRangesField(_("entries"))
    # The greatest id in this or any earlier seal.
    through = models.BigIntegerField()
    n = models.PositiveIntegerField(_("how many"))
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    key_id = models.CharField(_("key"), max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        ordering = ["-no"]
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        indexes = [models.Index(fields=["sealed_at"], name="audit_seal_at")]

    def __str__(self) -> str:
        return f"{self.no}: {spans_text(self.ids)[:60]}"
