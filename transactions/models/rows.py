"""What people put on lines: tags, notes, what they said of duplicates, and how each line changed.

None of it is summed. Rows that point at a line hold its key without a database constraint, as an import
would pay for each; the services write under the account's lock and an undo takes them along. What must
outlive a line that goes and returns (an undo, then the same file again) is kept by fingerprint.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer
from transactions.models.accounts import BankAccount
from transactions.models.ledger import Transaction


class Tag(models.Model):
    """A person's own word for some of their lines."""

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("customer", Lower("name"), name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class TransactionTag(models.Model):
    """One tag on one line."""

    transaction = models.ForeignKey(
        Transaction, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="placed")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "tag"], name="transaction_tag_once")
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.transaction_id}"


class Note(models.Model):
    """What one person wrote to one line; another holder of the account has their own."""

    transaction = models.ForeignKey(
        Transaction, models.DO_NOTHING, related_name="+", db_constraint=False
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(_("note"))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "transaction"], name="transaction_note_once"
            )
        ]

    def __str__(self) -> str:
        return f"note on {self.transaction_id}"


class PairVerdict(models.Model):
    """What a person said of two lines that look alike; by fingerprint, so that it outlives an undo.

    `merged`: the line `other_…` is the same payment and counts no more. `different`: both stand.
    """

    class Verdict(models.TextChoices):
        MERGED = "merged", _("the same payment")
        DIFFERENT = "different", _("two payments")

    account = models.ForeignKey(BankAccount, models.CASCADE, related_name="+", db_index=False)
    fingerprint = models.UUIDField()
    occurrence = models.PositiveIntegerField(default=0)
    other_fingerprint = models.UUIDField()
    other_occurrence = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=9, choices=Verdict)
    # What the kept line had before it took over the other's choices; for taking the merge back.
    before = models.JSONField(default=dict)
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "account", "fingerprint", "occurrence", "other_fingerprint", "other_occurrence",
                ],
                name="pair_verdict_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.account_id} {self.verdict}"


class RowChange(models.Model):
    """One change that a person made on one line: what was, what is. By fingerprint, as an undo passes."""

    account = models.ForeignKey(BankAccount, models.CASCADE, related_name="+", db_index=False)
    fingerprint = models.UUIDField()
    occurrence = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    act = models.CharField(max_length=20)
    # Not a foreign key: who did it may go, what was done stays.
    actor_id = models.BigIntegerField(null=True)
    actor_role = models.CharField(max_length=20, blank=True, default="")
    # Whose note or tag it is about; null = everybody who holds the account reads it.
    customer_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "fingerprint"], name="row_change_of_row")]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"


class SavedFilter(models.Model):
    """A filter of the list under a name, one person's own."""

    public_id = PublicIdField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("person", Lower("name"), name="saved_filter_name_once")
        ]

    def __str__(self) -> str:
        return self.name
