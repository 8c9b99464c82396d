"""Running one command beside the test servers: `make test`, `make check` and their kin."""

import os
import subprocess
import sys
from pathlib import Path

from config.embedded import chromium, interrupts, servers
from config.embedded.errors import EmbeddedError

NO_BROWSER = (
    "Not run: the browser tests. No Chromium was found and none could be installed; "
    "install one (Debian: apt-get install chromium) or name one in CHROMIUM."
)


def run_beside_servers(root: Path, name: str, command: list[str], *, browser: bool) -> int:
    """Run `command` with the addresses of running servers; its exit code.

    Servers that this call started are stopped at the end. With `browser`, the command is pytest:
    where no Chromium can be had, its tests marked `browser` are left out, which is said last, and
    a command for those alone raises an EmbeddedError.
    """
    found = chromium.find_or_install() if browser else None
    if browser and found is None:
        if command[-2:] == ["-m", "browser"]:
            raise EmbeddedError(NO_BROWSER)
        command = [*command, "-m", "not browser"]
    with interrupts.caught():
        started = servers.start(root, name=name)
        try:
            environment = {
                **os.environ,
                "DATABASE_URL": started.database_url,
                "MIGRATION_DATABASE_URL": started.migration_database_url,
                "REDIS_URL": started.redis_url,
                **({"CHROMIUM": str(found)} if found else {}),
            }
            for demo_only in ("COUNTERFOIL_DEMO", "DEBUG"):
                environment.pop(demo_only, None)
            code = _run(command, root, environment)
        finally:
            with interrupts.held():
                started.stop()
    if browser and found is None:
        print(NO_BROWSER, file=sys.stderr)
    return code


def _run(command: list[str], root: Path, environment: dict[str, str]) -> int:
    # In the same process group: Ctrl-C reaches the command, which ends in its own way.
    process = subprocess.Popen(command, cwd=root, env=environment)
    try:
        return process.wait()
    except interrupts.Stopped:
        process.terminate()
        process.wait()
        return 130
