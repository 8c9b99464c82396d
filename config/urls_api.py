"""Addresses of the API, version 1, and its description. Paths have no trailing slash."""

from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts import api as people
from accounts import api_passkeys as passkeys
from accounts.permissions import SignedIn
from analytics.metrics import api as metrics
from analytics.metrics import api_accounts as held
from analytics.regulars import api as regulars
from transactions import api_booking as booking
from transactions import api_one as one

app_name = "api"

v1 = [
    path("login", people.Login.as_view(), name="login"),
    path("login/mfa", people.LoginMfa.as_view(), name="login_mfa"),
    path("login/passkey", passkeys.LoginPasskey.as_view(), name="login_passkey"),
    path(
        "login/passkey/options",
        passkeys.LoginPasskeyOptions.as_view(),
        name="login_passkey_options",
    ),
    path("refresh", people.Refresh.as_view(), name="refresh"),
    path("logout", people.Logout.as_view(), name="logout"),
    path("users/me", people.Me.as_view(), name="me"),
    path("transactions", booking.ListAndBook.as_view(), name="transactions"),
    path("transactions/metrics", metrics.Cards.as_view(), name="cards"),
    path("transactions/<str:transaction_id>", one.OneTransaction.as_view(), name="transaction"),
    path("regulars", regulars.Regulars.as_view(), name="regulars"),
    path("regulars/<str:regular_id>", regulars.OneRegular.as_view(), name="regular"),
    path("accounts", held.Accounts.as_view(), name="accounts"),
    path("accounts/<str:account_id>", held.OneAccount.as_view(), name="account"),
    path("kpi/dashboard/<str:customer_id>", metrics.Dashboard.as_view(), name="dashboard"),
    path("kpi/income/<str:customer_id>", metrics.Income.as_view(), name="income"),
    path("kpi/expenses/<str:customer_id>", metrics.Expenses.as_view(), name="expenses"),
    path("kpi/cashflow/<str:customer_id>", metrics.Cashflow.as_view(), name="cashflow"),
    path("trace/<str:metric>", metrics.TraceOf.as_view(), name="trace"),
]
urlpatterns = [
    path("v1/", include(v1)),
    path("v1/<path:url>", people.Nothing.as_view(), name="nothing"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[SignedIn]), name="schema"),
    path(
        "docs/",
        login_required(
            require_safe(
                SpectacularSwaggerSplitView.as_view(
                    url_name="api:schema",
                    template_name="api/docs.html",
                    permission_classes=[SignedIn],
                )
            )
        ),
        name="docs",
    ),
]
