"""What is refused, with a sentence and an exit code, and what is never touched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import given, places, postgres, servers
from config.embedded.__main__ import main
from config.embedded.errors import EmbeddedError
from tests.config.conftest import Start, only_root

REPOSITORY = Path(__file__).resolve().parents[2]


def test_data_folder_of_somebody_else_is_refused_and_left(root: Path, start: Start) -> None:
    foreign = root / ".local/demo/servers"
    foreign.mkdir(parents=True, mode=0o700)
    (foreign / "PG_VERSION").write_text("15\n")
    if account := places.server_account():
        os.chown(foreign, account.uid, account.gid)
    with pytest.raises(EmbeddedError, match="holds data that this checkout did not make"):
        start()
    assert [path.name for path in foreign.iterdir()] == ["PG_VERSION"]


def test_open_folder_is_refused(root: Path, start: Start) -> None:
    folder = root / ".local/demo/servers"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    with pytest.raises(EmbeddedError, match="is not the private folder of this checkout"):
        start()
    assert folder.stat().st_mode & 0o777 == 0o755


def test_link_in_place_of_the_folder_is_refused(root: Path, start: Start) -> None:
    (root / ".local/demo").mkdir(parents=True)
    (root / ".local/demo/servers").symlink_to(root)
    with pytest.raises(EmbeddedError, match="is not the private folder"):
        start()


def test_cluster_put_in_place_of_ours_is_refused(root: Path, start: Start) -> None:
    start().stop()
    data = root / ".local/demo/servers/postgres"
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match=r"is of PostgreSQL 15, but the server found is .* 18"):
        start()
    data.rename(data.with_name("kept"))
    data.mkdir()
    with pytest.raises(EmbeddedError, match="is not a PostgreSQL data folder"):
        start()
    assert list(data.iterdir()) == []


def test_lost_passwords_are_told(root: Path, start: Start) -> None:
    start()
    kept = root / ".local/demo/secrets.json"
    secrets = places.read_secrets(kept.parent)
    places.write_private(kept, kept.read_text().replace(secrets["postgres"], "other"))
    with pytest.raises(EmbeddedError, match="does not know the password"):
        start()
    places.write_private(kept, kept.read_text().replace("other", secrets["postgres"]))


def test_damaged_secrets_are_told(root: Path, start: Start) -> None:
    home = root / ".local/demo"
    home.mkdir(parents=True)
    (home / "secrets.json").write_text("{")
    with pytest.raises(EmbeddedError, match=r"secrets\.json is damaged"):
        start()
    (home / "secrets.json").unlink()


def test_path_too_long_everywhere_is_one_sentence(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHARED_TEMPORARY", Path("/var/tmp") / ("long" * 25))
    checkout = root / ("deep" * 25)
    checkout.mkdir()
    with pytest.raises(EmbeddedError, match=r"too long for a socket .* move the checkout") as told:
        servers.start(checkout, environ={})
    assert str(told.value).count(".\n") == 0


def test_no_shared_temporary_folder_is_one_sentence(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHARED_TEMPORARY", root / "absent")
    checkout = root / ("deep" * 25)
    checkout.mkdir()
    with pytest.raises(EmbeddedError, match=r"cannot be made \(No such file"):
        servers.start(checkout, environ={})


@pytest.fixture
def small_disk(root: Path) -> Iterator[Path]:
    """A file system of 90 MB: room for a new database's files, not for what we ask for."""
    folder = root / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m,mode=755", "cf", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@only_root()
def test_disk_without_room_for_a_database_is_refused(small_disk: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"is full \(\d+ MB free, a new database needs 200 MB"):
        servers.start(small_disk, environ={})
    assert not any(servers.status(small_disk).values())


@only_root()
def test_disk_that_fills_while_the_database_is_made_or_started(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "NEW_CLUSTER_BYTES", 0)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 70_000_000)
    with pytest.raises(EmbeddedError, match="is full"):
        servers.start(small_disk, environ={})
    assert not (small_disk / ".local/demo/servers/postgres").exists()
    filler.unlink()
    servers.start(small_disk, environ={}).stop()
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(b"x" * 100_000_000)
    try:
        with pytest.raises(EmbeddedError, match="is full"):
            servers.start(small_disk, environ={})
    finally:
        servers.stop(small_disk)
    filler.unlink()
    assert "postgresql" in servers.start(small_disk, environ={}).started  # the data survived
    servers.stop(small_disk)


@only_root()
def test_disk_without_room_for_a_password_is_refused(small_disk: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        (small_disk / "filler").write_bytes(b"x" * 100_000_000)
    with pytest.raises(EmbeddedError, match="disk is full"):
        servers.start(small_disk, environ={})


def test_only_an_empty_or_marked_database_becomes_a_demo(start: Start) -> None:
    url = start(name="test").migration_database_url

    def database(name: str) -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return url.replace("/counterfoil?", f"/{name}?")

    empty, used, schema = (database(name) for name in ("empty", "used", "schema"))
    with psycopg.connect(used, autocommit=True) as connection:
        connection.execute("CREATE TABLE ledger (n int)")
    with psycopg.connect(schema, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bank")
    for real in (used, schema):
        with pytest.raises(EmbeddedError, match=r"X names .* holds data and is not marked") as told:
            given.claim_for_demo(real, "X")
        assert url.split(":")[2].split("@")[0] not in str(told.value)
    assert given.claim_for_demo(empty, "X") == ""
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE TABLE bank (n int)")
    given.record_preparation(empty, "X", "abc")
    assert given.claim_for_demo(empty, "X") == "abc"
    with pytest.raises(EmbeddedError, match="role of X does not own the database"):
        secrets = places.read_secrets(Path(url.split("host=")[1]).parents[1])
        given.record_preparation(
            empty.replace("owner", "app").replace(secrets["owner"], secrets["app"]), "X", "abc"
        )


def test_refusal_is_one_sentence_and_exit_code_1(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("config.embedded.__main__.ROOT", root)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    (root / ".local/demo").mkdir(parents=True)
    (root / ".local/demo/servers").symlink_to(root)
    assert main(["up"]) == 1
    said = capsys.readouterr().err
    assert "is not the private folder" in said
    assert "Traceback" not in said and len(said.strip().splitlines()) == 1


def test_status_and_down_of_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("config.embedded.__main__.ROOT", root)
    assert main(["status"]) == 3
    assert main(["down"]) == 0
    assert "Nothing was running." in capsys.readouterr().out
    assert not (root / ".local").exists()


def test_package_is_imported_without_django() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import config.embedded, sys; print('django' in sys.modules)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "False"
