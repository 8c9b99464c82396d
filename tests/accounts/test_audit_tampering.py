"""G33: whoever changes the tables but has no key is found, whatever they do."""

import os
import random
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from accounts.audit import hashing, sealing, services
from accounts.audit.models import AuditEntry, AuditSeal
from accounts.audit.verification import verify_bank
from tests.accounts.audit_log import sql
from tests.conftest import NORTH
from tests.guards import Guard

SEED = int(os.environ.get("AUDIT_SEED", random.SystemRandom().randrange(10**9)))
TAMPERINGS = 200


# -- what may happen to the tables -----------------------------------------------------------------

EDITS = {
    "act": "sign_in.done", "actor_id": 77, "actor_role": "admin", "subject_id": "9999",
    "subject_type": "other.Row", "customer_id": 4, "request_id": "other", "payload": '{"after":null}',
    "at": timezone.now() - timedelta(days=3), "payload_hash": b"\x01" * 32, "hash": b"\x02" * 32,
    "salt": b"\x03" * 16,
}  # fmt: skip
SEAL_EDITS = {
    "root": b"\x01" * 32, "previous": b"\x01" * 32, "hash": b"\x01" * 32, "signature": b"\x01" * 64,
    "n": 3, "sealed_at": timezone.now() - timedelta(days=3), "key_id": "0" * 16,
}  # fmt: skip


def any_entry(rng: random.Random) -> int:
    return int(rng.choice(sql("select id from audit_auditentry"))[0])


def sealed_entry(rng: random.Random) -> int:
    return int(rng.choice([e for (e,) in sql("select id from audit_auditentry order by id")][:-3]))


def edit(rng: random.Random) -> str:
    column, pk = rng.choice(list(EDITS)), any_entry(rng)
    sql(f"update audit_auditentry set {column} = %s where id = %s", EDITS[column], pk)
    return f"edit {column} of {pk}"


def delete(rng: random.Random) -> str:
    pk = sealed_entry(rng)
    sql("delete from audit_auditentry where id = %s", pk)
    return f"delete {pk}"


def insert(rng: random.Random) -> str:
    """A forged entry: copied from a true one under a free id, inside the sealed ones or after them."""
    ids = [e for (e,) in sql("select id from audit_auditentry")]
    free = rng.choice([n for n in range(min(ids), max(ids) + 5) if n not in ids])
    columns = [
        f.column for f in AuditEntry._meta.concrete_fields if f.column not in ("id", "subject_id")
    ]
    names = ", ".join(columns)
    sql(f"insert into audit_auditentry (id, subject_id, {names}) overriding system value"
        f" select %s, 'forged', {names} from audit_auditentry where id = %s", free, rng.choice(ids))  # fmt: skip
    return f"insert {free}"


def replay(rng: random.Random) -> str:
    """A true entry once more, whole, under a new id: each of its digests verifies."""
    columns = ", ".join(f.column for f in AuditEntry._meta.concrete_fields if f.column != "id")
    pk = any_entry(rng)
    sql(
        f"insert into audit_auditentry ({columns}) select {columns} from audit_auditentry where id = %s",
        pk,
    )
    return f"replay {pk}"


def reorder(rng: random.Random) -> str:
    one, two = sealed_entry(rng), sealed_entry(rng)
    while one == two:
        two = sealed_entry(rng)
    sql("update audit_auditentry set id = -1 where id = %s", one)
    sql("update audit_auditentry set id = %s where id = %s", one, two)
    sql("update audit_auditentry set id = %s where id = -1", two)
    return f"reorder {one} and {two}"


def cut_tail(rng: random.Random) -> str:
    """The last seals go, with all entries since: nothing inside the tables shows it."""
    keep = rng.randrange(0, 6)
    through = sql("select coalesce(max(through), 0) from audit_auditseal where no <= %s", keep)[0][
        0
    ]
    sql("delete from audit_auditseal where no > %s", keep)
    sql("delete from audit_auditentry where id > %s", through)
    return f"cut tail after seal {keep}"


def cut_seals(rng: random.Random) -> str:
    """The last seals go and the entries stay, to be sealed again after an edit."""
    keep = rng.randrange(0, 6)
    sql("delete from audit_auditseal where no > %s", keep)
    if rng.random() < 0.5:
        sealing.seal_bank()
    return f"cut seals after {keep}"


def edit_seal(rng: random.Random) -> str:
    column, no = rng.choice(list(SEAL_EDITS)), rng.randrange(1, 7)
    sql(f"update audit_auditseal set {column} = %s where no = %s", SEAL_EDITS[column], no)
    return f"edit {column} of seal {no}"


def drop_seal(rng: random.Random) -> str:
    no = rng.randrange(1, 7)
    sql("delete from audit_auditseal where no = %s", no)
    return f"drop seal {no}"


def rehash_all(rng: random.Random) -> str:
    """An entry is edited and everything that can be recomputed is, under a key of the attacker's own."""
    pk = sealed_entry(rng)
    sql("update audit_auditentry set actor_id = 99 where id = %s", pk)
    names = ", ".join(services.COLUMNS)
    old = {s.no: s for s in AuditSeal.objects.all()}
    same_name = rng.random() < 0.5
    true_id = hashing.signing_keys()[0].id
    with override_settings(AUDIT_SIGNING_KEY=f"{rng.randrange(2**255):064x}"):
        key = hashing.signing_keys()[0].entry_key(NORTH)
        for number, at, *rest in sql(f"select id, at, {names}, payload_hash from audit_auditentry"):
            digest = hashing.entry_hash(key, at, rest[:7], rest[7])
            sql("update audit_auditentry set hash = %s where id = %s", digest, number)
        sql("delete from audit_auditseal")
        last = None
        for no in sorted(old):
            ids = [n for low, high in old[no].ids for n in range(low, high)]
            rows = sql("select id, hash from audit_auditentry where id = any(%s) order by id", ids)
            last = sealing.make_seal(NORTH, last, rows, old[no].sealed_at)
            last.save()
        if same_name:
            sql("update audit_auditseal set key_id = %s", true_id)
    return f"rehash all after editing {pk}"


KINDS = (
    edit,
    delete,
    insert,
    replay,
    reorder,
    cut_tail,
    cut_seals,
    edit_seal,
    drop_seal,
    rehash_all,
)


@pytest.mark.guard("G33")
def test_two_hundred_tamperings_are_all_found(heads, guard: Guard):
    rng = random.Random(SEED)
    print(f"audit: {TAMPERINGS} tamperings, seed {SEED} (AUDIT_SEED repeats it)")
    assert verify_bank(heads=heads).good
    missed, kinds = [], {kind.__name__: 0 for kind in KINDS}
    for number in range(TAMPERINGS):
        kind = KINDS[number % len(KINDS)]
        point = transaction.savepoint()
        what = kind(rng)
        report = verify_bank(heads=heads)
        transaction.savepoint_rollback(point)
        kinds[kind.__name__] += 1
        if report.good:
            missed.append(what)
    print(f"audit: {TAMPERINGS - len(missed)} of {TAMPERINGS} found: {kinds}")
    assert missed == []
    assert verify_bank(heads=heads).good
    reached = f"100 % of tamperings of {len(KINDS)} kinds found"
    guard("G33", reached=reached, n=TAMPERINGS, seed=SEED)


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in (cut_tail, cut_seals)])
def test_all_but_a_cut_end_is_found_without_the_heads(log, kind):
    """Of a cut end the tables themselves know nothing: there the log stream's heads are needed."""
    sql("update audit_auditentry set at = at")  # unchanged: the log is good as made
    assert verify_bank().good
    later = timezone.now() + timedelta(minutes=5)
    what = kind(random.Random(SEED))
    assert not verify_bank(now=later).good, what


def test_cut_seals_show_by_entries_that_wait(log):
    """Until they are sealed anew; then the heads tell that the chain is another one."""
    sql("delete from audit_auditseal where no > 3")
    assert (
        "seals were cut off" in verify_bank(now=timezone.now() + timedelta(minutes=5)).problems[0]
    )


def test_a_cut_end_is_found_by_the_heads_alone(heads):
    cut_tail(random.Random(SEED))
    assert verify_bank().good
    assert "cut off" in verify_bank(heads=heads).problems[0]
