"""What two lines are to each other. The lines themselves stay the ledger's; this says what was found of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer
from transactions.models.accounts import BankAccount


class RowPairQuerySet(models.QuerySet["RowPair"]):
    def standing(self) -> "RowPairQuerySet":
        """Pairs that count: found by themselves or said by a person, with both lines here."""
        return self.filter(
            state__in=RowPair.STANDING, first_id__isnull=False, second_id__isnull=False
        )

    def of_rows(self, ids: list[int]) -> "RowPairQuerySet":
        return self.filter(Q(first_id__in=ids) | Q(second_id__in=ids))


class RowPair(models.Model):
    """`first` is the payment out, `second` the money in: a transfer's other side, or money back.

    Each side is also known by its account, fingerprint and occurrence: a person's word stays when an undo
    takes a line away, and is there again when the line is.
    """

    class Kind(models.TextChoices):
        TRANSFER = "transfer", _("transfer between own accounts")
        REFUND = "refund", _("money back")

    class State(models.TextChoices):
        ASKED = "asked", _("perhaps")
        FOUND = "found", _("found")
        CONFIRMED = "yes", _("you said so")
        REJECTED = "no", _("you said they are not")

    STANDING = ("found", "yes")

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=5, choices=State)
    score = models.PositiveSmallIntegerField(default=0)
    first_id = models.BigIntegerField(null=True)
    second_id = models.BigIntegerField(null=True)
    first_account = models.ForeignKey(BankAccount, models.CASCADE, related_name="+", db_index=False)
    first_fingerprint = models.UUIDField()
    first_occurrence = models.PositiveIntegerField(default=0)
    second_account = models.ForeignKey(
        BankAccount, models.CASCADE, related_name="+", db_index=False
    )
    second_fingerprint = models.UUIDField()
    second_occurrence = models.PositiveIntegerField(default=0)
    # By row id: category, who had decided it and how surely, before the pair gave it another.
    before = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RowPairQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["second_id"],
                condition=Q(state__in=("found", "yes")),
                name="pair_second_once",
            ),
            models.UniqueConstraint(
                fields=["first_id"],
                condition=Q(state__in=("found", "yes"), kind="transfer"),
                name="pair_first_once",
            ),
        ]
        indexes = [models.Index(fields=["first_id"], name="pair_first")]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_id} {self.second_id}"
