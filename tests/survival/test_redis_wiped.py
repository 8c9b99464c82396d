"""G15: Redis flushed, killed and restarted empty while nights run; they come out as if nothing had been.

REDIS_POINTS changes how often, REDIS_SEED repeats the moments.
"""

import http.client
import json
import os
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from tests.guards import Guard
from tests.sample_bank import TODAY
from tests.stack import NORTH, Started, StartedStack, database, environment, start_stack

pytestmark = [pytest.mark.stack, pytest.mark.nightly]

NIGHTS_AT_MOST = 25
PER_NIGHT = 5
CUSTOMERS = 15
RESUMED_WITHIN = 60.0
LONGER_AT_MOST = 600.0
# As in production: the sweep may first come half a minute later, a lost lease be found after that.
AS_IN_LIFE = {
    "JOBS_LEASE_SECONDS": "20", "JOBS_HEARTBEAT_SECONDS": "5", "JOBS_SWEEP_SECONDS": "30",
    "JOBS_RETRY_SECONDS": "10,60",
}  # fmt: skip


def run_inside(stack: StartedStack, call: str) -> str:
    code = f"from tests.survival import nights; nights.{call}"
    return stack.manage("shell", "--no-imports", "-c", code)


@pytest.fixture
def filled(stack_template: str) -> Iterator[str]:
    """A database with a small bank; stacks are copied from it."""
    with database(stack_template) as name:
        stack = StartedStack("", "", environment(name, "unix:///nowhere?db=0"), None)  # type: ignore[arg-type]
        run_inside(stack, f"fill({CUSTOMERS})")
        yield name


def dump_of(stack: StartedStack) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(run_inside(stack, "dump()").split("dump ")[1])
    return found


def put_night(stack: StartedStack, day: date) -> None:
    stack.query(NORTH, "update customers_bankprofile set business_day = %s", [day])
    stack.put_job(NORTH, "night", {"business_day": day.isoformat()}, lane="night")


def published(stack: StartedStack, day: date) -> bool:
    sql = "select count(*) from analytics_run where business_day = %s and state = 'published'"
    return stack.query(NORTH, sql, [day]) == [(1,)] and not stack.jobs_left([NORTH])


def status_of(url: str, session: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=10)
    try:
        connection.request(
            "GET",
            "/api/v1/users/me",
            headers={"Host": f"{NORTH}.localhost", "Cookie": f"session={session}"},
        )
        return connection.getresponse().status
    finally:
        connection.close()


class Disturber:
    """Flushes, kills and restarts a stack's Redis; keeps its worker alive as a supervisor would."""

    def __init__(self, stack: StartedStack, rng: random.Random) -> None:
        self.stack, self.rng, self.done = stack, rng, []  # type: ignore[var-annotated]
        self.worker = stack.start_worker(celery=True, **AS_IN_LIFE)
        self.beat = stack.start_beat(**AS_IN_LIFE)
        self.worker.wait_for("ready")
        self.restarts = 0

    def disturb(self) -> None:
        way = ("flushed", "killed", "restarted empty")[len(self.done) % 3]
        if way == "flushed":
            client = redis.Redis.from_url(self.stack.redis_url)
            client.flushall()
            client.close()
        else:
            assert self.stack.redis
            self.stack.redis.kill()
            if way == "killed":  # and stays away for a while
                time.sleep(self.rng.uniform(1, 5))
            self.stack.restart_redis()
        self.done.append(way)

    def supervise(self) -> None:
        def again(process: Started, start: Any) -> Started:
            if process.alive:
                return process
            process.kill()
            self.restarts += 1
            made: Started = start()
            return made

        self.worker = again(self.worker, lambda: self.stack.start_worker(celery=True, **AS_IN_LIFE))
        self.beat = again(self.beat, lambda: self.stack.start_beat(**AS_IN_LIFE))


def disturbed_night(
    disturber: Disturber, day: date, points: int, url: str, session: str
) -> tuple[float, float]:
    """How long the night took from being due, and from the last disturbance on. Every other night is left
    alone until a worker has it, so that half of them are met at work and half while they wait."""
    stack, rng = disturber.stack, disturber.rng
    began = last = time.monotonic()
    put_night(stack, day)

    def wait(seconds: float) -> bool:
        """Whether the night is over by then."""
        until = time.monotonic() + seconds
        while not (over := published(stack, day)) and time.monotonic() < until:
            disturber.supervise()
            time.sleep(0.1)
        return over

    if day.toordinal() % 2:
        running = "select count(*) from jobs_job where kind = 'night' and state = 'running'"
        stack.wait_until(
            lambda: published(stack, day) or stack.query(NORTH, running) == [(1,)],
            RESUMED_WITHIN, f"nobody took the night of {day}",
        )  # fmt: skip
    for _number in range(PER_NIGHT):
        if len(disturber.done) == points or wait(rng.uniform(0.1, 3)):
            break
        disturber.disturb()
        last = time.monotonic()
        assert status_of(url, session) == 200, "somebody was logged out"
    assert wait(RESUMED_WITHIN), (
        f"no night of {day} {RESUMED_WITHIN:.0f} s after the last disturbance"
    )
    return time.monotonic() - began, time.monotonic() - last


@pytest.mark.guard("G15")
def test_nights_without_redis_come_out_the_same(filled: str, guard: Guard) -> None:
    points = int(os.environ.get("REDIS_POINTS", "20"))
    seed = int(os.environ.get("REDIS_SEED", random.SystemRandom().randrange(10**6)))
    rng = random.Random(seed)
    print(f"\nseed {seed}: {points} disturbances", flush=True)
    slowest = resumed = 0.0
    days: list[date] = []
    with start_stack(filled) as stack:
        url = stack.start_web()
        session = run_inside(stack, "sign_in()").split("session ")[1].strip()
        assert status_of(url, session) == 200
        disturber = Disturber(stack, rng)
        while len(disturber.done) < points and len(days) < NIGHTS_AT_MOST:
            day = TODAY + timedelta(days=len(days))
            took, after = disturbed_night(disturber, day, points, url, session)
            days.append(day)
            slowest, resumed = max(slowest, took), max(resumed, after)
            print(f"{day}: {took:.1f} s, {len(disturber.done)} disturbances so far", flush=True)
        found = dump_of(stack)
        assert status_of(url, session) == 200
        runs = "select count(*), count(distinct business_day) from analytics_run"
        assert stack.query(NORTH, runs) == [(len(days), len(days))]
    with start_stack(filled) as stack:
        stack.start_worker()
        quiet = 0.0
        for day in days:
            began = time.monotonic()
            put_night(stack, day)
            stack.wait_until(lambda day=day: published(stack, day), 180, f"no night of {day}")
            quiet = max(quiet, time.monotonic() - began)
        wanted = dump_of(stack)
    rows = sum(count for count, _hash in wanted.values())
    print(f"undisturbed: at most {quiet:.1f} s a night, {rows:,} rows", flush=True)
    assert rows > 200 and found == wanted
    assert slowest - quiet <= LONGER_AT_MOST
    assert len(disturber.done) == points
    guard("G15", reached=f"{len(days)} nights byte-equal in {len(wanted)} tables; done {resumed:.0f} s after the "
          f"last disturbance at most, + {slowest - quiet:.0f} s a night; nobody logged out; "
          f"{disturber.restarts} processes ended and were started by their supervisor",
          n=points, seed=seed)  # fmt: skip
