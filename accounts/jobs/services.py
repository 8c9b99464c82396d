"""Acts on jobs: put one in, cancel it, try it again. The row is the truth; a message only wakes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit import services as audit
from accounts.jobs import leases, runner, tasks
from accounts.jobs.models import Job
from accounts.models import User

# The doors that workers and tests use.
run_job = runner.run_job
run_due = runner.run_due


def enqueue(
    *,
    kind: str,
    arguments: Mapping[str, Any],
    started_by: User | None = None,
    unique_key: str | None = None,
    run_at: datetime | None = None,
    lane: str | None = None,
) -> Job:
    """Puts a job into the caller's transaction and wakes a worker when that commits.

    Parameters: `arguments` is JSON and holds ids, never names or amounts. With a `unique_key` the
    job exists once: the row that is there, in whatever state, is returned. `run_at` None is now; a
    later one is found by the sweep. Jobs of one `lane` are done one after the other.
    """
    values: dict[str, Any] = {
        "kind": kind,
        "arguments": dict(arguments),
        "started_by": started_by,
        "run_at": run_at or timezone.now(),
        "lane": lane,
    }
    if unique_key is None:
        job, new = Job.objects.create(**values), True
    else:
        job, new = Job.objects.get_or_create(unique_key=unique_key, defaults=values)
    if new and run_at is None:
        tasks.wake(job.pk)
    return job


def run_here(
    *, kind: str, arguments: Mapping[str, Any], lane: str, started_by: User | None = None
) -> Job | None:
    """Does the work now and in this process, as a job like any other: leased, seen by all, resumed by a
    worker when this process dies. Returns it as it ended, or None when another job of the lane is at work.

    One that its worker left behind in the lane is done first.
    """
    left = leases.due().filter(lane=lane, state=Job.State.RUNNING).values_list("pk", flat=True)
    for number in list(left):
        runner.run_job(number)
    job = leases.put_claimed(kind=kind, arguments=dict(arguments), lane=lane, started_by=started_by)
    if job is not None:
        runner.run_held(job)
        job.refresh_from_db()
    return job


def cancel(job: Job) -> Job:
    """Stops a job that waits or stands still at once; a running one at its next look at the table.

    What it had not committed by then is rolled back. One that is done stays done.
    """
    with transaction.atomic():
        changed = Job.objects.filter(
            pk=job.pk, state__in=[Job.State.DUE, Job.State.RUNNING, Job.State.PARKED]
        ).update(
            cancel_asked=True,
            state=Case(
                When(state=Job.State.RUNNING, then=Value(Job.State.RUNNING)),
                default=Value(Job.State.CANCELLED),
            ),
            finished_at=Case(When(state=Job.State.RUNNING, then=Value(None)), default=Now()),
        )
        if changed:
            audit.record(act="job.cancelled", subject=job, before={"state": job.state})
    job.refresh_from_db()
    return job


def retry(job: Job) -> Job:
    """Tries a parked job again from the beginning, its failures forgotten; others stay."""
    with transaction.atomic():
        changed = Job.objects.filter(pk=job.pk, state=Job.State.PARKED).update(
            state=Job.State.DUE,
            run_at=Now(),
            failures=0,
            lost_leases=0,
            progress_mark=0,
            cancel_asked=False,
            finished_at=None,
            error_code="",
            error="",
        )
        if changed:
            audit.record(act="job.retried", subject=job, before={"error": job.error_code})
            tasks.wake(job.pk)
    job.refresh_from_db()
    return job
