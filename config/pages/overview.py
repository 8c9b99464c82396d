"""A customer's overview: one slice, all its cards. Staff see the same page of a customer they opened."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.customers.models import AccessGrant, Customer
from accounts.customers.queries import bank_profile
from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires
from analytics import charts, exports, formats
from analytics.nights.models import Run
from config.pages import forecast_cards, overview_cards
from config.pages.customer_scope import View, open_view, view_of
from config.pages.overview_cards import guarded
from config.pages.overview_reading import Reading, overview_filter
from transactions.forms import SliceFilter
from transactions.slices import Slice

# The night runs once a day; two hours of grace before the as-of line turns.
STALE_AFTER = timedelta(hours=26)


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    view = open_view(request, "overview")
    return _page(request, view, "pages/overview.html", {})


def render_overview(
    request: HttpRequest,
    customer: Customer,
    *,
    template: str = "pages/overview.html",
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """The overview of a customer already in scope, in the caller's own frame."""
    return _page(request, view_of(request, customer), template, extra or {})


def _page(request: HttpRequest, view: View, template: str, extra: dict[str, Any]) -> HttpResponse:
    form, chosen = overview_filter(view, request.GET)
    context: dict[str, Any] = {
        "view": view,
        "greeting": _greeting(view),
        "filter_form": form,
        "customer": view.customer,
        "clear_url": request.path + view.words,
        **_opened(view, extra),
        **extra,
    }
    if chosen is None:
        return render(request, template, context, status=400)
    reading = Reading(view, chosen)
    context |= {"chips": _chips(form, chosen, reading), **_cards(request, reading, form)}
    return render(request, template, context)


def _opened(view: View, extra: dict[str, Any]) -> dict[str, Any]:
    """What the frame of an opened customer says: until when, and the way back."""
    grant: AccessGrant | None = extra.get("grant")
    if grant is None:
        return {}
    until = timezone.localtime(grant.expires_at)
    return {
        "open_until": f"{until:%H:%M}",
        "crumbs": [(_("Customers"), reverse("pages:customers")), (view.customer.reference, "")],
    }


def _cards(request: HttpRequest, reading: Reading, form: SliceFilter) -> dict[str, Any]:
    reference = getattr(request, "request_id", "")

    def card(question: str, make: Any, *args: Any) -> Any:
        return guarded(question, lambda: make(reading, *args), reference)

    def csv(chart: str) -> str:
        query = form.query(**reading.view.named)
        return reverse("pages:overview_csv", args=[chart]) + (f"?{query}" if query else "")

    night = card(_("Your group"), lambda r: r.night)
    run, segment = (None, None) if isinstance(night, overview_cards.Failed) else night
    frame = {
        "reading": reading,
        "retry_url": request.get_full_path(),
        "as_of": _as_of(reading.view),
        "stale": _stale(reading.view, run),
        "last_night": formats.day(run.business_day, reading.view.locale) if run else "",
        "night": night,
        "run": run,
        "segment": segment,
        "kpis": card(_("Income, expenses, net, savings rate"), overview_cards.kpis),
    }
    if not _has_lines(frame["kpis"], reading):
        return frame | {"nothing": True, **_last_lines(reading, form)}
    return frame | {
        "trend": card(_("In and out"), overview_cards.trend, csv("trend")),
        "trend_without": card("", overview_cards.trend_without),
        "spending": card(_("What you spent"), overview_cards.spending),
        "categories": card(_("Where it went"), overview_cards.categories, csv("categories")),
        "budgets": card(_("Budget against actual"), overview_cards.budgets, csv("budgets")),
        "outlook": card(_("What lies ahead"), forecast_cards.outlook, csv("ahead")),
        "excluded": card(_("Other currencies"), overview_cards.excluded),
        "included": card(_("Other currencies"), overview_cards.included),
        "only_transfers": card("", overview_cards.only_transfers) is True,
    }


def _has_lines(kpis: Any, reading: Reading) -> bool:
    """False only where it is known that neither the period nor its year holds a line."""
    if isinstance(kpis, overview_cards.Failed):
        return True
    return bool(reading.cells or reading.year_cells)


def _last_lines(reading: Reading, form: SliceFilter) -> dict[str, Any]:
    """The day of the last line that the filter takes, and its month under the same filter.

    `fits_never` = the filter takes no line of any day, though there are lines.
    """
    last = reading.last_day_with_lines()
    if last is None:
        other = reading.is_narrowed and reading.last_day_with_lines(narrowed=False)
        return {"last_day": None, "fits_never": bool(other)}
    days = ("period", "start_date", "end_date")
    query = form.query(*days, period=f"{last:%Y-%m}", **reading.view.named)
    return {"last_day": last, "last_url": f"?{query}"}


def _chips(form: SliceFilter, slice: Slice, reading: Reading) -> list[tuple[str, str]]:
    words = {}
    if form.given["period"] != f"{reading.view.today:%Y-%m}":
        words["period"] = reading.words
    if slice.accounts:
        words["account"] = ", ".join(a.name for a in slice.accounts)
    if slice.categories:
        words["categories"] = ", ".join(c.name for c in slice.categories)
    if slice.convert:
        words["convert"] = _("All currencies, in %(currency)s") % {"currency": slice.currency}
    return form.chips(words)


def _greeting(view: View) -> str:
    profile = bank_profile()
    name = view.customer.full_name.split(" ")[0]
    if profile.business_day:
        return _("Hello, %(name)s") % {"name": name}
    hour = timezone.localtime().hour
    if hour < 5 or hour >= 18:
        return _("Good evening, %(name)s") % {"name": name}
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    return _("Good afternoon, %(name)s") % {"name": name}


def _as_of(view: View) -> str:
    n = len(view.reach.accounts)
    accounts = ngettext("%(n)d account", "%(n)d accounts", n) % {"n": n}
    day = formats.day(view.today, view.locale, "full")
    return _("As of %(day)s · %(accounts)s") % {"day": day, "accounts": accounts}


def _stale(view: View, run: Run | None, now: datetime | None = None) -> bool:
    """Whether the night is missing: published more than 26 hours ago, and for a day gone by."""
    if run is None or run.published_at is None or run.business_day >= view.today:
        return False
    return (now or timezone.now()) - run.published_at > STALE_AFTER


_CSV = {
    "trend": overview_cards.trend,
    "categories": overview_cards.categories,
    "budgets": overview_cards.budgets,
}


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def chart_csv(request: HttpRequest, chart: str) -> HttpResponseBase:
    """The table behind one card under the page's filter; 404 where that card has no chart."""
    if chart not in _CSV and chart != "ahead":
        raise Http404
    view = open_view(request, f"overview {chart} as file")
    _form, chosen = overview_filter(view, request.GET)
    if chosen is None:
        raise Http404
    reading = Reading(view, chosen)
    made: charts.Chart | None
    if chart == "ahead":
        found = forecast_cards.outlook(reading)
        made = found.chart if found else None
    else:
        made = _CSV[chart](reading)
    if made is None:
        raise Http404
    return exports.table_csv(made.table, name=f"{chart}-{view.today:%Y-%m-%d}")
