"""Two admin sites: the operators' list of banks, and a bank's own data. Neither shows the other's."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.permissions import MANAGE_BANK, RUN_INSTALLATION, has


class _Site(AdminSite):
    """Sign-in is allauth's alone, so limits and second factors hold here too."""

    capability = MANAGE_BANK
    enable_nav_sidebar = False
    index_title = _("Data")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return has(request.user, self.capability)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return redirect(f"{self.name}:index")
        target = request.GET.get("next") or request.get_full_path()
        return redirect(f"{resolve_url('account_login')}?{urlencode({'next': target})}")

    def get_urls(self) -> list[Any]:
        # "View on site" looks any table up by its content type, those of public included: not needed.
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]


class BankSite(_Site):
    site_header = site_title = _("Bank admin")


class OperatorSite(_Site):
    capability = RUN_INSTALLATION
    site_header = site_title = _("Operators")


bank_site = BankSite(name="admin")
operator_site = OperatorSite(name="operator")
