"""Addresses of the operators' door (the public schema)."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from accounts.sites import operator_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="operator:index"), name="home"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", operator_site.urls),
]

handler400 = "accounts.uploads.bad_request"
