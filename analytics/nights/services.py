"""The engine of the night: one run, its steps in order, each safe to repeat, one switch at the end."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.audit import services as audit
from analytics.nights import queries
from analytics.nights.models import Run, RunStep

log = logging.getLogger(__name__)

# Raised by hand when what the night computes changes: old runs stay, the next night is a new one.
CODE_VERSION = "2"
SEED = 20260101
HISTORY_MONTHS = 36


@dataclass(frozen=True)
class StepResult:
    """How many things a step made, and one short sentence for the jobs page."""

    count: int
    note: str = ""


@dataclass(frozen=True)
class Step:
    """A named step; `work` writes only rows of its run and replaces what it wrote before."""

    name: str
    title: str
    work: Callable[[Run], StepResult]


@dataclass(frozen=True)
class NightReport:
    run: Run
    unchanged: bool
    steps: tuple[RunStep, ...]


class NightStopped(RuntimeError):
    """A step found something wrong and the night is not published; the message says what."""


def run_night(
    steps: Sequence[Step],
    *,
    business_day: date,
    progress: Callable[[int, int, str], None] = lambda done, total, step: None,
    before_commit: Callable[[], None] = lambda: None,
    published: Callable[[Run], None] = lambda run: None,
) -> NightReport:
    """Computes and publishes one night, or finds that it is there already.

    Parameters: `steps` in order (config/nightly.py), `business_day` the bank's day; `before_commit` is
    called last in each step's transaction and `published` in that of the switch, so that what they raise
    rolls it back. A run that was killed goes on after its last finished step. Raises NightStopped; what
    was published stays.
    """
    inputs = queries.books_hash(business_day=business_day, code_version=CODE_VERSION, seed=SEED)
    run, _ = Run.objects.get_or_create(
        business_day=business_day,
        inputs_hash=inputs,
        defaults={
            "code_version": CODE_VERSION,
            "seed": SEED,
            "computed_through": _month_end(queries.last_whole_month(business_day)),
            "started_at": timezone.now(),
        },
    )
    if run.state == Run.State.PUBLISHED:
        return NightReport(run, True, tuple(run.steps.all()))
    _know_the_tables()
    done = set(run.steps.filter(done=True).values_list("name", flat=True))
    for position, step in enumerate(steps):
        progress(position, len(steps), step.title)
        if step.name not in done:
            _run_step(run, position, step, before_commit)
    progress(len(steps), len(steps), "")
    with transaction.atomic():
        publish(run)
        published(run)
    return NightReport(run, False, tuple(run.steps.all()))


# What the night's questions join.
_JOINED = (
    "transactions_transaction", "transactions_monthtotal", "transactions_bankaccount",
    "transactions_accountholder", "transactions_category", "customers_customer",
)  # fmt: skip


def _know_the_tables() -> None:
    """Lets the server count its tables anew.

    Right after a large import, or after one that was undone, it may still take them for empty, and then
    joins each account with every total: minutes instead of a moment. A role that may not count is passed
    over by the server with a warning; it counts by itself a little later.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {', '.join(_JOINED)}")


def _run_step(run: Run, position: int, step: Step, before_commit: Callable[[], None]) -> None:
    began = time.monotonic()
    try:
        with transaction.atomic():
            result = step.work(run)
            RunStep.objects.update_or_create(
                run=run,
                name=step.name,
                defaults={
                    "position": position,
                    "done": True,
                    "milliseconds": round((time.monotonic() - began) * 1000),
                    "count": result.count,
                    "note": result.note[:200],
                },
            )
            before_commit()
    except NightStopped as error:
        Run.objects.filter(pk=run.pk).update(state=Run.State.FAILED, error=str(error)[:500])
        raise
    log.info("night %s: %s done, %s", run.pk, step.name, result.count)


def publish(run: Run) -> None:
    """The one switch: from the next request on, pages show this run."""
    now = timezone.now()
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=Run.State.PUBLISHED, published_at=now, error="")
        run.refresh_from_db()
        audit.record(
            act="night.published",
            subject=run,
            after={
                "business_day": run.business_day,
                "computed_through": run.computed_through,
                "code_version": run.code_version,
                "inputs": run.inputs_hash,
            },
        )


def _month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
