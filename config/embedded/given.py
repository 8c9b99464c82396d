"""Servers named in DATABASE_URL and REDIS_URL: reachable and new enough, or refused by name."""

import psycopg
import redis
from psycopg import sql

from config.embedded.binaries import POSTGRES_AT_LEAST, REDIS_AT_LEAST, version_text
from config.embedded.errors import EmbeddedError
from config.embedded.urls import database_settings, without_password

DEMO_MARK = "Counterfoil demo"
_COMMENT = """
    SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
"""
# Anything a person could have made: relations, routines or schemas that no extension brought.
_THINGS = r"""
    SELECT count(*) FROM (
        SELECT c.oid, 'pg_class'::regclass AS catalogue FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
        UNION ALL
        SELECT p.oid, 'pg_proc'::regclass FROM pg_proc p
          JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
        UNION ALL
        SELECT oid, 'pg_namespace'::regclass FROM pg_namespace
         WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'public')
    ) AS things
    WHERE NOT EXISTS (
        SELECT FROM pg_depend d
         WHERE d.classid = things.catalogue AND d.objid = things.oid AND d.deptype = 'e'
    )
"""


def connect(url: str, variable: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to a given database; an EmbeddedError that names the variable when it fails."""
    try:
        settings = database_settings(url)
    except ValueError as error:
        raise EmbeddedError(f"{variable} cannot be used: {error}") from None
    try:
        return psycopg.connect(
            dbname=settings["NAME"],
            user=settings["USER"] or None,
            password=settings["PASSWORD"] or None,
            host=settings["HOST"] or None,
            port=settings["PORT"] or None,
            connect_timeout=10,
            autocommit=True,
            **settings.get("OPTIONS", {}),
        )
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[-1]
        raise EmbeddedError(
            f"{variable} names {without_password(url)}, which cannot be reached: {reason}"
        ) from None


def check_database(url: str, variable: str) -> None:
    """Raise an EmbeddedError unless `url` is a reachable PostgreSQL that is new enough."""
    with connect(url, variable) as connection:
        number = connection.info.server_version
    version = (number // 10000, number % 10000)
    if version < POSTGRES_AT_LEAST:
        raise EmbeddedError(
            f"{variable} names PostgreSQL {version_text(version)} at {without_password(url)}; "
            f"PostgreSQL {version_text(POSTGRES_AT_LEAST)} or newer is needed."
        )


def claim_for_demo(url: str, variable: str) -> str:
    """Mark an empty database as a Counterfoil demo, or find it so marked; the mark's remainder.

    The mark is the database's comment. Behind it stands what the demo was last prepared from
    (`record_preparation`), "" on the first start.

    Raises
    ------
    EmbeddedError
        If the database holds anything and carries no such mark: nothing real is ever touched.
    """
    with connect(url, variable) as connection:
        comment = str((connection.execute(_COMMENT).fetchone() or [""])[0] or "")
        if comment.startswith(DEMO_MARK):
            return comment.removeprefix(DEMO_MARK).strip()
        things = connection.execute(_THINGS).fetchone()
        if things and things[0]:
            raise EmbeddedError(
                f"{variable} names {without_password(url)}, which holds data and is not marked as "
                "a Counterfoil demo, so it is left as it is: name an empty database."
            )
        _comment(connection, variable, DEMO_MARK)
    return ""


def record_preparation(url: str, variable: str, prepared_from: str) -> None:
    """Note in the mark what the demo was prepared from, so that the next start can skip it."""
    with connect(url, variable) as connection:
        _comment(connection, variable, f"{DEMO_MARK} {prepared_from}")


def _comment(connection: psycopg.Connection[tuple[object, ...]], variable: str, text: str) -> None:
    try:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(connection.info.dbname), sql.Literal(text)
            )
        )
    except psycopg.errors.InsufficientPrivilege:
        raise EmbeddedError(
            f"The role of {variable} does not own the database {connection.info.dbname}: "
            "give it to that role, or name the owner in MIGRATION_DATABASE_URL."
        ) from None


def check_redis(url: str) -> None:
    """Raise an EmbeddedError unless `url` is a reachable Redis that is new enough."""
    try:
        # Protocol 2: an old server that does not know 3 is to be named, not "unreachable".
        asked = f"{url}{'&' if '?' in url else '?'}protocol=2"
        client = redis.Redis.from_url(asked, socket_timeout=10, socket_connect_timeout=10)
        said = client.info("server")["redis_version"]
        client.close()
    except (redis.RedisError, ValueError, OSError) as error:
        raise EmbeddedError(
            f"REDIS_URL names {without_password(url)}, which cannot be reached: {error}"
        ) from None
    version = tuple(int(part) for part in str(said).split(".")[:2] if part.isdigit())
    if version < REDIS_AT_LEAST:
        raise EmbeddedError(
            f"REDIS_URL names Redis {said} at {without_password(url)}; "
            f"Redis {version_text(REDIS_AT_LEAST)} or newer is needed."
        )
