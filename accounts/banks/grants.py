"""What may be done in one schema, granted explicitly after each migration.

In a bank the rights are its own role's, and the role that serves takes that on (roles.py); where banks have
no roles, and in `public`, they are the serving role's own. Default privileges are not enough: on Citus they
don't reach the workers' schemas.
"""

import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django_tenants.utils import get_public_schema_name
from psycopg import sql

from accounts.banks import roles

log = logging.getLogger(__name__)

# What is only ever added: whoever serves may read it and add to it, nothing else.
APPEND_ONLY = ("audit_auditentry", "audit_auditseal", "customers_accessrecord")

# The advisory lock of whoever grants; any number that nobody else in the product takes.
_GRANTING = 0x6772616E74

_GIVE = (
    "grant usage on schema {s} to {r}",
    "grant select, insert, update, delete, truncate on all tables in schema {s} to {r}",
    "grant usage, select, update on all sequences in schema {s} to {r}",
    "revoke all on {s}.django_migrations from {r}",
    "grant select on {s}.django_migrations to {r}",
)
_TAKE = (
    "revoke all on all tables in schema {s} from {r}",
    "revoke all on all sequences in schema {s} from {r}",
    "revoke all on schema {s} from {r}",
)


def grant_bank(schema: str) -> str:
    """Gives the rights in `schema`, and makes the bank's role; safe to repeat.

    Returns the name of the role that holds them, "" where one role both owns and serves (tests, small
    installations): then nothing is done. Runs as the owner. Raises RolesRefused where BANK_ROLES is `on`
    and there can be no role.
    """
    app = settings.APP_ROLE
    # One transaction: at no moment may anybody do more than at its end.
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time: two that write the same row of the catalogue fail instead of waiting.
        cursor.execute("select pg_advisory_xact_lock(%s)", [_GRANTING])
        cursor.execute(
            "select current_user, exists(select from pg_roles where rolname = %s)", [app]
        )
        user, exists = cursor.fetchone()
        if user == app or not exists:
            if settings.BANK_ROLES == roles.ON:
                raise roles.RolesRefused(
                    f"BANK_ROLES is on, but {app} is no role beside the owner: see APP_ROLE."
                )
            return ""
        if schema == get_public_schema_name():
            _give(cursor, schema, app)
            return str(app)
        if reason := roles.make_role(cursor, schema):
            if settings.BANK_ROLES == roles.ON:
                raise roles.RolesRefused(f"BANK_ROLES is on, but banks can't have roles. {reason}")
            log.warning("banks have no database roles: %s", reason)
            _give(cursor, schema, app)
            return str(app)
        _give(cursor, schema, roles.role_of(schema))
        _run(cursor, _TAKE, schema, app)
        return roles.role_of(schema)


def _give(cursor: Any, schema: str, role: str) -> None:
    _run(cursor, _GIVE, schema, role)
    cursor.execute(
        "select tablename from pg_tables where schemaname = %s and tablename = any(%s)",
        [schema, list(APPEND_ONLY)],
    )
    for (table,) in cursor.fetchall():
        _run(cursor, ("revoke update, delete, truncate on {s}.{t} from {r}",), schema, role, table)


def _run(cursor: Any, statements: tuple[str, ...], schema: str, role: str, table: str = "") -> None:
    names = {"s": schema, "r": role, "t": table or "-"}
    quoted = {key: sql.Identifier(name) for key, name in names.items()}
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(**quoted).as_string(cursor.connection))
