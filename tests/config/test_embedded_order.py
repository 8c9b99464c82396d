"""Which servers are taken: named ones, the wheels, installed ones, or a sentence."""

import os
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import binaries, given, servers
from config.embedded.errors import EmbeddedError
from tests.config.conftest import Start

OLD = "#!/bin/sh\necho '{}'\n"


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_folder", lambda package: None)
    monkeypatch.setattr(binaries, "POSTGRES_FOLDERS", ())


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one empty folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, says: str) -> None:
    (folder / name).write_text(OLD.format(says))
    (folder / name).chmod(0o755)


def test_named_servers_are_used_and_nothing_is_started(root: Path, shared: servers.Servers) -> None:
    named = {"DATABASE_URL": shared.database_url, "REDIS_URL": shared.redis_url}
    found = servers.start(root, environ=named)
    assert (found.database_url, found.redis_url) == (shared.database_url, shared.redis_url)
    assert found.migration_database_url == shared.database_url
    assert found.started == ()
    assert not (root / ".local").exists()
    found.stop()
    psycopg.connect(shared.database_url).close()


def test_one_named_server_is_joined_by_one_bundled(start: Start, shared: servers.Servers) -> None:
    found = start(environ={"DATABASE_URL": shared.database_url})
    assert found.started == ("redis",)
    assert found.database_url == shared.database_url


def test_wheels_come_before_installed_servers(path: Path) -> None:
    program(path, "postgres", "postgres (PostgreSQL) 99.1")
    program(path, "initdb", "initdb (PostgreSQL) 99.1")
    program(path, "redis-server", "Redis server v=99.1 sha=0")
    assert binaries.find_postgres().version[0] == 18
    assert binaries.find_redis().version < (99,)


def test_installed_servers_serve_where_there_are_no_wheels(
    start: Start, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres, redis = binaries.find_postgres(), binaries.find_redis()
    (path / "postgres").symlink_to(postgres.serving)
    (path / "redis-server").symlink_to(redis.serving)
    monkeypatch.setattr(binaries, "_package_folder", lambda package: None)
    monkeypatch.setattr(binaries, "POSTGRES_FOLDERS", ())
    found = binaries.find_postgres()
    assert (found.folder, found.tree) == (postgres.folder, ())
    monkeypatch.setenv("PATH", f"{redis.folder}:{postgres.folder}")
    assert set(start().started) == {"postgresql", "redis"}


@pytest.mark.usefixtures("no_wheels")
def test_installed_servers_that_are_too_old_are_refused_by_name(path: Path) -> None:
    program(path, "postgres", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    program(path, "initdb", "")
    program(path, "redis-server", "Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64")
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 15\.18 in .* is too old\. .*18 or newer"):
        binaries.find_postgres()
    with pytest.raises(EmbeddedError, match=r"Redis 6\.0\.16 in .* is too old\. .*6\.2 or newer"):
        binaries.find_redis()


@pytest.mark.usefixtures("no_wheels", "path")
def test_python_without_wheels_and_no_servers_names_what_to_install(start: Start) -> None:
    with pytest.raises(EmbeddedError, match=r"No Redis was found: this Python .* none bundled"):
        start()
    with pytest.raises(EmbeddedError, match=r"Install PostgreSQL 18 or newer .*DATABASE_URL"):
        binaries.find_postgres()


def test_failed_start_stops_what_it_had_started(
    root: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> binaries.Programs:
        raise EmbeddedError("none")

    monkeypatch.setattr(binaries, "find_postgres", none)
    with pytest.raises(EmbeddedError):
        start()
    assert servers.status(root)["redis"] is None


def test_named_database_that_is_too_old_is_refused_by_name(
    root: Path, shared: servers.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "POSTGRES_AT_LEAST", (99,))
    with pytest.raises(EmbeddedError, match=r"DATABASE_URL names PostgreSQL 18\.\d+ at .*99 or"):
        servers.start(root, environ={"DATABASE_URL": shared.database_url})


def test_unreachable_database_is_named_without_its_password(root: Path) -> None:
    url = "postgresql://app:s3cret@127.0.0.1:1/bank"
    with pytest.raises(
        EmbeddedError, match=r"127\.0\.0\.1:1/bank, which cannot be reached"
    ) as told:
        servers.start(root, environ={"DATABASE_URL": url})
    assert "s3cret" not in str(told.value)


def test_address_of_another_kind_is_refused(root: Path) -> None:
    with pytest.raises(EmbeddedError, match="starts with postgresql://, not with mysql"):
        servers.start(root, environ={"DATABASE_URL": "mysql://root@localhost/bank"})


class _OldRedis(socketserver.StreamRequestHandler):
    """Speaks just enough of the protocol to say how old it is."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                length = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(length + 2)[:-2].upper())
            if words[0] == b"INFO":
                body = b"# Server\r\nredis_version:5.0.14\r\n"
                self.wfile.write(b"$%d\r\n%s\r\n" % (len(body), body))
            elif words[0] == b"HELLO":
                self.wfile.write(b"-ERR unknown command `HELLO`\r\n")
            else:
                self.wfile.write(b"+OK\r\n")


@pytest.fixture
def old_redis() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _OldRedis) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()


def test_named_redis_that_is_too_old_is_refused_by_name(root: Path, old_redis: str) -> None:
    with pytest.raises(EmbeddedError, match=r"REDIS_URL names Redis 5\.0\.14 at .*6\.2 or newer"):
        servers.start(root, environ={"REDIS_URL": old_redis})


def test_unreachable_redis_is_named(root: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"REDIS_URL names redis://127.0.0.1:1/0, which cannot"):
        servers.start(root, environ={"REDIS_URL": "redis://127.0.0.1:1/0"})


def test_wheel_versions_are_new_enough() -> None:
    assert binaries.find_postgres().version >= binaries.POSTGRES_AT_LEAST
    assert binaries.find_redis().version >= binaries.REDIS_AT_LEAST
    assert os.access(binaries.find_postgres().path("initdb"), os.X_OK)
