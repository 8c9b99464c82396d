"""Two levels of categories: the bank's tree, and a person's own as children of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import PublicIdField
from accounts.customers.models import Customer


class CategoryQuerySet(models.QuerySet["Category"]):
    def of_bank(self) -> "CategoryQuerySet":
        return self.filter(customer=None)

    def visible_to(self, customer: Customer | None) -> "CategoryQuerySet":
        """The bank's categories and this person's own."""
        return self.filter(Q(customer=None) | Q(customer=customer), is_hidden=False)

    def ids_by_code(self) -> dict[str, int]:
        """Keys of the bank's categories by code; a merged one's code leads to what it became."""
        found = self.of_bank().exclude(code=None).values_list("code", "pk", "merged_into_id")
        return {code: merged or pk for code, pk, merged in found if code}


class Category(models.Model):
    class Kind(models.TextChoices):
        INCOME = "income", _("income")
        EXPENSE = "expense", _("expense")
        TRANSFER = "transfer", _("transfer")

    public_id = PublicIdField()
    # Stable name of the bank's own categories; null for a person's.
    code = models.CharField(max_length=50, null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False
    )
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    pfc = models.CharField(_("Plaid category"), max_length=80, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    # Where its lines went; it stays, hidden, so that its code and old records still mean something.
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        editable=False,
    )

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="category_code"),
            models.CheckConstraint(
                condition=Q(customer=None) | Q(parent__isnull=False), name="category_own_has_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name
