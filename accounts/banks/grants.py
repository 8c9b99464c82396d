"""What the serving role may do in one schema, granted explicitly after each migration.

Default privileges are not enough: on Citus they don't reach the workers' schemas.
"""

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

# What is only ever added: the role that serves may read it and add to it, nothing else.
APPEND_ONLY = ("audit_auditentry", "audit_auditseal", "customers_accessrecord")


def grant_bank(schema: str) -> None:
    """Gives the role that serves its rights in `schema`; safe to repeat.

    Runs as the owner. Does nothing when one role does both (tests, small installations).
    """
    role = settings.APP_ROLE
    # One transaction: at no moment may the role do more than at its end.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select current_user, exists(select from pg_roles where rolname = %s)", [role]
        )
        user, exists = cursor.fetchone()
        if user == role or not exists:
            return
        names = {"s": sql.Identifier(schema), "r": sql.Identifier(role)}
        for statement in (
            "grant usage on schema {s} to {r}",
            "grant select, insert, update, delete, truncate on all tables in schema {s} to {r}",
            "grant usage, select, update on all sequences in schema {s} to {r}",
            "revoke all on {s}.django_migrations from {r}",
            "grant select on {s}.django_migrations to {r}",
        ):
            cursor.execute(sql.SQL(statement).format(**names).as_string(cursor.connection))
        cursor.execute(
            "select tablename from pg_tables where schemaname = %s and tablename = any(%s)",
            [schema, list(APPEND_ONLY)],
        )
        for (table,) in cursor.fetchall():
            revoke = sql.SQL("revoke update, delete, truncate on {s}.{t} from {r}")
            only = revoke.format(**names, t=sql.Identifier(table))
            cursor.execute(only.as_string(cursor.connection))
