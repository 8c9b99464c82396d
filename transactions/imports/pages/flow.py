"""What comes next for a file: planned at once or by a job, and where the person is led meanwhile."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.jobs import services as jobs
from accounts.jobs.models import Job
from accounts.models import User
from transactions.imports import services
from transactions.imports.errors import AccountNeeded, ImportProblem
from transactions.imports.pages import new_account
from transactions.imports.pages.scope import person
from transactions.models import ImportBatch

# About 2,000 rows: such a file is planned, committed and undone while the person waits.
AT_ONCE_BYTES = 300_000
AT_ONCE_ROWS = 2_000
# What a packed file may come to, by its size.
UNPACKED = 8
_ON_THEIR_WAY = (Job.State.DUE, Job.State.RUNNING)


def is_long(batch: ImportBatch) -> bool:
    """Whether work on this file is a job's. Lines without a file are judged by their number."""
    grows = UNPACKED if batch.layout.get("within") else 1
    if batch.file is not None and batch.file.size * grows > AT_ONCE_BYTES:
        return True
    return int(batch.counts.get("rows") or 0) > 2 * AT_ONCE_ROWS


def job_of(batch: ImportBatch) -> Job | None:
    """The job that works on this import now, or stopped while it did."""
    job = batch.job
    if job is None or job.state in (Job.State.DONE, Job.State.CANCELLED):
        return None
    return job


def is_busy(batch: ImportBatch) -> bool:
    """Whether a job works on it, so that nothing may be changed meanwhile."""
    job = job_of(batch)
    return job is not None and job.state in _ON_THEIR_WAY


def start(batch: ImportBatch, kind: str, *, user: User, **arguments: Any) -> Job:
    """One job on an import at a time: where one is on its way, that one is it (a doubled submit)."""
    with transaction.atomic():
        held = ImportBatch.objects.select_for_update(of=("self",)).select_related("job")
        batch = held.get(pk=batch.pk)
        if batch.job is not None and batch.job.state in _ON_THEIR_WAY:
            return batch.job
        job = jobs.enqueue(kind=kind, arguments={"batch": batch.pk, **arguments}, started_by=user)
        batch.job = job
        batch.save(update_fields=["job"])
    return job


def settle(batch: ImportBatch) -> None:
    """The job that stopped is answered: its sentence need not be said again."""
    if batch.job_id is not None:
        ImportBatch.objects.filter(pk=batch.pk).update(job=None)
        batch.job = None


def go_on(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Plans the file, at once or by a job, and leads to its preview; to the open question where there
    is one."""
    if batch.state == ImportBatch.State.REFUSED:
        return redirect("imports:format", batch_id=batch.public_id)
    if batch.is_bulk and not batch.layout.get("columns", {}).get("customer"):
        messages.info(request, _("Say which column names the customer."))
        return redirect("imports:columns", batch_id=batch.public_id)
    new_account.make(batch)
    if is_long(batch):
        settle(batch)
        start(batch, "import_plan", user=person(request))
        return redirect("imports:preview", batch_id=batch.public_id)
    settle(batch)
    try:
        batch = services.plan(batch)
    except AccountNeeded:
        return redirect("imports:format", batch_id=batch.public_id)
    except ImportProblem as problem:
        messages.error(request, problem.sentence)
        return redirect("imports:format", batch_id=batch.public_id)
    if batch.state == ImportBatch.State.REFUSED:
        return redirect("imports:format", batch_id=batch.public_id)
    return redirect("imports:preview", batch_id=batch.public_id)


def blocked(request: HttpRequest, batch: ImportBatch) -> HttpResponse | None:
    """Where a draft's step leads when there is nothing to decide: it is finished, or a job is at it."""
    if batch.state in (ImportBatch.State.COMMITTED, ImportBatch.State.UNDONE):
        return redirect("imports:done", batch_id=batch.public_id)
    if is_busy(batch):
        if request.method == "POST":
            messages.info(request, _("This file is being worked on. Wait for it, or cancel it."))
        return redirect("imports:preview", batch_id=batch.public_id)
    return None
