"""The ledger itself. Nothing but `transactions.ledger` writes these tables (guard.py refuses it)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import money_field
from transactions.models.accounts import BankAccount
from transactions.models.categories import Category


class TransactionQuerySet(models.QuerySet["Transaction"]):
    def lines(self) -> "TransactionQuerySet":
        """Rows that count: split parents are left out, their parts are in."""
        return self.filter(is_split=False)

    def posted(self) -> "TransactionQuerySet":
        return self.filter(status=Transaction.Status.POSTED)


class Transaction(models.Model):
    """One line. The source owns account, days, amount, texts and status; people and rules own the rest.

    Few foreign keys and indexes on purpose: they are most of an import's cost. `category`, `batch_id`
    and `parent` have no database constraint; the nightly audit checks them.
    """

    class Status(models.TextChoices):
        POSTED = "posted", _("posted")
        PENDING = "pending", _("pending")
        # The same payment is there from another source; it counts as that one (transactions/rows).
        MERGED = "merged", _("the same as another")

    # What a list can be filtered by; a merged line is in none.
    LISTED = (Status.POSTED, Status.PENDING)

    class Origin(models.TextChoices):
        """Who decided the category; the person always wins."""

        PERSON = "person", _("you")
        RULE = "rule", _("a rule")
        LEARNED = "learned", _("learned from you")
        SOURCE = "source", _("the bank's own category")
        KEYWORD = "keyword", _("a known name in the text")
        MODEL = "model", _("similar texts")
        PAIR = "pair", _("the line it belongs to")
        NONE = "none", _("nobody yet")

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="+", db_index=False)
    booked_on = models.DateField(_("day"))
    value_on = models.DateField(null=True, blank=True)
    amount = money_field(verbose_name=_("amount"))
    raw_text = models.TextField(_("as the bank received it"))
    clean_text = models.TextField(_("text"))
    counterparty = models.TextField(blank=True, default="")
    reference = models.TextField(blank=True, default="")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        db_constraint=False, verbose_name=_("category"),
    )  # fmt: skip
    category_origin = models.CharField(max_length=8, choices=Origin, default=Origin.NONE)
    confidence = models.PositiveSmallIntegerField(_("confidence, per cent"), default=0)
    # Where a rule or something learned had a say: which, and what stood there without it
    # (transactions/rules/decisions.py). Null for all others.
    decision = models.JSONField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=7, choices=Status, default=Status.POSTED)
    provider_id = models.TextField(blank=True, default="")
    # 16 bytes over day, amount and text (transactions/fingerprints.py); equal rows count up occurrence.
    fingerprint = models.UUIDField()
    occurrence = models.PositiveIntegerField(default=0)
    batch_id = models.BigIntegerField(null=True, blank=True)
    line = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    is_split = models.BooleanField(default=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip

    objects = TransactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "fingerprint", "occurrence"], name="transaction_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "booked_on", "id"], name="transaction_account_day"),
            # Parts of splits alone, so that an import pays nothing for it.
            models.Index(
                fields=["parent"],
                condition=models.Q(parent__isnull=False),
                name="transaction_parts",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MonthTotal(models.Model):
    """Sum of the posted lines of one account, month and category (0 = uncategorised), by sign."""

    # Written with the lines it counts, and these hold the account: a second check of each cell would
    # cost an import what a twentieth of its COPY does.
    account = models.ForeignKey(
        BankAccount, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    category_id = models.BigIntegerField(default=0)
    money_in = money_field(default=0)
    money_out = money_field(default=0)
    n = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "month", "category_id"], name="month_total_cell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.category_id}"


class KeptEdit(models.Model):
    """A person's edit on a row that an undo took away; it returns with the row."""

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="+", db_index=False)
    fingerprint = models.UUIDField()
    occurrence = models.PositiveIntegerField(default=0)
    payload = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "fingerprint", "occurrence"], name="kept_edit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.fingerprint}"
