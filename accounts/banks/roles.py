"""A database role for every bank: the second fence, on plain PostgreSQL.

The role that serves (`app`) may read `public` alone. What it may do in a bank belongs to the bank's own
role, which `app` takes on as it enters the bank (postgresql/base.py) and can't use otherwise: it is a
member WITH INHERIT FALSE, SET TRUE. So a statement that names another bank's table, or meets the wrong
search path, is refused by the server. It stops mistakes, not injected SQL: SET ROLE can be taken back.

BANK_ROLES says whether: `auto` wherever it can be, `on` or refuse to serve, `off`. Never on Citus, where
every role costs a session further connections to the nodes.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.db import IntegrityError, ProgrammingError, transaction
from psycopg import sql

AUTO, ON, OFF = MODES = ("auto", "on", "off")
LONGEST = 63
# On the server of the connection it is asked on; the last is what `auto` goes by.
_CITUS = "exists(select from pg_extension where extname = 'citus')"
_MAY_TAKE = (
    f"select not {_CITUS} and exists(select from pg_roles where rolname = %s"
    " and pg_has_role(session_user, oid, 'SET'))"
)


class RolesRefused(RuntimeError):
    """BANK_ROLES is `on` and the banks' roles can't be made; the message says why."""


def role_of(schema: str) -> str:
    """The name of a bank's role: the prefix and its schema; long ones end in a hash, never cut alike."""
    name = f"{settings.BANK_ROLE_PREFIX}{schema}"
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name.encode()[: LONGEST - 13].decode(errors='ignore')}_{digest}"


def temporary_role() -> str:
    """The role through which all banks' roles may make temporary tables; no schema has capitals."""
    return f"{settings.BANK_ROLE_PREFIX}TEMPORARY"


def may_take(cursor: Any, role: str) -> bool:
    """Whether whoever is connected may become `role` here."""
    cursor.execute(_MAY_TAKE, [role])
    return bool(cursor.fetchone()[0])


def why_off(cursor: Any) -> str:
    """Why this installation has no roles for its banks, as a sentence; "" where it may have them."""
    if settings.BANK_ROLES == OFF:
        return "BANK_ROLES is off."
    cursor.execute(f"select {_CITUS}")
    return "The server runs Citus, where banks have no roles." if cursor.fetchone()[0] else ""


def make_role(cursor: Any, schema: str) -> str:
    """Has the bank's role ready, the serving role a member of it; why it can't be, as a sentence, or "".

    Runs as the owner, inside a transaction; safe to repeat. Roles that an administrator made are taken as
    they are, so an owner without CREATEROLE can do with them.
    """
    if reason := why_off(cursor):
        return reason
    role, temporary, app = role_of(schema), temporary_role(), settings.APP_ROLE
    cursor.execute(
        "select rolsuper or rolcreaterole, current_user from pg_roles where rolname = current_user"
    )
    may_create, user = cursor.fetchone()
    if not _exists(cursor, role):
        if not may_create:
            return f"The database role {user} may not make roles (ALTER ROLE {user} CREATEROLE)."
        _create(cursor, role)
    if not _is_member(cursor, app, role):
        _run(cursor, "grant {r} to {m} with admin false, inherit false, set true", r=role, m=app)
        if not _is_member(cursor, app, role):
            return f"The role {app} holds the rights of {role} by another grant: revoke that one."
    if not _may_stage(cursor, role):
        # One line in the database's rights for all banks, not one each.
        if may_create and not _exists(cursor, temporary):
            _create(cursor, temporary)
        if not _may_stage(cursor, temporary):
            _run(cursor, "grant temporary on database {d} to {r}", d=_database(cursor), r=temporary)
        _run(
            cursor,
            "grant {t} to {r} with admin false, inherit true, set false",
            t=temporary,
            r=role,
        )
        if not _may_stage(cursor, role):
            return f"The role {temporary} may not make temporary tables in this database: grant it that."
    return ""


def banks_without_role(cursor: Any) -> list[str]:
    """Schemas of banks whose role the serving one can't take on, by the catalogue alone."""
    cursor.execute(
        "select n.nspname from pg_namespace n join pg_class c on c.relnamespace = n.oid"
        " where c.relname = 'customers_bankprofile' and n.nspname <> 'public' order by 1"
    )
    schemas = [schema for (schema,) in cursor.fetchall()]
    return [
        schema for schema in schemas if not _is_member(cursor, settings.APP_ROLE, role_of(schema))
    ]


def _create(cursor: Any, role: str) -> None:
    try:
        with transaction.atomic():
            _run(cursor, "create role {r} nologin nosuperuser nocreatedb nocreaterole", r=role)
    except (IntegrityError, ProgrammingError):
        if not _exists(cursor, role):  # else: somebody else made it at the same time
            raise


def _exists(cursor: Any, role: str) -> bool:
    cursor.execute("select exists(select from pg_roles where rolname = %s)", [role])
    return bool(cursor.fetchone()[0])


def _is_member(cursor: Any, member: str, role: str) -> bool:
    """Whether `member` can take `role` on, and holds none of its rights before that."""
    cursor.execute(
        "select coalesce(bool_or(set_option), false)"
        " and not coalesce(bool_or(inherit_option or admin_option), false)"
        " from pg_auth_members where roleid = (select oid from pg_roles where rolname = %s)"
        " and member = (select oid from pg_roles where rolname = %s)",
        [role, member],
    )
    return bool(cursor.fetchone()[0])


def _may_stage(cursor: Any, role: str) -> bool:
    if not _exists(cursor, role):
        return False
    cursor.execute("select has_database_privilege(%s, current_database(), 'TEMPORARY')", [role])
    return bool(cursor.fetchone()[0])


def _database(cursor: Any) -> str:
    cursor.execute("select current_database()")
    return str(cursor.fetchone()[0])


def _run(cursor: Any, statement: str, **names: str) -> None:
    quoted = {key: sql.Identifier(name) for key, name in names.items()}
    cursor.execute(sql.SQL(statement).format(**quoted).as_string(cursor.connection))
