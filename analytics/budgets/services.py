"""Acts on budgets."""

from typing import Any

from analytics.budgets.models import Budget
from transactions.models import Category


def follow_category(*, source: Category, into: Category, **kwargs: Any) -> None:
    """Budgets of a merged category go where its lines went; two of one month become their sum."""
    there = {
        (b.customer_id, b.month, b.currency): b
        for b in Budget.objects.filter(category=into).select_for_update()
    }
    for budget in Budget.objects.filter(category=source).select_for_update():
        same = there.get((budget.customer_id, budget.month, budget.currency))
        if same is None:
            budget.category = into
            budget.save(update_fields=["category"])
        else:
            same.amount += budget.amount
            same.save(update_fields=["amount"])
            budget.delete()
