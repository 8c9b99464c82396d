"""The page of rules and what was learned; one rule's form with what it would do; its acts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import OWN_DATA, requires
from transactions.ledger import AccountBusy
from transactions.models import CategoryRule, LearnedMerchant, RuleRun, Tag
from transactions.rows import tags
from transactions.rows.errors import RowRefused
from transactions.rules import conditions, forms, services
from transactions.rules.actions import Actions
from transactions.rules.actions import read as read_actions
from transactions.rules.pages import samples
from transactions.rules.pages.scope import Own, after_run, busy_sentence, or_busy, own, rule_for

RUNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the list, in words."""

    rule: CategoryRule
    asks: str
    does: str


def _in_words(mine: Own, rule: CategoryRule) -> RuleRow:
    accounts = {a.pk: str(a) for a in mine.reach.accounts}
    categories = {pk: ref.name for pk, ref in mine.reach.refs.items()}
    try:
        asks = conditions.read(rule.conditions).sentence(accounts, categories)
    except conditions.BadCondition as error:
        asks = str(error)
    does = []
    if rule.category_id:
        does.append(mine.reach.ref(rule.category_id).name)
    if rule.rename_to:
        does.append(_("shown as “%(name)s”") % {"name": rule.rename_to})
    acts = read_actions(rule.actions)
    if acts.tag:
        name = Tag.objects.filter(pk=acts.tag).values_list("name", flat=True).first()
        does.append(_("tag “%(name)s”") % {"name": name or _("that is gone")})
    for piece in acts.pieces:
        said = {"size": str(piece), "category": mine.reach.ref(piece.category_id).name}
        does.append(_("%(size)s split off to %(category)s") % said)
    return RuleRow(rule, asks, ", ".join(does))


@requires(OWN_DATA)
@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """Own rules in their order, the bank's below them, what was learned, and what ran."""
    mine = own(request)
    learned = LearnedMerchant.objects.filter(customer=mine.customer).select_related("category")
    context = {
        "rules": [_in_words(mine, rule) for rule in services.rules_of(mine.customer)],
        "bank_rules": [_in_words(mine, rule) for rule in services.rules_of(None) if rule.is_on],
        "learned": [(one, mine.reach.ref(one.category_id).name) for one in learned],
        "runs": RuleRun.objects.filter(customer=mine.customer)[:RUNS_SHOWN],
    }
    return render(request, "rules/list.html", context)


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new rule; begun from a payment's text where one is named."""
    mine = own(request)
    initial: dict[str, Any] = {}
    row = mine.reach.line(request.GET.get("from", ""))
    if row is not None:
        initial = forms.initial_for(row.counterparty or row.clean_text)
        if row.category_id:
            initial["category"] = mine.reach.ref(row.category_id).key
    return _form(request, mine, None, initial)


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    mine = own(request)
    found = rule_for(mine, rule_id)
    return _form(request, mine, found, forms.initial_of(found, mine.reach))


def _form(
    request: HttpRequest, mine: Own, found: CategoryRule | None, initial: dict[str, Any]
) -> HttpResponse:
    """Shown first, saved second: the button that saves stands below the count."""
    form = forms.RuleForm(request.POST or None, reach=mine.reach, initial=initial)
    context: dict[str, Any] = {"form": form, "rule": found, "crumbs": _crumbs(found)}
    if request.method != "POST":
        return render(request, "rules/rule.html", context)
    if not form.is_valid():
        return render(request, "rules/rule.html", context, status=400)
    said = form.cleaned_data
    act = request.POST.get("act", "")
    if act not in ("save", "save_run"):
        seen = services.preview_rule(
            customer=mine.customer, conditions=said["conditions"], category=said["chosen"],
            rename_to=said["rename_to"], actions=_known_actions(mine, said), tag_name=said["tag"],
            rule=found,
        )  # fmt: skip
        context |= {"seen": seen, "samples": samples.of_preview(mine.reach, seen)}
        return render(request, "rules/rule.html", context)
    try:
        saved = services.save_rule(
            customer=mine.customer, name=said["name"], conditions=said["conditions"],
            category=said["chosen"], rename_to=said["rename_to"],
            actions=_actions(mine, said), rule=found,
        )  # fmt: skip
    except (services.RuleRefused, RowRefused) as refused:
        form.add_error(None, str(refused))
        return render(request, "rules/rule.html", context, status=400)
    if act == "save":
        messages.success(request, _("The rule is saved. It looks at payments as they arrive."))
        return redirect("rules:list")
    try:
        return after_run(request, services.run_rule(saved, user=mine.user))
    except AccountBusy:
        messages.error(request, _("The rule is saved. %(why)s") % {"why": busy_sentence()})
        return redirect("rules:list")


def _known_actions(mine: Own, said: dict[str, Any]) -> Actions:
    """What is typed, with the tag's key where there is such a tag."""
    tag = None
    if said["tag"]:
        tag = tags.tags_of(mine.customer).filter(name__iexact=said["tag"]).first()
    return Actions(tag.pk if tag else None, said["pieces"])


def _actions(mine: Own, said: dict[str, Any]) -> Actions:
    """The same to be kept: a new tag is made. Raises RowRefused."""
    tag = tags.named(mine.customer, said["tag"]) if said["tag"] else None
    return Actions(tag.pk if tag else None, said["pieces"])


def _crumbs(found: CategoryRule | None) -> list[tuple[str, str]]:
    return [
        (_("Categories and rules"), reverse("rules:list")),
        (found.name if found else _("New rule"), ""),
    ]


@require_POST
@requires(OWN_DATA)
def act(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Up, down, on, off, over all payments, or away."""
    mine = own(request)
    found = rule_for(mine, rule_id)
    wanted = request.POST.get("act", "")
    if wanted in ("up", "down"):
        services.move_rule(found, up=wanted == "up")
    elif wanted in ("on", "off"):
        services.switch_rule(found, is_on=wanted == "on")
    elif wanted == "run":
        return or_busy(
            request, lambda: after_run(request, services.run_rule(found, user=mine.user))
        )
    elif wanted in ("remove", "remove_back"):
        back = wanted == "remove_back"
        return or_busy(request, lambda: _remove(request, mine, found, put_back=back))
    else:
        messages.error(request, _("Nothing was done. Use one of the buttons of the list."))
    return redirect("rules:list")


def _remove(
    request: HttpRequest, mine: Own, found: CategoryRule, *, put_back: bool
) -> HttpResponse:
    run = services.remove_rule(found, put_back=put_back, user=mine.user)
    messages.success(request, _("The rule is removed."))
    return after_run(request, run)
