"""The bundled PostgreSQL: made once, started, found again after a crash, stopped."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.binaries import Programs, version_text
from config.embedded.errors import EmbeddedError
from config.embedded.given import DEMO_MARK
from config.embedded.places import Place, write_private
from config.embedded.processes import command_line, launch, log_since, users_of

DATABASE = "counterfoil"
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "max_locks_per_transaction": "256",  # dropping a bank of 40 tables takes a lock on each part
    "shared_buffers": "256MB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m ",
    # A refused statement may carry a person's row: the message is enough in a log file.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
INITDB_OPTIONS: tuple[str, ...] = ()
NEW_CLUSTER_BYTES = 200_000_000
START_SECONDS = 60.0
STOP_SECONDS = 60.0


def start(
    place: Place, programs: Programs, secrets: dict[str, str], *, create_databases: bool
) -> bool:
    """Have the cluster of `place` answering; True when this call started it."""
    if answers(place, secrets):
        return False
    if (pid := running_pid(place)) is not None:
        _await_answer(place, secrets, pid)
        return False
    if not place.data.exists():
        _initialise(place, programs, secrets)
    _check_version(place, programs)
    _clear_stale_locks(place)
    _launch_and_wait(place, programs, secrets)
    _provide_roles(place, secrets, create_databases=create_databases)
    return True


def stop(place: Place) -> bool:
    """Shut the cluster down, its clients disconnected; True when one was running."""
    pid = running_pid(place)
    if pid is None:
        return False
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_ours(pid, place):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"PostgreSQL (process {pid}) does not stop; see {place.log('postgres')}."
            )
        time.sleep(0.02)
    return True


def running_pid(place: Place) -> int | None:
    """The postmaster's process id, None when it is down or the recorded id is another program's."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if pid > 1 and _is_ours(pid, place) else None


def answers(place: Place, secrets: dict[str, str]) -> bool:
    """Whether this cluster, and not another behind the same socket, takes connections."""
    if not (place.sockets / ".s.PGSQL.5432").exists():
        return False
    try:
        with connect(place, secrets, dbname="postgres") as connection:
            found = connection.execute("SHOW data_directory").fetchone()
            return found is not None and os.path.samefile(found[0], place.data)
    except psycopg.OperationalError as error:
        if "authentication failed" in str(error):
            raise EmbeddedError(
                f"The database in {place.data} does not know the password kept in {place.home}: "
                f"move {place.base} away and try again."
            ) from None
        return False


def connect(
    place: Place, secrets: dict[str, str], *, dbname: str
) -> psycopg.Connection[tuple[str, ...]]:
    """A superuser's connection, for this package's own work only."""
    return psycopg.connect(
        host=str(place.sockets),
        port=5432,
        user=SUPERUSER,
        password=secrets["postgres"],
        dbname=dbname,
        autocommit=True,
        connect_timeout=10,
    )


def _is_ours(pid: int, place: Place) -> bool:
    return str(place.data) in command_line(pid)


def _initialise(place: Place, programs: Programs, secrets: dict[str, str]) -> None:
    free = shutil.disk_usage(place.base).free
    if free < NEW_CLUSTER_BYTES:
        raise EmbeddedError(disk_full(place.base))
    # Under another name until it is whole: a killed initdb leaves no half cluster behind.
    unfinished = place.base / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    place.make_folder(unfinished)
    password_file = place.base / "initdb.password"
    password_file.unlink(missing_ok=True)
    write_private(password_file, secrets["postgres"] + "\n")
    place.give(password_file)
    try:
        made = subprocess.run(
            [
                str(programs.path("initdb")),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
                *INITDB_OPTIONS,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **place.popen(),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if made.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise EmbeddedError(_explain(place, made.stdout, "The database could not be made"))
    unfinished.rename(place.data)


def _check_version(place: Place, programs: Programs) -> None:
    try:
        made_with = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{place.data} is not a PostgreSQL data folder, and it is left as it is: "
            "move it away and try again."
        ) from None
    if programs.version and made_with != str(programs.version[0]):
        raise EmbeddedError(
            f"The data in {place.data} is of PostgreSQL {made_with}, but the server found is "
            f"PostgreSQL {version_text(programs.version)} ({programs.folder}): "
            f"use the former, or move {place.base} away to start anew."
        )


def _clear_stale_locks(place: Place) -> None:
    """Remove what a killed server left when its process id now belongs to another program.

    PostgreSQL clears a dead process's lock files itself, but refuses to start when the id was
    given away again. Back ends of the killed server must be gone first: two servers on one
    data folder destroy it.
    """
    if sys.platform != "linux":
        return  # no way to see the back ends: PostgreSQL's own refusal is the safe answer
    deadline = time.monotonic() + 10
    while survivors := users_of(place.data):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Processes of a PostgreSQL that was killed still use {place.data} "
                f"(process {', '.join(map(str, survivors))}): stop them and try again."
            )
        time.sleep(0.05)
    for lock in (place.data / "postmaster.pid", place.sockets / ".s.PGSQL.5432.lock"):
        lock.unlink(missing_ok=True)


def _await_answer(place: Place, secrets: dict[str, str], pid: int) -> None:
    """Wait for a server that runs but is still recovering, or too busy to answer."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(place, secrets):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"PostgreSQL (process {pid}) runs but takes no connections; "
                f"see {place.log('postgres')}."
            )
        time.sleep(0.1)


def _launch_and_wait(place: Place, programs: Programs, secrets: dict[str, str]) -> None:
    command = [
        str(programs.path("postgres")),
        "-D",
        str(place.data),
        "-k",
        str(place.sockets),
    ]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + START_SECONDS
    while True:
        log = place.log("postgres")
        process, mark = launch(command, place, log)
        while time.monotonic() < deadline:
            if answers(place, secrets):
                return
            if process.poll() is not None:
                break
            time.sleep(0.02)
        said = log_since(log, mark)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            raise EmbeddedError(
                f"PostgreSQL does not answer after {START_SECONDS:.0f} s; see {log}."
            )
        if "shared memory block" in said and time.monotonic() < deadline:
            time.sleep(0.2)  # the killed server's back ends are still leaving
            continue
        raise EmbeddedError(_explain(place, said, "PostgreSQL did not start"))


def _explain(place: Place, said: str, what: str) -> str:
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return disk_full(place.base)
    lines = [line for line in said.splitlines() if "FATAL" in line or "error:" in line]
    reason = (lines or said.splitlines() or ["it said nothing"])[-1].split("FATAL:")[-1].strip()
    return f"{what}: {reason} (more in {place.log('postgres')})"


def disk_full(folder: Path) -> str:
    free = shutil.disk_usage(folder).free // 1_000_000
    return (
        f"The disk that holds {folder} is full ({free} MB free, a new database needs "
        f"{NEW_CLUSTER_BYTES // 1_000_000} MB): free some space and try again."
    )


def _provide_roles(place: Place, secrets: dict[str, str], *, create_databases: bool) -> None:
    """The roles `owner` and `app` and the database, whatever an interrupted first start left."""
    with connect(place, secrets, dbname="postgres") as connection:
        for role in ("owner", "app"):
            verifier = connection.pgconn.encrypt_password(
                secrets[role].encode(), role.encode(), b"scram-sha-256"
            ).decode()
            exists = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [role]
            ).fetchone()
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS {} {} PASSWORD {}").format(
                    sql.SQL("ALTER" if exists else "CREATE"),
                    sql.Identifier(role),
                    # The owner makes each bank a role of its own (accounts/banks/roles.py).
                    sql.SQL("CREATEROLE" if role == "owner" else "NOCREATEROLE"),
                    sql.SQL("CREATEDB" if create_databases and role == "owner" else "NOCREATEDB"),
                    sql.Literal(verifier),
                )
            )
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone():
            connection.execute(f'CREATE DATABASE "{DATABASE}" OWNER "owner"')
            connection.execute(f"COMMENT ON DATABASE \"{DATABASE}\" IS '{DEMO_MARK}'")
        connection.execute(f'REVOKE ALL ON DATABASE "{DATABASE}" FROM PUBLIC')
        # TEMPORARY: an import stages its rows in a temporary table.
        connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{DATABASE}" TO "app"')
