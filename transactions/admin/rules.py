"""The bank's rules, and their runs over everyone's payments. Customers' own are the customers'."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.sites import bank_site
from accounts.versions import SeenForm, VersionedAdmin
from transactions.ledger import AccountBusy
from transactions.models import Category, CategoryRule, RuleRun
from transactions.rules import runs, services
from transactions.rules.conditions import WORDS_AT_MOST, BadCondition, read
from transactions.rules.forms import ConditionsForm, named_by, typed


class BankRuleForm(ConditionsForm, SeenForm):
    """The same conditions as customers' rules, with the bank's categories."""

    derived = ("conditions",)

    class Meta:
        model = CategoryRule
        fields = ("name", "position", "is_on", "category", "rename_to")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk:
            kwargs["initial"] = _initial(instance) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        offered = Category.objects.of_bank().filter(merged_into=None).select_related("parent")
        rows = [(c.pk, f"{c.parent.name} · {c.name}" if c.parent else c.name) for c in offered]
        self.choose("without", [("", _("any category")), *rows])
        if "category" in self.fields:
            self.fields["category"].queryset = offered  # type: ignore[attr-defined]
        if "name" in self.fields:
            self.fields["name"].required = False

    def edited(self) -> list[str]:
        return [*super().edited(), "conditions"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("category") and not cleaned.get("rename_to"):
            self.add_error("category", _("Say what follows: choose a category, or a name to show."))
        without = cleaned.get("without")
        found = self.conditions_of(cleaned, without=int(without) if without else None)
        if found is not None:
            self.instance.conditions = found.as_json()
            cleaned["name"] = cleaned.get("name") or named_by(found)
        return cleaned


def _words() -> dict[str, forms.Field]:
    """Fields of the texts, declared so that the admin's lists of fields may name them."""
    form = ConditionsForm()
    form.add_words()
    return {name: form.fields[name] for name in form.fields if name[-1].isdigit()}


BankRuleForm.declared_fields |= _words()  # type: ignore[attr-defined]
BankRuleForm.base_fields |= _words()


def _initial(rule: CategoryRule) -> dict[str, Any]:
    try:
        asked = read(rule.conditions)
    except BadCondition:
        return {}
    return typed(asked) | {"without": asked.without}


ASKED: tuple[str | tuple[str, ...], ...] = (
    *((f"place_{n}", f"way_{n}", f"what_{n}") for n in range(WORDS_AT_MOST)),
    "join", "sign", ("least", "most"), "weekdays", ("day_from", "day_to"), "without",
)  # fmt: skip


class CategoryRuleAdmin(VersionedAdmin):
    form = BankRuleForm
    list_display = ("name", "asks", "category", "rename_to", "position", "is_on")
    list_select_related = ("category",)
    list_per_page = 200
    actions = ("run_over_history",)
    fieldsets = (
        (None, {"fields": ("name", "position", "is_on")}),
        (gettext_lazy("If a payment…"), {"fields": ASKED}),
        (gettext_lazy("…then"), {"fields": ("category", "rename_to")}),
    )

    def index_count(self) -> int:
        return CategoryRule.objects.filter(customer=None).count()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[CategoryRule]":
        return super().get_queryset(request).filter(customer=None)

    def asks(self, rule: CategoryRule) -> str:
        names = dict(Category.objects.of_bank().values_list("pk", "name"))
        try:
            return read(rule.conditions).sentence(categories=names)
        except BadCondition as error:
            return str(error)

    asks.short_description = gettext_lazy("If a payment…")  # type: ignore[attr-defined]

    @action(description=gettext_lazy("Run over all payments of all customers"))
    def run_over_history(self, request: HttpRequest, rules: "QuerySet[CategoryRule]") -> None:
        """As jobs, one after the other; what a person chose, and what their own rules say, stays."""
        count = 0
        for rule in rules.order_by("position", "id"):
            services.run_rule(rule, user=request.user)  # type: ignore[arg-type]
            count += 1
        text = ngettext(
            "%(n)d rule goes over all payments now; see its run.",
            "%(n)d rules go over all payments now; see their runs.",
            count,
        )
        self.message_user(request, text % {"n": count}, messages.SUCCESS)


class RuleRunAdmin(VersionedAdmin):
    """What the bank's rules changed; it can be taken back."""

    list_display = ("title", "state", "rows", "changed", "stayed", "restored", "created_at")
    list_per_page = 100
    actions = ("take_back",)

    def index_count(self) -> int:
        return RuleRun.objects.filter(customer=None).count()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[RuleRun]":
        return super().get_queryset(request).filter(customer=None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @action(description=gettext_lazy("Take back"), permissions=["view"])
    def take_back(self, request: HttpRequest, found: "QuerySet[RuleRun]") -> None:
        for run in found:
            try:
                runs.undo(run, user=request.user)  # type: ignore[arg-type]
            except (runs.RunRefused, AccountBusy) as refused:
                self.message_user(request, f"{run.title}: {refused}", messages.ERROR)
            else:
                text = _("%(title)s is being taken back.") % {"title": run.title}
                self.message_user(request, text, messages.SUCCESS)


bank_site.register(CategoryRule, CategoryRuleAdmin)
bank_site.register(RuleRun, RuleRunAdmin)
