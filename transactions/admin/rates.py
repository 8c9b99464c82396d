"""Exchange rates in the admin: the list, one by hand, and a file of them; nothing is fetched."""

from io import TextIOWrapper
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers.forms import currency_code
from accounts.sites import bank_site
from accounts.versions import VersionedAdmin
from transactions.models import ExchangeRate
from transactions.rates.reading import RatesUnreadable, read_rates
from transactions.rates.services import RatesDiffer, store_rates

LIMIT = 10 * 2**20


class RateForm(forms.ModelForm[ExchangeRate]):
    class Meta:
        model = ExchangeRate
        fields = ("base", "quote", "day", "rate", "source")
        help_texts = {
            "rate": gettext_lazy("How many units of the second one unit of the first was."),
            "source": gettext_lazy("Who says so, such as ECB."),
        }

    def clean_base(self) -> str:
        return currency_code(self.cleaned_data["base"])

    def clean_quote(self) -> str:
        return currency_code(self.cleaned_data["quote"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("base") and cleaned.get("base") == cleaned.get("quote"):
            self.add_error("quote", _("A currency has no rate to itself."))
        rate = cleaned.get("rate")
        if rate is not None and rate <= 0:
            self.add_error("rate", _("A rate is above zero."))
        return cleaned


class RatesFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV: day, base, quote, rate and perhaps source; or the European Central Bank's history "
            "(Date and currencies, against the euro). Up to 10 MB."
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Source, where the file names none"), max_length=40, required=False
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Take the place of stored rates that differ"), required=False
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LIMIT:
            raise forms.ValidationError(_("This file is longer than 10 MB. Split it by years."))
        return file


class ExchangeRateAdmin(VersionedAdmin):
    form = RateForm
    list_display = ("day", "base", "quote", "rate", "source")
    list_filter = ("base", "quote", "source")
    ordering = ("-day", "base", "quote")
    search_fields = ("base", "quote")
    search_help_text = gettext_lazy("A currency")
    show_full_result_count = False
    # One rate may go by its own page; a history at a click may not.
    actions = None
    change_list_template = "admin/transactions/exchangerate/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        load = path(
            "load/",
            self.admin_site.admin_view(self.load_view),
            name="transactions_exchangerate_load",
        )
        return [load, *super().get_urls()]

    def load_view(self, request: HttpRequest) -> HttpResponse:
        """A file of rates: all of it is stored, or nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RatesFileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._store(request, form):
            return redirect("admin:transactions_exchangerate_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Bring in rates"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/transactions/exchangerate/load.html", context)

    def _store(self, request: HttpRequest, form: RatesFileForm) -> bool:
        data = form.cleaned_data
        try:
            with TextIOWrapper(data["file"], encoding="utf-8-sig", newline="") as stream:
                rates = read_rates(stream, source=data["source"])
            stored = store_rates(rates, replace=data["replace"])
        except UnicodeDecodeError:
            form.add_error("file", _("The file is not UTF-8 text. Save it as CSV in UTF-8."))
        except RatesUnreadable as error:
            form.add_error("file", error.faults)
        except RatesDiffer as error:
            form.add_error("replace", str(error))
        else:
            said = _("%(new)d new rates, %(same)d the same, %(replaced)d replaced.") % {
                "new": stored.new, "same": stored.same, "replaced": stored.replaced,
            }  # fmt: skip
            messages.success(request, said)
            return True
        return False


bank_site.register(ExchangeRate, ExchangeRateAdmin)
