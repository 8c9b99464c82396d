"""Reads of jobs: which a person may see, and how far one is, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.jobs import registry
from accounts.jobs.models import Job
from accounts.models import User
from accounts.permissions import READ_REPORTS, RUN_ANALYTICS, has

PAGE = 50


def visible_to(user: User) -> "QuerySet[Job]":
    """Staff who read reports see all jobs of the bank, anybody else those they started."""
    jobs = Job.objects.select_related("started_by")
    return jobs if has(user, READ_REPORTS) else jobs.filter(started_by=user)


def may_act(user: User, job: Job) -> bool:
    """Cancel and retry: the person who started it, and staff who run analytics."""
    return job.started_by_id == user.pk or has(user, RUN_ANALYTICS)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a page shows of one job; the names are those parts/_job_progress.html reads."""

    job: Job
    title: str
    question: str
    answer: str
    percent: int | None
    poll_url: str
    cancel_url: str
    retry_url: str
    done_url: str
    done_action: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """One line of the list of jobs."""

    job: Job
    title: str
    url: str
    answer: str
    by: str
    took: str


def progress_of(job: Job, user: User) -> Progress:
    act = may_act(user, job)
    ids = {"job_id": job.public_id}
    done_url = result_url(job) if job.started_by_id == user.pk else ""
    stoppable = job.state in (Job.State.DUE, Job.State.RUNNING) and not job.cancel_asked
    return Progress(
        job=job,
        title=registry.title(job.kind),
        question=_("How far is it?"),
        answer=sentence(job),
        percent=percent(job),
        poll_url=reverse("jobs:progress", kwargs=ids),
        cancel_url=reverse("jobs:cancel", kwargs=ids) if act and stoppable else "",
        retry_url=(
            reverse("jobs:retry", kwargs=ids) if act and job.state == Job.State.PARKED else ""
        ),
        done_url=done_url if job.state == Job.State.DONE else "",
        done_action=_("See the result"),
    )


def result_url(job: Job) -> str:
    """Where the handler said its result is: a path of this bank's own pages, else nothing."""
    url = job.result.get("url", "") if isinstance(job.result, dict) else ""
    return url if isinstance(url, str) and url.startswith("/") and url[1:2] != "/" else ""


def rows(jobs: Sequence[Job]) -> list[JobRow]:
    return [
        JobRow(
            job=job,
            title=registry.title(job.kind),
            url=reverse("jobs:detail", kwargs={"job_id": job.public_id}),
            answer=job.error or sentence(job),
            by=_started_by(job),
            took=_took(job),
        )
        for job in jobs
    ]


def percent(job: Job) -> int | None:
    """How much is done, None when nobody has counted."""
    if job.state == Job.State.DONE or not job.total_count:
        return None
    return max(0, min(100, job.done_count * 100 // job.total_count))


def sentence(job: Job) -> str:
    """One sentence on how the job stands."""
    match job.state:
        case Job.State.DONE:
            took = _took(job)
            return _("Done in %(time)s.") % {"time": took} if took else _("Done.")
        case Job.State.CANCELLED:
            return _("Stopped as asked. What was not finished was rolled back.")
        case Job.State.PARKED:
            return _("Stopped; it needs a hand. What was not finished was rolled back.")
        case Job.State.DUE if job.failures:
            return ngettext(
                "It failed once and will be tried again by itself.",
                "It failed %(times)d times and will be tried again by itself.",
                job.failures,
            ) % {"times": job.failures}
        case Job.State.DUE if job.run_at > timezone.now():
            return _("Waiting for its time.")
        case Job.State.DUE:
            return _("Waiting for a free worker.")
    if job.cancel_asked:
        return _("Stopping as asked.")
    if job.lease_until and job.lease_until < timezone.now():
        return _("Its worker has gone silent; another one will take it over.")
    if not job.total_count:
        return _("Started.")
    return _("%(done)s of %(total)s done.") % {
        "done": number_format(job.done_count, force_grouping=True),
        "total": number_format(job.total_count, force_grouping=True),
    }


def _took(job: Job) -> str:
    """From start to end, or up to now."""
    if job.started_at is None:
        return ""
    end = job.finished_at or timezone.now()
    seconds = max(timedelta(0), end - job.started_at).total_seconds()
    if seconds < 1:
        return _("less than 1 s")
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": round(seconds)}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def _started_by(job: Job) -> str:
    """Colleagues by their address; a customer stays covered, as everywhere on staff pages."""
    if job.started_by is None:
        return _("the bank")
    return job.started_by.email if job.started_by.is_bank_staff else _("a customer")
