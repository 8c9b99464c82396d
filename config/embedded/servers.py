"""Starting and stopping one data set's servers: the order in which they are taken, and the lock."""

import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import binaries, copies, given, places, postgres, redis_server
from config.embedded.errors import EmbeddedError
from config.embedded.places import Place
from config.embedded.urls import socket_database_url


@dataclass(frozen=True)
class Servers:
    """The addresses of a running database and Redis, and which of them the call started."""

    database_url: str
    migration_database_url: str
    redis_url: str
    started: tuple[str, ...] = ()
    place: Place | None = field(default=None, repr=False)

    def stop(self) -> None:
        """Stop what the call that gave this started, and nothing else."""
        if self.place is None:
            return
        try:
            if "redis" in self.started:
                redis_server.stop(self.place)
        finally:
            if "postgresql" in self.started:
                postgres.stop(self.place)


def start(root: Path, *, name: str = "demo", environ: Mapping[str, str] | None = None) -> Servers:
    """Have PostgreSQL and Redis for one data set, started or found running.

    Taken in this order: `DATABASE_URL` and `REDIS_URL` of `environ` (default: the process's own),
    the bundled wheels, servers installed on the machine.

    Raises
    ------
    EmbeddedError
        If none can be had or used, in one sentence that says what to do.
    """
    environ = os.environ if environ is None else environ
    root = root.resolve()
    database_url, redis_url = (
        environ.get("DATABASE_URL", ""),
        environ.get("REDIS_URL", ""),
    )
    if database_url:
        given.check_database(database_url, "DATABASE_URL")
    migration_url = environ.get("MIGRATION_DATABASE_URL") or database_url
    if database_url and migration_url != database_url:
        given.check_database(migration_url, "MIGRATION_DATABASE_URL")
    if redis_url:
        given.check_redis(redis_url)
    if database_url and redis_url:
        return Servers(database_url, migration_url, redis_url)
    with sentences(), _locked(root, name) as home:
        secrets = places.read_secrets(home)
        place = places.choose(root, home, secrets["data_id"])
        places.make_base(place, secrets["data_id"])
        started: list[str] = []
        try:
            if not redis_url:
                if redis_server.start(place, copies.runnable(binaries.find_redis(), place)):
                    started.append("redis")
                redis_url = f"unix://{place.redis_socket}?db=0"
            if not database_url:
                programs = copies.runnable(binaries.find_postgres(), place)
                if postgres.start(place, programs, secrets, create_databases=name == "test"):
                    started.append("postgresql")
                database_url, migration_url = (
                    socket_database_url(role, secrets[role], postgres.DATABASE, place.sockets)
                    for role in ("app", "owner")
                )
        except BaseException:
            Servers("", "", "", tuple(started), place).stop()
            raise
        return Servers(database_url, migration_url, redis_url, tuple(started), place)


def stop(root: Path, *, name: str = "demo") -> tuple[str, ...]:
    """Stop the data set's own servers, whoever started them; the names of those that ran."""
    root = root.resolve()
    if not places.home_folder(root, name).exists():
        return ()
    with sentences(), _locked(root, name) as home:
        place = _known_place(root, home)
        if place is None:
            return ()
        stopped = []
        if redis_server.stop(place):
            stopped.append("redis")
        if postgres.stop(place):
            stopped.append("postgresql")
        return tuple(stopped)


def ended(servers: Servers) -> list[str]:
    """Which of this package's own servers behind these addresses no longer run."""
    if servers.place is None:
        return []
    own = str(servers.place.sockets)
    down = []
    if own in servers.database_url and postgres.running_pid(servers.place) is None:
        down.append("PostgreSQL")
    if own in servers.redis_url and not redis_server.answers(servers.place):
        down.append("Redis")
    return down


def status(root: Path, *, name: str = "demo") -> dict[str, int | None]:
    """The process id of each of the data set's own servers, None for one that is down."""
    root = root.resolve()
    home = places.home_folder(root, name)
    place = _known_place(root, home) if home.exists() else None
    if place is None:
        return {"postgresql": None, "redis": None}
    return {
        "postgresql": postgres.running_pid(place),
        "redis": redis_server.running_pid(place),
    }


def _known_place(root: Path, home: Path) -> Place | None:
    if not (home / "secrets.json").exists():
        return None
    data_id = places.read_secrets(home)["data_id"]
    place = places.choose(root, home, data_id)
    return place if places.is_ours(place, data_id) else None


@contextmanager
def _locked(root: Path, name: str) -> Iterator[Path]:
    """One starter or stopper at a time per data set."""
    home = places.make_home(root, name)
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield home


@contextmanager
def sentences() -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename or "the servers' folder"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EmbeddedError(
                f"The disk is full: {where} could not be written. Free some space and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise EmbeddedError(
                f"{where} may not be used ({error.strerror}): run the command as the user whom "
                "the checkout belongs to, in a folder that can be written."
            ) from error
        raise
