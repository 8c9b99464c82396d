"""“Always do this” for a payment's merchant, forgetting it again; and the pages of runs."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.jobs.queries import progress_of
from accounts.permissions import OWN_DATA, requires
from transactions.ledger import AccountBusy
from transactions.models import RuleRun
from transactions.rules import learning, runs
from transactions.rules.pages import samples
from transactions.rules.pages.scope import (
    after_run,
    busy_sentence,
    merchant_for,
    or_busy,
    own,
    run_for,
)


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def always(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """What it would change first; then, for these and all that come."""
    mine = own(request)
    row = mine.reach.line(transaction_id)
    if row is None or not any(a.pk == row.account_id for a in mine.reach.owned):
        raise Http404
    back = reverse("transactions:detail", args=[transaction_id])
    ref = mine.reach.refs.get(row.category_id or 0)
    if ref is None or not ref.pk or row.category is None:
        messages.error(request, _("Give this payment a category first, then say “always”."))
        return redirect(back)
    if request.method == "POST":
        to_history = request.POST.get("history") != "no"
        try:
            merchant, run = learning.always(
                mine.customer, row, row.category, to_history=to_history, user=mine.user
            )
        except AccountBusy:
            messages.error(request, busy_sentence())
            return redirect(back)
        text = _("From now on %(name)s goes to %(category)s.")
        messages.success(request, text % {"name": merchant.name, "category": ref.name})
        return redirect(back) if run is None else after_run(request, run)
    seen = learning.preview_always(mine.customer, row, row.category)
    context = {
        "row": row,
        "public_id": transaction_id,
        "name": learning.merchant_name(row),
        "category": ref,
        "is_out": row.amount <= 0,
        "seen": seen,
        "samples": samples.of_preview(mine.reach, seen),
        "crumbs": [
            (_("Transactions"), reverse("transactions:list")),
            (learning.merchant_name(row), back),
            (_("Always"), ""),
        ],
    }
    return render(request, "rules/always.html", context)


@require_POST
@requires(OWN_DATA)
def forget(request: HttpRequest, merchant_id: UUID) -> HttpResponse:
    """What was learned goes, and what it decided stands as it would without it."""
    mine = own(request)
    merchant = merchant_for(mine, merchant_id)

    def done() -> HttpResponse:
        run = learning.forget(merchant, user=mine.user)
        messages.success(request, _("%(name)s is forgotten.") % {"name": merchant.name})
        return after_run(request, run)

    return or_busy(request, done)


@requires(OWN_DATA)
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What a run did, line by line; how far it is while it works."""
    mine = own(request)
    found = run_for(mine, run_id)
    job = found.job
    context = {
        "run": found,
        "may_undo": runs.may_undo(found) and (found.changed or found.acted),
        "progress": progress_of(job, mine.user)
        if job and found.state not in (RuleRun.State.DONE, RuleRun.State.UNDONE)
        else None,
        "samples": samples.of_run(mine.reach, found),
        "later": max(found.changed - 50, 0),
        "crumbs": [(_("Categories and rules"), reverse("rules:list")), (found.title, "")],
    }
    return render(request, "rules/run.html", context)


@require_POST
@requires(OWN_DATA)
def undo(request: HttpRequest, run_id: UUID) -> HttpResponse:
    mine = own(request)
    found = run_for(mine, run_id)
    try:
        taken = runs.undo(found, user=mine.user)
    except runs.RunRefused as refused:
        messages.error(request, str(refused))
    except AccountBusy:
        messages.error(request, busy_sentence())
    else:
        if taken.state == RuleRun.State.UNDONE:
            text = ngettext(
                "%(n)d payment is as it was before.", "%(n)d payments are as they were before.",
                taken.restored,
            )  # fmt: skip
            messages.success(request, text % {"n": taken.restored})
    return redirect("rules:run", run_id=found.public_id)
