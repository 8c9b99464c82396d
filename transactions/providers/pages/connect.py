"""The list of connected banks, and the way to the provider's page and back."""

import logging
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import OWN_DATA, requires
from transactions.models import ProviderLink
from transactions.providers import jobs, links, setup, words
from transactions.providers.client import Client
from transactions.providers.errors import NotSetUp, ProviderBusy, ProviderProblem
from transactions.providers.pages.scope import addresses, link_for, owner, person
from transactions.providers.sealing import SealBroken

log = logging.getLogger(__name__)


@requires(OWN_DATA)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every connection of the person, and how it stands."""
    found = ProviderLink.objects.filter(customer=owner(request))
    shown = [
        {"link": link, "said": words.STATES[link.state], "fault": words.fault(link),
         "notice": words.notice(link)}
        for link in found
    ]  # fmt: skip
    return render(request, "providers/list.html", {"shown": shown, "is_set_up": setup.is_set_up()})


@require_POST
@requires(OWN_DATA)
def start(request: HttpRequest) -> HttpResponse:
    """Asks the provider for its page. The person goes there by a link on the next page: a form of ours may
    not lead elsewhere (form-action of the page's policy).
    """
    customer = owner(request)
    try:
        link = links.start(Client(), customer=customer, addresses=partial(addresses, request))
    except NotSetUp:
        messages.error(request, _("Connecting a bank isn’t set up at this bank."))
    except ProviderProblem as problem:
        messages.error(request, cannot(problem))
    else:
        return redirect(link.page())
    return redirect("providers:list")


@require_POST
@requires(OWN_DATA)
def again(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """The same for a connection whose bank asks for a new sign-in."""
    link = link_for(request, link_id)
    if link.is_open:
        try:
            links.start_again(Client(), link, addresses=partial(addresses, request))
        except (NotSetUp, SealBroken):
            messages.error(request, _("This connection can’t be opened any more. Disconnect it."))
        except ProviderProblem as problem:
            messages.error(request, cannot(problem))
    return redirect(link.page())


@require_POST
@requires(OWN_DATA)
def finish(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Back from the provider's page: what became of the visit."""
    link = link_for(request, link_id)
    try:
        link = links.finish(Client(), link)
    except links.NotFinished:
        messages.info(request, _("Your bank’s page isn’t finished yet. Open it and go to its end."))
    except (NotSetUp, SealBroken):
        messages.error(request, _("This visit is too old. Begin again."))
    except ProviderProblem as problem:
        messages.error(request, cannot(problem))
    else:
        if link.state == ProviderLink.State.ACTIVE:
            jobs.ask_for(link, started_by=person(request))
            messages.success(
                request, _("Your bank is connected again. Its payments are on their way.")
            )
    return redirect(link.page())


def cannot(problem: ProviderProblem) -> str:
    """Why it can't be done now, in a sentence; the code is in the log."""
    log.info("provider: %s %s", type(problem).__name__, problem.code)
    if isinstance(problem, ProviderBusy):
        return _(
            "The service that reaches your bank doesn’t answer now. Try again in a few minutes."
        )
    if problem.code == "already_connected":
        return _("This bank is connected already.")
    return _(
        "The service that reaches your bank refused it. Begin again; if it stays so, ask your branch."
    )
