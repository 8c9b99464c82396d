"""A PostgreSQL and a Redis of a test's own, which it may stop, kill and start; and a stack on them."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded import postgres, servers
from tests.stack import ROOT, StartedStack, environment

NAME = "test"


@dataclass
class Cluster:
    root: Path
    running: servers.Servers

    def stop(self, *, immediately: bool) -> None:
        """`immediately` as a crash, without a checkpoint; else its clients are turned out first."""
        place = self.running.place
        assert place
        if not immediately:
            postgres.stop(place)
            return
        pid = postgres.running_pid(place)
        assert pid
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + 30
        while postgres.running_pid(place) == pid:
            assert time.monotonic() < deadline, "it does not stop"
            time.sleep(0.02)

    def start(self) -> None:
        """Answers when this returns."""
        servers.start(self.root, name=NAME, environ={})


@contextlib.contextmanager
def own_cluster() -> Iterator[tuple[Cluster, StartedStack]]:
    """Migrated, with the two banks of a stack. It waits for the disk, as in life."""
    root = Path(tempfile.mkdtemp(prefix="cf", dir="/tmp"))
    root.chmod(0o755)
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-stack-"))
    try:
        running = servers.start(root, name=NAME, environ={})
        env = environment("none", running.redis_url) | {
            "DATABASE_URL": running.database_url,
            "MIGRATION_DATABASE_URL": running.migration_database_url,
            "BEAT_SCHEDULE_FILE": str(folder / "beat"),
        }
        made = subprocess.run(
            [sys.executable, "-m", "tests.stack"],
            cwd=ROOT,
            env=env | {"DATABASE_URL": running.migration_database_url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        stack = StartedStack(env["DATABASE_URL"], env["REDIS_URL"], env, folder)
        try:
            yield Cluster(root, running), stack
        finally:
            stack.close()
    finally:
        servers.stop(root, name=NAME)
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
