"""A stack of its own for tests that start, kill and restart real processes.

A database `test_stack_<pid>_<n>` on the server the suite runs on, with the banks `north` and `south`,
and a Redis of its own. Everything is made here and removed at the end; only processes started here
are ever killed. Tests take the fixture `stack`, one per module.

Longer than a file should be: a stack is made, driven and killed by one object that tests read as a whole.
"""

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent
NORTH, SOUTH = "north", "south"
BANKS = (NORTH, SOUTH)
_numbers = itertools.count(1)


@dataclass
class Started:
    """One process, its log, and what it was started as."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Until its log holds these words."""
        deadline = time.monotonic() + seconds
        while words not in self.said():
            if not self.alive or time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not say {words!r}:\n{self.said()[-3000:]}")
            time.sleep(0.05)

    def children(self) -> list[int]:
        """Process ids it forked: the pool of a Celery worker."""
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(word) for word in listed.stdout.split()]

    def kill_children(self) -> None:
        """SIGKILL for what it forked; it stays and forks anew."""
        for pid in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL for it and the children it forked."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds: float = 20) -> None:
        """Ask it to leave; insist after a while."""
        if self.alive:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill()


@dataclass
class StartedStack:
    """A migrated database with two banks, a Redis, and the processes a test starts on them."""

    database_url: str
    redis_url: str
    env: dict[str, str]
    folder: Path
    redis: Started | None = None
    started: list[Started] = field(default_factory=list)
    connections: dict[str, psycopg.Connection] = field(default_factory=dict)

    # -- processes -----------------------------------------------------------------------------

    def start(
        self, name: str, command: Sequence[str], *, stdin: int = subprocess.DEVNULL, **env: str
    ) -> Started:
        log = self.folder / f"{name}-{next(_numbers)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**self.env, **env},
                stdin=stdin,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started = Started(name, process, log)
        self.started.append(started)
        return started

    def start_worker(self, *, celery: bool = False, **env: str) -> Started:
        """`run_jobs`, which needs no Redis, or a Celery worker of two processes. Says when ready:
        `wait_for("ready")`."""
        if celery:
            command = ["-m", "celery", "-A", "config", "worker", "-c", "2", "-l", "INFO"]
            return self.start("celery", command, **env)
        return self.start("run_jobs", ["manage.py", "run_jobs", "--pause", "0.2"], **env)

    def start_beat(self, **env: str) -> Started:
        return self.start(
            "beat", ["-m", "celery", "-A", "config", "beat", "-l", "INFO", "--pidfile="], **env
        )

    def start_web(self, port: int | None = None, *, workers: int = 1, **env: str) -> str:
        """A web server of `workers` processes; its address, such as http://north.localhost:40123, once it
        is healthy."""
        port = port or _free_port()
        web = self.start(
            "web",
            [
                *("-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"),
                *("--workers", str(workers), "--threads", "4", "--no-control-socket"),
            ],
            **env,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + 60
        while True:
            try:
                if opener.open(f"http://127.0.0.1:{port}/health", timeout=5).status == 200:
                    return f"http://{NORTH}.localhost:{port}"
            except OSError:
                if not web.alive or time.monotonic() > deadline:
                    raise AssertionError(f"web does not answer:\n{web.said()[-3000:]}") from None
                time.sleep(0.1)

    def restart_redis(self) -> None:
        """Its Redis is killed and comes back empty."""
        if self.redis:
            self.redis.kill()
        self.redis = own_redis(self.folder)

    def manage(self, *command: str, **env: str) -> str:
        """Runs a management command to its end; what it said. Fails when it fails."""
        run = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    # -- the database --------------------------------------------------------------------------

    def query(self, bank: str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """A statement inside one bank, as the owner, committed at once."""
        # One connection a bank: a password check costs more than most statements here.
        connection = self.connections.get(bank)
        if connection is None or connection.closed:
            connection = psycopg.connect(self.env["MIGRATION_DATABASE_URL"], autocommit=True)
            connection.execute(f'set search_path to "{bank}"')
            self.connections[bank] = connection
        cursor = connection.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def put_job(
        self, bank: str, kind: str, arguments: dict[str, Any], lane: str | None = None
    ) -> None:
        """A due job as its row alone, without any message: what the sweep must find."""
        self.query(
            bank,
            "insert into jobs_job (kind, arguments, lane, state, run_at, failures, lost_leases, done_count,"
            " total_count, progress_mark, step, cancel_asked, created_at, error_code, error, result)"
            " values (%s, %s, %s, 'due', now(), 0, 0, 0, 0, 0, '', false, now(), '', '', '{}')",
            [kind, json.dumps(arguments), lane],
        )

    def jobs_left(self, banks: Sequence[str] = BANKS) -> int:
        # A beat that runs for minutes puts tomorrow's night in as well.
        sql = (
            "select count(*) from jobs_job where state in ('due', 'running')"
            " and run_at < now() + interval '15 minutes'"
        )
        return sum(int(self.query(bank, sql)[0][0]) for bank in banks)

    def wait_until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                said = "\n".join(f"--- {s.name}\n{s.said()[-1500:]}" for s in self.started[-3:])
                raise AssertionError(f"after {seconds:.0f} s: {what}\n{said}")
            time.sleep(0.1)

    # -- killing -------------------------------------------------------------------------------

    def kill_while_running(
        self,
        workers: Sequence[Started],
        rng: random.Random,
        *,
        banks: Sequence[str] = BANKS,
        within: float = 1.0,
        wait: float = 30.0,
        children: bool = False,
    ) -> set[tuple[str, int]]:
        """SIGKILL for all of `workers` (or the pools they forked) at a random moment, up to `within`
        seconds after one of them took a job. Returns the bank and number of each job that
        interrupted: rows left running with nobody at work.

        A job that has lost four leases already is let through: a fifth would stop it, by design.
        """
        deadline = time.monotonic() + wait
        while True:
            while not self._running(banks):
                assert any(worker.alive for worker in workers), workers[0].said()[-3000:]
                if time.monotonic() > deadline or not self.jobs_left(banks):
                    return set()
                time.sleep(0.03)
            time.sleep(rng.uniform(0, within))
            held = self._running(banks)
            if max(held.values(), default=0) < 4:
                break
        for worker in workers:
            if children:
                worker.kill_children()
            else:
                worker.kill()
        # What the killed had sent already may still be committed.
        time.sleep(0.03)
        return set(held) & set(self._running(banks))

    def _running(self, banks: Sequence[str]) -> dict[tuple[str, int], int]:
        """The lost leases of each job that is held now, by its bank and number."""
        sql = "select id, lost_leases from jobs_job where state = 'running' and lease_until > now()"
        return {(bank, job): lost for bank in banks for job, lost in self.query(bank, sql)}

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()
        for started in reversed(self.started):
            started.stop(5)
        if self.redis:
            self.redis.stop(5)


# -- making one ------------------------------------------------------------------------------------


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def owner_url() -> str:
    url = os.environ.get("MIGRATION_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    if not url:
        pytest.skip("no database server: DATABASE_URL is not set")
    return url


@contextlib.contextmanager
def database(template: str | None = None) -> Iterator[str]:
    """A new database of our own, named `test_stack_…`, dropped at the end."""
    server, name = owner_url(), f"test_stack_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            f'create database "{name}"' + (f' template "{template}"' if template else "")
        )
    try:
        yield name
    finally:
        _drop(server, name)


def _drop(server: str, name: str) -> None:
    deadline = time.monotonic() + 30
    with psycopg.connect(server, autocommit=True) as connection:
        while True:
            try:
                connection.execute(f'drop database if exists "{name}" with (force)')
            except psycopg.errors.InsufficientPrivilege:
                # The server itself is tidying up in there; its process is not ours to end.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
            else:
                return


def environment(database_name: str, redis_url: str) -> dict[str, str]:
    """What the stack's processes get: the product's settings, short leases, no owner's rights."""
    from django.conf import settings

    owner = _with_database(owner_url(), database_name)
    served = os.environ.get("SERVING_DATABASE_URL") or os.environ.get("DATABASE_URL", owner)
    return {
        **{k: v for k, v in os.environ.items() if k not in ("COUNTERFOIL_DEMO", "PYTEST_DB")},
        "DJANGO_SETTINGS_MODULE": "tests.stack_settings",
        "DATABASE_URL": _with_database(served, database_name),
        "MIGRATION_DATABASE_URL": owner,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "for-tests-only-" + "x" * 40,
        "JWT_PRIVATE_KEY": settings.HEADLESS_JWT_PRIVATE_KEY,
        "AUDIT_SIGNING_KEY": settings.AUDIT_SIGNING_KEY,
        "ALLOWED_HOSTS": "*",
        "HTTPS": "0",
        "BANK_ROLE_PREFIX": settings.BANK_ROLE_PREFIX,
        "PYTHONUNBUFFERED": "1",
        # A worker starts in half the time without them; the suite runs them elsewhere.
        "CELERY_SKIP_CHECKS": "1",
        "JOBS_LEASE_SECONDS": "1.0",
        "JOBS_HEARTBEAT_SECONDS": "0.25",
        "JOBS_RETRY_SECONDS": "0.2,0.2",
        "JOBS_SWEEP_SECONDS": "1",
    }


def own_redis(folder: Path) -> Started:
    """A Redis on a private socket; tests may flush and kill it."""
    from config.embedded import binaries
    from config.embedded.errors import EmbeddedError

    try:
        program = binaries.find_redis().serving
    except EmbeddedError as error:
        pytest.skip(str(error))
    path, log = folder / "redis.sock", folder / "redis.log"
    path.unlink(missing_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                *(str(program), "--port", "0", "--unixsocket", str(path), "--dir", str(folder)),
                *("--unixsocketperm", "700", "--save", "", "--maxmemory", "64mb"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    redis = Started("redis", process, log)
    deadline = time.monotonic() + 10
    while not path.exists():
        assert redis.alive and time.monotonic() < deadline, redis.said()
        time.sleep(0.02)
    return redis


@contextlib.contextmanager
def start_stack(template: str) -> Iterator[StartedStack]:
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-stack-"))
    try:
        with database(template) as name:
            env = environment(name, f"unix://{folder}/redis.sock?db=0")
            env["BEAT_SCHEDULE_FILE"] = str(folder / "beat")
            stack = StartedStack(env["DATABASE_URL"], env["REDIS_URL"], env, folder)
            try:
                stack.redis = own_redis(folder)
                yield stack
            finally:
                stack.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack_template() -> Iterator[str]:
    """The database that stacks are copied from: migrated once a session, with two empty banks."""
    with database() as name:
        env = environment(name, "unix:///nowhere?db=0")
        env["DATABASE_URL"] = env["MIGRATION_DATABASE_URL"]
        made = subprocess.run(
            [sys.executable, "-m", "tests.stack"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        yield name


@pytest.fixture(scope="module")
def stack(stack_template: str) -> Iterator[StartedStack]:
    """A started stack of this module's own."""
    with start_stack(stack_template) as started:
        yield started


def _make_banks() -> None:
    """Runs in a process of its own, as the owner."""
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.banks import services
    from accounts.banks.tenancy import in_bank
    from accounts.customers.models import BankProfile

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    services.create_installation(hosts=["operator.localhost"])
    for schema in BANKS:
        services.create_bank(schema=schema, name=schema.title(), hosts=[f"{schema}.localhost"])
        with in_bank(schema):
            BankProfile.objects.get_or_create(pk=1, defaults={"name": schema.title()})


if __name__ == "__main__":
    _make_banks()
