"""Addresses of a bank. Each app keeps its own; this page says where they hang."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from accounts.audit.urls import recorded
from accounts.sites import bank_site
from config.pages.brand import brand_css

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include(recorded("accounts.urls"))),
    path(".well-known/", include("accounts.urls_well_known")),
    path("admin/", bank_site.urls),
    path("brand.css", brand_css, name="brand_css"),
]
for prefix, module in (
    ("", "config.pages.urls"),
    ("transactions/", "config.pages.ledger_urls"),
    ("regulars/", "config.pages.regulars_urls"),
    ("bank-accounts/", "config.pages.accounts_urls"),
    ("imports/", "transactions.imports.urls"),
    ("rules/", "transactions.rules.urls"),
    ("banks/", "transactions.providers.urls"),
    ("webhooks/", "transactions.providers.urls_messages"),
    ("", "accounts.jobs.urls"),
    ("api/", "config.urls_api"),
):
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))

if settings.DEMO or settings.DEBUG:
    from config.pages.styleguide import styleguide

    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))

handler400 = "accounts.uploads.bad_request"
handler500 = "config.unavailable.failed"
