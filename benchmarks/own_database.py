"""A measurement in a database of its own: made for it, and dropped whatever happens."""

import json
import os
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg

INSIDE = "--inside"


def measured_inside(module: str, *, silent: bool = False) -> dict[str, Any]:
    """Runs `python -m <module> --inside` on a new database; the JSON of its last line.

    Parameters: `silent` leaves out what it logs; `-v` shows it all the same.

    The owner's address is MIGRATION_DATABASE_URL, else DATABASE_URL. Raises CalledProcessError.
    """
    server = os.environ.get("MIGRATION_DATABASE_URL") or os.environ["DATABASE_URL"]
    name = f"test_{module.rpartition('.')[2]}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as own:
        own.execute(f'create database "{name}"')
    try:
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
        run = subprocess.run(
            [sys.executable, "-m", module, INSIDE],
            env={
                **os.environ,
                "MIGRATION_DATABASE_URL": url,
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if silent and "-v" not in sys.argv else None,
            text=True,
            check=True,
        )
    finally:
        _drop(server, name)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def _drop(server: str, name: str) -> None:
    """A vacuum of the server's own, which the owner may not end, is over in a moment."""
    for left in reversed(range(30)):
        try:
            with psycopg.connect(server, autocommit=True) as own:
                own.execute(f'drop database if exists "{name}" with (force)')
            return
        except psycopg.errors.InsufficientPrivilege:
            if not left:
                raise
            time.sleep(1)
