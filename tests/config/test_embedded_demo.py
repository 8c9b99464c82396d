"""The demo's runner, driven from outside on a small stand-in for the product.

The stand-in has a manage.py that notes its commands, a one-page web application and an empty
Celery application: what is tested is starting, watching, skipping, stopping. One stand-in serves all of
it, so the file is longer than most.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import postgres, servers
from config.embedded.processes import command_line

pytestmark = pytest.mark.stack

# Nothing here measures time: on a busy machine a step may take a minute.
PATIENCE_SECONDS = 240.0
REPOSITORY = Path(__file__).resolve().parents[2]
# What the suite sets for itself and a person who types `make demo` does not.
ADDRESSES = {
    *("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "HTTPS", "BIND"),
    *(
        "SECRET_KEY",
        "JWT_PRIVATE_KEY",
        "AUDIT_SIGNING_KEY",
        "DJANGO_SETTINGS_MODULE",
        "COUNTERFOIL_DEMO",
    ),
}
PROGRAM = """
import sys
from pathlib import Path
from config.embedded import demo, postgres, places, servers
postgres.INITDB_OPTIONS = ("--no-sync",)
postgres.SETTINGS["fsync"] = "off"
demo.ROOT = Path(sys.argv.pop(1))
sys.exit(demo.main(sys.argv[1:]))
"""
MANAGE = """
import os, sys
with open("commands.txt", "a") as file:
    print(sys.argv[1], "owner" if "MIGRATION_DATABASE_URL" in os.environ else "app", file=file)
if os.path.exists(f"fail-{sys.argv[1]}"):
    sys.exit("it went wrong")
if sys.argv[1] == "demo_signins":
    print("john.doe@example.com on", sys.argv[2])
if sys.argv[1] == "runserver":
    from wsgiref.simple_server import make_server
    from config.wsgi import application
    make_server("127.0.0.1", int(sys.argv[2].split(":")[1]), application).serve_forever()
"""
WSGI = """
import os
def application(environ, start_response):
    names = ("COUNTERFOIL_DEMO", "MIGRATION_DATABASE_URL", "APP_ROLE", "ALLOWED_HOSTS")
    body = repr({name: os.environ.get(name) for name in names}).encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]
"""
CELERY = """
import os
from celery import Celery
app = Celery("stand-in", broker="memory://")
app.conf.beat_schedule_filename = os.environ["BEAT_SCHEDULE_FILE"]
"""


class Runner:
    """A demo in another process, and everything it said."""

    def __init__(self, root: Path, *arguments: str, **environment: str) -> None:
        self.said = ""
        clean = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root), *arguments],
            cwd=REPOSITORY,
            env={**clean, "PORT": "0", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def until(self, words: str, seconds: float = PATIENCE_SECONDS) -> str:
        deadline = time.monotonic() + seconds
        while words not in self.said:
            assert self.process.poll() is None and time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return self.said

    def end(self, seconds: float = PATIENCE_SECONDS) -> int:
        code = self.process.wait(seconds)
        self.reader.join(10)
        return code


Run = Callable[..., Runner]


@pytest.fixture
def product(root: Path) -> Path:
    """The stand-in's folder."""
    (root / "config").mkdir()
    (root / "config" / "__init__.py").touch()
    (root / "config" / "settings.py").write_text("SECRET_KEY = 'stand-in'\n")
    (root / "config" / "wsgi.py").write_text(WSGI)
    (root / "config" / "celery.py").write_text(CELERY)
    (root / "manage.py").write_text(MANAGE)
    bank = root / "transactions" / "providers" / "stand_in"
    bank.mkdir(parents=True)
    (bank / "__main__.py").write_text("import time\n\ntime.sleep(3600)\n")
    return root


@pytest.fixture
def port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def run(product: Path, port: str) -> Iterator[Run]:
    """Starts runners; whatever a test leaves running is stopped."""
    runners: list[Runner] = []

    def begin(*arguments: str, **environment: str) -> Runner:
        runners.append(Runner(product, *(arguments or ("up",)), **{"PORT": port, **environment}))
        return runners[-1]

    yield begin
    for runner in runners:
        if runner.process.poll() is None:
            runner.process.terminate()
            runner.end()
    Runner(product, "down").end()


def commands(product: Path) -> list[str]:
    path = product / "commands.txt"
    found = path.read_text().split("\n")[:-1] if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def children(product: Path) -> dict[str, int]:
    record = json.loads((product / ".local/demo/running.json").read_text())
    return {child["name"]: child["pid"] for child in record["children"]}


def page(port: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return str(opener.open(f"http://127.0.0.1:{port}/", timeout=10).read().decode())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_comes_up_whole_and_a_signal_takes_all_of_it_down(
    product: Path, port: str, run: Run, ending: signal.Signals
) -> None:
    runner = run()
    said = runner.until("Ready in")
    assert f"john.doe@example.com on --port={port}" in said
    assert commands(product) == ["migrate_schemas owner", "seed_demo owner", "demo_signins app"]
    seen = page(port)
    assert "'COUNTERFOIL_DEMO': '1'" in seen and "'APP_ROLE': 'app'" in seen
    assert "'MIGRATION_DATABASE_URL': None" in seen
    assert "'ALLOWED_HOSTS': '.localhost,localhost,127.0.0.1,[::1]'" in seen
    pids = children(product)
    assert set(pids) == {"web", "worker", "beat", "bank"}
    runner.process.send_signal(ending)
    assert runner.end() == 0, runner.said
    assert not any(command_line(pid) for pid in pids.values())
    assert not any(servers.status(product).values())
    assert not (product / ".local/demo/running.json").exists()


def test_second_start_skips_what_has_not_changed(product: Path, run: Run) -> None:
    first = run()
    first.until("Ready in")
    first.process.terminate()
    first.end()
    commands(product)
    second = run()
    second.until("Ready in")
    assert commands(product) == []
    assert "john.doe@example.com" in second.said
    second.process.terminate()
    second.end()
    (product / "app" / "migrations").mkdir(parents=True)
    (product / "app" / "migrations" / "0001_initial.py").touch()
    run().until("Ready in")
    assert commands(product)[:3] == [
        "migrate_schemas owner",
        "grant_banks owner",
        "seed_demo owner",
    ]


def test_servers_that_ran_before_are_left_running(
    product: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.start(product, environ={})
    before = servers.status(product)
    runner = run()
    runner.until("Ready in")
    runner.process.terminate()
    assert runner.end() == 0, runner.said
    assert servers.status(product) == before


def test_web_that_dies_is_named_and_all_is_stopped(product: Path, run: Run) -> None:
    runner = run()
    runner.until("Ready in")
    pids = children(product)
    os.kill(pids["web"], signal.SIGKILL)
    assert runner.end() == 1
    assert "The web process ended by itself (signal 9)" in runner.said
    assert not any(command_line(pid) for pid in pids.values())
    assert not any(servers.status(product).values())


@pytest.mark.parametrize("victim", ["worker", "beat"])
def test_background_that_dies_is_started_again_three_times(
    product: Path, run: Run, victim: str
) -> None:
    runner = run()
    runner.until("Ready in")
    met = {children(product)[victim]}
    for _number in range(3):
        os.kill(children(product)[victim], signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while children(product).get(victim) in {None, *met}:
            assert runner.process.poll() is None and time.monotonic() < deadline, runner.said
            time.sleep(0.1)
        met.add(children(product)[victim])
    os.kill(children(product)[victim], signal.SIGKILL)
    assert runner.end() == 1
    assert runner.said.count(f"The {victim} process ended by itself (signal 9): starting it") == 3
    assert f"The {victim} process ended by itself (signal 9); everything is stopped" in runner.said
    assert not any(servers.status(product).values())


@pytest.mark.parametrize("victim", ["postgresql", "redis"])
def test_server_that_is_killed_is_started_again(product: Path, run: Run, victim: str) -> None:
    runner = run()
    runner.until("Ready in")
    killed = servers.status(product)[victim]
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    runner.until("ended unexpectedly: starting again")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while servers.status(product)[victim] in (None, killed):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert runner.process.poll() is None


def test_taken_port_is_one_sentence(run: Run, port: str) -> None:
    with socket.create_server(("127.0.0.1", int(port))):
        runner = run()
        assert runner.end() == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in runner.said
    assert f"PORT={int(port) + 1} make demo" in runner.said
    assert "Traceback" not in runner.said


@pytest.mark.parametrize("value", ["0", "65536", "web", "-1"])
def test_impossible_port_is_one_sentence(run: Run, value: str) -> None:
    runner = run(PORT=value)
    assert runner.end() == 1
    assert f"PORT is '{value}', which is no port" in runner.said


def test_demo_that_already_runs_is_told(product: Path, port: str, run: Run) -> None:
    first = run()
    first.until("Ready in")
    second = run()
    assert second.end() == 0
    assert f"already runs at http://localhost:{port}" in second.said
    assert first.process.poll() is None and page(port)


def test_down_stops_a_demo_that_runs_elsewhere(product: Path, run: Run) -> None:
    runner = run()
    runner.until("Ready in")
    pids = children(product)
    down = run("down")
    assert down.end() == 0
    assert "Stopped: the demo" in down.said
    assert runner.end() == 0, runner.said
    assert not any(command_line(pid) for pid in pids.values())
    assert not any(servers.status(product).values())


def test_what_a_killed_runner_left_is_cleared_by_the_next(
    product: Path, port: str, run: Run
) -> None:
    first = run()
    first.until("Ready in")
    left = children(product)
    first.process.kill()
    first.end()
    assert any(command_line(pid) for pid in left.values())
    second = run()
    second.until("Ready in")
    assert "Stopped what an earlier demo left running" in second.said
    assert not any(command_line(pid) for pid in left.values())
    assert page(port)


def test_failed_step_is_named_and_nothing_stays(product: Path, run: Run) -> None:
    (product / "fail-seed_demo").touch()
    runner = run()
    assert runner.end() == 1
    assert "it went wrong" in runner.said
    assert "`manage.py seed_demo` failed" in runner.said
    assert "Traceback" not in runner.said
    assert not any(servers.status(product).values())
    (product / "fail-seed_demo").unlink()
    commands(product)
    run().until("Ready in")
    # Nothing was noted as done, and banks may have been made: they get their rights again.
    assert commands(product)[:3] == [
        "migrate_schemas owner",
        "grant_banks owner",
        "seed_demo owner",
    ]


def test_secrets_are_made_once_and_kept_private(product: Path, run: Run) -> None:
    path = product / ".local/demo/application.json"
    kept = []
    for _ in range(2):
        runner = run()
        runner.until("Ready in")
        assert path.stat().st_mode & 0o777 == 0o600
        kept.append(path.read_text())
        runner.process.terminate()
        runner.end()
    assert kept[0] == kept[1]
    assert json.loads(kept[0])["JWT_PRIVATE_KEY"].startswith("-----BEGIN PRIVATE KEY-----")


def test_database_with_real_data_is_refused(
    product: Path, run: Run, shared: servers.Servers
) -> None:
    assert shared.place is not None
    with postgres.connect(
        shared.place, servers.places.read_secrets(shared.place.home), dbname="postgres"
    ) as connection:
        connection.execute("CREATE DATABASE real OWNER owner")
    real = shared.migration_database_url.replace("/counterfoil?", "/real?")
    with psycopg.connect(real, autocommit=True) as connection:
        connection.execute("CREATE TABLE ledger (n int)")
    runner = run(DATABASE_URL=real)
    assert runner.end() == 1
    assert (
        "DATABASE_URL names" in runner.said and "is not marked as a Counterfoil demo" in runner.said
    )
    assert commands(product) == []


def test_empty_database_that_was_named_is_used_and_left_running(
    product: Path, run: Run, shared: servers.Servers
) -> None:
    runner = run(
        DATABASE_URL=shared.database_url, MIGRATION_DATABASE_URL=shared.migration_database_url
    )
    runner.until("Ready in")
    assert servers.status(product)["postgresql"] is None  # none of its own
    runner.process.terminate()
    assert runner.end() == 0, runner.said
    psycopg.connect(shared.database_url).close()


def test_development_restarts_the_worker_when_code_changes(product: Path, run: Run) -> None:
    runner = run("dev")
    runner.until("Ready in")
    before = children(product)
    (product / "config" / "celery.py").write_text(CELERY + "\n# changed\n")
    (product / "config" / "more.py").touch()
    runner.until("Code changed: restarting worker and beat.")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while children(product).get("worker") in (None, before["worker"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert children(product)["web"] == before["web"]
