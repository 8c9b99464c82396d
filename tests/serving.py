"""The suite runs as the owner of its database; here a test becomes the role that serves.

Needs two roles, as the bundled servers have them, and an owner that may make roles for the banks.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from accounts.banks import roles


def app_url() -> str:
    """The serving role's address; skips where one role both owns and serves."""
    url = os.environ.get("APP_DATABASE_URL", "")
    if not url or url == os.environ.get("DATABASE_URL"):
        pytest.skip("one role both owns and serves here, so the database can't refuse")
    return url


def connect_as_app(*, bank: str = "") -> psycopg.Connection[Any]:
    """psycopg's own connection as the serving role, in autocommit; inside `bank` where one is named."""
    app = psycopg.connect(app_url(), dbname=str(connection.settings_dict["NAME"]), autocommit=True)
    if bank:
        enter(app, bank)
    return app


def enter(app: psycopg.Connection[Any], bank: str) -> None:
    """Into the bank, with its role where banks have one."""
    app.execute(f'set search_path to "{bank}"')
    with app.cursor() as cursor:
        role = roles.role_of(bank)
        app.execute(f'set role "{role}"' if roles.may_take(cursor, role) else "set role none")


def need_roles(bank: str) -> None:
    """Skips, with the reason, where this server's banks have no roles."""
    with connect_as_app() as app, app.cursor() as cursor:
        if not roles.may_take(cursor, roles.role_of(bank)):
            pytest.skip(f"banks have no roles here: {_reason()}")


def _reason() -> str:
    with connection.cursor() as cursor:
        return roles.why_off(cursor) or "the owner may not make them (CREATEROLE)"


@contextmanager
def serving(mode: str = roles.ON) -> Iterator[Any]:
    """This thread's connection is the serving role's, as in production; sees what is committed.

    Gives Django's wrapper. What is written stays, unless it is written inside `atomic` and rolled back.
    """
    url, owner = app_url(), connections["default"]
    given = psycopg.conninfo.conninfo_to_dict(url)
    served: Any = owner.copy("default")
    served.settings_dict.update(
        USER=given["user"], PASSWORD=given.get("password", ""), BANK_ROLES=mode
    )
    connections["default"] = served
    try:
        yield served
    finally:
        served.close()
        connections["default"] = owner


def drop_test_roles() -> None:
    """Removes the suite's roles from the server, unless another run is at work on it."""
    owner = os.environ.get("MIGRATION_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    prefix = os.environ.get("BANK_ROLE_PREFIX", "")
    if not owner or not prefix.startswith("test_"):
        return
    with suppress(psycopg.Error), psycopg.connect(owner, autocommit=True) as server:
        others = server.execute(
            "select count(*) from pg_database where starts_with(datname, 'test_')"
        )
        if others.fetchone() != (0,):
            return
        named = server.execute(
            "select rolname from pg_roles where starts_with(rolname, %s) and not rolcanlogin",
            [prefix],
        )
        for (role,) in named.fetchall():
            server.execute(psycopg.sql.SQL("drop role {}").format(psycopg.sql.Identifier(role)))
