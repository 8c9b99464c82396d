"""A plan for one category and month."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.banks.fields import money_field
from accounts.customers.models import Customer
from transactions.models import Category


class Budget(models.Model):
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", db_index=False)
    month = models.DateField(_("first day of the month"))
    amount = money_field(verbose_name=_("amount"))
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "category", "month", "currency"], name="budget_once"
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="budget_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.category_id} {self.month:%Y-%m}"
