"""Celery's door to the jobs. Every message may be lost or doubled: the job table decides.

`run_job` and `run_due` run in a bank; `sweep` and `housekeeping` belong to the installation.
"""

import logging
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from accounts.audit import sealing
from accounts.banks.tenancy import BANK_HEADER, current_bank, for_each_bank, public_task
from accounts.jobs import leases, maintenance, runner

log = logging.getLogger(__name__)

# Messages a bank gets at one sweep, each of which works until nothing is due.
WAKES_PER_BANK = 4


@shared_task
def run_job(job_id: int) -> bool:
    return runner.run_job(job_id)


@shared_task
def run_due() -> int:
    """Works through the bank's due jobs; what is left after a minute gets a new message."""
    count = runner.run_due()
    if count and leases.due().exists():
        _send(current_bank(), None)
    return count


@shared_task
@public_task
def sweep() -> int:
    """Wakes workers for each bank with work due: after a lost message, a killed worker, a date."""
    woken = 0
    for schema in for_each_bank():
        try:
            # One probe of the partial index job_due, 0.3 ms.
            waiting = len(leases.due().values_list("pk")[:WAKES_PER_BANK])
        except Exception as error:
            log.error("sweep of %s failed: %s", schema, type(error).__name__)
            continue
        for _number in range(waiting):
            woken += _send(schema, None)
    return woken


@shared_task
@public_task
def housekeeping() -> int:
    """Removes what nobody needs any more, bank by bank; seals what a long transaction wrote."""
    removed = 0
    for schema in for_each_bank():
        try:
            removed += maintenance.clean_bank()
            # What was committed so late that the beat's sealer no longer looks for it.
            sealing.seal_bank(reach=sealing.WIDE_REACH)
        except Exception as error:
            log.error("housekeeping of %s failed: %s", schema, type(error).__name__)
    return removed


def wake(job_id: int) -> None:
    """Sends a worker to this job when the transaction at hand has committed."""
    # The bank is taken now: at the commit the connection may stand elsewhere.
    transaction.on_commit(partial(_send, current_bank(), job_id))


def _send(schema: str, job_id: int | None) -> bool:
    """One message, best effort: without it the next sweep of the table finds the job."""
    task, arguments = (run_due, ()) if job_id is None else (run_job, (job_id,))
    try:
        task.apply_async(
            arguments,
            headers={BANK_HEADER: schema},
            # A sweep's message that waited a whole sweep is replaced by the next one's.
            expires=settings.JOBS_SWEEP_SECONDS if job_id is None else None,
            retry=False,
        )
    except (OperationalError, OSError, *task.app.connection_for_write().connection_errors) as error:
        log.warning("no message could be sent (%s); the sweep will find it", type(error).__name__)
        return False
    return True
