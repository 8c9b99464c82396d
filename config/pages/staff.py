"""Staff: the whole bank from the last release, nobody in it to be recognised."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.customers.queries import bank_profile
from accounts.permissions import READ_REPORTS, requires
from analytics import charts, exports
from analytics.metrics.registry import METRICS
from analytics.releases import queries as releases
from config.pages import staff_cards
from config.pages.staff_filter import StaffFilter, chips


@requires(READ_REPORTS)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    context = _context(request)
    return render(request, "pages/staff_overview.html", context)


def _context(request: HttpRequest) -> dict[str, Any]:
    release = releases.published_release()
    if release is None:
        return {"release": None}
    form = StaffFilter(request.GET, release=release)
    view = staff_cards.StaffView.of(form)
    slice = view.slice
    return {
        "release": release,
        "filter_form": form,
        "chips": chips(request, slice),
        "clear_url": request.path,
        "slice": slice,
        "kpis": staff_cards.kpis(view),
        "trend": staff_cards.trend(view),
        "people": staff_cards.people(view),
        "categories": staff_cards.categories(view),
        "segments": staff_cards.segments(view),
        "night": staff_cards.night(view),
        "notes": staff_cards.notes(view),
        "k": release.k,
    }


CHARTS = ("trend", "categories", "segments", "night")


@requires(READ_REPORTS)
@require_safe
def chart_csv(request: HttpRequest, chart: str) -> HttpResponseBase:
    """The table behind one card, under the same filter and the same rules."""
    release = releases.published_release()
    if chart not in CHARTS or release is None:
        raise Http404
    view = staff_cards.StaffView.of(StaffFilter(request.GET, release=release))
    found = getattr(staff_cards, chart)(view)
    table = found.table if isinstance(found, charts.Chart) else found
    if table is None:
        raise Http404
    return exports.table_csv(table, name=f"{bank_profile().name}-{chart}".lower())


@requires(READ_REPORTS)
@require_safe
def groups(request: HttpRequest) -> HttpResponseBase:
    """What a staff figure is the sum of: the published groups, each of at least k customers."""
    release = releases.published_release()
    metric = request.GET.get("metric", "expenses")
    if release is None or metric not in METRICS:
        raise Http404
    view = staff_cards.StaffView.of(StaffFilter(request.GET, release=release))
    slice = view.slice
    if METRICS[metric].flow is None and not METRICS[metric].parts:
        raise Http404
    found = releases.figure(view.groups, slice, metric)
    is_sum = METRICS[metric].flow is not None
    table = staff_cards.group_table(view, metric) if is_sum else None
    if request.GET.get("format") == "csv" and table:
        return exports.table_csv(table, name=f"{bank_profile().name}-groups".lower())
    return render(
        request,
        "pages/staff_groups.html",
        {
            "release": release,
            "metric": METRICS[metric],
            "figure": found,
            "parts": [] if is_sum else [
                (METRICS[part.metric].label, part) for part in releases.parts(view.groups, slice, metric)
            ],
            "table": table,
            "csv_url": f"?{slice.query(metric=metric, format='csv')}",
            "crumbs": [(_("Overview"), "/staff/"), (str(METRICS[metric].label), "")],
            "k": release.k,
        },
    )  # fmt: skip
