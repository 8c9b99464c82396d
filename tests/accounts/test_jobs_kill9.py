"""Workers are killed at random moments; no effect may be lost or doubled."""

import random
import time

import pytest

from tests.stack import BANKS, Started, StartedStack
from tests.stack_jobs.tasks import PARTS

pytestmark = pytest.mark.stack

JOBS = 30
KILLS = 20


def put_jobs(stack: StartedStack, bank: str, count: int) -> None:
    for n in range(count):
        stack.put_job(bank, "test_effect", {"n": n, "steps": 6, "pause": 0.04})


def start_two(stack: StartedStack) -> list[Started]:
    workers = [stack.start_worker(), stack.start_worker()]
    for worker in workers:
        worker.wait_for("ready")
    return workers


def test_twenty_kills_lose_and_double_nothing(stack: StartedStack) -> None:
    """SIGKILL for whole workers, which start again, and for the processes of Celery's pool."""
    rng = random.Random(20261125)
    for bank in BANKS:
        put_jobs(stack, bank, JOBS)
    interrupted: list[tuple[str, int]] = []
    for _round in range(3):
        workers = start_two(stack)
        interrupted += stack.kill_while_running(workers, rng, within=0.6)
    celery, beat = stack.start_worker(celery=True), stack.start_beat()
    celery.wait_for("ready")
    for _round in range(60):
        if len(interrupted) >= KILLS:
            break
        if stack.jobs_left() < 4:
            for bank in BANKS:
                put_jobs(stack, bank, 5)
        interrupted += stack.kill_while_running([celery], rng, within=0.6, children=True)
    assert celery.alive
    killed = time.monotonic()
    stack.wait_until(lambda: not stack.jobs_left(), 60, "jobs are left")
    after = time.monotonic() - killed
    for started in (beat, celery):
        started.stop()

    tried_again: set[tuple[str, int]] = set()
    for bank in BANKS:
        states = dict(stack.query(bank, "select state, count(*) from jobs_job group by state"))
        assert set(states) == {"done"}, states
        marks = stack.query(bank, "select count(*) from jobs_storedfile")[0][0]
        assert marks == PARTS * states["done"]
        each = stack.query(
            bank,
            "select count(*) from jobs_job j where (select count(*) from jobs_storedfile f where"
            " f.name = 'mark ' || (j.arguments->>'n')) % 3 <> 0",
        )
        assert each[0][0] == 0
        sql = "select id from jobs_job where lost_leases > 0 or failures > 0"
        tried_again |= {(bank, job) for (job,) in stack.query(bank, sql)}
    print(
        f"{len(interrupted)} interruptions of {len(set(interrupted))} jobs,"
        f" {len(tried_again)} tried again, all done {after:.1f} s later"
    )
    # Each that a kill met was found out and tried again.
    assert set(interrupted) <= tried_again
