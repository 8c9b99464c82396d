"""Two categories become one: nothing is deleted, every line, edit, rule and budget follows."""

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from transactions import guard, ledger, totals
from transactions.models import (
    AccountHolder,
    Category,
    CategoryRule,
    Correction,
    HiddenCategory,
    LearnedMerchant,
    Transaction,
)

# Sent inside the merge's transaction with `source` and `into`: apps above move what names a category.
category_merged = Signal()

_MOVE = f"""
update transactions_transaction
set category_id = %(into)s, version = transactions_transaction.version + 1
where category_id = %(source)s and account_id = any(%(accounts)s)
returning {totals.UPDATED}
"""
_MOVE_KEPT = """
update transactions_keptedit set payload = jsonb_set(payload, '{category_id}', to_jsonb(%(into)s::bigint))
where (payload->>'category_id')::bigint = %(source)s
"""

_MOVE_CONDITIONS = """
update transactions_categoryrule set conditions = jsonb_set(conditions, '{without}', to_jsonb(%(into)s::bigint))
where (conditions->>'without')::bigint = %(source)s
"""


class MergeRefused(ValueError):
    """These two can't become one; the text says why, in the person's words."""


def merge_category(*, source: Category, into: Category) -> int:
    """Moves everything of `source` to `into`, hides it, and returns the lines moved.

    One of the bank's goes into another of the bank's, and its code leads there from now on
    (Category.objects.ids_by_code); a person's own goes into another of theirs or one of the bank's. Waits
    for imports of the accounts it touches. Raises MergeRefused.
    """
    with transaction.atomic():
        both = (
            Category.objects.select_for_update().filter(pk__in=[source.pk, into.pk]).order_by("pk")
        )
        found = {category.pk: category for category in both}
        _check(found[source.pk], found[into.pk])
        Category.objects.filter(parent=source).update(parent=into)
        Category.objects.filter(merged_into=source).update(merged_into=into)
        Category.objects.filter(pk=source.pk).update(merged_into=into, is_hidden=True)
        _follow(source, into)
        category_merged.send(sender=Category, source=source, into=into)
        moved = _move_lines(source, into.pk)
        audit.record(
            act="category.merged",
            subject=source,
            before={"code": source.code, "name": source.name},
            after={"into": into.pk, "lines_moved": moved},
            customer_id=source.customer_id,
        )
        return moved


def _follow(source: Category, into: Category) -> None:
    """What people taught names the other category from now on."""
    CategoryRule.objects.filter(category=source).update(category=into)
    LearnedMerchant.objects.filter(category=source).update(category=into)
    Correction.objects.filter(category=source).update(category=into)
    HiddenCategory.objects.filter(category=source).delete()
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_CONDITIONS, {"source": source.pk, "into": into.pk})


def _move_lines(category: Category, into: int) -> int:
    moved, source = 0, category.pk
    rows = Transaction.objects.filter(category_id=source).order_by("account_id")
    if category.customer_id:
        # Nobody else can choose it, so only what its owner holds is looked through.
        held = AccountHolder.objects.filter(customer=category.customer_id)
        rows = rows.filter(account__in=held.values("account"))
    # Again while an import that ran meanwhile has brought more.
    while accounts := list(rows.values_list("account_id", flat=True).distinct()):
        with ledger.writing_accounts(accounts, wait=True):
            moved += totals.apply_change(
                _MOVE, {"source": source, "into": into, "accounts": accounts}
            )
    with guard.writing(), connection.cursor() as cursor:
        cursor.execute(_MOVE_KEPT, {"source": source, "into": into})
    return moved


def _check(source: Category, into: Category) -> None:
    if source.pk == into.pk:
        raise MergeRefused(_("A category can't be merged into itself."))
    if source.customer_id is None and into.customer_id is not None:
        raise MergeRefused(_("The bank's categories go into others of the bank only."))
    if into.customer_id not in (None, source.customer_id):
        raise MergeRefused(_("There is no such category. Choose one of the list."))
    if source.merged_into_id or into.merged_into_id:
        raise MergeRefused(_("One of the two was merged already. Look at the list again."))
    if source.kind != into.kind:
        raise MergeRefused(
            _("Only categories of one kind are merged: otherwise income and expenses would change.")
        )
    if into.parent_id == source.pk:
        raise MergeRefused(_("A category can't be merged into one below it."))
    if into.parent_id and Category.objects.of_bank().filter(parent=source).exists():
        raise MergeRefused(
            _(
                "It has categories below it. Merge it into one of the first level, or merge those first."
            )
        )
