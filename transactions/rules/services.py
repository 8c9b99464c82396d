"""Acts on rules: save, move, switch, remove. Each leaves an entry in the change log."""

from dataclasses import replace

from django.db import transaction
from django.db.models import Max

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from accounts.models import User
from transactions.models import Category, CategoryRule, RuleRun
from transactions.rules import acting, runs
from transactions.rules.actions import Actions
from transactions.rules.books import Shelf
from transactions.rules.conditions import Conditions
from transactions.rules.decisions import RULE
from transactions.rules.history import Counts, Scope, preview
from transactions.rules.matching import RuleSpec

# Each is asked of every new text, so there is an end to how many one may have.
RULES_AT_MOST = 200


class RuleRefused(ValueError):
    """This can't be done with the rule; the text says why, in the person's words."""


def rules_of(customer: Customer | None) -> list[CategoryRule]:
    """The rules of a person, or the bank's, in their order."""
    found = CategoryRule.objects.filter(customer=customer).select_related("category")
    return list(found.order_by("position", "id"))


def preview_rule(
    *,
    customer: Customer,
    conditions: Conditions,
    category: Category | None,
    rename_to: str,
    actions: Actions | None = None,
    tag_name: str = "",
    rule: CategoryRule | None = None,
) -> Counts:
    """What this rule, saved or not, would do to the lines that are there."""
    pk = rule.pk if rule else 0
    draft = RuleSpec(pk, conditions, category.pk if category else None, rename_to)
    shelf = Shelf(draft=draft, draft_of=customer.pk)
    doer = None
    if actions or tag_name:
        acts = actions or Actions()
        acts = replace(acts, tag=acts.tag or 0) if tag_name else acts
        doer = acting.Doer([acting.draft(pk, customer.pk, "", acts, tag_name)])
    return preview(runs.accounts_of(customer), shelf, Scope(RULE, pk), doer)


def save_rule(
    *,
    customer: Customer | None,
    name: str,
    conditions: Conditions,
    category: Category | None,
    rename_to: str = "",
    actions: Actions | None = None,
    rule: CategoryRule | None = None,
) -> CategoryRule:
    """A new rule at the end, or new content for `rule` at its place.

    Raises BadCondition, and RuleRefused for a rule without any effect or one too many.
    """
    conditions.check()
    if category is None and not rename_to and not actions:
        raise RuleRefused("Say what the rule does: choose a category, a name, a tag or a split.")
    if actions and customer is None:
        raise RuleRefused("The bank's rules don't tag or split: both are people's own.")
    with transaction.atomic():
        if rule is None:
            mine = CategoryRule.objects.filter(customer=customer)
            if mine.count() >= RULES_AT_MOST:
                raise RuleRefused(
                    f"There are {RULES_AT_MOST} rules, as many as can be kept. Remove one first."
                )
            last = mine.aggregate(last=Max("position"))["last"] or 0
            rule = CategoryRule(customer=customer, position=last + 1)
        before = _content(rule) if rule.pk else None
        rule.name = cut_card_numbers(name)[:80]
        rule.conditions = conditions.as_json()
        rule.category, rule.rename_to = category, cut_card_numbers(rename_to)[:80]
        rule.actions = actions.as_json() if actions else {}
        rule.save()
        audit.record(
            act="rule.saved",
            subject=rule,
            before=before,
            after=_content(rule),
            customer_id=rule.customer_id,
        )
    return rule


def move_rule(rule: CategoryRule, *, up: bool) -> None:
    """One place up or down among its owner's rules; at the end of the list nothing happens."""
    with transaction.atomic():
        mine = CategoryRule.objects.select_for_update().filter(customer=rule.customer_id)
        order = list(mine.order_by("position", "id"))
        at = next(n for n, other in enumerate(order) if other.pk == rule.pk)
        to = at - 1 if up else at + 1
        if not 0 <= to < len(order):
            return
        order[at], order[to] = order[to], order[at]
        for position, other in enumerate(order, 1):
            if other.position != position:
                CategoryRule.objects.filter(pk=other.pk).update(position=position)
        audit.record(
            act="rule.moved",
            subject=rule,
            before={"place": at + 1},
            after={"place": to + 1},
            customer_id=rule.customer_id,
        )


def switch_rule(rule: CategoryRule, *, is_on: bool) -> None:
    """Off, it says nothing of what arrives; lines it decided stay until a run puts them right."""
    with transaction.atomic():
        CategoryRule.objects.filter(pk=rule.pk).update(is_on=is_on)
        audit.record(
            act="rule.switched",
            subject=rule,
            after={"on": is_on},
            customer_id=rule.customer_id,
        )
    rule.is_on = is_on


def remove_rule(rule: CategoryRule, *, put_back: bool, user: User | None = None) -> RuleRun | None:
    """Removes it; with `put_back` the lines it decided go where they would be without it.

    Raises AccountBusy where that is done at once and an account is being written; the rule stays then.
    """
    with transaction.atomic():
        before, pk, run = _content(rule), rule.pk, None
        rule.delete()
        rule.pk = pk
        if put_back:
            run = runs.start(
                customer=rule.customer,
                scope=Scope(RULE, pk),
                title=f"{rule.name} ✕",
                user=user,
                is_part=True,
            )
        audit.record(
            act="rule.removed",
            subject=rule,
            before=before,
            after={"run": run.pk if run else None},
            customer_id=rule.customer_id,
        )
        return run


def run_rule(rule: CategoryRule, *, user: User | None = None) -> RuleRun:
    """The rule over all lines that are there."""
    return runs.start(
        customer=rule.customer, scope=Scope(RULE, rule.pk), title=rule.name, user=user
    )


def _content(rule: CategoryRule) -> dict[str, object]:
    return {
        "name": rule.name,
        "conditions": rule.conditions,
        "category": rule.category_id,
        "rename_to": rule.rename_to,
        "actions": rule.actions,
    }
