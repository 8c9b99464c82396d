"""G33: whoever changes the tables but has no key is found, whatever they do; the sealer and its heads."""

import json
import logging
import os
import random
import threading
import time
from contextlib import closing
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from accounts.audit import hashing, sealing, services, verification
from accounts.audit.actors import Actor
from accounts.audit.fields import to_spans
from accounts.audit.models import AuditEntry, AuditSeal
from accounts.audit.verification import read_heads, verify_bank
from accounts.banks.tenancy import in_bank
from tests.accounts.audit_log import entries, said
from tests.conftest import NORTH, SOUTH
from tests.factories import make_customer

SEED = int(os.environ.get("AUDIT_SEED", random.SystemRandom().randrange(10**9)))
TAMPERINGS = 200


def sql(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if cursor.description else []


def write(n: int = 1, customer_id: int | None = None) -> None:
    with transaction.atomic():
        for number in range(n):
            services.record(
                act="row.changed", subject=("test.Row", number), before={"n": number},
                after={"n": number + 1, "name": f"person {number}"}, customer_id=customer_id,
                actor=Actor(number % 5 + 1, "analyst", f"r{number}"),
            )  # fmt: skip


@pytest.fixture
def log(north, caplog):
    """A bank with six seals over 60 entries, ids not contiguous, three entries unsealed; heads noted."""
    sql("truncate audit_auditentry, audit_auditseal")
    rng = random.Random(1)
    start = timezone.now() - timedelta(seconds=50)
    with caplog.at_level(logging.INFO, "audit.heads"):
        for _seal in range(6):
            write(10)
            sql("select setval(pg_get_serial_sequence('audit_auditentry', 'id'), %s)",
                sql("select max(id) from audit_auditentry")[0][0] + rng.randrange(1, 4))  # fmt: skip
            sealing.seal_bank(now=start + timedelta(seconds=_seal))
    write(3)
    return [line for line in caplog.messages if sealing.HEAD_MARK in line]


@pytest.fixture
def heads(log, django_capture_on_commit_callbacks):
    """In a test's transaction nothing commits: heads are taken from the seals as they were made."""
    lines = [sealing.head_line(NORTH, seal) for seal in AuditSeal.objects.order_by("no")]
    return read_heads(lines)


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


KINDS = (edit, delete, insert, reorder, cut_tail, cut_seals, edit_seal, drop_seal, rehash_all)


def test_two_hundred_tamperings_are_all_found(heads):
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


# -- erasing -----------------------------------------------------------------------------------------


def test_erasing_keeps_the_seals_and_is_counted(log):
    customer = make_customer()
    write(4, customer_id=customer.pk)
    sealing.seal_bank()
    assert services.erase_payloads(customer_id=customer.pk, reason="request 12") == 4
    about = AuditEntry.objects.filter(customer_id=customer.pk)
    assert [(e.payload, e.salt) for e in about] == [(None, None)] * 4
    report = verify_bank()
    assert report.good, report.problems
    assert report.erased == 4


def test_a_payload_that_is_gone_without_an_erasure_is_found(log):
    sql(
        "update audit_auditentry set payload = null, salt = null where id = (select min(id) from audit_auditentry)"
    )
    assert "no entry says that it was erased" in verify_bank().problems[0]


def test_the_command_erases_one_customer_by_public_id(log):
    customer = make_customer()
    write(2, customer_id=customer.pk)
    out = StringIO()
    call_command(
        "audit_erase", bank=NORTH, customer=str(customer.public_id), reason="request 1", stdout=out
    )
    assert "2 entries erased" in out.getvalue()
    with in_bank(NORTH), entries() as found:
        pass
    assert found == []
    last = AuditEntry.objects.order_by("-id")[0]
    assert (last.act, said(last)["after"]["reason"]) == ("audit.erased", "request 1")


# -- the sealer --------------------------------------------------------------------------------------


def test_sealing_again_makes_nothing(log):
    sealing.seal_bank()
    assert sealing.seal_bank() == []
    assert verify_bank().unsealed == 0


def test_a_late_committer_lands_in_the_next_seal(log):
    """Ids are no order of commits: one that was given out earlier may come to light later."""
    sealing.seal_bank()
    ids = [pk for (pk,) in sql("select id from audit_auditentry order by id")]
    gap = next(n for n in range(ids[0], ids[-1]) if n not in ids)
    write(1)
    sql(
        "update audit_auditentry set id = %s where id = (select max(id) from audit_auditentry)", gap
    )
    (seal,) = sealing.seal_bank()
    assert seal.ids == [(gap, gap + 1)] and seal.through == ids[-1]
    write(1)
    assert [s.n for s in sealing.seal_bank()] == [1]
    assert verify_bank().good, verify_bank().problems


def test_a_round_asks_only_what_the_seals_since_its_reach_may_lack(log):
    """Seals older than the reach are trusted to have what was there; the wide round looks back further."""
    sealing.seal_bank()
    ids = [pk for (pk,) in sql("select id from audit_auditentry order by id")]
    gap = next(n for n in range(ids[0], ids[-1]) if n not in ids)
    write(1)
    sql(
        "update audit_auditentry set id = %s where id = (select max(id) from audit_auditentry)", gap
    )
    later = timezone.now() + timedelta(hours=1)
    assert sealing.seal_bank(now=later) == []
    assert len(sealing.seal_bank(reach=sealing.WIDE_REACH, now=later)) == 1


def test_two_sealers_make_one_seal(log, monkeypatch):
    true_unsealed = sealing._unsealed

    def other_is_sooner(since):
        found = true_unsealed(since)
        last = AuditSeal.objects.order_by("-no").first()
        sealing.make_seal(NORTH, last, found, timezone.now()).save()
        return found

    monkeypatch.setattr(sealing, "_unsealed", other_is_sooner)
    with transaction.atomic():
        sealing.seal_bank()
    monkeypatch.undo()
    assert verify_bank().good, verify_bank().problems


def test_what_was_written_is_sealed_within_ten_seconds(db, settings):
    """The sealer's own thread, on its own connection, as it runs beside beat."""
    made: list[int] = []
    took: list[float] = []

    def work() -> None:
        with in_bank(NORTH), closing(connection):
            with transaction.atomic():
                entry = services.record(act="row.changed", actor=Actor(None, "system"))
            assert entry is not None
            made.append(entry)
            began = time.monotonic()
            while time.monotonic() - began < 15:
                if sql("select 1 from audit_auditseal where ids @> %s::bigint", entry):
                    took.append(time.monotonic() - began)
                    break
                time.sleep(0.1)

    def forget() -> None:
        with in_bank(NORTH), closing(connection):
            sql("truncate audit_auditentry, audit_auditseal")

    sealer = sealing.Sealer(settings.AUDIT_SEAL_SECONDS)
    sealer.start()
    run(work)
    sealer.stopped.set()
    sealer.join(20)
    run(forget)
    print(f"audit: sealed {took[0]:.1f} s after the act" if took else "audit: not sealed in 15 s")
    assert took and took[0] <= 10


def run(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_head_is_said_when_its_seal_is_committed(log, caplog, django_capture_on_commit_callbacks):
    with (
        caplog.at_level(logging.INFO, "audit.heads"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        (seal,) = sealing.seal_bank()
    (head,) = read_heads([f"2026-01-01 12:00 INFO audit.heads {caplog.messages[-1]}\n"])
    assert (head.bank, head.no, head.hash) == (NORTH, seal.no, bytes(seal.hash))
    assert hashing.signing_keys()[0].verifies(head.hash, head.signature)


# -- the command -------------------------------------------------------------------------------------


def verify(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    code = 0
    try:
        call_command("audit_verify", *arguments, stdout=out)
    except SystemExit as error:
        code = int(error.code or 0)
    return code, out.getvalue()


def test_the_command_prints_the_unsealed_window(log):
    code, text = verify("--bank", NORTH)
    assert code == 0
    assert "63 entries, 6 seals" in text and "Unsealed: 3 (" in text
    assert "Nothing was tampered with." in text


def test_the_command_ends_with_one_on_tampering(log, tmp_path):
    delete(random.Random(SEED))
    code, text = verify("--all", "--json")
    assert code == 1
    reports = {report["bank"]: report for report in map(json.loads, text.splitlines())}
    assert reports[NORTH]["good"] is False and reports[SOUTH]["good"] is True


def test_the_command_compares_heads_of_a_log(heads, tmp_path):
    lines = [sealing.head_line(NORTH, seal) for seal in AuditSeal.objects.order_by("no")]
    file = tmp_path / "web.log"
    file.write_text("\n".join(f"noise\n2026 INFO audit.heads {line}" for line in lines))
    assert "6 compared" in verify("--bank", NORTH, "--heads", str(file))[1]
    cut_tail(random.Random(SEED))
    code, text = verify("--bank", NORTH, "--heads", str(file))
    assert code == 1 and "cut off" in text


def test_an_old_key_still_verifies_what_it_sealed(log):
    new = "ab" * 32
    with override_settings(AUDIT_SIGNING_KEY=f"{new},{'5e' * 32}"):
        write(2)
        sealing.seal_bank()
        assert verify_bank().good, verify_bank().problems
    with override_settings(AUDIT_SIGNING_KEY=new):
        assert not verify_bank().good


def test_an_entry_that_waits_too_long_is_reported(log):
    report = verify_bank(now=timezone.now() + verification.OVERDUE * 2)
    assert "wait for a seal" in report.problems[0]


def test_spans_hold_ids_tersely():
    assert to_spans([1, 2, 3, 7, 9, 10]) == [(1, 4), (7, 8), (9, 11)]
    assert to_spans([]) == []
