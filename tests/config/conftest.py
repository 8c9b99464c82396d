"""Folders and servers for the tests of config.embedded: short paths, private, removed after."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.embedded import places, postgres, servers

Start = Callable[..., servers.Servers]


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout that every user may enter, with a path short enough for sockets.

    Its servers do not wait for the disk: dozens are made, and none outlives a power cut.
    """
    monkeypatch.setattr(postgres, "INITDB_OPTIONS", ("--no-sync",))
    monkeypatch.setitem(postgres.SETTINGS, "fsync", "off")
    folder = Path(tempfile.mkdtemp(prefix="cf", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[servers.Servers]:
    """Running servers, just as users get them, for tests that leave them as they are."""
    folder = Path(tempfile.mkdtemp(prefix="cf", dir="/tmp"))
    folder.chmod(0o755)
    yield servers.start(folder, environ={})
    servers.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def far(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for /var/tmp."""
    folder = root / "far"
    folder.mkdir(mode=0o777)
    folder.chmod(0o1777)
    monkeypatch.setattr(places, "SHARED_TEMPORARY", folder)
    return folder


@pytest.fixture
def start(root: Path, far: Path) -> Iterator[Start]:
    """Starts servers for `root`, unmoved by the caller's own addresses, and stops them after."""

    def begin(**options: object) -> servers.Servers:
        return servers.start(root, **{"environ": {}, **options})  # type: ignore[arg-type]

    yield begin
    for name in ("demo", "test"):
        servers.stop(root, name=name)


def only_root() -> pytest.MarkDecorator:
    return pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes user or mounts")
