"""One entry for each act, in the act's own transaction; nothing secret in it, nothing to wait for."""

import json
import logging
import statistics
import threading
import time
from contextlib import closing
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test import override_settings

from accounts.audit import actors, hashing, services
from accounts.audit.actors import Actor
from accounts.audit.models import AppendOnly, AuditEntry
from accounts.banks.tenancy import in_bank, in_public
from accounts.customers import services as customers
from accounts.models import Role
from tests.accounts.audit_log import entries, said
from tests.conftest import NORTH, SOUTH
from tests.factories import make_customer, make_person
from tests.guards import Guard
from tests.serving import connect_as_app


def _note(**more: Any) -> AuditEntry:
    with transaction.atomic():
        number = services.record(act="row.changed", subject=("test.Row", 1), **more)
    return AuditEntry.objects.get(pk=number)


def test_an_act_outside_of_its_transaction_is_refused(north):
    with pytest.raises(services.NoTransaction):
        services.record(act="row.changed")
    assert not AuditEntry.objects.filter(act="row.changed").exists()


def test_an_act_that_is_rolled_back_leaves_no_entry(north):
    staff, customer = make_person(role=Role.ANALYST), make_customer()
    with entries() as found, pytest.raises(ZeroDivisionError), transaction.atomic():
        customers.open_customer(staff=staff, customer=customer, purpose="request", note="called")
        raise ZeroDivisionError
    assert found == []
    assert not customer.grants.exists()


def test_an_unknown_act_is_refused(north):
    with transaction.atomic(), pytest.raises(KeyError):
        services.record(act="something.else")


def test_an_entry_says_who_what_and_about_whom(north):
    staff, customer = make_person(role=Role.ANALYST), make_customer()
    with entries() as found, actors.acting(actors.of_person(staff, "r1")):
        grant = customers.open_customer(
            staff=staff, customer=customer, purpose="fraud", note="case 7"
        )
    (entry,) = found
    assert (entry.act, entry.actor_id, entry.actor_role) == ("customer.opened", staff.pk, "analyst")
    assert (entry.subject_type, entry.subject_id) == ("customers.AccessGrant", str(grant.pk))
    assert (entry.customer_id, entry.request_id) == (customer.pk, "r1")
    assert said(entry)["after"]["note"] == "case 7"


def test_without_a_person_the_product_itself_acts(north):
    entry = _note()
    assert (entry.actor_id, entry.actor_role) == (None, actors.SYSTEM)


def test_a_secret_is_never_kept(north):
    entry = _note(after={"password1": "hunter22", "client_secret": "s3", "name": "x"})
    assert "hunter22" not in (entry.payload or "") and "s3" not in (entry.payload or "")
    assert said(entry)["after"]["name"] == "x"


def test_equal_payloads_have_unequal_digests(north):
    """Salted: whoever sees the digest alone can't try out what was erased."""
    one, two = _note(after={"name": "Ann"}), _note(after={"name": "Ann"})
    assert one.payload == two.payload and one.payload_hash != two.payload_hash


def test_an_entry_of_one_bank_does_not_verify_at_another():
    key = hashing.signing_keys()[0]
    assert key.entry_key(NORTH) != key.entry_key(SOUTH)


def test_acts_of_operators_go_to_the_log_stream(db, caplog):
    with in_public(), caplog.at_level(logging.INFO, "audit.installation"), transaction.atomic():
        assert (
            services.record(act="row.changed", subject=("banks.Bank", 1), after={"name": "x"})
            is None
        )
    line = caplog.records[-1].getMessage()
    assert json.loads(line.removeprefix("audit act "))["subject"] == "banks.Bank"


def test_rows_are_only_ever_added(north):
    entry = _note()
    entry.act = "other"
    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(act="x"),
    ):
        with pytest.raises(AppendOnly):
            change()


@pytest.mark.parametrize("value", ["", "abc", "zz" * 32, "5e" * 31])
def test_a_key_that_cannot_sign_is_refused(value):
    with override_settings(AUDIT_SIGNING_KEY=value), pytest.raises(ImproperlyConfigured):
        hashing.signing_keys()


# -- the role that serves ------------------------------------------------------------------------


@pytest.mark.guard("G33")
@pytest.mark.trap("role-is-reversible")
@pytest.mark.parametrize(
    "statement",
    [
        "update {t} set {c} = {c}",
        "delete from {t}",
        "truncate {t}",
        "alter table {t} add column x int",
        "drop table {t}",
        "grant update on {t} to app",
        "create or replace rule r as on insert to {t} do instead nothing",
    ],
)
@pytest.mark.parametrize(
    ("table", "column"), [("audit_auditentry", "payload"), ("audit_auditseal", "n"),
                          ("customers_accessrecord", "what")]
)  # fmt: skip
def test_the_serving_role_cannot_change_the_log(north, statement, table, column, guard: Guard):
    with connect_as_app(bank=NORTH) as app:
        app.execute(f"select {column} from {table} limit 1")
        if statement.startswith("grant"):  # without the right to give it, PostgreSQL only warns
            app.execute(statement.format(t=table))
            ask = "select has_table_privilege(current_user, %s, 'update')"
            assert app.execute(ask, [f"{NORTH}.{table}"]).fetchone() == (False,)
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement.format(t=table, c=column))
    guard("G33", reached="the serving role changes nothing of the log", n=1)


def test_the_serving_role_may_add_entries(north):
    with connect_as_app(bank=NORTH) as app, app.transaction(force_rollback=True):
        app.execute(
            "insert into audit_auditentry (at, act, actor_role, subject_type, subject_id, request_id,"
            " payload_hash, hash) values (now(), 'row.added', 'system', '', '', '', '', '')"
        )


# -- nobody waits --------------------------------------------------------------------------------


def run(threads: list[threading.Thread]) -> None:
    """Threads have connections of their own: what they commit is there until it is removed."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.guard("G33")
def test_no_writer_waits_for_another(db, guard: Guard):
    """Eight writers at once, one of them holding transactions of half a second."""
    seconds, waits = 3.0, []
    lock, begin = threading.Lock(), threading.Barrier(8)
    made: list[int] = []

    def write(slow: bool) -> None:
        with in_bank(NORTH), closing(connection):
            begin.wait()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                with transaction.atomic():
                    before = time.monotonic()
                    entry = services.record(
                        act="row.changed", actor=Actor(None, actors.SYSTEM), after={"n": 1}
                    )
                    took = time.monotonic() - before
                    if slow:
                        time.sleep(0.5)
                with lock:
                    waits.append(took)
                    assert entry is not None
                    made.append(entry)

    def forget() -> None:
        with in_bank(NORTH), closing(connection), connection.cursor() as cursor:
            cursor.execute("delete from audit_auditentry where id = any(%s)", [made])

    run([threading.Thread(target=write, args=(n == 0,)) for n in range(8)])
    print(
        f"audit: {len(waits)} entries of 8 writers in {seconds:.0f} s; an entry takes"
        f" {statistics.median(waits) * 1000:.1f} ms, the longest {max(waits) * 1000:.0f} ms"
    )
    run([threading.Thread(target=forget)])
    assert len(waits) > 100
    assert max(waits) < 0.4, "a writer waited for the slow one's transaction"
    reached = f"8 writers, one slow: the longest wait is {max(waits) * 1000:.0f} ms"
    guard("G33", reached=reached, n=len(waits))
