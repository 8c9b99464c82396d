import pytest
from django.db import ProgrammingError, connection, connections
from django.test import Client

from accounts.banks.models import Bank
from accounts.banks.tenancy import WrongSchema, check_schema, in_bank, in_public
from accounts.models import User
from tests.conftest import HOSTS, NORTH
from transactions.models import Category

# Part of the isolation proof (tests/isolation_report.py).
pytestmark = pytest.mark.guard("G1")


def test_category_tree_is_loaded(north):
    assert Category.objects.filter(code="groceries").exists()


@pytest.mark.trap("search-path-falls-to-public")
def test_public_is_unreadable_inside_a_bank(north):
    with pytest.raises(ProgrammingError):
        list(Bank.objects.all())


@pytest.mark.trap("search-path-falls-to-public")
def test_missing_schema_raises_instead_of_falling_to_public(db):
    with in_bank("no_such_bank"), pytest.raises(ProgrammingError):
        list(User.objects.all())


def test_a_schema_that_does_not_exist_is_found_at_the_start(db, settings):
    with in_bank("no_such_bank"):
        check_schema()
        settings.CHECK_SCHEMA = True
        with pytest.raises(WrongSchema, match="no_such_bank would have run in no schema"):
            check_schema()


def test_a_request_asks_where_it_stands(north, settings, monkeypatch):
    settings.CHECK_SCHEMA = True
    assert Client(HTTP_HOST=HOSTS[NORTH]).get("/accounts/login/").status_code == 200
    monkeypatch.setattr(
        connections["default"], "_entering", lambda: (["public"], "SET search_path = public")
    )
    with pytest.raises(WrongSchema, match=f"{NORTH} would have run in public"):
        Client(HTTP_HOST=HOSTS[NORTH]).get("/accounts/login/")


def test_no_foreign_key_crosses_schemas(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), count(*) filter (where a.relnamespace <> b.relnamespace) from pg_constraint c"
            " join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid"
        )
        total, crossing = cursor.fetchone()
    assert total > 30 and crossing == 0


@pytest.mark.trap("search-path-falls-to-public")
def test_public_holds_only_the_list_of_banks_and_the_operators(db):
    with in_public(), connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = {row[0] for row in cursor.fetchall()}
    assert tables == {
        "banks_bank",
        "banks_domain",
        "accounts_invitation",
        "accounts_user",
        "account_emailaddress",
        "account_emailconfirmation",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_admin_log",
        "django_content_type",
        "django_migrations",
        "django_session",
        "mfa_authenticator",
        "usersessions_usersession",
    }
