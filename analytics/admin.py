"""Budgets, edited here; and what the nights computed, to be looked at."""

from typing import Any

from django import forms
from django.contrib.admin import TabularInline, display
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import ReadOnlyAdmin
from accounts.customers.admin import (
    COVERED,
    MaskedAdmin,
    OpenedCustomerField,
    cell,
    opened_customers,
)
from accounts.customers.forms import currency_code
from accounts.customers.queries import bank_profile
from accounts.sites import bank_site
from analytics.budgets.models import Budget
from analytics.forecasts.models import ForecastIssue, ForecastPoint, ForecastScore
from analytics.nights.models import Run, RunStep
from analytics.releases.models import StaffRelease
from analytics.segments.models import SegmentProfile
from transactions.admin.categories import CategoryChoice
from transactions.models import Category
from transactions.plain_money import plain_amount


class BudgetForm(forms.ModelForm[Budget]):
    category = CategoryChoice(queryset=Category.objects.none(), label=gettext_lazy("Category"))

    class Meta:
        model = Budget
        fields = ("customer", "category", "month", "amount", "currency")
        field_classes = {"customer": OpenedCustomerField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A budget is for the bank's categories: a person's own count into theirs.
        choices = Category.objects.of_bank().filter(is_hidden=False) | Category.objects.filter(
            pk=self.instance.category_id
        )
        self.fields["category"].queryset = choices.select_related("parent").order_by(  # type: ignore[attr-defined]
            "kind", "parent__position", "position", "id"
        )
        if not self.instance.pk:
            self.initial.setdefault("currency", bank_profile().currency)

    def clean_month(self) -> Any:
        month = self.cleaned_data["month"]
        if month.day != 1:
            raise forms.ValidationError(
                _("A budget is for a whole month: give its first day, such as %(day)s.")
                % {"day": month.replace(day=1).isoformat()}
            )
        return month

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount < 0:
            raise forms.ValidationError(
                _("A budget is an amount of 0 or more, without a minus sign.")
            )
        return amount

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        customer = cleaned.get("customer") or (self.instance.pk and self.instance.customer)
        wanted = ("category", "month", "currency")
        if customer and all(cleaned.get(name) for name in wanted):
            same = Budget.objects.filter(
                customer=customer, **{name: cleaned[name] for name in wanted}
            )
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error(
                    "month", _("This month has a budget for this category; change that one.")
                )
        return cleaned


class BudgetAdmin(MaskedAdmin):
    form = BudgetForm
    list_display = ("owner_reference", "category_shown", "month_shown", "amount_shown", "currency")
    list_filter = ("month", "currency")
    list_select_related = ("customer", "category__parent")
    search_fields = ("customer__reference",)
    ordering = ("-id",)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "customer":
            kwargs["queryset"] = opened_customers(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("customer",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    @display(description=gettext_lazy("category"))
    def category_shown(self, row: Any) -> str:
        return row.category.name if row.is_open else COVERED

    @display(description=gettext_lazy("month"))
    def month_shown(self, row: Budget) -> str:
        return f"{row.month:%Y-%m}"

    @display(description=gettext_lazy("amount"))
    def amount_shown(self, row: Any) -> str:
        return cell(plain_amount(row.amount, row.currency)) if row.is_open else COVERED


class ReadOnlyInline(TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class StepInline(ReadOnlyInline):
    model = RunStep
    fields = readonly_fields = ("name", "done", "milliseconds", "count", "note")
    ordering = ("position",)


class ScoreInline(ReadOnlyInline):
    model = ForecastScore
    verbose_name_plural = gettext_lazy("how good the forecasts were")
    fields = readonly_fields = (
        "flow",
        "model_name",
        "mase",
        "naive_mase",
        "coverage_ratio",
        "series",
    )

    @display(description=gettext_lazy("method"))
    def model_name(self, score: ForecastScore) -> str:
        return score.model


class ProfileInline(ReadOnlyInline):
    model = SegmentProfile
    verbose_name_plural = gettext_lazy("segments")
    fields = readonly_fields = ("name", "description", "how_many")

    @display(description=gettext_lazy("customers"))
    def how_many(self, profile: SegmentProfile) -> str:
        least = bank_profile().k
        if profile.customers < least:
            return _("fewer than %(k)d") % {"k": least}
        return str(profile.customers)


class ReleaseInline(ReadOnlyInline):
    model = StaffRelease
    verbose_name_plural = gettext_lazy("figures for staff")
    fields = readonly_fields = ("k", "customers", "active_customers", "waiting")


class RunAdmin(ReadOnlyAdmin):
    """One night: its steps, its segments, what it released, how good its forecasts were."""

    list_display = ("business_day", "state", "computed_through", "started_at", "published_at")
    list_filter = ("state",)
    fields = readonly_fields = (
        "business_day", "state", "error", "computed_through", "code_version", "seed", "started_at",
        "published_at",
    )  # fmt: skip
    inlines = (StepInline, ReleaseInline, ProfileInline, ScoreInline)
    list_per_page = 50

    def index_count(self) -> int:
        return Run.objects.count()


class PointInline(ReadOnlyInline):
    model = ForecastPoint
    verbose_name_plural = gettext_lazy("months ahead")
    fields = readonly_fields = ("month", "value", "low", "high")


class ForecastIssueAdmin(MaskedAdmin, ReadOnlyAdmin):
    """Forecasts as they were given out; the amounts under a purpose."""

    list_display = (
        "owner_reference",
        "flow",
        "currency",
        "method",
        "months_used",
        "issued_through",
    )
    list_filter = ("flow", "model")
    list_select_related = ("customer",)
    search_fields = ("customer__reference",)
    ordering = ("-id",)
    fields = readonly_fields = (
        "customer", "run", "flow", "currency", "method", "months_used", "months_needed", "issued_through",
    )  # fmt: skip
    inlines = (PointInline,)

    @display(description=gettext_lazy("method"))
    def method(self, issue: ForecastIssue) -> str:
        return issue.model or _("too little history")


bank_site.register(Budget, BudgetAdmin)
bank_site.register(Run, RunAdmin)
bank_site.register(ForecastIssue, ForecastIssueAdmin)
