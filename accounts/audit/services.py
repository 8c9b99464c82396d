"""Writing down an act, in its own transaction; and erasing what entries say of a person."""

import logging
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django_tenants.utils import get_public_schema_name

from accounts.audit import actors, hashing
from accounts.audit.actors import Actor
from accounts.audit.acts import ACTS
from accounts.audit.fields import spans_text, to_spans
from accounts.banks.tenancy import current_bank, current_schema
from accounts.cards import cut_in

# Acts on the list of banks and its operators: `public` holds no log, so they go to the log stream.
installation_log = logging.getLogger("audit.installation")

LISTED = 200
_SECRET = ("password", "secret", "token", "salt", "key", "code_hash")


class NoTransaction(RuntimeError):
    """An act was recorded outside of its transaction: it could be rolled back and the entry stay."""


def record(
    *,
    act: str,
    subject: models.Model | tuple[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    customer_id: int | None = None,
    actor: Actor | None = None,
) -> int | None:
    """Writes one entry for one act, in the transaction of the act itself.

    Parameters: `act` is one of ACTS; `subject` the row it was done to, or (label, id); `before` and
    `after` hold what changed, as plain values, and may name people: they are salted and can be erased;
    `customer_id` whom it is about; `actor` is the person at work unless said. Only one row is added and
    nothing is locked, so no writer waits for another. Returns the entry's id. In `public` the act goes to the
    log stream, without before and after, and None is returned.

    Raises NoTransaction outside of `transaction.atomic()`, KeyError for an unknown act.
    """
    ACTS[act]
    who = actor or actors.current()
    label, key = _named(subject)
    if current_schema() == get_public_schema_name():
        fields = {
            "act": act,
            "actor": who.id,
            "subject": label,
            "id": key,
            "request": who.request_id,
        }
        installation_log.info("audit act %s", orjson.dumps(fields).decode())
        return None
    if not in_transaction():
        raise NoTransaction(f"{act} is recorded outside of its transaction.")
    payload = as_text(before, after)
    salt = secrets.token_bytes(16)
    digest = hashing.payload_hash(salt, payload)
    at = timezone.now()
    columns = (act, who.id, who.role, label, key, customer_id, who.request_id[:40])
    made = hashing.entry_hash(
        hashing.signing_keys()[0].entry_key(current_bank()), at, columns, digest
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*columns, at, payload, salt, digest, made])
        number: int = cursor.fetchone()[0]
    return number


COLUMNS = (
    "act", "actor_id", "actor_role", "subject_type", "subject_id", "customer_id", "request_id",
)  # fmt: skip


# Plain SQL: an act that writes one row should not wait longer for its entry than for itself.
_INSERT = (
    f"insert into audit_auditentry ({', '.join(COLUMNS)}, at, payload, salt, payload_hash, hash)"
    f" values ({', '.join(['%s'] * (len(COLUMNS) + 5))}) returning id"
)


def in_transaction() -> bool:
    """Whether a transaction of the product is open; the one that a test wraps around all doesn't count."""
    blocks = getattr(connection, "atomic_blocks", ())
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def _named(subject: models.Model | tuple[str, Any] | None) -> tuple[str, str]:
    if subject is None:
        return "", ""
    if isinstance(subject, models.Model):
        return subject._meta.label, str(subject.pk)[:40]
    return subject[0][:60], str(subject[1])[:40]


def as_text(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Before and after as one JSON text; what is secret is replaced by a word, card numbers are cut."""
    content = {"before": cut_in(_covered(before)), "after": cut_in(_covered(after))}
    return orjson.dumps(
        content, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    ).decode()


def _covered(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {
        name: "(not kept)" if any(word in str(name).lower() for word in _SECRET) else value
        for name, value in values.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (set, frozenset, models.QuerySet)):
        return [_plain(item) if isinstance(item, models.Model) else item for item in value]
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return "(bytes)"
    return str(value)


def listed(ids: list[int]) -> dict[str, Any]:
    """Many ids in a payload: the first ones and how many."""
    return {"ids": ids[:LISTED], "n": len(ids)}


def erase_payloads(*, customer_id: int, reason: str) -> int:
    """Removes before, after and salt of all entries about one customer; the digests and seals stay.

    The database role that serves may not do this: it is the owner's command `audit_erase`. One entry
    names the erased ones; without it `audit_verify` reports them. Returns how many were erased.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Counts on audit_entry_customer.
            cursor.execute(
                "update audit_auditentry set payload = null, salt = null"
                " where customer_id = %s and payload is not null returning id",
                [customer_id],
            )
            erased = sorted(row[0] for row in cursor.fetchall())
        if erased:
            record(
                act="audit.erased",
                subject=("customers.Customer", customer_id),
                after={"entries": spans_text(to_spans(erased)), "n": len(erased), "reason": reason},
            )
    return len(erased)
