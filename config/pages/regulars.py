"""A customer's regular payments: what is coming, what changed, what is regular at all; and their word on it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import OPEN_CUSTOMER, OWN_DATA, requires
from analytics import formats
from analytics.metrics.registry import figures
from analytics.regulars import queries, services
from analytics.regulars.forms import CorrectForm, WhenForm, WordForm
from analytics.regulars.models import RegularPayment
from config.pages import regulars_reading as reading
from config.pages.customer_scope import View, open_view
from transactions import ids, periods
from transactions.models import Transaction
from transactions.plain_money import plain_amount
from transactions.slices import CustomerRef, Slice


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    view = open_view(request, "regular payments")
    context = {"view": view, "may_change": view.is_own, "crumbs": _crumbs(view)}
    return render(request, "regulars/list.html", context | reading.groups(view))


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def due(request: HttpRequest) -> HttpResponse:
    """The payments that a sum of what is due is made of, and what the last whole month was."""
    view = open_view(request, "regular payments due")
    is_in = request.GET.get("direction") == "in"
    found = reading.due_one_way(view, is_in=is_in, currency=request.GET.get("currency", ""))
    if found is None:
        raise Http404
    this_month, _end = periods.this_month(view.today)
    month = Slice(
        currency=found.figure.currency or "",
        customer=CustomerRef(view.customer.pk, view.customer.public_id),
        start=periods.add_months(this_month, -1),
        end=this_month,
    )
    name = "income" if is_in else "expenses"
    context = {
        "view": view,
        "found": found,
        "is_in": is_in,
        "month": formats.month(month.start, view.locale),
        "before": figures(month, [name], door=view.door)[0][name],
        "crumbs": _crumbs(view, _("Due to come in") if is_in else _("Due to go out")),
    }
    return render(request, "regulars/due.html", context)


@requires(OWN_DATA, OPEN_CUSTOMER)
@require_safe
def detail(request: HttpRequest, regular_id: UUID) -> HttpResponse:
    view = open_view(request, "regular payment")
    row = _own(view, regular_id)
    return _detail(request, view, row, _form_of(view, row))


def _own(view: View, regular_id: UUID) -> RegularPayment:
    """One of an account this person holds; whatever else is as missing as nothing."""
    row = (
        RegularPayment.objects.filter(
            public_id=regular_id, account__in=[a.pk for a in view.reach.accounts]
        )
        .exclude(word=RegularPayment.Word.REMOVED)
        .select_related("account")
        .first()
    )
    if row is None:
        raise Http404
    return row


def _form_of(view: View, row: RegularPayment) -> CorrectForm:
    one = queries.told(row, today=view.today)
    return CorrectForm(
        today=view.today,
        initial={
            "name": one.name,
            "amount": plain_amount(one.amount, row.currency),
            "cadence": one.cadence,
            "next_on": one.next_on,
        },
    )


def _detail(
    request: HttpRequest,
    view: View,
    row: RegularPayment,
    form: CorrectForm,
    *,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "view": view,
        "may_change": view.is_own,
        "form": form,
        "fault": fault,
        **reading.one(view, row),
    }
    context["crumbs"] = _crumbs(view, context["entry"].regular.name)
    return render(request, "regulars/detail.html", context, status=status)


@require_POST
@requires(OWN_DATA)
def say(request: HttpRequest, regular_id: UUID) -> HttpResponse:
    """Confirmed, not regular, removed, or such a word taken back."""
    view = open_view(request, "regular payment")
    row = _own(view, regular_id)
    form = WordForm(request.POST)
    if not form.is_valid():
        fault = _("This can't be said of a regular payment. Use the buttons of this page.")
        return _detail(request, view, row, _form_of(view, row), fault=fault, status=400)
    word = form.cleaned_data["word"]
    try:
        services.say(row, word=word, expected_version=form.cleaned_data["version"])
    except (services.RegularBusy, services.RegularChanged) as error:
        fault = _sentence(error)
        return _detail(request, view, _own(view, regular_id), _form_of(view, row), fault=fault,
                       status=409)  # fmt: skip
    messages.success(request, _SAID[word] % {"name": row.own_name or row.name})
    return redirect(_back(request, view))


@require_POST
@requires(OWN_DATA)
def correct(request: HttpRequest, regular_id: UUID) -> HttpResponse:
    view = open_view(request, "regular payment")
    row = _own(view, regular_id)
    form = CorrectForm(request.POST, today=view.today)
    if not form.is_valid():
        return _detail(request, view, row, form, status=400)
    version = request.POST.get("version", "")
    try:
        services.correct(
            row,
            **form.cleaned_data,
            expected_version=int(version) if version.isascii() and version.isdigit() else None,
        )
    except (services.RegularBusy, services.RegularChanged) as error:
        return _detail(request, view, row, form, fault=_sentence(error), status=409)
    messages.success(request, _("Kept. What you wrote stays above what is found at night."))
    return redirect(reverse("regulars:detail", args=[regular_id]) + view.words)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(OWN_DATA)
def make(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """A regular payment from one row, by a person's word."""
    view = open_view(request, "regular payment")
    row = view.reach.line(transaction_id)
    if row is None or row.amount == 0 or row.status != Transaction.Status.POSTED:
        raise Http404
    if request.method == "POST":
        form = WhenForm(request.POST, today=view.today)
        if form.is_valid():
            try:
                made = services.make_by_hand(row, **form.cleaned_data)
            except services.AlreadyRegular as known:
                messages.info(request, _("This line belongs to a regular payment already."))
                made = known.regular
                if made.word == RegularPayment.Word.REMOVED:
                    made = services.say(made, word=RegularPayment.Word.CONFIRMED)
            return redirect(reverse("regulars:detail", args=[made.public_id]) + view.words)
    else:
        form = WhenForm(
            today=view.today,
            initial={
                "cadence": RegularPayment.Cadence.MONTHLY,
                "next_on": reading.a_month_later(row.booked_on, view.today),
            },
        )
    context = {
        "view": view,
        "row": row,
        "form": form,
        "account": next(a for a in view.reach.accounts if a.pk == row.account_id),
        "transaction_id": ids.encode_one(row.pk),
        "crumbs": _crumbs(view, _("A new one")),
    }
    return render(
        request, "regulars/make.html", context, status=400 if request.method == "POST" else 200
    )


_SAID: dict[str, Any] = {
    RegularPayment.Word.NONE: gettext_lazy("%(name)s: your word is taken back."),
    RegularPayment.Word.CONFIRMED: gettext_lazy("%(name)s is confirmed."),
    RegularPayment.Word.REJECTED: gettext_lazy(
        "%(name)s isn't regular: it is no longer counted as coming."
    ),
    RegularPayment.Word.REMOVED: gettext_lazy(
        "%(name)s is removed. Its lines stay where they are."
    ),
}


def _sentence(error: Exception) -> str:
    if isinstance(error, services.RegularBusy):
        return _("Regular payments are being worked out now. Try again in a moment.")
    return _(
        "This was changed meanwhile. It is shown as it is now; look again before you change it."
    )


def _back(request: HttpRequest, view: View) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("regulars:list") + view.words


def _crumbs(view: View, here: str = "") -> list[tuple[str, str]]:
    home: list[tuple[str, str]] = []
    if not view.is_own:
        home = [
            (_("Customers"), reverse("pages:customers")),
            (view.customer.reference, reverse("pages:customer", args=[view.customer.public_id])),
        ]
    if not here:
        return [*home, (_("Regular payments"), "")] if home else []
    return [*home, (_("Regular payments"), reverse("regulars:list") + view.words), (here, "")]
