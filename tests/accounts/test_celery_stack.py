"""Celery's worker and beat as they run in life: Redis wiped, their processes killed, nothing lost."""

import random
import time

import pytest
import redis

from tests.guards import Guard
from tests.stack import BANKS, NORTH, Started, StartedStack
from tests.stack_jobs.tasks import PARTS

pytestmark = pytest.mark.stack

ENQUEUE = """
import time
from accounts.banks.tenancy import in_bank
from accounts.jobs import services
with in_bank("north"):
    began = time.monotonic()
    services.enqueue(kind="test_effect", arguments={"n": %d, "steps": 1, "pause": 0})
    print(f"{time.monotonic() - began:.2f}")
"""


def put_jobs(stack: StartedStack, count: int) -> None:
    for bank in BANKS:
        for n in range(count):
            stack.put_job(bank, "test_effect", {"n": n, "steps": 4, "pause": 0.04})


def finish(stack: StartedStack, worker: Started, what: str) -> Started:
    """Until nothing is left. As a supervisor does, a worker that ended is started again: Celery may
    end itself when its Redis and a process of its pool die at once."""

    def done() -> bool:
        nonlocal worker
        if not worker.alive:
            print(f"the worker ended ({worker.process.returncode}) and is started again")
            worker.kill()
            worker = stack.start_worker(celery=True)
        return not stack.jobs_left()

    stack.wait_until(done, 40, what)
    return worker


def assert_each_done_once(stack: StartedStack) -> None:
    for bank in BANKS:
        states = dict(stack.query(bank, "select state, count(*) from jobs_job group by state"))
        marks = stack.query(bank, "select count(*) from jobs_storedfile")[0][0]
        assert set(states) <= {"done"} and marks == PARTS * states.get("done", 0), (states, marks)


def test_without_redis_work_waits_in_the_table_and_is_done(stack: StartedStack) -> None:
    nowhere = {"REDIS_URL": f"unix://{stack.folder}/nowhere.sock?db=0"}
    took = stack.manage("shell", "--no-imports", "-c", ENQUEUE % 0, **nowhere)
    assert float(took.strip().splitlines()[-1]) < 2
    assert stack.jobs_left() == 1
    stack.manage("run_jobs", "--once", **nowhere)
    assert stack.jobs_left() == 0
    assert_each_done_once(stack)


@pytest.mark.guard("G15")
def test_wake_sweep_kills_and_a_wiped_redis(stack: StartedStack, guard: Guard) -> None:
    """One worker of two processes and one beat, through everything that may happen to them."""
    rng = random.Random(13)
    worker, beat = stack.start_worker(celery=True), stack.start_beat(JOBS_SWEEP_SECONDS="3600")
    worker.wait_for("ready")
    beat.wait_for("beat: Starting")

    # A message wakes at once: this beat sweeps once an hour.
    stack.manage("shell", "--no-imports", "-c", ENQUEUE % 100)
    stack.wait_until(lambda: not stack.jobs_left(), 10, "the wake did nothing")
    beat.stop()

    # No message at all: the sweep finds the rows.
    put_jobs(stack, 2)
    time.sleep(1)
    assert stack.jobs_left() == 2 * len(BANKS)
    beat = stack.start_beat()
    stack.wait_until(lambda: not stack.jobs_left(), 20, "the sweep found nothing")

    # The pool's processes are killed while they work; the worker forks new ones.
    put_jobs(stack, 20)
    client = redis.Redis.from_url(stack.redis_url)
    interrupted = flushed = 0
    for number in range(6):
        interrupted += len(stack.kill_while_running([worker], rng, within=0.5, children=True))
        if number % 2:
            client.flushall()
            flushed += 1
    print(f"{interrupted} jobs met by kills")
    client.close()
    worker = finish(stack, worker, "jobs are left after kills and a wiped Redis")

    # Redis itself dies and comes back empty, once while messages are in hand.
    assert stack.redis is not None
    for pause in (0.0, 1.5):
        put_jobs(stack, 3)
        time.sleep(pause)
        stack.restart_redis()
        worker = finish(stack, worker, "jobs are left after Redis came back")
    assert_each_done_once(stack)
    marks = stack.query(NORTH, "select count(*) from jobs_storedfile where name = 'mark 100'")
    assert marks == [(PARTS,)]
    guard("G15", reached=f"each job done once; {flushed} × flushed, 2 × restarted empty, 6 kills "
          f"({interrupted} met a job)", n=flushed + 2 + 6, seed=13)  # fmt: skip
