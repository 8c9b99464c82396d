"""The job table's own statements: claim, beat, done, and the ways a claim ends otherwise.

Whoever holds `lease_id` holds the job. A process that dies, sleeps or is cut off stops renewing
`lease_until`; when that has passed, the next claim takes the job over and the old holder's `done`
finds no row. Every statement but `finish` commits by itself.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.jobs.models import Job

MAX_FAILURES = 3
MAX_LOST_LEASES = 5
FAILED = "failed"
LOST = "lost_leases"

# The row is locked from `done` to its transaction's commit: the beat skips it instead of waiting.
_BEAT = """
update jobs_job set heartbeat_at = clock_timestamp(),
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
       done_count = %(done)s, total_count = %(total)s, step = %(step)s
 where id = (select id from jobs_job where id = %(id)s and lease_id = %(lease_id)s
             and state = 'running' for update skip locked)
returning cancel_asked
"""
_DONE = """
update jobs_job set state = 'done', finished_at = clock_timestamp(), result = %(result)s,
       done_count = %(done)s, total_count = %(total)s, step = %(step)s,
       lease_id = null, lease_until = null, error_code = '', error = ''
 where id = %(id)s and lease_id = %(lease_id)s and state = 'running' and not cancel_asked
returning id
"""


def due() -> "QuerySet[Job]":
    """Jobs a worker may take now, in order: none whose lane another one is at work in.

    Counts on the partial indexes `job_due` and `job_lane_running`.
    """
    beside = Job.objects.filter(lane=OuterRef("lane"), state=Job.State.RUNNING)
    return Job.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=Now()),
        Q(lane=None) | ~Exists(beside.exclude(pk=OuterRef("pk"))),
        state__in=[Job.State.DUE, Job.State.RUNNING],
        run_at__lte=Now(),
    ).order_by("run_at", "id")


def claim(job_id: int | None = None) -> Job | None:
    """Takes one due job (this one, or the first), or None. Two workers never take the same one.

    A job whose last holder went silent is counted as a lost lease: one lost after it had got
    further than ever before forgives the earlier ones, the fifth without progress stops it. One
    whose cancel was asked meanwhile is cancelled instead.
    """
    refusals = 0
    while refusals < 3:
        try:
            with transaction.atomic():
                jobs = due() if job_id is None else due().filter(pk=job_id)
                job = jobs.select_for_update(skip_locked=True, of=("self",)).first()
                if job is None:
                    return None
                _take(job)
        except IntegrityError:
            refusals += 1  # another worker was sooner in its lane: now it is seen there
            continue
        if job.state == Job.State.RUNNING:
            return job
        if job_id is not None:
            break
    return None


def _take(job: Job) -> None:
    """Writes who holds the locked row now, or why nobody shall."""
    if job.state == Job.State.RUNNING:
        went_further = job.done_count > job.progress_mark
        job.lost_leases = 1 if went_further else job.lost_leases + 1
        job.progress_mark = max(job.progress_mark, job.done_count)
    values: dict[str, Any] = {
        "lost_leases": job.lost_leases,
        "progress_mark": job.progress_mark,
        "lease_id": None,
        "lease_until": None,
    }
    if job.cancel_asked:
        values |= {"state": Job.State.CANCELLED, "finished_at": Now()}
    elif job.lost_leases >= MAX_LOST_LEASES:
        sentence = _(
            "The process doing it ended %(times)d times without getting further, so it was stopped."
        ) % {"times": job.lost_leases}
        values |= {
            "state": Job.State.PARKED,
            "finished_at": Now(),
            "error_code": LOST,
            "error": sentence,
        }
    else:
        values |= _lease() | {
            "started_at": Case(When(started_at=None, then=Now()), default=F("started_at")),
            "done_count": 0,
            "step": "",
        }
    Job.objects.filter(pk=job.pk).update(**values)
    for name in ("state", "lease_id", "done_count", "step"):
        setattr(job, name, values.get(name, getattr(job, name)))


def _lease() -> dict[str, Any]:
    return {
        "state": Job.State.RUNNING,
        "lease_id": uuid.uuid4(),
        "lease_until": Now() + timedelta(seconds=settings.JOBS_LEASE_SECONDS),
        "heartbeat_at": Now(),
    }


def put_claimed(**values: Any) -> Job | None:
    """A new job that is held from its first moment, so no worker takes it; None when its lane is taken."""
    try:
        with transaction.atomic():
            job = Job.objects.create(**values, **_lease(), run_at=Now(), started_at=Now())
    except IntegrityError:
        if Job.objects.filter(lane=values.get("lane"), state=Job.State.RUNNING).exists():
            return None
        raise
    job.refresh_from_db()
    return job


def _parameters(job: Job, progress: tuple[int, int, str]) -> dict[str, Any]:
    done, total, step = progress
    return {
        "id": job.pk,
        "lease_id": job.lease_id,
        "lease": settings.JOBS_LEASE_SECONDS,
        "done": done,
        "total": total,
        "step": step[:80],
    }


def beat(job: Job, progress: tuple[int, int, str]) -> bool | None:
    """Renews the lease, writes the progress; whether cancel was asked, None when it is lost."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, _parameters(job, progress))
        row = cursor.fetchone()
    if row is None:
        # Not ours any more, or locked by our own `done` whose transaction is about to commit.
        row = held(job).values_list("cancel_asked").first()
    return None if row is None else bool(row[0])


def held(job: Job) -> "QuerySet[Job]":
    """The job's row as long as this lease holds it."""
    return Job.objects.filter(pk=job.pk, lease_id=job.lease_id, state=Job.State.RUNNING)


def finish(job: Job, progress: tuple[int, int, str], result: str) -> bool:
    """`done`, inside the effect's transaction; False when the lease is gone or cancel was asked."""
    with connection.cursor() as cursor:
        cursor.execute(_DONE, {**_parameters(job, progress), "result": result})
        return cursor.fetchone() is not None


def cancelled(job: Job) -> None:
    """The handler stopped because it was asked to."""
    held(job).update(state=Job.State.CANCELLED, finished_at=Now(), lease_id=None, lease_until=None)


def refused(job: Job, code: str, sentence: str) -> None:
    """Stopped for a reason that trying again cannot mend."""
    held(job).update(
        state=Job.State.PARKED,
        finished_at=Now(),
        lease_id=None,
        lease_until=None,
        error_code=code[:60],
        error=sentence[:500],
    )


def failed(job: Job, what: str) -> None:
    """An exception: tried again later, stopped at the third time. `what` names the cause."""
    failures = job.failures + 1
    words = {"times": failures, "what": what, "job": job.public_id}
    if failures >= MAX_FAILURES:
        sentence = (
            _(
                "It failed %(times)d times and was stopped. The last cause: %(what)s. "
                "The log has it under job %(job)s."
            )
            % words
        )
        end: Any = Now()
        wait = 0.0
    else:
        sentence = (
            _(
                "It failed and will be tried again by itself. The cause: %(what)s. "
                "The log has it under job %(job)s."
            )
            % words
        )
        end = Value(None)
        waits = settings.JOBS_RETRY_SECONDS
        wait = float(waits[min(failures, len(waits)) - 1])
    state = Job.State.PARKED if failures >= MAX_FAILURES else Job.State.DUE
    held(job).update(
        state=Case(When(cancel_asked=True, then=Value(Job.State.CANCELLED)), default=Value(state)),
        finished_at=Case(When(cancel_asked=True, then=Now()), default=end),
        failures=failures,
        run_at=Now() + timedelta(seconds=wait),
        lease_id=None,
        lease_until=None,
        error_code=FAILED,
        error=sentence[:500],
    )


def cut_off(job: Job) -> None:
    """The database went away under the work: no failure of the job. Its lease ends now instead of a while
    later, and whoever claims it next counts a lost lease, so work that fells the server stops too."""
    held(job).update(lease_until=Now())


def give_back(job: Job) -> None:
    """The worker is asked to stop: the job is due again at once, and nothing is counted."""
    held(job).update(state=Job.State.DUE, lease_id=None, lease_until=None)
