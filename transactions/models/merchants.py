"""Names of merchants that somebody gave, and the model that reads texts nobody gave a category.

A line has no merchant of its own: the key made from its text leads to one (transactions/merchants), so that
naming, joining and taking back cost no write to the ledger.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer
from transactions.models.categories import Category


class Merchant(models.Model):
    """A name for some keys: the bank's for everyone, or one person's for themselves."""

    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=80)
    # What its payments are, unless the person, a rule, their history or the source says otherwise.
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("category"),
    )  # fmt: skip
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(customer=None), name="merchant_name_of_bank"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MerchantAlias(models.Model):
    """One key that a merchant's lines have; `customer` is the merchant's, once more for the constraint."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="aliases")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    key = models.CharField(_("key"), max_length=80)

    class Meta:
        verbose_name_plural = _("merchant aliases")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "key"], name="merchant_alias_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.key


class TextModel(models.Model):
    """A trained text model as plain numbers, and how good it was on shops it had not seen."""

    public_id = PublicIdField()
    trained_at = models.DateTimeField()
    is_current = models.BooleanField(default=False)
    code_version = models.CharField(max_length=40)
    seed = models.BigIntegerField()
    figures = models.JSONField()
    numbers = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="text_model_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trained_at:%Y-%m-%d %H:%M}"
