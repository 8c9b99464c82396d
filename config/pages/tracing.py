"""What stands behind a derived figure: its parts, each with its own way on; and behind a forecast."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires
from analytics import formats
from analytics.forecasts import queries as forecasts
from analytics.metrics.breakdowns import TREND
from analytics.metrics.registry import METRICS, figures
from analytics.metrics.trace import Trace
from analytics.metrics.trace import trace as parts_of
from config.pages import forecast_cards
from config.pages.customer_scope import View, open_view
from transactions import periods
from transactions.slice_parsing import BadSlice, read_slice
from transactions.slices import LATEST, AccountRef, Slice

# How a figure comes from its parts, in words.
HOW: dict[str, str | Promise] = {
    "net": gettext_lazy("Income less expenses."),
    "savings_rate": gettext_lazy("Net cash flow divided by income."),
    "average_transaction": gettext_lazy("Expenses divided by the lines they are the sum of."),
    "share": gettext_lazy("Expenses here divided by the expenses of all categories above zero."),
    "spent_above_zero": gettext_lazy("The sum of the categories that cost something."),
    "variance": gettext_lazy("Expenses less the budget."),
    "budget_used": gettext_lazy("Expenses divided by the budget."),
    "budget": gettext_lazy("The sum of the budgets entered for these months."),
    "net_count": gettext_lazy("Lines of income and lines of spending."),
    "balance": gettext_lazy("The balance that was stated last, and all lines since."),
    "net_worth": gettext_lazy("The balances of the accounts together; what is owed is below zero."),
    "stated_balance": gettext_lazy("As it was stated, by a file, the bank or by hand."),
    "expected_balance": gettext_lazy("The balance stated before, and the lines up to the next."),
    "unexplained": gettext_lazy("The stated balance less the balance by the lines."),
}


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def trace(request: HttpRequest, metric: str) -> HttpResponse:
    if metric not in METRICS:
        raise Http404
    view = open_view(request, f"trace {metric}")
    try:
        slice = read_slice(request.GET, view.customer, door=view.door, reach=view.reach)
    except BadSlice as error:
        context = {"view": view, "faults": error.fields, "metric": METRICS[metric]}
        return render(request, "pages/trace.html", context, status=400)
    found = parts_of(slice, metric, door=view.door)
    context = {
        "view": view,
        "metric": found.metric,
        "found": found,
        "how": _how(metric, found),
        "when": _when(slice, view),
        "narrowed": [*slice.accounts, *slice.categories],
        "text": slice.text,
        "crumbs": _crumbs(view, str(found.metric.label)),
    }
    return render(request, "pages/trace.html", context)


def _how(metric: str, found: Trace) -> str:
    if found.rate:
        return _("The balance in its own currency at the rate of this day, rounded.")
    return str(HOW.get(metric, _("The sum of these rows.")))


def _when(slice: Slice, view: View) -> str:
    if not slice.is_bounded and slice.end < LATEST:
        return _("Up to %(day)s") % {"day": formats.day(slice.last_day, view.locale)}
    if not slice.is_bounded:
        return _("All days")
    return formats.period(slice.start, slice.end, view.locale)


def _crumbs(view: View, here: str) -> list[tuple[str, str]]:
    if view.is_own:
        return [(_("Overview"), reverse("pages:overview")), (here, "")]
    return [
        (_("Customers"), reverse("pages:customers")),
        (view.customer.reference, reverse("pages:customer", args=[view.customer.public_id])),
        (here, ""),
    ]


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def forecast(request: HttpRequest, metric: str) -> HttpResponse:
    """One forecast as a night issued it: method, record, months ahead, and the months it rests on."""
    if metric not in forecast_cards.FLOWS:
        raise Http404
    view = open_view(request, f"forecast {metric}")
    currency = request.GET.get("currency", "") or view.reach.currency()
    found = forecasts.issued(view.customer.pk, currency, run=request.GET.get("run", ""))
    issued = found.get(metric)
    if issued is None:
        raise Http404
    context: dict[str, Any] = {
        "view": view,
        "issued": issued,
        "label": METRICS[metric].label,
        "flow": forecast_cards.flow_ahead(view, issued),
        "ahead": [
            (a.month, formats.month(a.month, view.locale), a.value, a.low, a.high)
            for a in issued.points
        ],
        "score": issued.score,
        "errors": _errors(view, issued),
        "others": [f for f in forecast_cards.FLOWS if f in found and f != metric],
        "history": _history(view, issued),
        "metric": metric,
        "crumbs": _crumbs(view, _("Forecast: %(what)s") % {"what": str(METRICS[metric].label)}),
    }
    return render(request, "pages/forecast.html", context)


def _errors(view: View, issued: forecasts.Issued) -> dict[str, Any]:
    score = issued.score
    if score is None:
        return {}
    share = forecast_cards.coverage(view, issued, score)
    return {
        "own": forecast_cards.plain_error(score.mase, view.locale),
        "naive": forecast_cards.plain_error(score.naive_mase, view.locale),
        "held": share.value if share else None,
        "wanted": forecast_cards.WANTED_COVERAGE,
    }


def _history(view: View, issued: forecasts.Issued) -> list[tuple[str, Any]]:
    """The months it rests on, newest first: figures of the accounts that count under this person."""
    owned = view.reach.owned
    chosen: tuple[AccountRef, ...] = ()
    if len(owned) != len(view.reach.accounts):
        chosen = tuple(view.reach.account_refs[a.public_id] for a in owned)
    whole = Slice(
        currency=issued.currency,
        customer=_ref(view),
        start=issued.first_month,
        end=periods.add_months(issued.last_month.replace(day=1), 1),
        accounts=chosen,
    )
    rows = figures(whole, TREND, by="month", door=view.door)
    return [
        (formats.month(row.month, view.locale), row[issued.flow])
        for row in reversed(rows)
        if row.month
    ]


def _ref(view: View) -> Any:
    from transactions.slices import CustomerRef

    return CustomerRef(view.customer.pk, view.customer.public_id)
