"""What the serving role may do in one schema, granted explicitly after each migration.

Default privileges are not enough: on Citus they don't reach the workers' schemas.
"""

from django.conf import settings
from django.db import connection
from psycopg import sql


def grant_bank(schema: str) -> None:
    """Gives the role that serves its rights in `schema`; safe to repeat.

    Runs as the owner. Does nothing when one role does both (tests, small installations).
    """
    role = settings.APP_ROLE
    with connection.cursor() as cursor:
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
