"""Two admin sites: the operators' list of banks, and a bank's own data. Neither shows the other's."""

from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.admin import AdminSite, ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.audit.admin_acts import AuditedAdmin
from accounts.isolation import views as isolation
from accounts.permissions import MANAGE_BANK, RUN_INSTALLATION, has


class _Site(AdminSite):
    """Sign-in, sign-out and passwords are allauth's alone, so limits and second factors hold here too."""

    capability = MANAGE_BANK
    enable_nav_sidebar = False
    index_title = _("Data")
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every admin writes its acts into the change log, whoever registers it."""
        named = admin_class or ModelAdmin
        audited = type(named.__name__, (AuditedAdmin, named), {"__module__": named.__module__})
        super().register(model_or_iterable, audited, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return has(request.user, self.capability)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return redirect(f"{self.name}:index")
        target = request.GET.get("next") or request.get_full_path()
        return redirect(f"{resolve_url('account_login')}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        """Signs out by POST, as the button does; an address typed by hand asks first."""
        if request.method != "POST":
            return redirect("account_logout")
        get_adapter(request).logout(request)
        return redirect("account_login")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("account_change_password")

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect(f"{self.name}:index")

    def get_urls(self) -> list[Any]:
        # "View on site" looks any table up by its content type, those of public included: not needed.
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]


class BankSite(_Site):
    site_header = site_title = _("Bank admin")

    def get_urls(self) -> list[Any]:
        page = partial(isolation.page, site=self)
        return [
            path("isolation/", self.admin_view(page), name="isolation"),
            path(
                "isolation/report.json",
                self.admin_view(isolation.download),
                name="isolation_report",
            ),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """The tables with how much is in them where that is cheap to say, and work that stands still."""
        from accounts.jobs import queries
        from accounts.jobs.models import Job

        apps = self.get_app_list(request)
        for app in apps:
            for entry in app["models"]:
                admin = self._registry[entry["model"]]
                entry["count"] = admin.index_count() if hasattr(admin, "index_count") else None
        parked = list(Job.objects.filter(state=Job.State.PARKED).order_by("-id")[:6])
        extra = {
            "app_list": apps,
            "parked": queries.rows(parked[:5]),
            "more_parked": len(parked) > 5,
        }
        return super().index(request, {**extra, **(extra_context or {})})


class OperatorSite(_Site):
    capability = RUN_INSTALLATION
    site_header = site_title = _("Operators")
    # The start page of the operators' host name is this site itself.
    site_url = None  # type: ignore[assignment]


bank_site = BankSite(name="admin")
operator_site = OperatorSite(name="operator")
