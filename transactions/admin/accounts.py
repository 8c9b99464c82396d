"""Bank accounts with their holders, and the balances a bank states."""

import re
from typing import Any

from django import forms
from django.contrib.admin import TabularInline, display
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers.admin import COVERED, MaskedAdmin
from accounts.customers.forms import currency_code
from accounts.customers.models import Customer
from accounts.sites import bank_site
from transactions.admin.owners import OfAccountAdmin, OpenedAccountField, opened_accounts, owners_of
from transactions.models import AccountHolder, BalanceStatement, BankAccount


class BankAccountForm(forms.ModelForm[BankAccount]):
    class Meta:
        model = BankAccount
        fields = ("name", "kind", "currency", "masked_number")

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean_masked_number(self) -> str:
        number: str = self.cleaned_data["masked_number"]
        if len(re.sub(r"\D", "", number)) > 4:
            raise forms.ValidationError(_("Only the last four digits are kept, such as ··4821."))
        return number


class HolderForm(forms.ModelForm[AccountHolder]):
    def validate_constraints(self) -> None:
        """The formset checks all rows together: one by one a change of owner is never right."""


class HolderFormSet(BaseInlineFormSet[AccountHolder, BankAccount, forms.ModelForm[AccountHolder]]):
    def clean(self) -> None:
        super().clean()
        rows = [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None)
            and form.cleaned_data.get("customer")
            and not form.cleaned_data.get("DELETE")
        ]
        owners = [row for row in rows if row.get("role") == AccountHolder.Role.OWNER]
        if len(owners) != 1 and not any(form.errors for form in self.forms):
            raise forms.ValidationError(
                _("An account has exactly one owner; make the others users.")
            )


class HolderInline(TabularInline[AccountHolder, BankAccount]):
    model = AccountHolder
    form = HolderForm
    formset = HolderFormSet
    autocomplete_fields = ("customer",)
    extra = 0
    min_num = 1
    verbose_name = gettext_lazy("holder")
    verbose_name_plural = gettext_lazy("holders")


class BankAccountAdmin(MaskedAdmin):
    form = BankAccountForm
    list_display = ("label", "name_shown", "currency", "owner_reference", "payments")
    list_filter = ("kind", "currency")
    search_fields = ("holders__customer__reference",)
    search_help_text = gettext_lazy("A customer's reference")
    inlines = (HolderInline,)

    def index_count(self) -> int:
        return BankAccount.objects.standing().count()

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.standing()

    def customer_of(self, obj: Any) -> Customer | None:
        return owners_of([obj.pk]).get(obj.pk)

    def owners(self, rows: list[Any]) -> dict[int, Customer | None]:
        found = owners_of(row.pk for row in rows)
        return {row.pk: found.get(row.pk) for row in rows}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ("name", "kind", "currency", "masked_number")
        return fields if obj is None else (*fields, "public_id", "created_at", "payments")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The ledger's amounts are in the account's currency; another one would change what they say.
        return ("public_id", "created_at", "payments") + (("currency",) if obj is not None else ())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not AccountHolder:
            return super().save_formset(request, form, formset, change)
        rows = formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        # The old owner steps back first: at no moment may there be two.
        for row in sorted(rows, key=lambda row: row.role == AccountHolder.Role.OWNER):
            row.save()
        formset.save_m2m()
        return None

    @display(description=gettext_lazy("account"))
    def label(self, row: Any) -> str:
        return " ".join(filter(None, (row.get_kind_display(), row.masked_number)))

    @display(description=gettext_lazy("name"))
    def name_shown(self, row: Any) -> str:
        return row.name if row.is_open else COVERED

    @display(description=gettext_lazy("payments"))
    def payments(self, row: BankAccount) -> SafeString:
        url = reverse("admin:transactions_transaction_changelist")
        return format_html('<a href="{}?account__id__exact={}">{}</a>', url, row.pk, _("Payments"))


class BalanceStatementForm(forms.ModelForm[BalanceStatement]):
    class Meta:
        model = BalanceStatement
        fields = ("account", "day", "amount")
        field_classes = {"account": OpenedAccountField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.source = self.instance.source or "admin"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        account, day = cleaned.get("account") or self.instance.account_id, cleaned.get("day")
        if account and day:
            same = BalanceStatement.objects.filter(
                account=account, day=day, source=self.instance.source
            )
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error("day", _("A balance of this day is there already; change that one."))
        return cleaned


class BalanceStatementAdmin(OfAccountAdmin):
    """What the bank says an account held. What a file stated is the file's; the rest is entered here."""

    form = BalanceStatementForm
    list_display = ("account_shown", "owner_reference", "day", "amount_shown", "source")
    list_select_related = ("account",)
    list_filter = ("source",)
    ordering = ("-id",)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "account":
            kwargs["queryset"] = opened_accounts(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("account", "source")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("account", "day", "amount") + (("source",) if obj is not None else ())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or obj.batch_id is None


bank_site.register(BankAccount, BankAccountAdmin)
bank_site.register(BalanceStatement, BalanceStatementAdmin)
