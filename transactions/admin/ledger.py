"""Transactions and month totals: the source's columns are shown, the category alone is changed."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from accounts.customers.admin import COVERED, cell
from accounts.sites import bank_site
from transactions import ids, ledger
from transactions.admin.categories import CategoryChoice, choices_for
from transactions.admin.exchange import TransactionExchangeMixin
from transactions.admin.owners import OfAccountAdmin, owners_of
from transactions.models import (
    AccountHolder,
    Category,
    ImportBatch,
    MonthTotal,
    Transaction,
)
from transactions.plain_money import plain_amount


class RecategoriseForm(forms.ModelForm[Transaction]):
    category = CategoryChoice(
        queryset=Category.objects.none(),
        required=False,
        empty_label=_("Uncategorised"),
        label=_("Category"),
    )
    # What the person saw; a line that has changed meanwhile is not written.
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Transaction
        fields = ("category",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        line = self.instance
        if line.pk:
            owner = getattr(line, "owner", None) or owners_of([line.account_id]).get(
                line.account_id
            )
            if "category" in self.fields:
                self.fields["category"].queryset = choices_for(owner, line.category)  # type: ignore[attr-defined]
            self.initial["seen_version"] = line.version


class TransactionAdmin(TransactionExchangeMixin, OfAccountAdmin):
    form = RecategoriseForm
    # Saving goes through a service, which records the act.
    recorded_by_service = True
    carries_seen_state = False  # a line has its own version
    list_display = (
        "public_id", "account_shown", "owner_reference", "booked_on", "category_shown", "text_shown",
        "amount_shown", "status",
    )  # fmt: skip
    list_filter = ("status", "booked_on", "category_origin")
    list_select_related = ("account", "category__parent")
    search_fields = ("pk",)
    search_help_text = _("A payment's id, or a customer's reference")
    ordering = ("-id",)
    fields = (
        "category", "seen_version", "category_origin", "confidence", "public_id", "account", "booked_on",
        "value_on", "amount_with_currency", "clean_text", "raw_text", "counterparty", "reference", "status",
        "import_batch",
    )  # fmt: skip
    readonly_fields = tuple(f for f in fields if f not in ("category", "seen_version"))

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Transaction]":
        return super().get_queryset(request).select_related("account", "category")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """By id or owner only: a search in texts would say what the list covers."""
        term = search_term.strip()
        if not term:
            return queryset, False
        pk = ids.decode(term.lower())
        if pk is not None:
            return queryset.filter(pk=pk), False
        owned = AccountHolder.objects.filter(
            customer__reference__iexact=term, role=AccountHolder.Role.OWNER
        )
        return queryset.filter(account__in=owned.values("account")), False

    def uncover(self, request: HttpRequest, rows: list[Any]) -> None:
        super().uncover(request, rows)
        for row, public_id in zip(rows, ids.encode([row.pk for row in rows]), strict=True):
            row.public = public_id

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (ledger.AccountBusy, ledger.VersionConflict) as refused:
            messages.error(request, str(refused))
            return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: Transaction, form: Any, change: bool) -> None:
        if "category" in form.changed_data:
            ledger.recategorise(
                [obj], category=obj.category, expected_version=form.cleaned_data["seen_version"]
            )

    @display(description=_("id"))
    def public_id(self, row: Any) -> str:
        public = getattr(row, "public", "") or ids.encode_one(row.pk)
        return format_html('<span class="id">{}</span>', public)

    @display(description=_("category"))
    def category_shown(self, row: Any) -> str:
        if not row.is_open:
            return COVERED
        return str(row.category.name if row.category else _("Uncategorised"))

    @display(description=_("text"))
    def text_shown(self, row: Any) -> str:
        return row.clean_text if row.is_open else COVERED

    @display(description=_("amount"))
    def amount_with_currency(self, row: Transaction) -> str:
        return cell(f"{plain_amount(row.amount, row.account.currency)} {row.account.currency}")

    @display(description=_("import"))
    def import_batch(self, row: Transaction) -> str:
        if not row.batch_id or not ImportBatch.objects.filter(pk=row.batch_id).exists():
            return "—"
        url = reverse("admin:transactions_importbatch_change", args=[row.batch_id])
        return format_html('<a href="{}">{}</a>', url, _("Open"))


class MonthTotalAdmin(OfAccountAdmin, ReadOnlyAdmin):
    """What each account's lines of a month and category add up to; made by the ledger itself."""

    list_display = ("account_shown", "owner_reference", "month_shown", "category_shown", "money_in_shown",
                    "money_out_shown", "lines_shown")  # fmt: skip
    list_select_related = ("account",)
    ordering = ("-id",)
    fields = ("account", "month", "category_shown", "money_in", "money_out", "n")

    def uncover(self, request: HttpRequest, rows: list[Any]) -> None:
        super().uncover(request, rows)
        names = {c.pk: c for c in Category.objects.filter(pk__in={row.category_id for row in rows})}
        for row in rows:
            row.category = names.get(row.category_id)

    @display(description=_("month"))
    def month_shown(self, row: MonthTotal) -> str:
        month: date = row.month
        return f"{month:%Y-%m}"

    @display(description=_("category"))
    def category_shown(self, row: Any) -> str:
        # What somebody spends on, and how often, is theirs; the row's own page is behind the purpose.
        if not getattr(row, "is_open", True):
            return COVERED
        if not row.category_id:
            return str(_("Uncategorised"))
        category = row.category if hasattr(row, "category") else None
        category = category or Category.objects.filter(pk=row.category_id).first()
        return category.name if category else "—"

    @display(description=_("in"))
    def money_in_shown(self, row: Any) -> str:
        return cell(plain_amount(row.money_in, row.account.currency)) if row.is_open else COVERED

    @display(description=_("out"))
    def money_out_shown(self, row: Any) -> str:
        return cell(plain_amount(row.money_out, row.account.currency)) if row.is_open else COVERED

    @display(description=_("lines"))
    def lines_shown(self, row: Any) -> str:
        return cell(row.n) if row.is_open else COVERED


bank_site.register(Transaction, TransactionAdmin)
bank_site.register(MonthTotal, MonthTotalAdmin)
