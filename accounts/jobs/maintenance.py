"""What housekeeping removes from one bank, a thousand rows at a time, each lot by itself.

What must stay as proof is not here: change log, seals, openings of customers and looks at them (the role that
serves may not delete those), and the marks that a night was done.
"""

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Now

from accounts.idempotency.services import old_answers
from accounts.jobs.models import Job
from accounts.models import Invitation

KEEP_JOBS_DAYS = 90
# After its end a link is remembered so long; then it is as unknown as one that never was.
KEEP_INVITATIONS_DAYS = 30
# A sign-in's row in the list of devices may be a moment older than its session.
ORPHANED_AFTER = timedelta(hours=1)
# Jobs whose unique key is needed for a day only (accounts/audit/daily.py).
_SHORT_KEYS = Q(unique_key=None) | Q(unique_key__startswith="audit_head:")

BATCH = 1_000
# What is left after so many lots waits for the next hour, so that one bank does not hold the others up.
MOST_BATCHES = 100


def clean_bank() -> int:
    """Removes what is over; returns how many rows."""
    over = (ended_sessions, orphaned_sign_ins, ended_invitations, old_answers, old_jobs)
    return sum(_remove(rows()) for rows in over)


def _remove(rows: "models.QuerySet[Any]") -> int:
    removed = 0
    for _lot in range(MOST_BATCHES):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        # Asked again by the statement that deletes: a row used meanwhile stays.
        removed += rows.filter(pk__in=keys).delete()[0] if keys else 0
        if len(keys) < BATCH:
            break
    return removed


def ended_sessions() -> "models.QuerySet[Session]":
    """Sign-ins that ended by age or unused; signing out removes them at once."""
    return Session.objects.filter(expire_date__lt=Now())


def orphaned_sign_ins() -> "models.QuerySet[UserSession]":
    """Lines in the lists of devices whose session is gone, with the address and the browser they hold."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    old = UserSession.objects.filter(created_at__lt=Now() - ORPHANED_AFTER)
    found: models.QuerySet[UserSession] = old.filter(~Exists(alive))
    return found


def ended_invitations() -> "models.QuerySet[Invitation]":
    """Links that were used, replaced or let pass, a month after that."""
    limit = Now() - timedelta(days=KEEP_INVITATIONS_DAYS)
    return Invitation.objects.filter(Q(used_at__lt=limit) | Q(expires_at__lt=limit))


def old_jobs() -> "models.QuerySet[Job]":
    """Jobs done or stopped long ago that nothing refers to. One with a unique key stays: it is the mark that
    its work was done."""
    jobs = Job.objects.filter(
        _SHORT_KEYS,
        state__in=[Job.State.DONE, Job.State.CANCELLED],
        finished_at__lt=Now() - timedelta(days=KEEP_JOBS_DAYS),
    )
    # Hidden relations too: foreign keys to a job are named "+".
    for relation in Job._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            users = relation.related_model._default_manager.filter(
                **{relation.field.name: OuterRef("pk")}
            )
            jobs = jobs.exclude(Exists(users))
    return jobs
