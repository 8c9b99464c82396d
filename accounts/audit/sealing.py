"""The sealer: chains what is visible and unsealed, bank by bank, and says each head to the log stream.

It runs inside the beat process, in a thread of its own: a message would wait behind long jobs when all
workers are busy. Every statement may be repeated and several sealers may run at once.
"""

import base64
import logging
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.utils import timezone

from accounts.audit import hashing
from accounts.audit.fields import spans_text, to_spans
from accounts.audit.models import AuditSeal
from accounts.banks.tenancy import current_bank, for_each_bank

log = logging.getLogger(__name__)
# Its level stands in settings by itself: heads are said even where the rest of the log is quiet.
heads_log = logging.getLogger("audit.heads")

HEAD_MARK = "audit head"
AT_ONCE = 20_000
# A transaction that stays open longer than this is sealed by the hourly round, which looks further back.
REACH = timedelta(minutes=15)
WIDE_REACH = timedelta(days=2)

# Entries not sealed yet: what the seals before `old` hold lies at or below its `through`, so only later
# seals are asked. A writer that commits late is found by the next round: no order of ids is assumed.
# Counts on the primary key and audit_seal_at.
_UNSEALED = """
with old as (
  select no, through from audit_auditseal where sealed_at < %(since)s order by no desc limit 1)
select e.id, e.hash from audit_auditentry e
where e.id > coalesce((select through from old), 0)
  and not e.id <@ coalesce(
    (select range_agg(ids) from audit_auditseal where no > coalesce((select no from old), 0)),
    '{}'::int8multirange)
order by e.id limit %(limit)s
"""


def seal_bank(*, reach: timedelta = REACH, now: datetime | None = None) -> list[AuditSeal]:
    """Seals what stands unsealed in the current bank, and says the new heads once they are committed."""
    made = []
    while (seal := _seal_once(reach, now or timezone.now())) is not None:
        made.append(seal)
        if seal.n < AT_ONCE:
            break
    return made


def _seal_once(reach: timedelta, now: datetime) -> AuditSeal | None:
    schema = current_bank()
    try:
        with transaction.atomic():
            # Read before the entries: whoever sealed them meanwhile has taken the number too.
            last = AuditSeal.objects.order_by("-no").first()
            entries = _unsealed(now - reach)
            if not entries:
                return None
            seal = make_seal(schema, last, entries, now)
            seal.save()
            transaction.on_commit(lambda: say_head(schema, seal))
    except IntegrityError:
        return None  # another sealer was sooner
    return seal


def _unsealed(since: datetime) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED, {"since": since, "limit": AT_ONCE})
        return [(number, bytes(digest)) for number, digest in cursor.fetchall()]


def make_seal(
    schema: str, last: AuditSeal | None, entries: Sequence[tuple[int, bytes]], now: datetime
) -> AuditSeal:
    """The link after `last` over these entries (id, digest), in ascending order of ids."""
    key = hashing.signing_keys()[0]
    spans = to_spans(number for number, _digest in entries)
    root = hashing.merkle_root(hashing.leaf(*entry) for entry in entries)
    no = last.no + 1 if last else 1
    previous = bytes(last.hash) if last else hashing.NOTHING
    head = hashing.seal_hash(
        schema=schema, no=no, sealed_at=now, ids=spans_text(spans), n=len(entries), root=root,
        previous=previous, key_id=key.id,
    )  # fmt: skip
    return AuditSeal(
        no=no, sealed_at=now, ids=spans, through=max(entries[-1][0], last.through if last else 0),
        n=len(entries), root=root, previous=previous, hash=head, key_id=key.id, signature=key.sign(head),
    )  # fmt: skip


def head_line(schema: str, seal: AuditSeal) -> str:
    """A head as it stands in the log stream: nobody who can only write the tables can take it back."""
    fields: dict[str, Any] = {
        "bank": schema,
        "no": seal.no,
        "sealed_at": seal.sealed_at.isoformat(),
        "entries": seal.n,
        "hash": bytes(seal.hash).hex(),
        "key": seal.key_id,
        "signature": base64.b64encode(bytes(seal.signature)).decode(),
    }
    return f"{HEAD_MARK} {orjson.dumps(fields).decode()}"


def say_head(schema: str, seal: AuditSeal) -> None:
    heads_log.info("%s", head_line(schema, seal))


def seal_all(*, reach: timedelta = REACH) -> int:
    """Seals every bank; one that fails is logged and the others go on. Returns the seals made."""
    made = 0
    for schema in for_each_bank():
        try:
            made += len(seal_bank(reach=reach))
        except (DatabaseError, InterfaceError) as error:
            log.error("sealing of %s failed: %s", schema, type(error).__name__)
            if not connection.in_atomic_block:
                connection.close()
    return made


class Sealer(threading.Thread):
    """Seals every few seconds until it is told to stop; what goes wrong is logged and tried again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(name="audit-sealer", daemon=True)
        self.seconds = seconds
        self.stopped = threading.Event()

    def run(self) -> None:
        with closing(connection):
            while not self.stopped.wait(self.seconds):
                try:
                    connection.close_if_unusable_or_obsolete()
                    seal_all()
                except Exception as error:  # the database is away: the next round tries again
                    log.error("sealing failed: %s", type(error).__name__)
                    connection.close()


def start_beside_beat(**kwargs: Any) -> None:
    """Celery's beat_init: one sealer for as long as beat runs."""
    Sealer(settings.AUDIT_SEAL_SECONDS).start()
