"""G6: how long an answer takes tells nobody whether a name is known."""

import random
import statistics
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts.signin_case import browser, by_api, by_page, somebody
from tests.guards import Guard

ARGON = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def timed(
    door: Any, known: list[str], rounds: int, clock: Any = time.perf_counter
) -> tuple[list[float], list[float]]:
    """Milliseconds of tries at known names and at unknown ones, in turn."""
    times: dict[bool, list[float]] = {True: [], False: []}
    pick = random.Random(20260615)
    for n in range(2 * rounds):
        is_known = n % 2 == 0
        name = pick.choice(known) if is_known else f"{uuid.uuid4().hex}@example.com"
        client = browser()
        start = clock()
        door(client, name, "wrong")
        times[is_known].append((clock() - start) * 1000)
    return times[True], times[False]


def gap_of(known: list[float], unknown: list[float]) -> float:
    return statistics.median(known) - statistics.median(unknown)


@pytest.fixture
def argon(settings: Any) -> Iterator[None]:
    """The product's own hash: with the tests' cheap one nothing would show."""
    settings.PASSWORD_HASHERS = ARGON
    yield


def test_a_password_is_hashed_once_for_known_and_unknown(
    north: str, argon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import argon2.low_level

    owner = somebody(login_name=uuid.uuid4().hex)
    never = somebody(password=None)
    by_api(browser(), f"{uuid.uuid4().hex}@example.com", "wrong")
    count = []
    for name in ("hash_secret", "verify_secret"):
        real = getattr(argon2.low_level, name)
        spy = lambda *a, _real=real, **k: (count.append(1), _real(*a, **k))[1]  # noqa: E731
        monkeypatch.setattr(argon2.low_level, name, spy)
        for module in ("argon2", "argon2._password_hasher"):
            holder = __import__(module, fromlist=["x"])
            if hasattr(holder, name):
                monkeypatch.setattr(holder, name, spy)
    for door in (by_page, by_api):
        for name in (owner.email, owner.login_name, never.email, f"{uuid.uuid4().hex}@example.com",
                     uuid.uuid4().hex):  # fmt: skip
            count.clear()
            door(browser(), name, "wrong")
            assert len(count) == 1, (door.__name__, name)


@pytest.mark.guard("G6")
@pytest.mark.parametrize("door", [by_page, by_api])
def test_known_and_unknown_names_take_the_same_time(
    north: str, argon: None, door: Any, guard: Guard
) -> None:
    """Measured as work done, so that a busy machine doesn't matter; the night measures real time."""
    known = [somebody().email for _ in range(8)]
    timed(door, known, 2)
    for _ in range(4):  # a neighbour on the machine is measured too; a leak shows every time
        gap = gap_of(*timed(door, known, 16, time.process_time))
        if abs(gap) <= 5:
            break
    assert abs(gap) <= 5
    guard("G6", reached=f"{door.__name__}: median gap {gap:+.2f} ms of work done", n=32)
