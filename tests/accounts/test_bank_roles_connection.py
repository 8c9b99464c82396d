"""Path and role of a connection go together, whatever a rollback takes back: asked of the raw connection."""

import os
import random
import threading
from typing import Any

import pytest
from django.db import DatabaseError, InternalError, ProgrammingError, connection, transaction
from django.test import override_settings
from psycopg.pq import TransactionStatus

from accounts.audit.models import AuditEntry
from accounts.banks import roles
from accounts.banks.postgresql import base
from accounts.banks.tenancy import in_bank, in_public
from accounts.customers.models import Customer
from accounts.models import User
from tests import twins
from tests.serving import app_url, need_roles, serving
from transactions import guard
from transactions.models import Category

A, B = twins.A.schema, twins.B.schema
SEED = int(os.environ.get("ROLES_SEED", random.SystemRandom().randrange(10**9)))


@pytest.fixture
def served(twin_banks: None) -> Any:
    need_roles(A)
    with serving() as wrapper:
        yield wrapper


def raw(wrapper: Any) -> tuple[str, str]:
    """Schema and role as the server has them now, with nothing sent before the question."""
    found: tuple[str, str] = wrapper.connection.execute(
        "select current_schema(), current_user"
    ).fetchone()
    return found


def pairs() -> set[tuple[str, str]]:
    app = str(connection.settings_dict["USER"])
    return {(A, roles.role_of(A)), (B, roles.role_of(B)), ("public", app)}


def asked() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("select current_schema(), current_user")
        found: tuple[str, str] = cursor.fetchone()
        return found


def test_a_bank_is_entered_and_left_with_its_role(served: Any) -> None:
    app = served.settings_dict["USER"]
    assert asked() == ("public", app)
    with in_bank(A):
        assert asked() == (A, roles.role_of(A))
        with in_bank(B):
            assert asked() == (B, roles.role_of(B))
        with in_public():
            assert asked() == ("public", app)
        assert asked() == (A, roles.role_of(A))
    assert asked() == ("public", app)


def test_a_rolled_back_entry_takes_the_role_back_too(served: Any) -> None:
    with in_bank(A), transaction.atomic():
        asked()
        point = transaction.savepoint()
        with in_bank(B):
            assert asked() == (B, roles.role_of(B))
            transaction.savepoint_rollback(point)
            # On the server both are back in A, and the next statement enters B again, with both.
            assert raw(served) == (A, roles.role_of(A))
            assert asked() == (B, roles.role_of(B))
            transaction.savepoint_rollback(point)
        assert asked() == (A, roles.role_of(A))
        transaction.set_rollback(True)
    assert raw(served) in pairs()


def test_a_failed_statement_leaves_the_pair_whole(served: Any) -> None:
    with in_bank(A):
        with pytest.raises(ProgrammingError), transaction.atomic(), in_bank(B):
            asked()
            with connection.cursor() as cursor:
                cursor.execute("select * from nothing")
        assert raw(served) in pairs()
        assert asked() == (A, roles.role_of(A))
        with transaction.atomic():
            with pytest.raises(ProgrammingError), transaction.atomic(), in_bank(B):
                asked()
                Customer.objects.raw("select * from nothing")[0]
            assert raw(served) == (A, roles.role_of(A))


def test_random_walks_keep_path_and_role_together(served: Any) -> None:
    """Entering, savepoints, errors, rollbacks, commits and reconnects in any order."""
    print(f"\nROLES_SEED={SEED}")
    rng, steps = random.Random(SEED), 0
    app, whole = served.settings_dict["USER"], pairs()

    def look() -> None:
        nonlocal steps
        steps += 1
        schema = served.schema_name
        assert asked() == (schema, app if schema == "public" else roles.role_of(schema))

    def walk(depth: int) -> None:
        for _ in range(rng.randint(1, 4)):
            move = rng.choice(["enter", "leave", "atomic", "fail", "look", "back", "again"])
            if move == "enter" and depth < 6:
                with in_bank(rng.choice([A, B])):
                    look()
                    walk(depth + 1)
            elif move == "leave" and depth < 6:
                with in_public():
                    look()
                    walk(depth + 1)
            elif move == "atomic" and depth < 6:
                with transaction.atomic():
                    walk(depth + 1)
                    if rng.random() < 0.5:
                        transaction.set_rollback(True)
            elif move == "fail" and depth < 6:
                with pytest.raises(DatabaseError), transaction.atomic():
                    look()
                    with in_bank(rng.choice([A, B])), connection.cursor() as cursor:
                        cursor.execute("select 1/0")
            elif move == "back" and served.in_atomic_block:
                point = transaction.savepoint()
                with in_bank(rng.choice([A, B])):
                    look()
                    transaction.savepoint_rollback(point)
                    assert raw(served) in whole
            elif move == "again" and not served.in_atomic_block:
                served.close()
            if served.connection is not None and not served.needs_rollback:
                assert raw(served) in whole
                look()

    for _ in range(60):
        walk(0)
        connection.set_schema_to_public()  # type: ignore[attr-defined]
    assert steps > 200


def test_a_new_and_a_kept_connection_enter_anew(served: Any) -> None:
    with in_bank(A):
        assert asked() == (A, roles.role_of(A))
        served.close()
        assert asked() == (A, roles.role_of(A))
    # As between two requests on a connection that is kept.
    served.close_if_unusable_or_obsolete()
    with in_bank(B):
        assert asked() == (B, roles.role_of(B))
        assert Customer.objects.filter(full_name__startswith=twins.B.canary).exists()


def test_a_borrowed_pool_connection_is_entered_anew(served: Any) -> None:
    with in_bank(A):
        asked()
        served.close()
    served.settings_dict["OPTIONS"] = {
        **served.settings_dict["OPTIONS"],
        "pool": {"min_size": 1, "max_size": 1},
    }
    served.settings_dict["CONN_MAX_AGE"] = 0
    try:
        with in_bank(A):
            assert asked() == (A, roles.role_of(A))
            served.close()
        assert asked() == ("public", served.settings_dict["USER"])
        served.close()
        with in_bank(B):
            assert asked() == (B, roles.role_of(B))
    finally:
        served.close()
        served.close_pool()


def test_a_thread_has_a_pair_of_its_own(served: Any) -> None:
    found: list[Any] = []

    def work() -> None:
        with serving():
            found.append(asked())
            with in_bank(B):
                found.append(asked())

    with in_bank(A):
        asked()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert asked() == (A, roles.role_of(A))
    assert found == [("public", served.settings_dict["USER"]), (B, roles.role_of(B))]


def test_copy_temporary_tables_and_cursors_of_the_server(served: Any) -> None:
    """What the import and the log use besides plain statements works as a bank's role."""
    with in_bank(A), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("create temp table stage (id int, name text) on commit drop")
        assert guard.copy_rows("stage", ["id", "name"], [(1, "a"), (2, "b")]) == 2
        assert guard.copy_text("stage", ["id", "name"], [b"3\tc\n"]) == 1
        people = User.objects.order_by("pk").iterator(chunk_size=1)
        first = next(people)
        # A cursor of the server keeps the bank it was opened in.
        with in_bank(B):
            assert asked() == (B, roles.role_of(B))
            second = next(people)
        assert {twins.A.canary.lower() in p.email for p in (first, second)} == {True}
        people.close()
        transaction.set_rollback(True)
    with in_bank(A):  # outside a transaction they are WITH HOLD
        rows = iter(Category.objects.order_by("pk").iterator(chunk_size=1))
        next(rows)
        with in_bank(B):
            asked()
        assert len(list(rows)) == Category.objects.count() - 1


def test_the_log_takes_entries_and_keeps_them(served: Any) -> None:
    with in_bank(A), transaction.atomic():
        entry = AuditEntry.objects.order_by("pk")[0]
        for statement in ("update audit_auditentry set act = 'x'", "delete from audit_auditentry"):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
        assert AuditEntry.objects.get(pk=entry.pk).act == entry.act
        transaction.set_rollback(True)


# -- what django-tenants would swallow -------------------------------------------------------------


def test_a_bank_that_cannot_be_entered_raises(served: Any) -> None:
    """Nothing goes on in the bank before, or in public, when path and role are refused."""
    with in_bank(A):
        asked()
    with in_bank("no_such_bank"), pytest.raises(DatabaseError, match="does not exist"):
        connection.cursor()
    assert asked() == ("public", served.settings_dict["USER"])


def test_a_refused_search_path_is_not_swallowed(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without roles too: django-tenants' own connection would go on in the bank it was in."""
    served.settings_dict["BANK_ROLES"] = roles.OFF
    with in_bank(A):
        asked()
    with in_bank(B):
        monkeypatch.setattr(served, "_entering", lambda: ([B], 'SET search_path = "a" "b"'))
        for _ in range(2):
            with pytest.raises(ProgrammingError):
                connection.cursor()
        with pytest.raises(ProgrammingError):
            next(User.objects.iterator())
        monkeypatch.undo()
        connection.cursor().close()


def test_in_a_failed_transaction_only_its_rollback_is_heard(served: Any) -> None:
    with in_bank(A), transaction.atomic():
        point = transaction.savepoint()
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("select 1/0")
        assert served.connection.pgconn.transaction_status == TransactionStatus.INERROR
        with pytest.raises((DatabaseError, InternalError)), connection.cursor() as cursor:
            cursor.execute("select 1")
        transaction.savepoint_rollback(point)
        assert asked() == (A, roles.role_of(A))
        transaction.set_rollback(True)


# -- where there is no role ------------------------------------------------------------------------


def test_auto_finds_out_and_believes_a_no_for_a_while(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.settings_dict["BANK_ROLES"] = roles.AUTO
    base.forget()
    with override_settings(BANK_ROLE_PREFIX="nobody_"), in_bank(A):
        assert asked()[1] == served.settings_dict["USER"]
        with pytest.raises(ProgrammingError):
            User.objects.count()
    with in_bank(A):
        assert asked() == (A, roles.role_of(A))
    now = 0.0
    answers = iter([False, True])
    monkeypatch.setattr(roles, "may_take", lambda cursor, role: next(answers))
    monkeypatch.setattr(base.time, "monotonic", lambda: now)
    base.forget()
    with in_bank(A):
        for now, role in ((5.0, "app"), (34.0, "app"), (36.0, "bank"), (9999.0, "bank")):
            assert (asked()[1] == roles.role_of(A)) == (role == "bank"), now
    base.forget()


def test_finding_out_is_no_query_of_the_transaction(served: Any) -> None:
    served.settings_dict["BANK_ROLES"] = roles.AUTO
    base.forget()
    with in_bank(A), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
        assert asked() == (A, roles.role_of(A))


def test_off_sends_the_path_alone(served: Any) -> None:
    served.settings_dict["BANK_ROLES"] = roles.OFF
    served.set_schema(A)
    assert served._entering() == ([A], f'SET search_path = "{A}"')
    assert app_url()
