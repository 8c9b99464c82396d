"""Commands beside the servers, the browser they may want, and the set-up before everything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import chromium, running, servers
from config.embedded.errors import EmbeddedError

REPOSITORY = Path(__file__).resolve().parents[2]
TELL = "import os, pathlib; pathlib.Path('told').write_text(os.environ.get('{}', 'nothing'))"


@pytest.fixture(autouse=True)
def _own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "CHROMIUM"):
        monkeypatch.delenv(name, raising=False)


def told(root: Path, variable: str, *, browser: bool = False) -> str:
    command = [sys.executable, "-c", TELL.format(variable)]
    assert running.run_beside_servers(root, "test", command, browser=browser) == 0
    return (root / "told").read_text()


def test_command_gets_addresses_and_the_servers_are_stopped_after(root: Path, far: Path) -> None:
    assert told(root, "DATABASE_URL").startswith("postgresql://app:")
    assert not any(servers.status(root, name="test").values())


def test_exit_code_is_the_commands(root: Path, far: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(7)"]
    assert running.run_beside_servers(root, "test", command, browser=False) == 7
    assert not any(servers.status(root, name="test").values())


def test_servers_that_ran_before_go_on(root: Path, far: Path) -> None:
    try:
        servers.start(root, name="test", environ={})
        told(root, "REDIS_URL")
        assert all(servers.status(root, name="test").values())
    finally:
        servers.stop(root, name="test")


def test_nothing_of_a_demo_reaches_the_suite(
    root: Path, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERFOIL_DEMO", "1")
    assert told(root, "COUNTERFOIL_DEMO") == "nothing"


def test_browser_is_handed_on(root: Path, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "find_or_install", lambda: Path("/somewhere/chromium"))
    assert told(root, "CHROMIUM", browser=True) == "/somewhere/chromium"


def test_what_could_not_be_run_without_a_browser_is_said_last(
    root: Path, far: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chromium, "find_or_install", lambda: None)
    command = [sys.executable, "-c", "import sys; assert sys.argv[1:] == ['-m', 'not browser']"]
    assert running.run_beside_servers(root, "test", command, browser=True) == 0
    assert capsys.readouterr().err.startswith("Not run: the browser tests.")
    with pytest.raises(EmbeddedError, match="Not run: the browser tests"):
        running.run_beside_servers(root, "test", ["pytest", "-m", "browser"], browser=True)


def test_named_browser_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "own"
    browser.write_text("")
    browser.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert chromium.find() == browser


def test_no_browser_is_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "PLACES", ())
    assert chromium.find() is None
    assert chromium.find_or_install() is None  # no apt-get on this PATH either


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the set-up script and, on its PATH, the shell's tools but no Python."""
    (tmp_path / "config" / "embedded").mkdir(parents=True)
    shutil.copy(REPOSITORY / "config/embedded/setup.sh", tmp_path / "config/embedded")
    (tmp_path / "requirements-dev.txt").write_text("")
    (tmp_path / "bin").mkdir()
    for tool in ("cat", "cksum", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return tmp_path


def set_up(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", checkout / "config/embedded/setup.sh"],
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_machine_without_a_fit_python_is_told_what_to_install(checkout: Path) -> None:
    script(checkout / "bin" / "python3", "exit 1")  # some other version
    said = set_up(checkout)
    assert said.returncode == 1
    assert said.stderr.startswith("Python 3.11 or 3.12 is needed and was not found: install it")
    assert not (checkout / ".venv").exists()


def test_python_that_makes_no_environments_is_told_what_to_install(checkout: Path) -> None:
    script(checkout / "bin" / "python3.11", 'case "$2" in *ensurepip*) exit 1;; esac')
    said = set_up(checkout)
    assert said.returncode == 1
    assert "python3.11 cannot make virtual environments: install its venv package" in said.stderr


def test_set_up_that_was_done_is_not_done_again(checkout: Path) -> None:
    script(checkout / ".venv/bin/python", 'echo "$@" >>"$(dirname "$0")/calls"')
    assert set_up(checkout).returncode == 0
    calls = checkout / ".venv/bin/calls"
    assert "--require-hashes -r requirements-dev.txt" in calls.read_text()
    calls.unlink()
    assert set_up(checkout).returncode == 0
    assert "install" not in calls.read_text()
    (checkout / "requirements-dev.txt").write_text("changed==1")
    assert set_up(checkout).returncode == 0
    assert "--require-hashes" in calls.read_text()


def test_packages_that_cannot_be_installed_are_told(checkout: Path) -> None:
    script(checkout / ".venv/bin/python", 'case "$*" in *require-hashes*) exit 1;; esac')
    said = set_up(checkout)
    assert said.returncode == 1
    assert "could not be installed" in said.stderr
    assert not (checkout / ".venv/.counterfoil").exists()
    assert os.access(checkout / ".venv/bin/python", os.X_OK)
