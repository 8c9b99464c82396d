"""What a handler is given, and the thread that keeps its lease alive while it works."""

import json
import logging
import threading
import time
from contextlib import closing
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, InterfaceError, connection

from accounts.banks.tenancy import current_bank, in_bank
from accounts.jobs import leases
from accounts.jobs.errors import JobCancelled, LeaseLost
from accounts.jobs.models import Job

log = logging.getLogger(__name__)

# Progress reaches the table at most this often.
PROGRESS_SECONDS = 0.5
Progress = tuple[int, int, str]


class Pulse:
    """Holds the progress and what the table answered: cancel asked, lease lost.

    This one writes from the caller's own connection and inside its transaction; it serves the
    tests, whose claim no other connection can see.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.progress: Progress = (0, job.total_count, "")
        self.cancel_asked = False
        self.lost = False

    def __enter__(self) -> "Pulse":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def tell(self, progress: Progress) -> None:
        self.progress = progress
        self.beat()

    def check(self) -> None:
        """Asks the table when it was not asked lately."""
        self.beat()

    def beat(self) -> None:
        answer = leases.beat(self.job, self.progress)
        if answer is None:
            self.lost = True
        else:
            self.cancel_asked = answer


class ThreadedPulse(Pulse):
    """The heartbeat: its own thread and its own connection, so it beats while the handler computes.

    The connection is opened by the first beat, so a job of half a second costs none.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        # A new thread starts in public: the bank is said explicitly.
        self.schema = current_bank()
        self.told = False
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"job-{job.pk}", daemon=True)

    def __enter__(self) -> "ThreadedPulse":
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self.thread.join(timeout=settings.JOBS_LEASE_SECONDS)

    def tell(self, progress: Progress) -> None:
        self.progress = progress
        self.told = True

    def check(self) -> None:
        return None

    def _run(self) -> None:
        interval = float(settings.JOBS_HEARTBEAT_SECONDS)
        tick = min(PROGRESS_SECONDS, interval)
        renewed = beaten = time.monotonic()
        with in_bank(self.schema), closing(connection):
            while not self.stopped.wait(tick) and not self.lost:
                now = time.monotonic()
                if not self.told and now - beaten < interval:
                    continue
                self.told, beaten = False, now
                try:
                    self.beat()
                    renewed = now
                except (DatabaseError, InterfaceError) as error:
                    log.warning("job %s: no heartbeat (%s)", self.job.pk, type(error).__name__)
                    connection.close()
                    # Cut off for longer than the lease: another worker may hold the job by now.
                    self.lost = now - renewed > settings.JOBS_LEASE_SECONDS


class JobContext:
    """A handler's view of its job.

    The handler does its effect in its own `transaction.atomic()` and calls `finish()` as that
    block's last statement, so that effect and `done` commit together or not at all. Handlers must
    be safe to start again from the beginning: a worker can die at any moment.
    """

    def __init__(self, job: Job, pulse: Pulse) -> None:
        self._job = job
        self._pulse = pulse
        self.job_id: int = job.pk
        self.arguments: dict[str, Any] = dict(job.arguments)
        self.started_by_id: int | None = job.started_by_id
        self.finished = False

    def progress(self, done: int, total: int, step: str = "") -> None:
        """How far the work is, for the person who waits. Cheap: call it per thousand rows.

        Written by another connection, so it is seen while the effect's transaction is still open.
        """
        self._pulse.tell((done, total, step))

    def raise_if_cancelled(self) -> None:
        """Raises JobCancelled or LeaseLost when either is known; call it between chunks."""
        self._pulse.check()
        if self._pulse.lost:
            raise LeaseLost(self.job_id)
        if self._pulse.cancel_asked:
            raise JobCancelled(self.job_id)

    def hold(self) -> None:
        """Raises LeaseLost when another worker has the job; nobody takes it before the commit.

        For handlers whose work is several transactions: the last statement in each but the one that
        ends in `finish()`, so that a worker that slept too long adds nothing to another's work.
        """
        if leases.held(self._job).select_for_update().values_list("pk").first() is None:
            raise LeaseLost(self.job_id)

    def finish(self, result: dict[str, Any] | None = None) -> None:
        """The `done` statement. Raises LeaseLost or JobCancelled, which roll the effect back.

        `result` is kept as JSON; a `url` in it is where the page of the job leads when it is done.
        """
        text = json.dumps(result or {}, cls=DjangoJSONEncoder)
        if not leases.finish(self._job, self._pulse.progress, text):
            if leases.held(self._job).filter(cancel_asked=True).exists():
                raise JobCancelled(self.job_id)
            raise LeaseLost(self.job_id)
        self.finished = True
