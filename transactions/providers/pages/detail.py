"""One connection: how it stands, which accounts come in, what it brought, and its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.jobs.models import Job
from accounts.permissions import OWN_DATA, requires
from transactions.models import ImportBatch, ImportIssue, ProviderAccount, ProviderLink
from transactions.providers import jobs, links, secrets, words
from transactions.providers.client import Client
from transactions.providers.errors import NotSetUp, ProviderProblem
from transactions.providers.forms import ChooseForm
from transactions.providers.pages.connect import cannot
from transactions.providers.pages.scope import crumbs, link_for, person
from transactions.providers.sealing import SealBroken

DELIVERIES_SHOWN, REJECTED_SHOWN = 10, 10


@requires(OWN_DATA)
@require_safe
def detail(request: HttpRequest, link_id: UUID) -> HttpResponse:
    link = link_for(request, link_id)
    return render(request, "providers/detail.html", _context(link))


def _context(link: ProviderLink, form: ChooseForm | None = None) -> dict[str, Any]:
    batches = ImportBatch.objects.filter(source_key=link.source_key)
    kept = batches.exclude(state=ImportBatch.State.UNDONE)
    rejected = ImportIssue.objects.filter(batch__in=batches, verdict="rejected")
    job = Job.objects.filter(lane=link.lane, state__in=[Job.State.DUE, Job.State.RUNNING]).first()
    last = batches.first()
    linked = link.accounts.filter(choice=ProviderAccount.Choice.LINKED).select_related("account")
    chooses = link.state == ProviderLink.State.CHOOSING or link.is_open
    return {
        "link": link,
        "name": link.institution_name or _("A new connection"),
        "said": words.STATES[link.state],
        "fault": words.fault(link),
        "notice": words.notice(link),
        "page": _page(link),
        "form": form or (ChooseForm(link=link) if chooses else None),
        "has_accounts": link.accounts.exists(),
        "deliveries": batches[:DELIVERIES_SHOWN],
        "rejected": rejected.order_by("-id")[:REJECTED_SHOWN],
        "doubtful": last.counts.get("doubtful", 0) if last and not link.takes_doubtful else 0,
        "job": job,
        "linked": linked,
        "brought": sum(counts.get("new", 0) for counts in kept.values_list("counts", flat=True)),
        "crumbs": crumbs(link.institution_name or _("A new connection")),
    }


def _page(link: ProviderLink) -> str:
    """The provider's page that waits for the person, "" where none does."""
    if not link.session or link.state == ProviderLink.State.ENDED:
        return ""
    try:
        return secrets.visit(link)[1]
    except SealBroken:
        return ""


@require_POST
@requires(OWN_DATA)
def accounts(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """The person's word on each account; the first time, the rows come after it."""
    link = link_for(request, link_id)
    form = ChooseForm(request.POST, link=link)
    if not form.is_valid():
        return render(request, "providers/detail.html", _context(link, form), status=400)
    with transaction.atomic():
        link = links.choose(link, form.choices())
        if link.state == ProviderLink.State.ACTIVE:
            jobs.ask_for(link, started_by=person(request))
    messages.success(request, _("That is noted. The payments are on their way."))
    return redirect(link.page())


@require_POST
@requires(OWN_DATA)
def update(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Update now."""
    link = link_for(request, link_id)
    if link.is_open:
        with transaction.atomic():
            links.note_asked(link)
            jobs.ask_for(link, started_by=person(request))
        messages.success(request, _("Your bank is asked now. Look again in a moment."))
    return redirect(link.page())


@require_POST
@requires(OWN_DATA)
def doubtful(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Payments that look like ones of a file shall come in too."""
    link = link_for(request, link_id)
    if link.is_open:
        with transaction.atomic():
            jobs.ask_for(links.take_doubtful(link), started_by=person(request))
        messages.success(request, _("They are on their way."))
    return redirect(link.page())


@requires(OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Asks once more, and whether the payments shall go too."""
    link = link_for(request, link_id)
    if request.method == "POST":
        try:
            removed = links.disconnect(
                Client(), link, take_rows=request.POST.get("rows") == "remove"
            )
        except NotSetUp:
            messages.error(request, _("Connecting a bank isn’t set up at this bank."))
        except ProviderProblem as problem:
            messages.error(request, cannot(problem))
        else:
            said = _("The bank is disconnected.")
            if removed:
                n = {"n": removed}
                said += (
                    " "
                    + ngettext(
                        "%(n)d payment is taken away.", "%(n)d payments are taken away.", removed
                    )
                    % n
                )
            messages.success(request, said)
            return redirect("providers:list")
        return redirect(link.page())
    context = {"link": link, "name": link.institution_name or _("A new connection")}
    context["crumbs"] = crumbs(str(context["name"]))
    return render(request, "providers/disconnect.html", context)
