"""Pages of long work: the list for staff, and one job for the person who waits for it."""

from typing import cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.jobs import queries, services
from accounts.jobs.models import Job
from accounts.models import User
from accounts.permissions import READ_REPORTS, requires


class JobFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), *Job.State.choices],
    )
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


@requires(READ_REPORTS)
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The bank's jobs, newest first; keyset pages."""
    form = JobFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    state = chosen.get("state") or ""
    jobs = queries.visible_to(_person(request)).order_by("-id")
    if state:
        jobs = jobs.filter(state=state)
    if chosen.get("before"):
        jobs = jobs.filter(id__lt=chosen["before"])
    found = list(jobs[: queries.PAGE + 1])
    page = found[: queries.PAGE]
    here = reverse("jobs:list")
    older = ""
    if len(found) > len(page):
        older = f"{here}?{urlencode({'state': state, 'before': page[-1].pk})}"
    context = {
        "form": form,
        "state": state,
        "states": [
            (
                capfirst(str(label)),
                f"{here}?{urlencode({'state': value})}" if value else here,
                value == state,
            )
            for value, label in form.fields["state"].choices  # type: ignore[attr-defined]
        ],
        "rows": queries.rows(page),
        "older_url": older,
        "first_url": here if chosen.get("before") else "",
    }
    return render(request, "jobs/list.html", context)


@require_GET
def detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job: how far it is, what became of it, and what can be done."""
    job = _job(request, job_id)
    progress = queries.progress_of(job, _person(request))
    context = {"progress": progress}
    return render(request, "jobs/detail.html", context)


@require_GET
def progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The card of a job, asked again every two seconds; at the end it leads on by itself."""
    job = _job(request, job_id)
    shown = queries.progress_of(job, _person(request))
    context = {"progress": shown}
    response = render(request, "jobs/_progress.html", context)
    if _is_fragment(request) and job.state not in (Job.State.DUE, Job.State.RUNNING):
        if shown.done_url:
            response.headers["HX-Redirect"] = shown.done_url
        else:
            response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = services.cancel(_job_to_act_on(request, job_id))
    if job.state == Job.State.DONE:
        messages.info(request, _("It was done already."))
    elif job.state == Job.State.RUNNING:
        messages.info(request, _("It will stop in a moment."))
    return redirect("jobs:detail", job_id=job.public_id)


@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = _job_to_act_on(request, job_id)
    if job.state == Job.State.PARKED:
        services.retry(job)
    else:
        messages.info(request, _("Only stopped work can be tried again."))
    return redirect("jobs:detail", job_id=job.public_id)


def _person(request: HttpRequest) -> User:
    """Who asks; the middleware lets nobody else in."""
    return cast(User, request.user)


def _is_fragment(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def _job(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(queries.visible_to(_person(request)), public_id=job_id)


def _job_to_act_on(request: HttpRequest, job_id: UUID) -> Job:
    job = _job(request, job_id)
    if not queries.may_act(_person(request), job):
        raise PermissionDenied
    return job
