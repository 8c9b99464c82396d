"""Making, moving and taking back the rights of banks: old installations, repeats, servers without roles."""

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.banks import checks, grants, roles
from accounts.banks.grants import APPEND_ONLY, grant_bank
from tests.conftest import NORTH, SOUTH
from tests.serving import app_url, need_roles

APP = "app"


@pytest.fixture(autouse=True)
def fence(db: None) -> None:
    """Each test's grants are rolled back with it, made roles too."""
    app_url()
    need_roles(NORTH)


def rights(schema: str, role: str) -> set[tuple[str, str]]:
    """(table or sequence, right) that are granted to this very role, schema's own under ""."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, a.privilege_type from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a"
            " where n.nspname = %s and a.grantee = %s::regrole"
            " union all select '', a.privilege_type from pg_namespace n, aclexplode(n.nspacl) a"
            " where n.nspname = %s and a.grantee = %s::regrole",
            [schema, f'"{role}"', schema, f'"{role}"'],
        )
        return set(cursor.fetchall())


def run(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def as_before_roles(schema: str) -> set[tuple[str, str]]:
    """The bank as an installation from before had it: the serving role holds its rights itself."""
    role = roles.role_of(schema)
    with connection.cursor() as cursor:
        grants._run(cursor, grants._TAKE, schema, role)
        grants._give(cursor, schema, APP)
    run(f'revoke "{role}" from "{APP}"')
    return rights(schema, APP)


def test_a_new_bank_has_its_rights_in_its_role_alone() -> None:
    held = rights(NORTH, roles.role_of(NORTH))
    assert ("", "USAGE") in held and len(held) > 200
    assert rights(NORTH, APP) == set()
    for table in APPEND_ONLY:
        assert {right for name, right in held if name == table} == {"SELECT", "INSERT"}
    assert {right for name, right in held if name == "django_migrations"} == {"SELECT"}
    assert rights("public", roles.role_of(NORTH)) == rights(SOUTH, roles.role_of(NORTH)) == set()


def test_an_older_installation_is_moved_over_whole_and_twice_changes_nothing() -> None:
    before = as_before_roles(NORTH)
    assert before and not rights(NORTH, roles.role_of(NORTH))
    for _ in range(2):
        assert grant_bank(NORTH) == roles.role_of(NORTH)
        assert rights(NORTH, APP) == set()
        assert rights(NORTH, roles.role_of(NORTH)) == before
    with connection.cursor() as cursor:
        assert roles._is_member(cursor, APP, roles.role_of(NORTH))


def test_off_gives_the_serving_role_its_rights_back(settings: Any) -> None:
    held = rights(NORTH, roles.role_of(NORTH))
    settings.BANK_ROLES = roles.OFF
    assert grant_bank(NORTH) == APP
    assert rights(NORTH, APP) == held
    settings.BANK_ROLES = roles.AUTO
    assert grant_bank(NORTH) == roles.role_of(NORTH)
    assert rights(NORTH, APP) == set()


@pytest.mark.parametrize("mode", [roles.AUTO, roles.ON])
def test_an_owner_who_may_not_make_roles(
    settings: Any, monkeypatch: pytest.MonkeyPatch, mode: str, caplog: Any
) -> None:
    settings.BANK_ROLES, settings.BANK_ROLE_PREFIX = mode, "test_other_"
    monkeypatch.setattr(roles, "_create", lambda *a: pytest.fail("made a role"))
    with connection.cursor() as cursor:
        weak = _Weak(cursor)
        assert "CREATEROLE" in roles.make_role(weak, NORTH)
    monkeypatch.setattr(
        roles, "make_role", lambda *a: "The database role owner may not make roles."
    )
    if mode == roles.ON:
        with pytest.raises(roles.RolesRefused, match="may not make roles"):
            grant_bank(NORTH)
        with pytest.raises(CommandError, match="may not make roles"):
            call_command("grant_banks", stdout=StringIO())
    else:
        assert grant_bank(NORTH) == APP and ("", "USAGE") in rights(NORTH, APP)
        assert "banks have no database roles" in caplog.text


class _Weak:
    """A cursor whose role may make none."""

    def __init__(self, cursor: Any) -> None:
        self.cursor, self.asked = cursor, ""

    def execute(self, statement: str, *args: Any) -> None:
        self.asked = statement
        self.cursor.execute(statement, *args)

    def fetchone(self) -> Any:
        found = self.cursor.fetchone()
        return (False, found[1]) if "rolcreaterole" in self.asked else found


def test_citus_keeps_the_rights_of_the_serving_role(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "_CITUS", "true")
    assert grant_bank(NORTH) == APP
    assert ("", "USAGE") in rights(NORTH, APP)
    out = StringIO()
    call_command("grant_banks", stdout=out)
    assert "no roles of their own. The server runs Citus" in out.getvalue()


def test_an_administrator_made_the_roles(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner without CREATEROLE does with roles that are there."""
    monkeypatch.setattr(roles, "_create", lambda *a: pytest.fail("made a role"))
    with connection.cursor() as cursor:
        assert roles.make_role(_Weak(cursor), NORTH) == ""


def test_another_grant_that_would_open_the_fence_is_found() -> None:
    """The serving role as a member that inherits would read every bank at all times."""
    role = roles.role_of(NORTH)
    run(f'grant "{role}" to "{APP}" with inherit true')
    with connection.cursor() as cursor:
        assert not roles._is_member(cursor, APP, role)
        assert roles.banks_without_role(cursor) == [NORTH]
        assert roles.make_role(cursor, NORTH) == ""  # set right
        assert roles._is_member(cursor, APP, role)


def test_temporary_tables_where_the_database_gives_them_to_nobody() -> None:
    name = connection.settings_dict["NAME"]
    run(f'revoke temporary on database "{name}" from public')
    grant_bank(NORTH)
    asked = (
        f"select has_database_privilege('{roles.role_of(NORTH)}', current_database(), 'TEMPORARY')"
    )
    assert run(asked) == [(True,)]
    given = run(f"select count(*) from pg_database, aclexplode(datacl) where datname = '{name}'"
                " and privilege_type = 'TEMPORARY' and grantee <> datdba")  # fmt: skip
    grant_bank(SOUTH)
    assert given == [(1,)]


def test_long_names_are_told_apart(settings: Any) -> None:
    settings.BANK_ROLE_PREFIX = "counterfoil_production_"
    first, second = roles.role_of("b" * 48), roles.role_of("b" * 47 + "c")
    assert len({first, second}) == 2 and max(len(first), len(second)) <= 63
    assert roles.role_of("north") == "counterfoil_production_north"


# -- what check says -------------------------------------------------------------------------------


def said() -> list[str]:
    return [m.id or "" for m in checks.every_bank_has_a_role(None, databases=["default"])]


def test_check_says_where_the_fence_is_missing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks.every_bank_has_a_role(None) == []
    assert said() == []
    with monkeypatch.context() as patch:
        patch.setattr(roles, "banks_without_role", lambda cursor: [NORTH])
        assert said() == ["bank.W001"]
        settings.BANK_ROLES = roles.ON
        assert said() == ["bank.E004"]
        patch.setattr(roles, "_CITUS", "true")
        assert said() == ["bank.E003"]
    settings.BANK_ROLES = roles.OFF
    assert said() == ["bank.I001"]


def test_several_may_grant_at_once() -> None:
    """Banks are made side by side, and each grant writes rows of the catalogue that others write too."""
    failed: list[str] = []

    def grant(schema: str) -> None:
        try:
            for _time in range(8):
                grant_bank(schema)
        except Exception as error:
            failed.append(f"{schema}: {error}")
        finally:
            connection.close()

    together = [threading.Thread(target=grant, args=[s]) for s in (NORTH, NORTH, SOUTH, "public")]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert failed == []
