"""Database and Redis addresses: written, read and translated, without Django.

A socket address carries its folder in the query (`?host=/folder`), the form libpq, psycopg and
`database_settings` all read.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

POSTGRES_SCHEMES = ("postgresql", "postgres", "psql", "pgsql")


def socket_database_url(role: str, password: str, database: str, sockets: Path) -> str:
    """The address of a database behind the socket folder `sockets`."""
    return (
        f"postgresql://{quote(role, safe='')}:{quote(password, safe='')}"
        f"@/{quote(database, safe='')}?host={quote(str(sockets))}"
    )


def database_settings(url: str) -> dict[str, Any]:
    """The parts of a PostgreSQL address under Django's names: NAME, USER, PASSWORD, HOST, PORT.

    HOST is the socket folder where the address names one; other options of the query
    (`sslmode=require`) come back under OPTIONS, which is absent when there are none.

    Raises
    ------
    ValueError
        If the address is not a PostgreSQL one, names no database, or its port is not a number.
    """
    parts = urlsplit(url)
    if parts.scheme not in POSTGRES_SCHEMES:
        raise ValueError(
            f"A database address starts with postgresql://, not with {parts.scheme or 'nothing'}."
        )
    options = dict(parse_qsl(parts.query))
    database = options.pop("dbname", "") or unquote(parts.path.lstrip("/"))
    if not database:
        raise ValueError("The database address names no database: …/NAME is missing at its end.")
    settings: dict[str, Any] = {
        "NAME": database,
        "USER": options.pop("user", "") or unquote(parts.username or ""),
        "PASSWORD": options.pop("password", "") or unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": options.pop("port", "") or str(parts.port or ""),
    }
    if options:
        settings["OPTIONS"] = options
    return settings


def celery_broker_url(redis_url: str) -> str:
    """The same Redis as Celery names it: `unix:///path?db=1` → `redis+socket:///path?virtual_host=1`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={number}"


def without_password(url: str) -> str:
    """An address that may be printed: host and path, never the password or the query."""
    parts = urlsplit(url)
    host = dict(parse_qsl(parts.query)).get("host") or parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
