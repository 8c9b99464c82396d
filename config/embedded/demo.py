"""`make demo`, `make dev`, `make down`: everything up, watched, and stopped together.

The runner holds a lock for as long as it lives; the kernel lets go of it even when it is killed,
so a lock that is taken means that a demo runs. It stops what it started and nothing else.
"""

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from config.embedded import children, interrupts, places, preparation, servers
from config.embedded.children import Child, start_child
from config.embedded.errors import EmbeddedError
from config.embedded.interrupts import Stopped
from config.embedded.reload import Watch
from config.embedded.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90.0
STOP_SECONDS = 60.0
SERVER_RESTARTS = 3
# A worker may end when its Redis goes away; a supervisor starts it again, and here the demo is one.
BACKGROUND = ("worker", "beat", "bank")
BACKGROUND_RESTARTS = 3


class Demo:
    """One run: its settings, the servers it uses and the children it started."""

    def __init__(self, root: Path, *, reload: bool) -> None:
        self.root = root
        self.reload = reload
        self.bind = os.environ.get("BIND") or "127.0.0.1"
        self.port = _port(os.environ.get("PORT") or "8000")
        self.home = places.make_home(root, "demo")
        self.record = self.home / "running.json"
        self.servers: Servers | None = None
        self.started: set[str] = set()
        self.children: list[Child] = []
        self.environment: dict[str, str] = {}
        self.restarts = 0
        self.background_restarts = 0
        self.bank_port = 0
        self.sign_ins: preparation.SignIns | None = None

    @property
    def address(self) -> str:
        host = "localhost" if self.bind in ("0.0.0.0", "::", *preparation.LOOPBACK) else self.bind  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def serve(self) -> None:
        """Bring everything up, print how to get in, and stay until asked to stop."""
        began = time.monotonic()
        left = children.stop_recorded(self.record)
        if left:
            _say(f"Stopped what an earlier demo left running: {', '.join(left)}.")
        self._check_port()
        _say("Starting PostgreSQL and Redis …")
        self._start_servers()
        assert self.servers is not None
        self.environment = preparation.demo_environment(
            self.servers, self.home, bind=self.bind, given_environment=os.environ
        )
        preparation.prepare(self.root, self.servers, self.environment, _say, self._run)
        _say("Starting web, worker and beat …")
        with interrupts.held():
            self.sign_ins = preparation.SignIns(self.root, self.home, self.environment, self.port)
        self._stand_in_for_banks()
        # One after the other: on a small machine the first page comes seconds sooner.
        self._start_web()
        self._wait_until_healthy()
        self._start_background()
        _say(self.sign_ins.text())
        took = time.monotonic() - began
        _say(f"\nReady in {took:.0f} s at {self.address}. Ctrl-C stops it; logs: {self.home}")
        self._watch()

    def stop(self) -> None:
        """Stop the children, then the servers this run started."""
        try:
            if self.sign_ins is not None:
                self.sign_ins.stop()
            children.stop_children(self.children)
            self.children = []
            self.record.unlink(missing_ok=True)
        finally:
            if self.servers is not None:
                replace(self.servers, started=tuple(self.started)).stop()

    def _start_servers(self) -> None:
        with interrupts.held():
            self.servers = servers.start(self.root, name="demo")
            self.started.update(self.servers.started)

    def _check_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.bind else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.bind, self.port))
            except OSError as error:
                raise EmbeddedError(
                    f"Port {self.port} on {self.bind} cannot be used ({error.strerror}): "
                    f"stop what uses it, or choose another, e.g. `PORT={self.port + 1} make demo`."
                ) from None

    def _start_web(self) -> None:
        python = sys.executable
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        web = [
            *(python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"{host}:{self.port}"),
            *("--workers", "2", "--threads", "4", "--graceful-timeout", "10"),
            "--no-control-socket",
        ]
        if self.reload:
            web = [python, "manage.py", "runserver", f"{host}:{self.port}"]
            self.environment["DEBUG"] = "1"
        self._start("web", web, {"DATABASE_POOL": "1"})

    def _stand_in_for_banks(self) -> None:
        """The demo's "other bank", unless a real provider is named; on this machine alone, like its pages."""
        if os.environ.get("PLAID_ENV"):
            return
        self.bank_port = _free_port()
        self.environment |= {
            "PLAID_ENV": "stand-in",
            "PLAID_BASE_URL": f"http://127.0.0.1:{self.bank_port}",
            "PLAID_CLIENT_ID": "demo",
            "PLAID_SECRET": "demo",
        }

    def _start_background(self, names: Iterable[str] = BACKGROUND) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "config"]
        commands = {
            "worker": [*celery, "worker", "--pool", "prefork", "-c", "2", "-l", "INFO"],
            "beat": [*celery, "beat", "-l", "INFO", "--pidfile="],
        }
        if self.bank_port:
            stand_in = "transactions.providers.stand_in"
            commands["bank"] = [sys.executable, "-m", stand_in, f"--port={self.bank_port}"]
        for name in names:
            if name not in commands:
                continue
            self._start(name, commands[name])

    def _start(self, name: str, command: list[str], extra: Mapping[str, str] | None = None) -> None:
        with interrupts.held():  # a child is started and known, or not started
            self.children.append(
                start_child(
                    name,
                    command,
                    root=self.root,
                    environment={**self.environment, **(extra or {})},
                    log=None if self.reload else self.home / f"{name}.log",
                )
            )
            children.record(self.record, self.children, address=self.address)

    def _run(self, command: list[str], environment: Mapping[str, str]) -> int:
        """Run a step to its end; a signal meanwhile ends the step too."""
        process = subprocess.Popen(
            command, cwd=self.root, env=dict(environment), start_new_session=True
        )
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            children.kill_group(process.pid)
            raise

    def _wait_until_healthy(self) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind, self.bind)  # noqa: S104
        url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/health"
        # No proxy of the environment stands between this machine and itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self._check_children()
            try:
                if opener.open(url, timeout=5).status == 200:
                    return
            except OSError:
                pass  # not listening yet, or not well yet
            time.sleep(0.1)
        web = next(child for child in self.children if child.name == "web")
        raise EmbeddedError(
            f"The web process does not answer at {url} after {READY_SECONDS:.0f} s:\n"
            f"{web.last_words()}"
        )

    def _watch(self) -> None:
        watch = Watch(self.root) if self.reload else None
        while True:
            time.sleep(0.5)
            self._check_children()
            self._check_servers()
            if watch is not None and watch.changed():
                _say("Code changed: restarting worker and beat.")
                background = [child for child in self.children if child.name != "web"]
                self.children = [child for child in self.children if child.name == "web"]
                children.stop_children(background)
                self.background_restarts = 0
                self._start_background()

    def _check_children(self) -> None:
        for child in tuple(self.children):
            code = child.process.poll()
            if code is None:
                continue
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            ended = f"The {child.name} process ended by itself ({how})"
            if child.name in BACKGROUND and self.background_restarts < BACKGROUND_RESTARTS:
                self.background_restarts += 1
                _say(f"{ended}: starting it again.")
                self.children.remove(child)
                children.kill_group(child.process.pid)  # what it forked has no parent now
                self._start_background([child.name])
                continue
            raise EmbeddedError(
                f"{ended}; everything is stopped. Its last words:\n{child.last_words()}"
            )

    def _check_servers(self) -> None:
        """A database or Redis that was killed is started again; the others reconnect."""
        down = servers.ended(self.servers) if self.servers else []
        if not down:
            return
        self.restarts += 1
        if self.restarts > SERVER_RESTARTS:
            raise EmbeddedError(
                f"{' and '.join(down)} ended {self.restarts} times; see {self.home}."
            )
        _say(f"{' and '.join(down)} ended unexpectedly: starting again.")
        self._start_servers()


def up(root: Path, *, reload: bool) -> int:
    """Run the demo until it is stopped; the exit code of `make demo`."""
    with interrupts.caught():
        demo = Demo(root, reload=reload)
        with _only_one(demo.home) as other:
            if other is not None:
                address = children.read_record(demo.record).get("address", "the moment of starting")
                _say(f"The demo already runs at {address} (process {other}); `make down` stops it.")
                return 0
            try:
                demo.serve()
            except (Stopped, KeyboardInterrupt):
                _say("\nStopping …")
            finally:
                interrupts.ignore()  # a second Ctrl-C must not leave half of it running
                demo.stop()
    return 0


def down(root: Path) -> int:
    """Stop a demo started elsewhere, what a killed one left, and its servers."""
    home = places.home_folder(root, "demo")
    if not home.exists():
        _say("Nothing was running.")
        return 0
    record = home / "running.json"
    stopped: list[str] = []
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        with _only_one(home) as runner:
            if runner is None:
                break
        if not stopped:
            os.kill(runner, signal.SIGTERM)
            stopped.append("the demo")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The demo (process {runner}) does not stop.")
        time.sleep(0.1)
    stopped += children.stop_recorded(record)
    stopped += servers.stop(root, name="demo")
    _say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


def manage(root: Path, command: list[str]) -> int:
    """One management command on the demo's banks, running or not; its exit code."""
    home = places.home_folder(root, "demo")
    with interrupts.caught():
        found = servers.start(root, name="demo")
        try:
            environment = preparation.demo_environment(
                found, home, bind="127.0.0.1", given_environment=os.environ
            )
            # Commands that make banks or migrate ask for the owner's address; the others never read it.
            environment["MIGRATION_DATABASE_URL"] = found.migration_database_url
            asked = [sys.executable, "manage.py", *command]
            return subprocess.run(asked, cwd=root, env=environment, check=False).returncode
        finally:
            found.stop()


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[int | None]:
    """Hold the runner's lock, giving None; or give the process id of the runner that holds it."""
    with (home / "running.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _holder(lock)
            return
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield None


def _holder(lock: TextIO) -> int:
    for _ in range(20):
        lock.seek(0)
        if pid := lock.read():
            return int(pid)
        time.sleep(0.05)  # it holds the lock and is about to write its number
    raise EmbeddedError("The demo is being started or stopped right now: try again in a moment.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise EmbeddedError(f"PORT is {text!r}, which is no port: give a number from 1 to 65535.")


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded.demo", description=__doc__)
    parser.add_argument("command", nargs="?", default="up", choices=("up", "dev", "down", "manage"))
    if arguments[:1] == ["manage"]:
        asked = argparse.Namespace(command="manage", rest=arguments[1:])
    else:
        asked = parser.parse_args(arguments)
    command = asked.command
    try:
        with servers.sentences():
            if command == "manage":
                return manage(ROOT, asked.rest)
            return down(ROOT) if command == "down" else up(ROOT, reload=command == "dev")
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except (Stopped, KeyboardInterrupt):
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
