"""Servers somebody named in DATABASE_URL and REDIS_URL: reachable, new enough, or refused by name."""

import psycopg
import redis

from config.embedded.binaries import POSTGRES_AT_LEAST, REDIS_AT_LEAST, version_text
from config.embedded.errors import EmbeddedError
from config.embedded.urls import database_settings, without_password


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


def check_redis(url: str) -> None:
    """Raise an EmbeddedError unless `url` is a reachable Redis that is new enough."""
    try:
        client = redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10)
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
