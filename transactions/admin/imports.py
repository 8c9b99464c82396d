"""What came in, which of its rows had to be said something about, and saved mappings of files."""

from typing import Any

from django import forms
from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import ReadOnlyAdmin
from accounts.customers.admin import COVERED, MaskedAdmin
from accounts.customers.models import Customer
from accounts.sites import bank_site
from transactions.adapters import Layout
from transactions.admin.owners import account_label
from transactions.models import ImportBatch, ImportIssue, ImportProfile


class ImportBatchAdmin(MaskedAdmin, ReadOnlyAdmin):
    list_display = (
        "created_at",
        "owner_reference",
        "account_shown",
        "source",
        "state",
        "rows",
        "issues",
    )
    list_filter = ("state", "source", "created_at")
    list_select_related = ("customer", "account")
    search_fields = ("customer__reference",)
    fields = (
        "public_id", "customer", "account_shown", "source", "state", "file_size", "adapter", "rows",
        "refused_message", "created_by", "created_at", "planned_at", "committed_at", "undone_at", "issues",
    )  # fmt: skip
    readonly_fields = fields

    def index_count(self) -> int:
        return ImportBatch.objects.count()

    @display(description=gettext_lazy("account"))
    def account_shown(self, batch: ImportBatch) -> str:
        return account_label(batch.account)

    @display(description=gettext_lazy("rows"))
    def rows(self, batch: ImportBatch) -> str:
        counts = batch.counts if isinstance(batch.counts, dict) else {}
        parts = (
            (_("new"), "new"), (_("same"), "same"), (_("doubtful"), "doubtful"), (_("changed"), "changed"),
            (_("rejected"), "rejected"),
        )  # fmt: skip
        said = [f"{counts[name]} {words}" for words, name in parts if counts.get(name)]
        return ", ".join(said) or "—"

    @display(description=gettext_lazy("file"))
    def file_size(self, batch: ImportBatch) -> str:
        if batch.file is None:
            return "—"
        return _("%(size)s bytes, sha256 %(hash)s") % {
            "size": f"{batch.file.size:,}", "hash": batch.file.sha256[:16],
        }  # fmt: skip

    @display(description=gettext_lazy("rows with a remark"))
    def issues(self, batch: ImportBatch) -> SafeString:
        url = reverse("admin:transactions_importissue_changelist")
        return format_html('<a href="{}?batch__id__exact={}">{}</a>', url, batch.pk, _("Rows"))


class ImportIssueAdmin(MaskedAdmin, ReadOnlyAdmin):
    """Rows that were rejected, are doubtful or change one that is there; as received under a purpose."""

    list_display = ("owner_reference", "line", "verdict", "code", "column")
    list_filter = ("verdict", "code")
    list_select_related = ("batch__customer",)
    open_lookups = ("batch__id__exact",)
    ordering = ("-batch_id", "line")
    fields = readonly_fields = (
        "batch", "line", "verdict", "code", "column", "value", "reason", "fix", "raw", "before", "after",
    )  # fmt: skip

    def customer_of(self, obj: Any) -> Customer | None:
        return obj.batch.customer if isinstance(obj, ImportIssue) else None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A delivery about many customers has no one purpose under which its rows could be read.
        whole = obj is not None and obj.batch.customer_id is not None
        return self.fields if whole else self.fields[:5]

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Reached from its import.
        return False


class ImportProfileForm(forms.ModelForm[ImportProfile]):
    derived = ("signature",)

    class Meta:
        model = ImportProfile
        fields = ("name", "layout")
        help_texts = {
            "layout": gettext_lazy("Which column stands for what, as the import saved it.")
        }

    def clean_layout(self) -> dict[str, Any]:
        try:
            layout = Layout.from_json(self.cleaned_data["layout"])
        except (ValueError, TypeError) as error:
            raise forms.ValidationError(
                _("Files can't be read by this: %(why)s.") % {"why": error}
            ) from error
        return layout.to_json()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if "layout" in cleaned:
            signature = Layout.from_json(cleaned["layout"]).signature()
            same = ImportProfile.objects.filter(
                customer=self.instance.customer_id, signature=signature
            ).exclude(pk=self.instance.pk)
            if same.exists():
                self.add_error("layout", _("There is a mapping for files of this kind already."))
            self.instance.signature = signature
        return cleaned


class ImportProfileAdmin(MaskedAdmin):
    """The bank's mappings, and those that customers saved."""

    form = ImportProfileForm
    list_display = ("name_shown", "owner_reference", "created_at")
    list_select_related = ("customer",)
    readonly_fields = ("customer", "created_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "layout") if obj is None else ("name", "layout", "customer", "created_at")

    @display(description=gettext_lazy("name"))
    def name_shown(self, profile: Any) -> str:
        """The bank's own mappings by name; what a customer called theirs is covered."""
        return profile.name if profile.owner is None or profile.is_open else COVERED

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


bank_site.register(ImportBatch, ImportBatchAdmin)
bank_site.register(ImportIssue, ImportIssueAdmin)
bank_site.register(ImportProfile, ImportProfileAdmin)
