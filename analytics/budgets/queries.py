"""Reads about budgets: plans for a category and a month."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from analytics.budgets.models import Budget
from transactions.models import Category
from transactions.queries import category_refs_by_pk
from transactions.slices import CategoryRef, Slice


@dataclass(frozen=True, slots=True)
class PlannedMonth:
    """One budget as a person entered it."""

    category: CategoryRef
    month: date
    amount: Decimal


def planned(slice: Slice) -> list[PlannedMonth]:
    """The budgets for spending of a customer's slice, in its currency, for months that begin in its period.

    With a category filter: budgets of those categories and of what lies below them. A budget within a
    category that has one of its own for the same month is left out, so that the sum counts no money twice.
    """
    if slice.customer is None:
        return []
    # A pay month carries the budget of the calendar month in which it begins.
    shift = timedelta(days=slice.month_start - 1)
    rows = list(
        Budget.objects.filter(
            customer_id=slice.customer.pk,
            currency=slice.currency,
            category__kind=Category.Kind.EXPENSE,
            month__gte=slice.start - shift,
            month__lt=slice.end - shift,
        )
        .order_by("month", "category__position", "category_id")
        .values_list(
            "category_id", "month", "amount", "category__parent_id", "category__parent__parent_id"
        )
    )
    chosen = {c.pk for c in slice.categories}
    if chosen:
        rows = [row for row in rows if chosen & {row[0], row[3], row[4]}]
    with_budget = {(row[0], row[1]) for row in rows}
    top = [row for row in rows if not with_budget & {(row[3], row[1]), (row[4], row[1])}]
    refs = category_refs_by_pk({row[0] for row in top})
    return [PlannedMonth(refs[pk], month, amount) for pk, month, amount, _, _ in top]
