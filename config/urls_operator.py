"""Addresses of the operators' door (the public schema)."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from accounts.audit.urls import recorded
from accounts.sites import operator_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="operator:index"), name="home"),
    path("accounts/", include(recorded("accounts.urls"))),
    path(".well-known/", include("accounts.urls_well_known")),
    path("admin/", operator_site.urls),
]

handler400 = "accounts.uploads.bad_request"
handler500 = "config.unavailable.failed"
