"""Starting a server that outlives its starter, and telling one process from another."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.embedded.places import Place

LOG_BYTES = 10_000_000
# Kept so that a server's object is not collected, with a warning, while the server runs on.
_launched: list[subprocess.Popen[bytes]] = []


def launch(command: list[str], place: Place, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server in a session of its own; its process, and where its log begins."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    # Opened here and handed over: the servers' account need not reach the file by its path.
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        start = file.seek(0, os.SEEK_END)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the starter, who stops its servers in order
            **place.popen(),
        )
    _launched.append(process)
    return process, start


def log_since(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        return file.read(100_000).decode(errors="replace")


def reap() -> None:
    """Let go of the servers this process started that have ended."""
    _launched[:] = [process for process in _launched if process.poll() is None]


def command_line(pid: int) -> list[str]:
    """The arguments a process was started with, [] when it is gone or ended but not yet reaped."""
    reap()
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return []
        return raw.decode(errors="surrogateescape").rstrip("\0").split("\0") if raw else []
    said: Any = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.split()


def users_of(data: Path) -> list[int]:
    """Processes whose working folder is `data`, as every PostgreSQL process's is; Linux only."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(data):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
