"""The servers' life: first start, second start, kill, stop; as root and as an ordinary user."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import copies, places, postgres, redis_server, servers
from config.embedded.processes import command_line
from tests.config.conftest import Start, only_root


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}").exists() and command_line(pid):
        time.sleep(0.01)


def test_second_start_finds_the_servers_of_the_first(root: Path, start: Start) -> None:
    first = start()
    assert set(first.started) == {"postgresql", "redis"}
    second = start()
    assert second.started == ()
    assert second.database_url == first.database_url
    assert _rows(first.database_url, "SELECT current_user") == [("app",)]
    assert redis.Redis.from_url(first.redis_url).ping()
    second.stop()
    assert all(servers.status(root).values())  # it stops what it started: nothing
    first.stop()
    assert servers.status(root) == {"postgresql": None, "redis": None}


@pytest.mark.trap("too-many-locks")
def test_postgres_is_private_durable_and_new_enough(shared: servers.Servers) -> None:
    url = shared.migration_database_url
    shown = {
        name: str(_rows(url, f"SHOW {name}")[0][0])
        for name in (
            "listen_addresses",
            "fsync",
            "jit",
            "max_locks_per_transaction",
            "shared_buffers",
        )
    }
    assert shown == {
        "listen_addresses": "",
        "fsync": "on",
        "jit": "off",
        "max_locks_per_transaction": "256",
        "shared_buffers": "256MB",
    }
    assert int(str(_rows(url, "SHOW server_version_num")[0][0])) >= 180000
    assert _rows(
        url, "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
    ) == [("b", "C.UTF-8")]


def test_serving_role_cannot_create_and_owner_can(shared: servers.Servers) -> None:
    urls = shared
    for statement in ("CREATE SCHEMA x", "CREATE TABLE public.x ()", "CREATE DATABASE x"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _rows(urls.database_url, statement)
    _rows(urls.database_url, "CREATE TEMPORARY TABLE staged (line bigint)")
    _rows(urls.migration_database_url, "CREATE SCHEMA bank")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _rows(urls.migration_database_url, "CREATE DATABASE x")


def test_only_the_test_servers_let_the_owner_make_databases(start: Start) -> None:
    url = start(name="test").migration_database_url
    _rows(url, "CREATE DATABASE test_x")
    _rows(url, "DROP DATABASE test_x")


@pytest.mark.trap("parents-made-readable")
def test_passwords_are_asked_for_and_kept_private(shared: servers.Servers) -> None:
    url = shared.database_url
    password = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(url.replace(password, "guess"))
    assert shared.place is not None
    kept = shared.place.home / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for folder in ("servers", "servers/postgres", "servers/sock"):
        assert stat.S_IMODE((kept.parent / folder).stat().st_mode) == 0o700
    assert password not in " ".join(command_line(postgres.running_pid(shared.place) or 0))


@pytest.mark.parametrize("victim", ["postgresql", "redis"])
def test_killed_server_starts_again_with_its_data(root: Path, start: Start, victim: str) -> None:
    url = start().migration_database_url
    _rows(url, "CREATE TABLE kept (n int)")
    _rows(url, "INSERT INTO kept VALUES (7)")
    before = servers.status(root)
    _kill(before[victim])
    again = start()
    assert again.started == (victim,)
    after = servers.status(root)
    assert after[victim] not in (None, before[victim])
    assert _rows(again.migration_database_url, "SELECT n FROM kept") == [(7,)]
    assert redis.Redis.from_url(again.redis_url).ping()


def test_redis_that_is_too_busy_to_answer_is_not_doubled(
    root: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    monkeypatch.setattr(redis_server, "ANSWER_SECONDS", 0.3)
    pid = servers.status(root)["redis"]
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert start().started == ()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert servers.status(root)["redis"] == pid


def test_process_id_given_to_another_program_is_neither_stopped_nor_waited_for(
    root: Path, start: Start
) -> None:
    first = start()
    data = root / ".local/demo/servers/postgres"
    recorded = (data / "postmaster.pid").read_text()
    first.stop()
    # As after a power cut: the file is there, and its id now belongs to this very process.
    (data / "postmaster.pid").write_text(recorded.replace(recorded.split()[0], str(os.getpid()), 1))
    assert servers.stop(root) == ()
    assert set(start().started) == {"postgresql", "redis"}


def test_unfinished_first_start_is_made_anew(root: Path, start: Start) -> None:
    start().stop()
    base = root / ".local/demo/servers"
    (base / "postgres").rename(base / "postgres.new")
    assert "postgresql" in start().started


def test_stop_ends_servers_that_another_process_started(root: Path, start: Start) -> None:
    start()
    assert set(servers.stop(root)) == {"postgresql", "redis"}
    assert servers.stop(root) == ()


def test_two_data_sets_run_side_by_side(root: Path, start: Start) -> None:
    demo, test = start(), start(name="test")
    _rows(demo.migration_database_url, "CREATE TABLE only_here ()")
    assert _rows(test.migration_database_url, "SELECT to_regclass('only_here')") == [(None,)]
    test.stop()
    assert all(servers.status(root, name="demo").values())


def test_copied_checkout_gets_servers_of_its_own(root: Path, start: Start) -> None:
    first = start()
    first.stop()
    other = Path(f"{root}b")
    try:
        subprocess.run(["cp", "-a", root, other], check=True)
        start()
        second = servers.start(other, environ={})
        assert second.started
        assert second.database_url != first.database_url
    finally:
        servers.stop(other)
        shutil.rmtree(other, ignore_errors=True)


@only_root()
def test_root_runs_the_servers_as_nobody(shared: servers.Servers) -> None:
    assert shared.place is not None
    nobody = pwd.getpwnam("nobody").pw_uid
    for pid in (postgres.running_pid(shared.place), redis_server.running_pid(shared.place)):
        assert os.stat(f"/proc/{pid}").st_uid == nobody


@pytest.mark.trap("parents-made-readable")
@only_root()
def test_closed_checkout_sends_data_sockets_and_programs_elsewhere(
    root: Path, far: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = root / "closed"
    closed.mkdir(mode=0o700)
    checkout = closed / "checkout"
    checkout.mkdir()
    # Programs in a closed folder too, as in a virtual environment below root's home.
    runs = copies._runs
    monkeypatch.setattr(
        copies,
        "_runs",
        lambda programs, place: place.base in programs.folder.parents and runs(programs, place),
    )
    try:
        urls = servers.start(checkout, environ={})
        assert set(urls.started) == {"postgresql", "redis"}
        assert str(far) in urls.database_url
        (base,) = far.iterdir()
        assert base.name.startswith("counterfoil-")
        assert stat.S_IMODE(base.stat().st_mode) == 0o700
        assert base.stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert (checkout / ".local/demo/secrets.json").exists()
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert servers.start(checkout, environ={}).started == ()
    finally:
        servers.stop(checkout)


def test_long_path_sends_sockets_elsewhere(root: Path, far: Path) -> None:
    checkout = root / ("deep" * 20)
    checkout.mkdir(mode=0o755)
    try:
        urls = servers.start(checkout, environ={})
        assert str(far) in urls.database_url
        assert urls.redis_url.startswith(f"unix://{far}")
    finally:
        servers.stop(checkout)


def test_path_that_a_url_would_escape_is_avoided(root: Path, far: Path) -> None:
    checkout = root / "my projects"
    checkout.mkdir(mode=0o755)
    try:
        assert str(far) in servers.start(checkout, environ={}).database_url
    finally:
        servers.stop(checkout)


def _as_nobody(act: Callable[[], None]) -> int:
    """Run `act` in a child that is an ordinary user; its exit code."""
    entry = pwd.getpwnam("nobody")
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            try:
                os.setgroups([])
                os.setgid(entry.pw_gid)
                os.setuid(entry.pw_uid)
                act()
                code = 0
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@only_root()
def test_ordinary_user_runs_them_as_itself(root: Path, far: Path) -> None:
    checkout = root / "theirs"
    checkout.mkdir()
    os.chown(checkout, *_ids("nobody"))

    def act() -> None:
        urls = servers.start(checkout, environ={})
        assert set(urls.started) == {"postgresql", "redis"}
        assert _rows(urls.database_url, "SELECT 1") == [(1,)]
        home = checkout / ".local" / "demo"
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert str(home / "servers") in urls.database_url
        urls.stop()
        assert not any(servers.status(checkout).values())

    assert _as_nobody(act) == 0


@only_root()
def test_another_users_data_set_is_refused_by_name(root: Path, far: Path) -> None:
    places.make_home(root, "demo")
    os.chown(root / ".local/demo", *_ids("nobody"))
    with pytest.raises(servers.EmbeddedError, match=r"belongs to another user \(nobody\)"):
        servers.start(root, environ={})


def _ids(user: str) -> tuple[int, int]:
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid
