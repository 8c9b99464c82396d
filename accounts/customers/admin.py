"""Customers and the bank's settings in the admin: lists are masked, one customer needs a purpose."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.admin import ReadOnlyAdmin
from accounts.customers import queries, services
from accounts.customers.models import AccessGrant, BankProfile, Customer
from accounts.sites import bank_site


class PurposeMixin:
    """Change and history pages of one customer's data open only under that person's open purpose."""

    def customer_of(self, obj: Any) -> Customer | None:
        return obj if isinstance(obj, Customer) else getattr(obj, "customer", None)

    def _gate(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        obj: Model | None = self.get_object(request, object_id)  # type: ignore[attr-defined]
        customer = self.customer_of(obj) if obj is not None else None
        if customer is None:
            return None
        grant = queries.open_grant(staff=request.user, customer=customer)  # type: ignore[arg-type]
        if grant is None:
            messages.info(request, _("Say first why you open this customer; then come back here."))
            return HttpResponseRedirect(reverse("pages:open_customer", args=[customer.public_id]))
        services.record_look(grant=grant, what=f"admin: {type(obj).__name__}")
        return None

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        return self._gate(request, object_id) or super().change_view(request, object_id, *args, **kwargs)  # type: ignore[misc]

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        return self._gate(request, object_id) or super().history_view(request, object_id, *args, **kwargs)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BankProfileAdmin(ModelAdmin[BankProfile]):
    list_display = ("name", "currency", "time_zone", "k")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CustomerAdmin(PurposeMixin, ModelAdmin[Customer]):
    list_display = ("reference", "branch", "age_bracket", "created_at")
    list_filter = ("branch", "age_bracket")
    search_fields = ("reference",)
    autocomplete_fields = ("user",)
    list_per_page = 50
    show_full_result_count = False


class AccessGrantAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "staff", "customer", "purpose", "expires_at")
    list_filter = ("purpose",)


bank_site.register(BankProfile, BankProfileAdmin)
bank_site.register(Customer, CustomerAdmin)
bank_site.register(AccessGrant, AccessGrantAdmin)
