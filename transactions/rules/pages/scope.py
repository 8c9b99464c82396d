"""Whose rules a page is about: always the signed-in customer's own. Whatever else is missing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.customers.models import Customer
from accounts.customers.scope import customer_in_scope
from accounts.models import User
from transactions.ledger import AccountBusy
from transactions.models import Category, CategoryRule, LearnedMerchant, RuleRun
from transactions.reach import Reach

T = TypeVar("T")


@dataclass(frozen=True)
class Own:
    """The person at work, the customer they are, and what they hold."""

    user: User
    customer: Customer
    reach: Reach


def own(request: HttpRequest) -> Own:
    user = cast(User, request.user)
    customer = customer_in_scope(user, None, what="page: rules")
    return Own(user, customer, Reach(customer))


def rule_for(mine: Own, rule_id: UUID) -> CategoryRule:
    found = CategoryRule.objects.filter(public_id=rule_id, customer=mine.customer)
    return _only(found.select_related("category", "customer").first())


def run_for(mine: Own, run_id: UUID) -> RuleRun:
    found = RuleRun.objects.filter(public_id=run_id, customer=mine.customer)
    return _only(found.select_related("job", "customer").first())


def merchant_for(mine: Own, merchant_id: UUID) -> LearnedMerchant:
    found = LearnedMerchant.objects.filter(public_id=merchant_id, customer=mine.customer)
    return _only(found.select_related("category", "customer").first())


def category_for(mine: Own, category_id: UUID) -> Category:
    """One of the bank's or of their own that stands."""
    found = Category.objects.filter(public_id=category_id, merged_into=None)
    category = _only(found.select_related("parent", "customer").first())
    if category.customer_id not in (None, mine.customer.pk):
        raise Http404
    return category


def _only(found: T | None) -> T:
    if found is None:
        raise Http404
    return found


def busy_sentence() -> str:
    return _(
        "One of your accounts is being written now, by a file or another run. Nothing was changed; try again "
        "in a moment."
    )


def after_run(request: HttpRequest, run: RuleRun | None) -> HttpResponse:
    """To the run's page while it is at work or changed something; else back to the rules."""
    if run is None:
        return redirect("rules:list")
    if run.state == RuleRun.State.DONE:
        messages.success(request, changed_sentence(run))
        if not run.changed and not run.acted:
            return redirect("rules:list")
    return redirect("rules:run", run_id=run.public_id)


def changed_sentence(run: RuleRun) -> str:
    if run.acted and not run.changed:
        text = ngettext(
            "%(n)d payment was tagged or split.", "%(n)d payments were tagged or split.", run.acted
        )
        return text % {"n": run.acted}
    if not run.changed:
        return _("Every payment stood right already; nothing was changed.")
    text = ngettext("%(n)d payment was changed.", "%(n)d payments were changed.", run.changed)
    return text % {"n": run.changed}


def or_busy(request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    """What `act` answers, or back to the list with why it could not be done now."""
    try:
        return act()
    except AccountBusy:
        messages.error(request, busy_sentence())
        return redirect("rules:list")
