"""The night as scheduled work: a job in each bank, put in by the clock, done by any worker."""

import logging
from datetime import date
from typing import Any

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.banks.tenancy import for_each_bank, public_task
from accounts.jobs.context import JobContext
from accounts.jobs.errors import JobRefused
from accounts.jobs.registry import handles

log = logging.getLogger(__name__)


@shared_task
@public_task
def plan_nights() -> int:
    """Puts each bank's nights, the mail of its log's head, and connections to other banks that were not asked
    for a day, among its jobs. May run late, twice, or in two places at once.
    """
    from accounts.audit import daily
    from config import nightly
    from transactions.providers import jobs as provider_jobs

    new = 0
    for schema in for_each_bank():
        try:
            new += nightly.put_nights(timezone.now())
            new += daily.put_daily_head(timezone.now())
            new += provider_jobs.put_daily(timezone.now())
        except Exception as error:
            log.error("the night of %s could not be planned: %s", schema, type(error).__name__)
    return new


@handles("night", title=_("Compute the night's figures"))
def night(context: JobContext) -> dict[str, Any] | None:
    """Each step commits by itself and is not done again; the switch commits with `done`."""
    from analytics.nights.models import Run
    from analytics.nights.services import NightStopped
    from config import nightly

    day = date.fromisoformat(context.arguments["business_day"])
    said: dict[str, Any] = {"business_day": day}
    if not context.arguments.get("by_hand") and nightly.passed_over(day, timezone.now()):
        return said | {"outcome": "passed over for a later night"}

    def told(done: int, total: int, step: str) -> None:
        context.progress(done, total, step)
        context.raise_if_cancelled()

    def published(run: Run) -> None:
        context.finish(said | {"outcome": "published", "run": run.pk})

    try:
        report = nightly.run_night(
            day=day, progress=told, before_commit=context.hold, published=published
        )
    except NightStopped as stopped:
        raise JobRefused("night_stopped", str(stopped)) from stopped
    return said | {"outcome": "unchanged", "run": report.run.pk} if report.unchanged else None
