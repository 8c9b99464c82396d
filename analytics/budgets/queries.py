"""Reads about budgets: plans for a category and a month."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce

from analytics.budgets.models import Budget
from transactions.models import Category
from transactions.slices import CategoryRef, Slice


@dataclass(frozen=True, slots=True)
class PlannedMonth:
    """One budget as a person entered it; `covers` = keys of its category and of all below that."""

    category: CategoryRef
    month: date
    amount: Decimal
    covers: frozenset[int] = field(compare=False)


def planned(slice: Slice) -> list[PlannedMonth]:
    """The budgets for spending of a customer's slice, in its currency, for months that begin in its period.

    With a category filter: budgets of those categories and of what lies below them. A budget within a
    category that has one of its own for the same month is left out, so that the sum counts no money twice.
    """
    if slice.customer is None:
        return []
    # A pay month carries the budget of the calendar month in which it begins.
    shift = timedelta(days=slice.month_start - 1)
    inside = Category.objects.filter(
        Q(parent_id=OuterRef("category_id")) | Q(parent__parent_id=OuterRef("category_id"))
    )
    rows = list(
        Budget.objects.filter(
            customer_id=slice.customer.pk,
            currency=slice.currency,
            category__kind=Category.Kind.EXPENSE,
            month__gte=slice.start - shift,
            month__lt=slice.end - shift,
        )
        .order_by("month", "category__position", "category_id")
        .select_related("category__parent")
        .annotate(
            root=Coalesce("category__parent__parent_id", "category__parent_id", "category_id"),
            inside=ArraySubquery(inside.order_by("pk").values("pk")),
        )
    )

    def above(row: Budget) -> set[int | None]:
        parent = row.category.parent
        return {row.category.parent_id, parent.parent_id if parent else None}

    chosen = {c.pk for c in slice.categories}
    if chosen:
        rows = [row for row in rows if chosen & {row.category_id, *above(row)}]
    with_budget = {(row.category_id, row.month) for row in rows}
    top = [row for row in rows if not with_budget & {(pk, row.month) for pk in above(row)}]
    return [
        PlannedMonth(
            CategoryRef(
                row.category_id,
                row.category.public_id,
                row.category.name,
                row.category.kind,
                row.root,
            ),
            row.month,
            row.amount,
            frozenset((row.category_id, *row.inside)),
        )
        for row in top
    ]
