"""What people teach: rules, learned merchants, their corrections, and the runs over history."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer
from accounts.jobs.models import Job
from transactions.models.categories import Category


class CategoryRule(models.Model):
    """Conditions and what follows; `customer` null is the bank's, for everyone's accounts."""

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    # The first rule that says something wins; a person's own stand before the bank's.
    position = models.PositiveIntegerField(_("place"), default=0)
    is_on = models.BooleanField(_("on"), default=True)
    # As transactions.rules.conditions.Conditions writes it.
    conditions = models.JSONField(default=dict)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("category"),
    )  # fmt: skip
    rename_to = models.CharField(_("name shown"), max_length=80, blank=True, default="")
    # As transactions.rules.actions.Actions writes it: a tag and parts; a person's own rules only.
    actions = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("category rule")
        constraints = [
            models.CheckConstraint(
                condition=Q(category__isnull=False) | ~Q(rename_to="") | ~Q(actions={}),
                name="rule_does_something",
            )
        ]

    def __str__(self) -> str:
        return self.name


class LearnedMerchant(models.Model):
    """What one person's corrections say of one merchant and direction of money."""

    class How(models.TextChoices):
        ALWAYS = "always", _("you said always")
        REPEATED = "repeated", _("you chose it twice")

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    sign = models.SmallIntegerField()  # -1 money out, 1 money in
    # Texts of one payment: the key is made of them anew, so that better cleaning keeps what was learned.
    raw_text = models.TextField()
    counterparty = models.TextField(blank=True, default="")
    name = models.CharField(max_length=120)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=8, choices=How)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "key", "sign"], name="learned_once")
        ]

    def __str__(self) -> str:
        return self.name


class Correction(models.Model):
    """A person's own choice for one line: two alike and none against teach the merchant."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    # No foreign key: lines go with an undone import, what they taught stays.
    transaction_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    sign = models.SmallIntegerField()
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "transaction_id"], name="correction_one_a_line"
            )
        ]
        indexes = [models.Index(fields=["customer", "key", "sign"], name="correction_merchant")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.transaction_id}"


class HiddenCategory(models.Model):
    """A category of the bank that a person doesn't want offered."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "category"], name="hidden_category_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.category_id}"


class RuleRun(models.Model):
    """One run over history: of one rule, of one merchant learned or forgotten, or of all rules."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("at work")
        DONE = "done", _("done")
        UNDOING = "undoing", _("being taken back")
        UNDONE = "undone", _("taken back")

    public_id = PublicIdField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=160)
    # {"rule": pk}, {"learned": pk} or {}: all that stands in the rules now.
    scope = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    # Lines it fits that a person had decided, which stayed.
    stayed = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    # Lines it tagged or split.
    acted = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.public_id)


class RuleChange(models.Model):
    """One line that a run changed: as it was, and as the run left it."""

    run = models.ForeignKey(RuleRun, models.CASCADE, related_name="changes", db_index=False)
    # No foreign keys: an undo of the import may take the line.
    account_id = models.BigIntegerField()
    transaction_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "transaction_id"], name="rule_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.transaction_id}"
