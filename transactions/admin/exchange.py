"""Import and export of transactions in the admin: one opened customer's account in, masked rows out."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.admin import ImportExportMixin

from accounts.customers import queries
from accounts.customers import services as customers
from accounts.customers.admin import staff_of
from accounts.jobs.errors import EmptyFile, FileTooLarge
from transactions.admin.owners import OpenedAccountField, opened_accounts, owners_of
from transactions.imports.errors import ImportProblem
from transactions.models import BankAccount, ImportBatch
from transactions.resources import (
    PREVIEW_ROWS,
    MaskedTransactionResource,
    SafeCSV,
    TransactionResource,
)

SOURCE = "admin"
# Planned while the person waits; longer files go the wizard's way, as jobs.
IMPORT_LIMIT = 4 * 2**20
EXPORT_LIMIT = 20_000


class UploadForm(forms.Form):
    account = OpenedAccountField()
    import_file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("As the bank gave it: OFX, CAMT, MT940, QIF or CSV, up to 4 MB."),
    )

    def __init__(self, *args: Any, accounts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > IMPORT_LIMIT:
            raise forms.ValidationError(
                _(
                    "This file is longer than 4 MB. Bring it in under Imports; there it may take its time."
                )
            )
        return file


class ConfirmForm(forms.Form):
    batch = forms.UUIDField(widget=forms.HiddenInput)
    plan_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)


class DownloadForm(forms.Form):
    account = OpenedAccountField(
        required=False,
        empty_label=gettext_lazy("All accounts, without texts, categories and amounts"),
    )

    def __init__(self, *args: Any, accounts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]


class TransactionExchangeMixin(ImportExportMixin):  # type: ignore[misc]
    """Before ModelAdmin. Dry run = plan, apply = commit of that plan, through the resource."""

    resource_classes = [TransactionResource]
    skip_admin_log = True

    # -- in --------------------------------------------------------------------------------------

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Keeps the file in the bank, plans it, and shows one verdict per row; nothing is written."""
        form = UploadForm(
            request.POST or None, request.FILES or None, accounts=opened_accounts(request)
        )
        if request.method != "POST" or not form.is_valid():
            return self._page(request, form=form)
        from transactions.imports import services

        account = form.cleaned_data["account"]
        file = form.cleaned_data["import_file"]
        owner = owners_of([account.pk])[account.pk]
        grant = queries.open_grant(staff=staff_of(request), customer=owner)
        if grant is None:
            return self._gate_to(owner.public_id)
        try:
            batch = services.receive(
                stream=file, name=file.name, content_type=file.content_type or "", customer=owner,
                account=account, user=staff_of(request), source=SOURCE, limit=IMPORT_LIMIT,
            )  # fmt: skip
        except (EmptyFile, FileTooLarge) as problem:
            form.add_error("import_file", str(problem))
            return self._page(request, form=form)
        except ImportProblem as problem:
            form.add_error("import_file", problem.sentence)
            return self._page(request, form=form)
        if batch.state == ImportBatch.State.REFUSED:
            form.add_error("import_file", batch.refused_message)
            return self._page(request, form=form)
        customers.record_look(grant=grant, what="admin: import")
        result = TransactionResource().import_data(
            dry_run=True, batch=batch, user=staff_of(request)
        )
        if result.has_errors():
            form.add_error("import_file", result.base_errors[0].error.sentence)
            return self._page(request, form=form)
        return self._preview(request, result.batch, result)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Commits exactly the plan that was shown."""
        import_url = reverse("admin:transactions_transaction_import")
        form = ConfirmForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return redirect(import_url)
        batch = ImportBatch.objects.filter(
            public_id=form.cleaned_data["batch"], created_by=staff_of(request), source=SOURCE
        ).first()
        owner = batch.customer if batch else None
        if batch is None or owner is None or batch.state != ImportBatch.State.PLANNED:
            messages.error(request, _("This plan is no longer there. Bring the file in again."))
            return redirect(import_url)
        if queries.open_grant(staff=staff_of(request), customer=owner) is None:
            return self._gate_to(owner.public_id)
        result = TransactionResource().import_data(
            dry_run=False,
            batch=batch,
            plan_hash=form.cleaned_data["plan_hash"],
            user=staff_of(request),
        )
        if result.has_errors():
            messages.error(request, result.base_errors[0].error.sentence)
            return redirect(import_url)
        new = result.totals["new"]
        text = ngettext(
            "%(n)d transaction was brought in.", "%(n)d transactions were brought in.", new
        )
        messages.success(request, text % {"n": new})
        query = urlencode({"account__id__exact": batch.account_id}) if batch.account_id else ""
        return redirect(f"{reverse('admin:transactions_transaction_changelist')}?{query}")

    def _gate_to(self, customer_id: UUID) -> HttpResponse:
        back = urlencode({"next": reverse("admin:transactions_transaction_import")})
        return redirect(f"{reverse('pages:open_customer', args=[customer_id])}?{back}")

    def _preview(self, request: HttpRequest, batch: ImportBatch, result: Any) -> HttpResponse:
        counts = batch.counts
        confirm = ConfirmForm(initial={"batch": batch.public_id, "plan_hash": batch.plan_hash})
        applies = bool(counts.get("new") or counts.get("changed"))
        return self._page(
            request,
            result=result,
            batch=batch,
            confirm_form=confirm if applies else None,
            counts=[
                (_("rows"), counts.get("rows", 0)),
                (_("new"), counts.get("new", 0)),
                (_("there already"), counts.get("same", 0)),
                (_("doubtful, left out"), counts.get("doubtful", 0)),
                (_("changed"), counts.get("changed", 0)),
                (_("can't be read"), counts.get("rejected", 0)),
                (_("no transactions"), counts.get("not_transactions", 0)),
            ],
            shown=min(PREVIEW_ROWS, result.total_rows),
            is_cut=result.total_rows > PREVIEW_ROWS,
        )

    def _page(
        self,
        request: HttpRequest,
        *,
        template: str = "admin/import_export/import.html",
        **context: Any,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "title": _("Import"),
                "opts": self.model._meta,
                "media": self.media,
                "customers_url": reverse("pages:customers"),
                **context,
            },
        )

    # -- out -------------------------------------------------------------------------------------

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """The rows of the list's filter: of one opened customer's account whole, else covered."""
        form = DownloadForm(request.POST or None, accounts=opened_accounts(request))
        if request.method == "POST" and not form.is_bound:
            form = DownloadForm({}, accounts=opened_accounts(request))
        if form.is_bound and form.is_valid():
            try:
                rows = self.get_export_queryset(request).select_related(
                    "account", "category__parent"
                )
            except IncorrectLookupParameters:
                return redirect(request.path)
            account = form.cleaned_data["account"]
            rows = rows.filter(account=account) if account else rows
            if len(rows.values_list("pk")[: EXPORT_LIMIT + 1]) <= EXPORT_LIMIT:
                return self._download(request, rows, account)
            form.add_error(
                None,
                _(
                    "These are more than %(n)s rows. Choose one account, or set a filter on the list first."
                )
                % {"n": f"{EXPORT_LIMIT:,}"},
            )
        return self._page(
            request, template="admin/import_export/export.html", title=_("Export"), form=form
        )

    def _download(
        self, request: HttpRequest, rows: Any, account: BankAccount | None
    ) -> HttpResponse:
        resource: Any = MaskedTransactionResource()
        if account is not None:
            owner = owners_of([account.pk])[account.pk]
            grant = queries.open_grant(staff=staff_of(request), customer=owner)
            if grant is None:
                return self._gate_to(owner.public_id)
            customers.record_look(grant=grant, what="admin: export")
            resource = TransactionResource()
        # The mark tells spreadsheets that this is UTF-8.
        content = "\ufeff" + SafeCSV().export_data(resource.export(queryset=rows))
        response = HttpResponse(content, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="transactions.csv"'
        return response
