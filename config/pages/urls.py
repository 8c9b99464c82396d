from django.urls import path

from config.pages import (
    access,
    customers,
    home,
    invite,
    overview,
    profile,
    staff,
    staff_categories,
    theme,
    tracing,
)

app_name = "pages"

urlpatterns = [
    path("", home.home, name="home"),
    path("overview/", overview.overview, name="overview"),
    path("overview/<slug:chart>.csv", overview.chart_csv, name="overview_csv"),
    path("trace/<slug:metric>/", tracing.trace, name="trace"),
    path("forecast/<slug:metric>/", tracing.forecast, name="forecast"),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", theme.keep, name="theme"),
    path("profile/access/", access.access, name="access"),
    path("staff/", staff.overview, name="staff_overview"),
    path("staff/<slug:chart>.csv", staff.chart_csv, name="staff_csv"),
    path("staff/groups/", staff.groups, name="staff_groups"),
    path("staff/categories/", staff_categories.decided, name="staff_categories"),
    path("staff/customers/", customers.customers, name="customers"),
    path("staff/customers/<uuid:customer_id>/open/", customers.open_customer, name="open_customer"),
    path(
        "staff/customers/<uuid:customer_id>/invite/",
        invite.invite_customer,
        name="invite_customer",
    ),
    path("staff/customers/<uuid:customer_id>/", customers.customer, name="customer"),
]
