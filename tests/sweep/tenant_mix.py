"""One process of the mix: threads that serve two banks in turn, requests and tasks, with failures put in.

    python -m tests.sweep.tenant_mix fill                      the twins into the stack's banks
    python -m tests.sweep.tenant_mix mix PROCESS REQUESTS TASKS THREADS SEED
    python -m tests.sweep.tenant_mix search                    rows and keys in the wrong place

Each prints one line of JSON. Requests go through the WSGI application as a server's threads do, tasks through
Celery's own tracer; settings: tests.sweep.mix_settings.
"""

import io
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import django

django.setup()

from celery.app.trace import build_tracer  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.banks.tenancy import NoBank, current_schema, in_bank  # noqa: E402
from accounts.jobs.models import Job, StoredFile  # noqa: E402
from accounts.models import User  # noqa: E402
from config.celery import app as celery  # noqa: E402
from tests import twins  # noqa: E402
from tests.sweep import crossings, mix_parts  # noqa: E402

TWINS = {
    "north": replace(twins.A, schema="north", host="north.localhost"),
    "south": replace(twins.B, schema="south", host="south.localhost"),
}
CUSTOMER = twins.public_id(django.apps.apps.get_model("customers.Customer"), 1)
# Who asks for what; keys of tests/twins.PEOPLE. The paths are the same at both banks.
PAGES: tuple[tuple[int, str], ...] = (
    (1, "/profile/"), (1, "/transactions/"), (1, "/imports/"), (1, "/api/v1/transactions"),
    (1, "/api/v1/users/me"), (1, "/transactions/export.csv"), (1, "/overview/"),
    (6, "/staff/customers/"), (6, f"/staff/customers/{CUSTOMER}/"), (6, "/staff/jobs/"),
    (4, "/admin/"), (4, "/admin/customers/customer/"), (4, "/admin/transactions/category/"),
    (4, "/admin/accounts/user/"),
)  # fmt: skip
OPEN = f"/staff/customers/{CUSTOMER}/open/"
CSRF = "c" * 32


@dataclass
class Seen:
    """What one thread met."""

    requests: int = 0
    tasks: int = 0
    own: int = 0
    crossings: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)


def fill() -> dict[str, Any]:
    for twin in TWINS.values():
        twins.build(twin)
    return {"filled": list(TWINS)}


def sessions() -> dict[tuple[str, int], str]:
    """A sign-in for everybody who asks, at both banks."""
    found = {}
    for schema, twin in TWINS.items():
        for key in {who for who, _path in PAGES}:
            with in_bank(schema):
                client = Client(HTTP_HOST=twin.host)
                client.force_login(User.objects.get(pk=key))
                found[schema, key] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return found


class Mixer:
    def __init__(self, seed: str, held: dict[tuple[str, int], str], first: int) -> None:
        self.rng, self.sessions, self.number = random.Random(seed), held, first
        self.application: Callable[..., Any] = get_wsgi_application()
        self.seen = Seen()

    def run(self, requests: int, tasks: int) -> None:
        """Banks alternate with each step; requests and tasks in a random order."""
        steps = ["request"] * requests + ["task"] * tasks
        self.rng.shuffle(steps)
        try:
            for place, step in enumerate(steps):
                self.number += 1
                schema = ("north", "south")[place % 2]
                fault = self.rng.choice(mix_parts.FAULTS)
                self.seen.faults[fault or "none"] += 1
                if step == "task":
                    self.task(schema, fault)
                else:
                    self.request(schema, fault)
        except Exception as error:  # a thread that dies would look like one that found nothing
            self.seen.crossings.append(f"a thread ended: {type(error).__name__}: {error}")
        finally:
            connections.close_all()

    # -- requests ------------------------------------------------------------------------------

    def request(self, schema: str, fault: str) -> None:
        self.seen.requests += 1
        writes = self.rng.random() < 0.05
        who, path = (4, OPEN) if writes else self.rng.choice(PAGES)
        marked = self.rng.random() < 0.1
        note = f"purpose=fraud&note={TWINS[schema].canary}+{self.number}".encode()
        status, headers, body = self.ask(schema, who, path, note if writes else b"", fault, marked)
        said = f"{path} at {schema} ({fault or 'no fault'}): {status}"
        away = crossings.other(twins.A if schema == "north" else twins.B)
        if wrong := crossings.marks(body, away) + crossings.marks(headers.encode(), away):
            self.seen.crossings.append(f"{said} shows {wrong} of the other bank")
        if "X-Crossing" in headers:
            self.seen.crossings.append(f"{said}: {headers}")
        expected = "500" if fault == "raise" else "302" if writes else "200"
        if status != expected:
            self.seen.crossings.append(f"{said}, not {expected}")
        self.seen.answers[status] += 1
        self.seen.own += TWINS[schema].canary.encode().lower() in body.lower()
        if marked and fault != "raise":
            self.seen.marks[schema] += 1

    def ask(
        self, schema: str, who: int, path: str, form: bytes, fault: str, marked: bool
    ) -> tuple[str, str, bytes]:
        cookies = f"{settings.SESSION_COOKIE_NAME}={self.sessions[schema, who]}"
        environ = {
            "REQUEST_METHOD": "POST" if form else "GET", "SCRIPT_NAME": "", "PATH_INFO": path,
            "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": TWINS[schema].host, "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(form), "wsgi.errors": io.StringIO(), "wsgi.multithread": True,
            "wsgi.multiprocess": True, "wsgi.run_once": False, "CONTENT_LENGTH": str(len(form)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if form else "",
            "HTTP_COOKIE": f"{cookies}; {settings.CSRF_COOKIE_NAME}={CSRF}",
            "HTTP_X_CSRFTOKEN": CSRF, "HTTP_X_FAULT": fault, "HTTP_X_NUMBER": str(self.number),
            "HTTP_X_MARK": "1" if marked else "",
        }  # fmt: skip
        begun: list[Any] = []
        answer = self.application(environ, lambda *said: begun.append(said))
        try:
            body = b"".join(answer)
        finally:
            answer.close()
        return begun[0][0].split()[0], str(begun[0][1]), body

    # -- tasks ---------------------------------------------------------------------------------

    def task(self, schema: str, fault: str) -> None:
        self.seen.tasks += 1
        kind = self.rng.choice(("mark", "mark", "mark", "mark", "no bank", "job"))
        if kind == "no bank":
            outcome = self.deliver("tests.mix.mark", (schema, self.number, ""), "")
            if not isinstance(getattr(outcome, "exception", None), NoBank):
                self.seen.crossings.append(f"a task without a bank ran: {outcome}")
        elif kind == "job":
            with in_bank(schema):
                about = {"schema": schema, "number": self.number}
                job = Job.objects.create(kind="mix_mark", arguments=about, run_at=timezone.now())
            outcome = self.deliver("accounts.jobs.tasks.run_job", (job.pk,), schema)
            with in_bank(schema):
                job.refresh_from_db()
            if outcome is not True or job.state != Job.State.DONE or job.result["wrong"]:
                self.seen.crossings.append(f"job in {schema}: {outcome} {job.state} {job.result}")
            self.seen.marks[schema] += 1
        else:
            outcome = self.deliver("tests.mix.mark", (schema, self.number, fault), schema)
            failed = isinstance(getattr(outcome, "exception", None), mix_parts.Injected)
            if failed != (fault == "raise") or (not failed and outcome != ""):
                self.seen.crossings.append(f"task in {schema} ({fault}): {outcome}")
            self.seen.marks[schema] += not failed
        if current_schema() != "public":
            self.seen.crossings.append(f"after a task ({kind}) the thread stands elsewhere")

    def deliver(self, name: str, arguments: tuple[Any, ...], bank: str) -> Any:
        task, number = celery.tasks[name], uuid.uuid4().hex
        about = {"id": number, "delivery_info": {}, **({"bank": bank} if bank else {})}
        return build_tracer(name, task, app=celery)(number, arguments, {}, about).retval


def share(total: int, parts: int, number: int) -> int:
    """What part `number` of `parts` does, so that all of them do `total`."""
    return total // parts + (number < total % parts)


def mix(process: int, requests: int, tasks: int, threads: int, seed: str) -> dict[str, Any]:
    held = sessions()
    connection.close()
    mixers = [
        Mixer(f"{seed}/{process}/{thread}", held, (process * 100 + thread) * 10**6)
        for thread in range(threads)
    ]
    began = time.monotonic()
    running = [
        threading.Thread(
            target=mixer.run,
            args=(share(requests, threads, number), share(tasks, threads, number)),
        )
        for number, mixer in enumerate(mixers)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    total = Seen()
    for mixer in mixers:
        total.requests += mixer.seen.requests
        total.tasks += mixer.seen.tasks
        total.own += mixer.seen.own
        total.crossings += mixer.seen.crossings[:20]
        for name in ("answers", "faults", "marks"):
            getattr(total, name).update(getattr(mixer.seen, name))
    return {**vars(total), "seconds": round(time.monotonic() - began, 1)}


def search() -> dict[str, Any]:
    """Rows that hold the other's word, rows that should have been undone, marks by bank."""
    found: dict[str, Any] = {"wrong": {}, "undone": {}, "marks": {}}
    for schema, twin in TWINS.items():
        found["wrong"][schema] = crossings.rows_of(crossings.other(_plain(twin)), schema)
        with in_bank(schema):
            files = StoredFile.objects.filter(name__startswith=twin.canary)
            found["undone"][schema] = files.filter(name__contains=" undone ").count()
            found["marks"][schema] = files.filter(name__contains=" mark ").count()
    return found


def _plain(twin: twins.Twin) -> twins.Twin:
    return twins.A if twin.canary == twins.A.canary else twins.B


if __name__ == "__main__":
    command, *given = sys.argv[1:]
    if command == "mix":
        process, requests, tasks, threads = map(int, given[:4])
        said = mix(process, requests, tasks, threads, given[4])
    else:
        said = {"fill": fill, "search": search}[command]()
    print(json.dumps(said))
