"""Workers are killed at random moments; no effect may be lost or doubled."""

import json
import random

import pytest

from tests.stack import BANKS, Started, StartedStack
from tests.stack_jobs.tasks import PARTS

pytestmark = pytest.mark.stack

JOBS = 30
KILLS = 20


def put_jobs(stack: StartedStack, bank: str, count: int) -> None:
    for n in range(count):
        arguments = json.dumps({"n": n, "steps": 6, "pause": 0.04})
        stack.query(
            bank,
            "insert into jobs_job (kind, arguments, state, run_at, failures, lost_leases, done_count,"
            " total_count, progress_mark, step, cancel_asked, created_at, error_code, error, result)"
            " values ('test_effect', %s, 'due', now(), 0, 0, 0, 0, 0, '', false, now(), '', '', '{}')",
            [arguments],
        )


def start_two(stack: StartedStack) -> list[Started]:
    workers = [stack.start_worker(), stack.start_worker()]
    for worker in workers:
        worker.wait_for("ready")
    return workers


def test_twenty_kills_lose_and_double_nothing(stack: StartedStack) -> None:
    rng = random.Random(20261125)
    for bank in BANKS:
        put_jobs(stack, bank, JOBS)
    interrupted, rounds = 0, 0
    workers = start_two(stack)
    while interrupted < KILLS:
        rounds += 1
        assert rounds < 3 * KILLS, f"only {interrupted} jobs were interrupted"
        if not stack.jobs_left():
            for bank in BANKS:
                put_jobs(stack, bank, 5)
        interrupted += stack.kill_while_running(workers, rng, within=0.6)
        workers = start_two(stack)
    stack.wait_until(lambda: not stack.jobs_left(), 60, "jobs are left")
    for worker in workers:
        worker.stop()

    tried_again = 0
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
        tried_again += stack.query(
            bank, "select count(*) from jobs_job where lost_leases > 0 or failures > 0"
        )[0][0]
    print(f"{interrupted} jobs interrupted in {rounds} kills; {tried_again} tried again")
    assert tried_again >= 5
