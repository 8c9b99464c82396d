"""`python -m config.embedded up|down|status|env|run [--name NAME]`: the servers by hand.

`env` prints the addresses for a shell; `run … -- COMMAND` runs one command beside the servers.
"""

import argparse
import shlex
import sys
from pathlib import Path

from config.embedded import interrupts
from config.embedded.errors import EmbeddedError
from config.embedded.running import run_beside_servers
from config.embedded.servers import start, status, stop

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Run one command; its exit code is 0, or 1 with a sentence on the error stream."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status", "env", "run"))
    parser.add_argument("--name", default="demo", choices=("demo", "test"))
    parser.add_argument("--browser", action="store_true", help="run: with a Chromium, or without")
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    own, rest = arguments[:cut], arguments[cut + 1 :]
    chosen = parser.parse_args(own)
    if (chosen.command == "run") != bool(rest):
        parser.error("`run`, and only `run`, takes `-- COMMAND …`")
    try:
        if chosen.command == "run":
            return run_beside_servers(ROOT, chosen.name, rest, browser=chosen.browser)
        return _COMMANDS[chosen.command](chosen.name)
    except interrupts.Stopped:
        return 130
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def _up(name: str) -> int:
    servers = start(ROOT, name=name)
    print(f"Started: {', '.join(servers.started)}." if servers.started else "Already running.")
    return 0


def _down(name: str) -> int:
    stopped = stop(ROOT, name=name)
    print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


def _status(name: str) -> int:
    found = status(ROOT, name=name)
    for server, pid in found.items():
        print(f"{server}: {f'running, process {pid}' if pid else 'down'}")
    return 0 if all(found.values()) else 3


def _env(name: str) -> int:
    servers = start(ROOT, name=name)
    for variable, value in (
        ("DATABASE_URL", servers.database_url),
        ("MIGRATION_DATABASE_URL", servers.migration_database_url),
        ("REDIS_URL", servers.redis_url),
    ):
        print(f"export {variable}={shlex.quote(value)}")
    return 0


_COMMANDS = {"up": _up, "down": _down, "status": _status, "env": _env}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
