"""The operators' list of banks. A bank itself is made by the create_bank command."""

from typing import Any

from django.contrib.admin import ModelAdmin, TabularInline
from django.http import HttpRequest

from accounts.banks.models import Bank, Domain
from accounts.sites import operator_site


class DomainInline(TabularInline[Domain, Bank]):
    model = Domain
    extra = 0


class BankAdmin(ModelAdmin[Bank]):
    list_display = ("name", "schema_name", "state", "step", "created_at")
    list_filter = ("state",)
    readonly_fields = ("schema_name", "step", "error", "created_at")
    inlines = (DomainInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


operator_site.register(Bank, BankAdmin)
