"""G1: what is kept and sent beside the answers. Rows, files, keys in Redis, messages, e-mails, log lines.

Both twins do the same things with the same names, on a Redis of their own, with every limit counting; then
each key, value, message, mail and line is read.
"""

import io
import json
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import set_urlconf

from accounts import limits
from accounts.banks.tenancy import BANK_HEADER, NoBank, in_bank
from accounts.customers.models import AccessGrant
from accounts.jobs.files import open_stored
from accounts.jobs.models import StoredFile
from accounts.logs import JsonLines
from accounts.models import Role, User
from config.celery import app
from config.embedded.urls import celery_broker_url
from tests import twins
from tests.guards import Guard
from tests.stack import own_redis
from tests.sweep import crossings, surfaces
from tests.sweep.conftest import Tally
from tests.sweep.routes import BANK, address, routes

BOTH = (twins.A, twins.B)
# Keys of a bank begin with its name. What stands behind the name and the run's prefix, by kind:
KEYS = {
    r"\d+:provider-key:[0-9A-Za-z-]+": "the provider's public keys, which prove its messages",
    r"\d+:provider-keys-asked:\d+": "how many of them were asked for in this minute",
    r"tries:(account|address):[0-9a-f]{32}": "tries of passwords, counted",
    r"tries:upload:[0-9a-f]{32}": "files of one person, counted",
    r"\d+:allauth:rl:[\w:.@-]+": "limits of the sign-in's pages",
    r"\d+:allauth\.\S+": "codes and tokens on their way",
    r"\d+:allauth:\S+": "codes and tokens on their way",
    r"\d+:headless\S*": "codes and tokens on their way",
}
# Keys of the installation, which hold nothing of any bank.
INSTALLATION = {
    r"public:test-\d+:1:health": "whether Redis answers",
    r"celery": "messages for workers, each with its bank's name",
    r"_kombu\.binding(_permanent)?\.[\w.]+": "where messages go",
}
_OF_A_BANK = re.compile(r"\{?(?P<bank>[a-z_0-9]+)\}?:(?P<prefix>test-\d+):(?P<rest>.*)", re.S)


@dataclass
class Kept:
    """What both banks left behind."""

    server: Any
    keys: dict[str, bytes] = field(default_factory=dict)  # with what each held
    lines: list[str] = field(default_factory=list)
    mails: dict[twins.Twin, list[Any]] = field(default_factory=dict)

    def look(self) -> None:
        """Some keys live for seconds: they are read as soon as they may be there."""
        for key in self.server.keys("*"):
            self.keys[key.decode()] = value(self.server, key)


@pytest.fixture
def kept(twin_banks: None, settings: Any) -> Iterator[Kept]:
    """A Redis of its own, limits that count, and the twins' people at work on it."""
    folder = Path(tempfile.mkdtemp(prefix="counterfoil-sweep-"))
    started = own_redis(folder)
    settings.REDIS_URL = f"unix://{folder}/redis.sock?db=0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}
    limits._server.cache_clear()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before, shown = root.level, root.handlers
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    try:
        found = Kept(redis.Redis.from_url(settings.REDIS_URL))
        for twin in BOTH:
            mail.outbox.clear()
            work(twin)
            found.mails[twin] = list(mail.outbox)
            found.look()
        send_messages(settings.REDIS_URL)
        found.look()
        found.lines = written.getvalue().splitlines()
        yield found
    finally:
        root.handlers = shown
        root.setLevel(before)
        limits._server.cache_clear()
        started.stop(5)
        shutil.rmtree(folder, ignore_errors=True)
        set_urlconf(None)
        connection.set_schema_to_public()  # type: ignore[attr-defined]


def work(twin: twins.Twin) -> None:
    """The same at either bank: signing in well and badly, by every door; pages; mails; downloads."""
    email = f"{twin.canary.lower()}4@example.com"
    with in_bank(twin.schema):
        AccessGrant.objects.create(
            staff_id=4, customer_id=1, purpose="request", note=twin.canary, opened_at=twins.NOW,
            expires_at=twins.FAR,
        )  # fmt: skip
        admin = User.objects.get(pk=4)
        second = f"{twin.canary.lower()}3@example.com"
        for key, checked in ((4, email), (3, second)):
            EmailAddress.objects.create(user_id=key, email=checked, verified=True, primary=True)
        other = f"new.{twin.canary.lower()}@example.com"
        EmailAddress.objects.create(user=admin, email=other, verified=False, primary=False)
        urls = [address(route, "own") for route in routes(BANK)]
    as_json = {"content_type": "application/json"}
    person = Client(HTTP_HOST=twin.host, REMOTE_ADDR="192.0.2.7")
    person.raise_request_exception = False
    person.post("/accounts/login/", {"login": email, "password": twins.PASSWORD})
    body = {"email": email, "password": twins.PASSWORD}
    program = Client(HTTP_HOST=twin.host, REMOTE_ADDR="192.0.2.9")
    answer = program.post("/api/v1/login", body, **as_json)
    assert answer.status_code == 200, answer.content
    renewal = {"refresh_token": answer.json()["refresh_token"]}
    program.post("/api/v1/refresh", renewal, **as_json)
    person.post("/accounts/reauthenticate/", {"password": "wrong"})
    person.post("/accounts/reauthenticate/", {"password": twins.PASSWORD})
    person.post("/accounts/email/", {"email": other, "action_send": ""})
    person.post("/admin/accounts/user/add/", {"email": f"x{email}", "role": Role.VIEWER})
    person.get("/health/ready")
    door = Client(HTTP_HOST=twin.host, REMOTE_ADDR="192.0.2.8")
    door.raise_request_exception = False
    # The analyst has an authenticator app: a wrong code counts too.
    door.post("/accounts/login/", {"login": second, "password": twins.PASSWORD})
    door.post("/accounts/2fa/authenticate/", {"code": "000000"})
    body = {"email": second, "password": twins.PASSWORD}
    first = door.post("/api/v1/login", body, **as_json).json()
    code = {"login_token": first.get("login_token", ""), "code": "000000"}
    door.post("/api/v1/login/mfa", code, **as_json)
    for name in (email, f"{twin.canary}4", "ada@example.com"):
        door.post("/accounts/login/", {"login": name, "password": "wrong"})
        door.post("/api/v1/login", {"email": name, "password": "wrong"}, **as_json)
        door.post("/accounts/password/reset/", {"email": name})
    for url in urls:
        answer = person.get(url)
        if answer.streaming:
            b"".join(answer.streaming_content)


def send_messages(url: str) -> None:
    """Every task as it is really sent, from both banks."""
    eager, app.conf.task_always_eager = app.conf.task_always_eager, False
    try:
        with app.connection_for_write(celery_broker_url(url)) as broker:
            for name, make in surfaces.BANK_TASKS.items():
                for twin in BOTH:
                    with in_bank(twin.schema):
                        app.tasks[name].apply_async(make(1), connection=broker)
            for name in surfaces.PUBLIC_TASKS:
                app.tasks[name].apply_async(connection=broker)
    finally:
        app.conf.task_always_eager = eager


def value(server: Any, key: bytes) -> bytes:
    """All that a key holds, of whatever type."""
    kind = server.type(key).decode()
    read = {
        "none": lambda: b"",  # gone meanwhile
        "string": lambda: server.get(key),
        "list": lambda: server.lrange(key, 0, -1),
        "set": lambda: server.smembers(key),
        "zset": lambda: server.zrange(key, 0, -1, withscores=True),
        "hash": lambda: server.hgetall(key),
    }
    found = read[kind]()
    return found if isinstance(found, bytes) else repr(found or "").encode()


def bank_of(key: str) -> twins.Twin | None:
    """The twin whose key it is, None for the installation's; fails for any other."""
    match = _OF_A_BANK.fullmatch(key)
    of = next((t for t in BOTH if match and match["bank"] == t.schema), None)
    if match and of:
        known = [kind for kind in KEYS if re.fullmatch(kind, match["rest"])]
        assert known, f"{key}: name its kind in tests/sweep/test_kept.py KEYS"
        return of
    known = [kind for kind in INSTALLATION if re.fullmatch(kind, key)]
    assert known, f"{key} begins with no bank's name, and is no key of the installation"
    return None


@pytest.mark.guard("G1")
def test_nothing_kept_or_sent_crosses(kept: Kept, guard: Guard, tally: Tally) -> None:
    print("\n" + "\n".join(sorted(kept.keys)))
    names: dict[twins.Twin | None, set[str]] = {None: set(), twins.A: set(), twins.B: set()}
    for key, held in kept.keys.items():
        of = bank_of(key)
        names[of].add(key.replace(of.schema, "") if of else key)
        for twin in BOTH:
            if twin != of:
                seen = crossings.marks(key.encode(), twin) + crossings.marks(held, twin)
                assert not seen, f"{key} holds {seen} of {twin.schema}"
    # What both did under equal names makes keys that differ in the bank's name alone.
    assert len(names[twins.A] & names[twins.B]) > 5, names
    tally("cache_keys", len(kept.keys))
    guard(
        "G1",
        n=len(kept.keys),
        reached="every key in Redis has its bank's name; 0 marks of the other",
    )

    messages = [json.loads(m) for m in kept.server.lrange("celery", 0, -1)]
    named = [(m["headers"]["task"], m["headers"].get(BANK_HEADER)) for m in messages]
    assert len(named) == 2 * len(surfaces.BANK_TASKS) + len(surfaces.PUBLIC_TASKS)
    for task, bank in named:
        assert (bank in {t.schema for t in BOTH}) == (task in surfaces.BANK_TASKS), (task, bank)

    mails = 0
    for twin, sent in kept.mails.items():
        mails += len(sent)
        assert len(sent) >= 3, f"{twin.schema} sent {len(sent)}"
        for message in sent:
            text = str(message.message()).encode()
            away = crossings.other(twin)
            assert not crossings.marks(text, away), message.subject
            assert away.host.encode() not in text, message.subject
            assert all(twin.canary.lower() in to or to.startswith("ada@") for to in message.to)
    tally("mails", mails)
    guard("G1", reached="0 marks, hosts or addressees of the other bank in e-mails", n=mails)

    shown = [line for line in kept.lines for twin in BOTH if crossings.marks(line.encode(), twin)]
    assert not shown, "\n".join(shown[:5])
    assert len(kept.lines) > 400 and all(json.loads(line) for line in kept.lines)
    tally("log_lines", len(kept.lines))
    guard("G1", reached="0 marks of either bank in the log", n=len(kept.lines))


@pytest.mark.guard("G1")
def test_no_row_of_one_bank_stands_in_the_other(
    twin_banks: None, guard: Guard, tally: Tally
) -> None:
    """And the search would see one: each twin's own mark is in every table that has texts or amounts."""
    seen = 0
    for twin in BOTH:
        assert not crossings.rows_of(crossings.other(twin), twin.schema)
        own = crossings.rows_of(twin, twin.schema)
        seen += len(own)
        with in_bank(twin.schema):
            count = len(crossings.tables())
        assert len(own) > 25, f"{twin.schema}: its own mark shows in {sorted(own)} alone"
    tally("tables", count)
    guard("G1", reached="0 rows of one twin in the other", n=seen)


@pytest.mark.guard("G1")
def test_kept_files_are_read_in_their_bank_alone(
    twin_banks: None, settings: Any, tmp_path: Path, guard: Guard, tally: Tally
) -> None:
    """Files in the bank's tables, with equal ids and names, and in the folder for disposable ones."""
    count = 0
    for twin in BOTH:
        away = crossings.other(twin)
        with in_bank(twin.schema):
            files = list(StoredFile.objects.all())
            for file in files:
                with open_stored(file) as stream:
                    content = stream.read()
                assert twin.canary.encode() in content and not crossings.marks(content, away)
                # Opened here and read on in the other bank, where the same id is another's file.
                stream = open_stored(file)
                with in_bank(away.schema), pytest.raises(NoBank):
                    stream.read()
                count += 1
    settings.MEDIA_ROOT = str(tmp_path)
    where = {}
    for twin in BOTH:
        with in_bank(twin.schema):
            assert not default_storage.exists("export.csv")
            name = default_storage.save("export.csv", ContentFile(twin.canary.encode()))
            where[twin] = Path(default_storage.path(name))
            assert (
                name == "export.csv" and default_storage.open(name).read() == twin.canary.encode()
            )
            assert twin.schema in where[twin].parts
            with pytest.raises(Exception):  # noqa: B017 - SuspiciousFileOperation or its subclass
                default_storage.open(f"../{crossings.other(twin).schema}/export.csv")
        count += 1
    assert len(set(where.values())) == len(BOTH)
    tally("files", count)
    guard("G1", reached="0 files of the other bank, by id, name or path", n=count)
