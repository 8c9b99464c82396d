"""Takes a due job, runs its handler and writes how it ended. Called by workers and by tests."""

import logging
import time
import traceback
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.translation import gettext as _

from accounts.audit.actors import SYSTEM, Actor, acting
from accounts.customers.clock import bank_time
from accounts.database import is_away
from accounts.jobs import leases, registry
from accounts.jobs.context import JobContext, Pulse, ThreadedPulse
from accounts.jobs.errors import JobCancelled, JobRefused, LeaseLost, UnknownKind
from accounts.jobs.models import Job

log = logging.getLogger(__name__)


def run_job(job_id: int) -> bool:
    """Runs this job if it is due and nobody holds it; whether it was run."""
    _ask_for_no_transaction()
    return _run(leases.claim(job_id))


def run_due(limit: int = 100, seconds: float = 60.0) -> int:
    """Runs the bank's due jobs one by one, at most `limit`, starting none after `seconds`."""
    _ask_for_no_transaction()
    began = time.monotonic()
    count = 0
    while count < limit and time.monotonic() - began < seconds and _run(leases.claim()):
        count += 1
    return count


def run_held(job: Job) -> None:
    """Runs a job that this process claimed already (leases.put_claimed)."""
    _ask_for_no_transaction()
    _run(job)


def _ask_for_no_transaction() -> None:
    # Inside a transaction nobody would see the claim, and a second worker would do the job too.
    if connection.in_atomic_block and not settings.JOBS_INLINE:
        raise RuntimeError("A job is run outside of any transaction.")


def _run(job: Job | None) -> bool:
    if job is None:
        return False
    log.info("job %s (%s) started", job.pk, job.kind)
    pulse = Pulse(job) if connection.in_atomic_block else ThreadedPulse(job)
    with pulse, acting(_person(job)), bank_time():
        context = JobContext(job, pulse)
        try:
            result = registry.kind(job.kind).handler(context)
            if not context.finished:
                context.finish(result)
        except Exception as error:
            _end(job, error)
        except BaseException:
            _settle(job, lambda: leases.give_back(job))
            raise
        else:
            log.info("job %s (%s) done", job.pk, job.kind)
    return True


def _person(job: Job) -> Actor:
    """Whose acts the job's are: whoever started it, with the role they have now."""
    request_id = f"job {job.public_id.hex}"
    person = job.started_by
    return Actor(person.pk, person.role, request_id) if person else Actor(None, SYSTEM, request_id)


def _end(job: Job, error: Exception) -> None:
    """Writes an end that is not `done`. A lost lease writes nothing: the job is another's."""
    if isinstance(error, LeaseLost):
        log.warning("job %s (%s): lease lost, rolled back", job.pk, job.kind)
    elif isinstance(error, JobCancelled):
        log.info("job %s (%s) cancelled", job.pk, job.kind)
        _settle(job, lambda: leases.cancelled(job))
    elif isinstance(error, JobRefused):
        log.info("job %s (%s) refused: %s", job.pk, job.kind, error.code)
        _settle(job, lambda: leases.refused(job, error.code, error.sentence))
    elif is_away(error):
        log.warning("job %s (%s) was cut off: %s", job.pk, job.kind, type(error).__name__)
        _settle(job, lambda: leases.cut_off(job))
    else:
        # The message of an error may carry a row's values: the log gets its kind and place alone.
        place = "".join(traceback.format_tb(error.__traceback__))
        what = type(error).__name__
        if isinstance(error, UnknownKind):
            what = _("no worker here knows this kind of work")
        log.error("job %s (%s) failed: %s\n%s", job.pk, job.public_id, what, place)
        _settle(job, lambda: leases.failed(job, what))


def _settle(job: Job, write: Callable[[], None]) -> None:
    """Writes the end; when the database is away the lease lapses and the next worker goes on."""
    try:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        write()
    except (DatabaseError, InterfaceError) as error:
        log.warning("job %s: its end could not be written (%s)", job.pk, type(error).__name__)
        if not connection.in_atomic_block:
            connection.close()
