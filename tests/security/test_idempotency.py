"""G20 idempotency: a repeated request has one effect and one answer."""

import json
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.banks.tenancy import in_bank
from accounts.customers.models import Customer
from accounts.idempotency.models import KeptAnswer
from accounts.idempotency.services import key_hash
from accounts.idempotency.views import SAFE, BankAPIView
from accounts.jobs import maintenance
from accounts.models import User
from tests.conftest import HOSTS, NORTH, SOUTH
from tests.factories import make_person
from tests.guards import Guard

SEED = 20
# Signing in, renewing and ending a session: a replay of their answers would be a second key to the door.
NOT_KEYED = {"api:login", "api:refresh", "api:logout", "api:mfa"}


@pytest.fixture
def probe(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.security.probe_urls"


@pytest.fixture
def person(north: str) -> User:
    return make_person()


def client_of(person: User, bank: str = NORTH) -> Client:
    client = Client(HTTP_HOST=HOSTS[bank], raise_request_exception=False)
    with in_bank(bank):
        client.force_login(person)
    return client


def ask(
    client: Client, key: str | None, body: Any, *, name: str = "a", method: str = "post"
) -> Any:
    more = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return getattr(client, method)(
        f"/api/v1/probe/{name}", json.dumps(body), content_type="application/json", **more
    )


def effects() -> int:
    return Customer.objects.filter(full_name__startswith="Probe").count()


@pytest.mark.guard("G20")
def test_the_second_answer_is_the_first(probe: None, person: User, guard: Guard) -> None:
    client = client_of(person)
    first = ask(client, "k", {"name": "x"})
    second = ask(client, "k", {"name": "x"})
    with in_bank(NORTH):
        assert effects() == 1
    assert first.status_code == second.status_code == 201
    assert first.content == second.content and first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in first and second["Idempotency-Replayed"] == "true"
    assert ask(client, None, {"name": "x"}).json()["id"] != first.json()["id"]
    guard("G20", reached="replay equals first status, body and place", n=1)


def test_another_request_under_the_key_is_refused(probe: None, person: User) -> None:
    client = client_of(person)
    ask(client, "k", {"name": "x"})
    other_body, other_path = (
        ask(client, "k", {"name": "y"}),
        ask(client, "k", {"name": "x"}, name="b"),
    )
    assert other_body.status_code == other_path.status_code == 422
    assert other_body.json()["code"] == "idempotency_key_reused"
    # Another operation is another matter.
    assert ask(client, "k", {"name": "x"}, method="put").status_code == 201
    with in_bank(NORTH):
        assert effects() == 2


def test_other_people_and_banks_are_independent(probe: None, person: User, south: str) -> None:
    with in_bank(NORTH):
        colleague = make_person()
    with in_bank(SOUTH):
        far = make_person()
    answers = [
        ask(client_of(person), "k", {"name": "x"}),
        ask(client_of(colleague), "k", {"name": "y"}),
        ask(client_of(far, SOUTH), "k", {"name": "z"}),
    ]
    assert [a.status_code for a in answers] == [201, 201, 201]
    assert not any(a.has_header("Idempotency-Replayed") for a in answers)


@pytest.mark.parametrize("fail", ["refuse", "break", "say"])
def test_a_failure_is_not_kept(probe: None, person: User, fail: str) -> None:
    client = client_of(person)
    assert ask(client, "k", {"fail": fail}).status_code >= 400
    good = ask(client, "k", {"name": "x"})
    assert good.status_code == 201 and not good.has_header("Idempotency-Replayed")
    assert ask(client, "k", {"name": "x"})["Idempotency-Replayed"] == "true"
    with in_bank(NORTH):
        assert effects() == (2 if fail == "say" else 1)


@pytest.mark.parametrize(
    ("key", "status"), [("x" * 255, 201), ("x" * 256, 400), ("", 400), ("ké", 400), ("a\tb", 400)]
)
def test_the_length_and_letters_of_a_key(probe: None, person: User, key: str, status: int) -> None:
    assert ask(client_of(person), key, {}).status_code == status


def test_nobody_reads_an_answer_without_a_sign_in(probe: None, person: User) -> None:
    ask(client_of(person), "k", {"name": "x"})
    stranger = Client(HTTP_HOST=HOSTS[NORTH])
    assert ask(stranger, "k", {"name": "x"}).status_code == 401


def test_housekeeping_forgets_after_a_day(probe: None, person: User) -> None:
    client = client_of(person)
    ask(client, "old", {"name": "x"})
    ask(client, "new", {"name": "x"})
    with in_bank(NORTH):
        KeptAnswer.objects.filter(key_hash=key_hash("old")).update(
            created_at=timezone.now() - timedelta(hours=25)
        )
        maintenance.clean_bank()
        assert KeptAnswer.objects.get().key_hash == key_hash("new")


def test_every_unsafe_method_takes_a_key() -> None:
    """A new view of the API that forgets its base fails here."""
    found = 0
    for pattern in get_resolver("config.urls_api").url_patterns[0].url_patterns:
        view = pattern.callback.cls
        if f"api:{pattern.name}" in NOT_KEYED:
            continue
        unsafe = [m for m in view.http_method_names if m.upper() not in SAFE and hasattr(view, m)]
        if unsafe:
            found += 1
            assert issubclass(view, BankAPIView), f"{pattern.name} forgets the keys of {unsafe}"
    assert found


@pytest.fixture
def committed(db: None, probe: None) -> Iterator[None]:
    """Inside North on a connection beside the test's transaction: all see what is written."""
    of_the_test = connections["default"]
    connections["default"] = of_the_test.copy()
    try:
        with in_bank(NORTH):
            try:
                yield
            finally:
                connection.set_schema(NORTH)  # type: ignore[attr-defined]
                KeptAnswer.objects.all().delete()
                Session.objects.all().delete()
                Customer.objects.filter(full_name__startswith="Probe").delete()
                from allauth.account.models import EmailAddress

                people = User.objects.filter(email__startswith="many-")
                EmailAddress.objects.filter(user__in=people).delete()
                people.delete()
    finally:
        connections["default"].close()
        connections["default"] = of_the_test


@pytest.mark.guard("G20")
def test_fifty_at_once_have_one_effect(committed: None, guard: Guard) -> None:
    n = 50
    cookie = client_of(make_person(email="many-a@example.com")).cookies
    start = threading.Barrier(n)
    answers: list[Any] = []

    def run() -> None:
        client = Client(HTTP_HOST=HOSTS[NORTH], raise_request_exception=False)
        client.cookies = cookie
        start.wait(30)
        try:
            answers.append(ask(client, "same", {"name": "x", "pause": 0.05}))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    connection.set_schema(NORTH)  # type: ignore[attr-defined]
    statuses = [a.status_code for a in answers]
    assert effects() == 1
    assert len(answers) == n and set(statuses) <= {201, 409} and 201 in statuses
    assert len({a.content for a in answers if a.status_code == 201}) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_flight"}
    guard(
        "G20",
        reached=f"1 effect; {statuses.count(201)} the same answer, {statuses.count(409)} in flight 409",
        n=n,
    )


def walk(client: Client, steps: int, rng: random.Random) -> int:
    """Random requests beside a plain model of what each key must answer. Returns replays seen."""
    kept: dict[str, tuple[str, bytes]] = {}
    made = replays = 0
    for _step in range(steps):
        key = f"k{rng.randrange(40)}"
        body = {"name": rng.choice("ab"), "fail": rng.choice(["", "", "", "refuse", "break"])}
        said = json.dumps(body)
        answer = ask(client, key, body)
        if key in kept:
            before, content = kept[key]
            assert answer.status_code == (201 if before == said else 422)
            if before == said:
                assert answer.content == content
                replays += 1
        elif body["fail"]:
            assert answer.status_code == (400 if body["fail"] == "refuse" else 500)
        else:
            assert answer.status_code == 201
            kept[key] = said, answer.content
            made += 1
        if rng.random() < 0.05:
            with in_bank(NORTH):
                gone = rng.choice(sorted(kept)) if kept else ""
                KeptAnswer.objects.filter(key_hash=key_hash(gone)).delete()
                kept.pop(gone, None)
    with in_bank(NORTH):
        assert effects() == made
    return replays


@pytest.mark.guard("G20")
@pytest.mark.parametrize("steps", [400, pytest.param(5000, marks=pytest.mark.nightly)])
def test_a_random_walk_of_keys(
    probe: None, person: User, quiet: None, guard: Guard, steps: int
) -> None:
    replays = walk(client_of(person), steps, random.Random(SEED))
    assert replays > steps / 10
    guard("G20", reached=f"0 wrong answers or effects; {replays} replays", n=steps, seed=SEED)


def test_one_bank_has_the_table_alone() -> None:
    assert "accounts.idempotency" in django_settings.TENANT_APPS
    assert "accounts.idempotency" not in django_settings.SHARED_APPS
