"""What housekeeping removes from one bank."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Now

from accounts.idempotency.services import forget_old
from accounts.jobs.models import Job

KEEP_JOBS_DAYS = 90


def clean_bank() -> int:
    """Expired sessions, answers kept for repeated requests, and jobs finished long ago that nothing
    refers to. Returns rows removed."""
    sessions, _tables = Session.objects.filter(expire_date__lt=Now()).delete()
    return sessions + forget_old() + old_jobs().delete()[0]


def old_jobs() -> "models.QuerySet[Job]":
    """A job with a unique key stays: it is the mark that its work was done."""
    jobs = Job.objects.filter(
        state__in=[Job.State.DONE, Job.State.CANCELLED],
        unique_key=None,
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
