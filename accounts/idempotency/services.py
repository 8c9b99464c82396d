"""One effect per key: the answer is kept in the effect's own transaction.

The key's row is put in first and committed alone. Whoever then holds its lock works; everybody else hears
at once that it is in flight. What fails, or is killed, leaves no answer behind, so the next try works:
a server error is never frozen, nor is a refusal.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.idempotency.models import KeptAnswer
from accounts.models import User

KEEP_HOURS = 24
MAX_KEY = 255


class InFlight(RuntimeError):
    """The same key is being worked on now."""


class OtherRequest(RuntimeError):
    """The key was answered for a request that differs from this one."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def once(
    *, user: User, operation: str, key: str, request_hash: str, work: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """The answer under this key, and whether it is a replay.

    `work` runs inside the transaction that keeps its answer; one below 400 is kept, others leave the key
    free. Raises InFlight, OtherRequest and whatever `work` raises.
    """
    named = {"user": user, "operation": operation, "key_hash": key_hash(key)}
    KeptAnswer.objects.bulk_create(
        [KeptAnswer(**named, request_hash=request_hash)], ignore_conflicts=True
    )
    with transaction.atomic():
        row = _locked(named)
        if row.status is not None:
            if row.request_hash != request_hash:
                raise OtherRequest
            return Answer(row.status, row.headers, bytes(row.body)), True
        answer = work()
        if answer.status < 400:
            row.request_hash = request_hash
            row.status, row.headers, row.body = answer.status, answer.headers, answer.body
            row.save()
        return answer, False


def key_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _locked(named: dict[str, object]) -> KeptAnswer:
    """The key's row, ours until the transaction ends. NOWAIT: a second try is told, not held."""
    try:
        with transaction.atomic():
            return KeptAnswer.objects.select_for_update(nowait=True).get(**named)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "55P03":
            raise InFlight from error
        raise
    except KeptAnswer.DoesNotExist:
        # Housekeeping took it between the two statements: as good as in flight.
        raise InFlight from None


def old_answers() -> "QuerySet[KeptAnswer]":
    """Answers older than a day: housekeeping removes them, and their keys are free again."""
    return KeptAnswer.objects.filter(created_at__lt=Now() - timedelta(hours=KEEP_HOURS))
