"""Bringing a connection's rows as work: when it is asked for, what its ends mean, when it is tried again."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import services as audit
from accounts.jobs.context import JobContext
from accounts.jobs.models import Job
from accounts.jobs.services import enqueue
from accounts.models import User
from transactions.models import ProviderLink
from transactions.providers import secrets, sync
from transactions.providers.client import Client
from transactions.providers.errors import LoginNeeded, NotSetUp, ProviderBusy, ProviderRefused
from transactions.providers.sealing import SealBroken

KIND = "provider_sync"
# Waits between tries when the provider is busy: doubled each time, never less than it asked for.
FIRST_WAIT, LONGEST_WAIT, MOST_TRIES = 60, 6 * 3600, 8
# The daily look: connections that were not asked for so long.
DAILY = timedelta(hours=20)

make_client: Callable[[], Client] = Client


def ask_for(
    link: ProviderLink,
    *,
    started_by: User | None = None,
    run_at: datetime | None = None,
    tries: int = 0,
) -> Job:
    """Puts a run of this connection among the jobs, unless one waits already. In the caller's transaction.

    One that is at work may have asked before the news came, so another waits behind it; the lane keeps the
    two from being at work at once.
    """
    with transaction.atomic():
        ProviderLink.objects.select_for_update().get(pk=link.pk)
        waiting = Job.objects.filter(lane=link.lane, state=Job.State.DUE).first()
        if waiting is not None:
            return waiting
        ProviderLink.objects.filter(pk=link.pk).update(asked_at=timezone.now())
        return enqueue(
            kind=KIND,
            arguments={"link": link.pk, "tries": tries},
            started_by=started_by,
            run_at=run_at,
            lane=link.lane,
        )


def put_daily(now: datetime) -> int:
    """Asks for every connection of the current bank that was not asked for lately; returns how many."""
    due = ProviderLink.objects.filter(
        state__in=[ProviderLink.State.ACTIVE, ProviderLink.State.FAULT]
    ).exclude(asked_at__gt=now - DAILY)
    links = list(due)
    for link in links:
        ask_for(link)
    return len(links)


def run(context: JobContext) -> dict[str, Any] | None:
    """The handler: news fetched, written with `done` in one transaction."""
    link = ProviderLink.objects.filter(pk=context.arguments["link"]).first()
    if link is None or not link.is_open:
        return {"outcome": "ended"}

    def told(rows: int) -> None:
        context.progress(rows, 0, "fetching")
        context.raise_if_cancelled()

    def at_end(result: sync.SyncResult) -> None:
        context.finish({"outcome": "done", "url": link.page(), **result.as_dict()})

    try:
        token = secrets.access_token(link)
        news = sync.fetch(make_client(), token, link.cursor, told)
        sync.apply(link, news, at_end=at_end)
    except LoginNeeded as problem:
        return _stop(context, link, ProviderLink.State.LOGIN, problem.code)
    except ProviderRefused as problem:
        return _stop(context, link, ProviderLink.State.FAULT, problem.code)
    except (SealBroken, NotSetUp):
        return _stop(context, link, ProviderLink.State.FAULT, "not_set_up")
    except ProviderBusy as busy:
        return _put_off(context, link, busy)
    except sync.LinkMoved:
        return {"outcome": "changed meanwhile"}
    return None


def _stop(context: JobContext, link: ProviderLink, state: str, code: str) -> dict[str, Any]:
    """Trying again mends nothing: the connection's page says what does."""
    said = {"outcome": "stopped", "code": code, "url": link.page()}
    with transaction.atomic():
        put_state(link, state, code)
        context.finish(said)
    return said


def put_state(link: ProviderLink, state: str, code: str) -> None:
    """Writes a state with its entry in the log, where it is another one. An ended connection stays so."""
    with transaction.atomic():
        changed = (
            ProviderLink.objects.filter(pk=link.pk)
            .exclude(state=ProviderLink.State.ENDED)
            .exclude(state=state, error_code=code)
            .update(state=state, error_code=code)
        )
        if changed:
            audit.record(
                act="provider.state",
                subject=link,
                before={"state": link.state},
                after={"state": state, "code": code},
                customer_id=link.customer_id,
            )


def _put_off(context: JobContext, link: ProviderLink, busy: ProviderBusy) -> dict[str, Any]:
    tries = int(context.arguments.get("tries", 0)) + 1
    said: dict[str, Any] = {"outcome": "put off", "code": busy.code, "tries": tries}
    with transaction.atomic():
        ProviderLink.objects.filter(pk=link.pk).update(error_code=busy.code)
        if tries <= MOST_TRIES:
            wait = max(busy.wait, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1)))
            # Many connections that were turned away together shall not come back together.
            wait += random.randrange(wait // 5 + 1)  # noqa: S311
            ask_for(link, run_at=timezone.now() + timedelta(seconds=wait), tries=tries)
        context.finish(said)
    return said
