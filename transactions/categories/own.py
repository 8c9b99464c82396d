"""A person's own categories: each below one of the bank's first level, which figures and staff see instead."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from transactions.categories.merging import merge_category
from transactions.models import BankAccount, Category, HiddenCategory, MonthTotal

OWN_AT_MOST = 100


class OwnCategoryRefused(ValueError):
    """This can't be done with the category; the text says why, in the person's words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A category as its owner's list shows it, with the posted lines in it."""

    category: Category
    lines: int
    is_hidden: bool
    is_own: bool


def listed(customer: Customer) -> list[tuple[Shown, list[Shown]]]:
    """The bank's first level in its order, each with what is below it, own ones last."""
    counts = line_counts(customer)
    hidden = set(
        HiddenCategory.objects.filter(customer=customer).values_list("category_id", flat=True)
    )
    found = Category.objects.filter(merged_into=None).order_by("position", "id")
    first: dict[int, tuple[Shown, list[Shown]]] = {}
    below: list[Shown] = []
    for category in found:
        if category.customer_id not in (None, customer.pk):
            continue
        is_own = category.customer_id is not None
        n = counts.get(category.pk, 0)
        if category.is_hidden and not is_own and not n:
            continue
        shown = Shown(category, n, category.is_hidden or category.pk in hidden, is_own)
        if category.parent_id is None:
            first[category.pk] = shown, []
        else:
            below.append(shown)
    for shown in sorted(below, key=lambda one: one.is_own):
        if shown.category.parent_id in first:
            first[shown.category.parent_id][1].append(shown)
    return list(first.values())


def line_counts(customer: Customer) -> dict[int, int]:
    """Posted lines by category on all accounts of this person."""
    held = BankAccount.objects.held_by(customer)
    rows = (
        MonthTotal.objects.filter(account__in=held.values("pk"))
        .values("category_id")
        .annotate(lines=Sum("n"))
    )
    return {row["category_id"]: row["lines"] for row in rows if row["lines"]}


def add_category(*, customer: Customer, name: str, parent: Category) -> Category:
    """A new one of this person below one of the bank's first level. Raises OwnCategoryRefused."""
    if parent.customer_id or parent.parent_id or parent.merged_into_id:
        raise OwnCategoryRefused(_("Choose one of the bank's main categories for it to stand in."))
    with transaction.atomic():
        # Two adds at once count each other.
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        mine = Category.objects.filter(customer=customer, merged_into=None)
        if mine.count() >= OWN_AT_MOST:
            text = _("You have %(n)d categories of your own, as many as can be kept.")
            raise OwnCategoryRefused(text % {"n": OWN_AT_MOST})
        name = _free_name(customer, parent, name)
        category = Category.objects.create(
            name=name, kind=parent.kind, parent=parent, customer=customer, position=parent.position
        )
        audit.record(
            act="category.added",
            subject=category,
            after={"name": name, "parent": parent.pk},
            customer_id=customer.pk,
        )
    return category


def rename_category(category: Category, name: str) -> None:
    """Gives a person's own category another name. Raises OwnCategoryRefused."""
    if category.customer is None or category.parent is None:
        raise OwnCategoryRefused(_("The bank's categories keep their names. You may hide them."))
    with transaction.atomic():
        before = category.name
        category.name = _free_name(category.customer, category.parent, name, category)
        category.save(update_fields=["name"])
        audit.record(
            act="category.renamed",
            subject=category,
            before={"name": before},
            after={"name": category.name},
            customer_id=category.customer_id,
        )


def set_hidden(*, customer: Customer, category: Category, hidden: bool) -> None:
    """No longer offered to this person, or offered again; lines in it stay and count as before."""
    with transaction.atomic():
        if category.customer_id == customer.pk:
            Category.objects.filter(pk=category.pk).update(is_hidden=hidden)
        elif hidden:
            HiddenCategory.objects.get_or_create(customer=customer, category=category)
        else:
            HiddenCategory.objects.filter(customer=customer, category=category).delete()
        audit.record(
            act="category.hidden" if hidden else "category.shown",
            subject=category,
            customer_id=customer.pk,
        )


def remove_category(category: Category) -> int:
    """A person's own category goes; its lines go to the bank's category it stands in. Returns how many."""
    if category.customer_id is None or category.parent is None:
        raise OwnCategoryRefused(_("The bank's categories can be hidden, not removed."))
    return merge_category(source=category, into=category.parent)


def _free_name(
    customer: Customer, parent: Category, name: str, category: Category | None = None
) -> str:
    name = " ".join(cut_card_numbers(name).split())[:60]
    if not name:
        raise OwnCategoryRefused(_("Give the category a name."))
    others = Category.objects.visible_to(customer).filter(parent=parent, merged_into=None)
    if category is not None:
        others = others.exclude(pk=category.pk)
    taken = {other.casefold() for other in others.values_list("name", flat=True)}
    if name.casefold() in taken | {parent.name.casefold()}:
        text = _("There is a category “%(name)s” in %(parent)s already. Choose another name.")
        raise OwnCategoryRefused(text % {"name": name, "parent": parent.name})
    return name
