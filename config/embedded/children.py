"""The processes of a running demo: started, watched, stopped together, found again later."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.embedded.places import write_private
from config.embedded.processes import command_line

LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Child:
    """One long-running process, in a session (and so a process group) of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    patience_seconds: float

    def stop(self) -> None:
        """Ask it to end, wait, then end whatever is left of its group."""
        if self.process.poll() is None:
            self.process.terminate()

    def finish(self) -> None:
        """Wait for a stopped child; what outlives its patience is killed with its whole group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.patience_seconds)
        kill_group(self.process.pid)
        self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        if self.log is None:
            return ""
        text = self.log.read_bytes()[-20_000:].decode(errors="replace")
        return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def start_child(
    name: str,
    command: list[str],
    *,
    root: Path,
    environment: Mapping[str, str],
    log: Path | None,
    patience_seconds: float = 15.0,
) -> Child:
    """Start a process whose output goes to `log`, or to the terminal when there is none."""
    if log is not None and log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with contextlib.ExitStack() as stack:
        output = None if log is None else stack.enter_context(_private_log(log))
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,  # Ctrl-C reaches the runner alone, which stops them in order
        )
    return Child(name, process, log, patience_seconds)


def stop_children(children: Iterable[Child]) -> None:
    """Stop all of them, at once rather than one after another."""
    running = list(children)
    for child in running:
        child.stop()
    for child in running:
        child.finish()


def record(path: Path, children: Iterable[Child], *, address: str) -> None:
    """Note who runs, for `make down` and for the start after a runner that was killed."""
    noted = [
        {"name": child.name, "pid": child.process.pid, "command": child.process.args}
        for child in children
    ]
    write_private(path, json.dumps({"address": address, "children": noted}, indent=1))


def read_record(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def stop_recorded(path: Path) -> list[str]:
    """End the children of a runner that is gone; the names of those that still ran."""
    stopped: list[tuple[str, int]] = []
    children = read_record(path).get("children", [])
    for child in children if isinstance(children, list) else []:
        # Same id and same arguments, or the id was given to somebody else's process since then.
        # The interpreter's own path may be shown differently.
        if command_line(child["pid"])[1:] == child["command"][1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child["pid"], signal.SIGTERM)
            stopped.append((child["name"], child["pid"]))
    deadline = time.monotonic() + 15
    for _, pid in stopped:
        while command_line(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        kill_group(pid)
    path.unlink(missing_ok=True)
    return [name for name, _ in stopped]


def kill_group(leader: int) -> None:
    """Kill what is left of a process group; its number can't be reused while members live."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _private_log(log: Path) -> IO[bytes]:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    return os.fdopen(descriptor, "ab")
