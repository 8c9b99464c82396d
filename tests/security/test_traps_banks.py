"""Traps between one bank and another (tests/traps.py): each shown open without its guard, and shut with it."""

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from allauth.account import app_settings as allauth
from allauth.account.models import EmailAddress, EmailConfirmationHMAC, get_emailconfirmation_model
from allauth.headless.tokens.strategies.jwt import internal
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection, connections, transaction
from django.db.models import Model, UniqueConstraint
from django.test import Client, override_settings
from django.urls import NoReverseMatch, get_resolver, reverse
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_limit_set_calls, schema_context

from accounts import tokens
from accounts.banks.checks import every_table_of_a_bank_is_in_a_bank
from accounts.banks.models import Bank
from accounts.banks.tenancy import current_schema, in_bank, in_public
from accounts.customers.models import BankProfile
from accounts.models import User
from accounts.sessions import SessionStore
from accounts.sites import bank_site
from tests.accounts.test_jwt_attacks import Tokens, client, held, sign_in, status  # noqa: F401  (fixtures)
from tests.conftest import HOSTS, NORTH, SOUTH
from tests.factories import make_person
from tests.security.conftest import production_environment

# -- public --------------------------------------------------------------------------------------


@pytest.mark.trap("search-path-falls-to-public")
def test_without_the_hook_public_is_read_inside_a_bank(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tests/accounts/test_tenancy.py shows that with the hook both raise."""
    monkeypatch.setattr(base, "EXTRA_SET_TENANT_METHOD", None)
    with in_public():
        operator = User.objects.create(email="olaf@example.com", role="operator")
    with in_bank("no_such_bank"):
        assert operator in User.objects.all()
    with in_bank(NORTH):
        assert Bank.objects.count() >= 2


@pytest.mark.trap("search-path-falls-to-public")
def test_the_check_asks_for_the_hook() -> None:
    assert every_table_of_a_bank_is_in_a_bank(None) == []
    with override_settings(EXTRA_SET_TENANT_METHOD_PATH=""):
        assert [p.id for p in every_table_of_a_bank_is_in_a_bank(None)] == ["bank.E002"]


# -- tokens and keys -----------------------------------------------------------------------------


@pytest.mark.trap("token-of-another-bank")
def test_a_token_without_a_bank_and_a_session_opens_the_other_bank(
    held: Tokens,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_bank(SOUTH):
        User.objects.create(pk=held.user.pk, email="same.id@example.com", role=held.user.role)
    south = Client(HTTP_HOST=HOSTS[SOUTH])
    assert status(south, held.access) == 401

    def stateless(token: str) -> Any:
        found = internal.validate_access_token(token)
        return found and (*found, SessionStore())

    monkeypatch.setattr(tokens, "read_access_token", stateless)
    with override_settings(HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED=False):
        answer = south.get("/api/v1/users/me", headers={"authorization": f"Bearer {held.access}"})
    assert answer.status_code == 200 and answer.json()["email"] == "same.id@example.com"


@pytest.mark.trap("token-after-a-new-password")
def test_a_token_that_knows_nothing_of_the_password_outlives_it(
    client: Client,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What ends it is the session's digest of the password, asked for at each request."""
    monkeypatch.setattr(User, "get_session_auth_hash", lambda self: "the same for ever")
    kept = sign_in(client, make_person(email="keeps.it@example.com"))
    kept.user.set_password("another long enough password")
    kept.user.save()
    assert status(client, kept.access) == 200
    monkeypatch.undo()
    assert status(client, kept.access) == 401


@pytest.mark.trap("mail-key-of-another-bank")
def test_a_key_by_mail_is_no_key_at_all(north: str) -> None:
    """Addresses are confirmed by a code kept in the session; no link with a signed id exists."""

    def waiting() -> EmailAddress:
        person = make_person(email="waits@example.com")
        EmailAddress.objects.filter(user=person).delete()
        return EmailAddress.objects.create(
            pk=987654, user=person, email="waits@example.com", verified=False
        )

    key = EmailConfirmationHMAC.create(waiting()).key
    with in_bank(SOUTH):
        theirs = waiting()
        # The trap itself: North's key names South's row.
        assert EmailConfirmationHMAC.from_key(key).email_address == theirs
    assert allauth.EMAIL_VERIFICATION_BY_CODE_ENABLED
    with pytest.raises(NotImplementedError):
        get_emailconfirmation_model()
    with pytest.raises(NoReverseMatch):
        reverse("account_confirm_email", args=[key])
    for host in HOSTS.values():
        for path in (f"/accounts/confirm-email/{key}/", f"/accounts/confirm-email/?key={key}"):
            for ask in (Client(HTTP_HOST=host).get, Client(HTTP_HOST=host).post):
                assert ask(path).status_code in (302, 404, 405)
    for schema in HOSTS:
        with in_bank(schema):
            assert not EmailAddress.objects.get(pk=987654).verified


# -- what the connection remembers ---------------------------------------------------------------


def after_a_savepoint() -> str:
    """The bank that is read where South was entered inside a savepoint that was rolled back."""
    with in_bank(NORTH):
        BankProfile.objects.get()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            connection.set_schema(SOUTH)  # type: ignore[attr-defined]
            assert BankProfile.objects.get().name == "South"
            1 / 0  # noqa: B018
        return BankProfile.objects.get().name


@pytest.mark.trap("limited-set-calls")
def test_a_savepoint_rolled_back_leaves_the_bank(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert not get_limit_set_calls()
    assert after_a_savepoint() == "South"
    settings.TENANT_LIMIT_SET_CALLS = True
    parent = base.original_backend.DatabaseWrapper.savepoint_rollback
    monkeypatch.setattr(base.DatabaseWrapper, "savepoint_rollback", parent)
    assert after_a_savepoint() == "South", "our connection sends its path at every cursor"
    theirs = base.DatabaseWrapper._handle_search_path
    monkeypatch.setattr(type(connections["default"]), "_handle_search_path", theirs)
    assert after_a_savepoint() == "North", "as django-tenants did before 4.0.1"


@pytest.mark.trap("schema-context-as-decorator")
def test_the_decorator_leaves_its_caller_in_the_other_bank() -> None:
    """tests/security/test_traps_code.py finds no such use; this is why."""

    @schema_context(NORTH)
    def again(more: int) -> None:
        if more:
            with in_bank(SOUTH):
                again(more - 1)

    assert current_schema() == "public"
    again(1)
    assert current_schema() == SOUTH


@pytest.fixture
def pooled(db: None) -> Iterator[Any]:
    """A database wrapper with a pool of one, as the web process has it."""
    kept = copy.deepcopy(connection.settings_dict)
    kept.update(CONN_MAX_AGE=0, OPTIONS={"pool": {"min_size": 1, "max_size": 1}})
    wrapper: Any = type(connections["default"])(kept, "pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


@pytest.mark.trap("raw-pool-connection")
def test_the_pool_hands_out_the_last_banks_path_but_django_sets_its_own(pooled: Any) -> None:
    """tests/security/test_traps_code.py finds nobody who borrows past Django; this is why."""

    def through_django(schema: str) -> str:
        pooled.set_schema(schema)
        with pooled.cursor() as cursor:
            cursor.execute("select name from customers_bankprofile")
            name = str(cursor.fetchone()[0])
        pooled.close()
        return name

    assert through_django(NORTH) == "North"
    with pooled.pool.connection() as raw:
        assert raw.execute("select name from customers_bankprofile").fetchone() == ("North",)
    assert through_django(SOUTH) == "South"


# -- roles ---------------------------------------------------------------------------------------


@pytest.mark.trap("role-is-reversible")
def test_the_serving_role_has_nothing_to_set_back_to(db: None) -> None:
    """A fence of SET ROLE falls to SQL from outside; so the role behind it must own nothing and rule nobody."""
    url = os.environ.get("APP_DATABASE_URL", "")
    if not url or url == os.environ.get("DATABASE_URL"):
        pytest.skip("one role both owns and serves here")
    owner = connection.settings_dict["USER"]
    with psycopg.connect(url, dbname=str(connection.settings_dict["NAME"])) as app:
        assert rules(app, owner) == (False,) * 5 + (0,)
    with psycopg.connect(
        os.environ["DATABASE_URL"], dbname=str(connection.settings_dict["NAME"])
    ) as other:
        found = rules(other, owner)
    assert found[4] and found[5] > 0, "the same question finds the owner"


def rules(server: psycopg.Connection[Any], owner: str) -> tuple[Any, ...]:
    """Superuser, makes roles, makes databases, passes row rules, may become the owner; tables owned."""
    row = server.execute(
        "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, pg_has_role(oid, %s, 'member'),"
        " (select count(*)::int from pg_class c where c.relowner = r.oid) from pg_roles r"
        " where rolname = current_user",
        [owner],
    ).fetchone()
    assert row is not None
    return row


# -- tables --------------------------------------------------------------------------------------


@pytest.mark.trap("one-admin-for-all")
def test_the_default_admin_is_mounted_nowhere(north: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("config.urls", "config.urls_operator"):
        namespaces = get_resolver(name).app_dict["admin"]
        assert namespaces in (["admin"], ["operator"])
    assert admin.site is not bank_site
    # What the one site would show inside a bank, if the list of banks stood in it.
    assert public_tables(bank_site._registry) == set()
    assert public_tables({**bank_site._registry, Bank: None}) == {Bank}


def public_tables(registered: Any) -> set[type[Model]]:
    """Registered models whose table a bank doesn't have."""
    with in_bank(NORTH):
        there = set(connection.introspection.table_names())
    return {model for model in registered if model._meta.db_table not in there}


@pytest.mark.trap("cloned-schema")
def test_a_banks_constraints_have_the_names_that_migrations_drop(north: str) -> None:
    assert not getattr(settings, "TENANT_CREATION_FAKES_MIGRATIONS", False)
    assert not getattr(settings, "TENANT_BASE_SCHEMA", "")
    named = {
        c.name
        for model in apps.get_models()
        if model._meta.app_label not in ("banks",)
        for c in model._meta.constraints
    }
    assert len(named) > 20
    with connection.cursor() as cursor:
        there = names_there(cursor)
        assert named - there == set()
        # How a clone makes its tables.
        cursor.execute("create table kept (n int, constraint odd_code_n unique (n))")
        cursor.execute("create table cloned (like kept including all)")
        assert "odd_code_n" in names_there(cursor)
        cursor.execute("drop table kept")
        assert "odd_code_n" not in names_there(cursor) and "cloned_n_key" in names_there(cursor)


def names_there(cursor: Any) -> set[str]:
    cursor.execute(
        "select conname from pg_constraint where connamespace = current_schema()::regnamespace"
        " union select relname from pg_class where relkind in ('i', 'I')"
        " and relnamespace = current_schema()::regnamespace"
    )
    return {name for (name,) in cursor.fetchall()}


@pytest.mark.trap("unique-by-position")
def test_unique_columns_are_named_as_fields(db: None) -> None:
    found = [
        (model.__name__, c.name)
        for model in apps.get_models()
        for c in model._meta.constraints
        if isinstance(c, UniqueConstraint) and by_position(c)
    ]
    assert found == []
    assert by_position(UniqueConstraint("a", "b", name="x"))
    assert not by_position(UniqueConstraint(fields=["a", "b"], name="x"))
    with connection.schema_editor(collect_sql=True) as editor:
        index = UniqueConstraint("schema_name", name="x").create_sql(Bank, editor)
        true = UniqueConstraint(fields=["schema_name"], name="x").create_sql(Bank, editor)
    assert "UNIQUE INDEX" in str(index) and "ADD CONSTRAINT" in str(true)


def by_position(constraint: UniqueConstraint) -> bool:
    """Whether it names plain columns alone; with Lower("name") among them an index is meant."""
    plain = [type(e).__name__ == "F" for e in constraint.expressions]
    return bool(plain) and all(plain)


# -- servers -------------------------------------------------------------------------------------


@pytest.mark.trap("server-without-extensions")
def test_a_bank_needs_no_extension_and_no_icu(north: str) -> None:
    """Whatever the server has: nothing of ours may ask for more than the bundled one gives."""
    with connection.cursor() as cursor:
        cursor.execute("select extname from pg_extension")
        assert {name for (name,) in cursor.fetchall()} <= {"plpgsql"}
        cursor.execute(
            "select collname from pg_collation where collnamespace = current_schema()::regnamespace"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "select distinct c.collname from pg_attribute a join pg_collation c on c.oid = a.attcollation"
            " join pg_class t on t.oid = a.attrelid where t.relnamespace = current_schema()::regnamespace"
            " and a.attnum > 0 and c.collprovider not in ('d', 'b')"
        )
        assert {name for (name,) in cursor.fetchall()} <= {"C", "POSIX"}


@pytest.mark.trap("backend-that-grows")
def test_backends_are_renewed() -> None:
    """Asked of production's settings, with the pool that a web process gets."""
    ask = (
        "import config.settings as s; d = s.DATABASES['default']; print(d['OPTIONS']['pool']['max_lifetime'],"
        " d['CONN_MAX_AGE'], s.CELERY_WORKER_MAX_TASKS_PER_CHILD)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", ask], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
        env={**production_environment(), "DATABASE_POOL": "1"},
    )  # fmt: skip
    lifetime, age, tasks = map(int, asked.stdout.split())
    assert 0 < lifetime <= 3600 and age == 0 and 0 < tasks <= 1000
