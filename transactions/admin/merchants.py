"""The bank's own merchants: a name and a category for texts that many customers have."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.sites import bank_site
from accounts.versions import VersionedAdmin
from transactions.admin.categories import CategoryChoice
from transactions.categories.clean import merchant_key
from transactions.categories.reference import BY_CODE
from transactions.merchants import services
from transactions.models import Category, Merchant, MerchantAlias

_SHOWN = 40


class MerchantForm(forms.ModelForm[Merchant]):
    category = CategoryChoice(
        queryset=Category.objects.none(),
        required=False,
        label=gettext_lazy("Category"),
        help_text=gettext_lazy(
            "What its payments are where neither the person, a rule nor the source says otherwise."
        ),
    )
    texts = forms.CharField(
        label=gettext_lazy("Texts"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "How it stands on bank lines, one a line. Branch numbers, towns and dates don't matter."
        ),
    )

    class Meta:
        model = Merchant
        fields = ("name", "category")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "category" in self.fields:
            offered = Category.objects.of_bank().filter(merged_into=None, code__in=BY_CODE)
            self.fields["category"].queryset = offered.select_related("parent")  # type: ignore[attr-defined]
        if self.instance.pk:
            keys = self.instance.aliases.order_by("key").values_list("key", flat=True)
            self.initial["texts"] = "\n".join(keys)

    def clean_texts(self) -> set[str]:
        keys = {merchant_key(line) for line in self.cleaned_data["texts"].splitlines()} - {""}
        if not keys:
            raise forms.ValidationError(_("Write at least one text that stands on its lines."))
        if len(keys) > services.MAX_KEYS:
            raise forms.ValidationError(_("At most %(n)d texts.") % {"n": services.MAX_KEYS})
        taken = MerchantAlias.objects.filter(customer=None, key__in=keys)
        other = taken.exclude(merchant=self.instance.pk).select_related("merchant").first()
        if other:
            raise forms.ValidationError(
                _("“%(text)s” is %(name)s already. Take it out there first.")
                % {"text": other.key[:_SHOWN], "name": other.merchant.name}
            )
        return keys


class MerchantAdmin(VersionedAdmin):
    form = MerchantForm
    fields = ("name", "category", "texts")
    list_display = ("name", "category", "n_texts")
    list_select_related = ("category",)
    search_fields = ("name", "aliases__key")

    def index_count(self) -> int:
        return Merchant.objects.filter(customer=None).count()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Merchant]":
        # A person's own names are that person's.
        found = super().get_queryset(request).filter(customer=None)
        counted: QuerySet[Merchant] = found.annotate(n=Count("aliases"))
        return counted

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # one at a time, each with its entry in the log
        return actions

    @display(description=gettext_lazy("Texts"))
    def n_texts(self, merchant: Any) -> int:
        n: int = merchant.n
        return n

    def save_model(self, request: HttpRequest, obj: Merchant, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            services.set_keys(obj, form.cleaned_data["texts"])


bank_site.register(Merchant, MerchantAdmin)
