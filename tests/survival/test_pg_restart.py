"""G16: the database goes away under people and workers at work, and comes back.

The fast test shuts the stack's own database to everybody and ends its connections; the nightly one stops and
starts a PostgreSQL of its own. PG_RESTARTS and PG_RATE change the nightly counts; PG_SEED repeats its moments.
"""

import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.guards import Guard
from tests.stack import BANKS, NORTH, StartedStack, owner_url
from tests.stack_jobs.tasks import PARTS
from tests.survival.cluster import own_cluster
from tests.survival.load import Load

pytestmark = pytest.mark.stack

READY_WITHIN = 5.0  # seconds after the database answers again
PEOPLE = 6


def beside(url: str) -> str:
    """The same role, in the database that the suite itself was given."""
    return urlsplit(url)._replace(path=urlsplit(owner_url()).path).geturl()


@dataclass
class Outage:
    stopped: float
    ready: float


@dataclass
class Case:
    """A stack under load, the outages it went through, and what must hold after them."""

    stack: StartedStack
    load: Load
    outages: list[Outage] = field(default_factory=list)
    jobs: int = 0

    def put_job(self, steps: int = 3) -> None:
        bank = BANKS[self.jobs % 2]
        arguments = {"n": self.jobs, "steps": steps, "pause": 0.03}
        self.stack.connections.pop(bank, None)  # an outage may have ended it
        self.stack.put_job(bank, "test_effect", arguments)
        self.jobs += 1

    def began(self) -> None:
        self.outages.append(Outage(time.monotonic(), 0.0))

    def ended(self) -> None:
        self.outages[-1].ready = time.monotonic()

    def is_excused(self, sent: float, done: float) -> bool:
        """Whether an outage, or the moment in which all may find back, fell into this request."""
        return any(sent <= o.ready + READY_WITHIN and done >= o.stopped for o in self.outages)

    def assert_answers(self) -> dict[str, int]:
        counted: Counter[str] = Counter()
        wrong = []
        for answer in self.load.answers:
            counted[str(answer.status)] += 1
            if answer.good:
                continue
            told = answer.status == 503 and answer.retry_after
            if not told or not self.is_excused(answer.sent, answer.done):
                wrong.append((answer, [round(answer.sent - o.stopped, 2) for o in self.outages]))
        assert not wrong, wrong[:5]
        return dict(counted)

    def assert_writes_present(self) -> int:
        """Each change that was answered 2xx stands in the ledger, and its entry in the log."""
        rows = [answer.row for answer in self.load.answers if answer.good and answer.row]
        found = self.stack.query(
            NORTH,
            "select t.id from transactions_transaction t where t.id = any(%s) and t.version = 2"
            " and t.category_origin = 'person' and exists (select from audit_auditentry e where"
            " e.subject_id = t.id::text and e.act = 'transaction.recategorised')",
            [rows],
        )
        assert {row for (row,) in found} == set(rows)
        return len(rows)

    def assert_jobs_done_once(self) -> None:
        self.stack.wait_until(lambda: not self.stack.jobs_left(), 90, "jobs are left")
        done = 0
        for bank in BANKS:
            states = dict(
                self.stack.query(
                    bank,
                    "select state, count(*) from jobs_job where kind = 'test_effect' group by 1",
                )
            )
            marks = self.stack.query(bank, "select count(*) from jobs_storedfile")[0][0]
            assert set(states) <= {"done"} and marks == PARTS * states.get("done", 0), (
                states,
                marks,
            )
            done += states.get("done", 0)
        assert done == self.jobs

    def assert_sealed(self) -> None:
        """The sealer beside beat found back too."""
        unsealed = (
            "select count(*) from audit_auditentry where not id <@ coalesce("
            "(select range_agg(ids) from audit_auditseal), '{}'::int8multirange)"
        )
        for bank in BANKS:
            self.stack.wait_until(
                lambda bank=bank: self.stack.query(bank, unsealed) == [(0,)], 30, "not sealed"
            )

    def assert_none_stuck(self) -> None:
        """No connection is left inside a transaction or a statement."""
        stuck = (
            "select pid, state, query from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and pid <> pg_backend_pid()"
            " and (state ~ '^idle in' or state = 'active')"
            " and state_change < now() - interval '5 seconds'"
        )
        self.stack.wait_until(lambda: not self.stack.query(NORTH, stuck), 30, "connections stuck")

    def finish(self) -> tuple[dict[str, int], int]:
        self.load.stop()
        self.stack.connections.clear()
        self.assert_jobs_done_once()
        self.assert_sealed()
        self.assert_none_stuck()
        counted = self.assert_answers()
        return counted, self.assert_writes_present()


@contextlib.contextmanager
def at_work(stack: StartedStack, *, people: int, rows: int, rate: float) -> Iterator[Case]:
    url = stack.start_web()
    worker, plain = stack.start_worker(celery=True), stack.start_worker()
    stack.start_beat(AUDIT_SEAL_SECONDS="1")
    load = Load(stack, url, rate)
    load.fill(people=people, rows=rows)
    worker.wait_for("ready")
    plain.wait_for("ready")
    load.start()
    try:
        yield Case(stack, load)
    finally:
        load.stopped.set()


def until_it_works(case: Case, moment: float, answers: int = 10) -> None:
    case.stack.wait_until(
        lambda: case.load.good_since(moment) >= answers, 60, "nobody is served again"
    )


@pytest.mark.guard("G16")
def test_a_database_that_turns_everybody_out_loses_nothing(
    stack: StartedStack, guard: Guard
) -> None:
    """All connections end at once and new ones are refused for a moment, three times."""
    database = urlsplit(stack.database_url).path.strip("/")
    name = sql.Identifier(database)
    end_all = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s"
        " and usename = current_user and pid <> pg_backend_pid()"
    )
    with (
        psycopg.connect(owner_url(), autocommit=True) as owner,
        psycopg.connect(beside(stack.database_url), autocommit=True) as served,
        at_work(stack, people=4, rows=400, rate=20) as case,
    ):
        until_it_works(case, 0)
        for _number in range(3):
            for _job in range(2):
                case.put_job()
            time.sleep(0.3)
            case.began()
            owner.execute(sql.SQL("alter database {} connection limit 0").format(name))
            served.execute(end_all, [database])
            time.sleep(0.7)
            owner.execute(sql.SQL("alter database {} connection limit -1").format(name))
            case.ended()
            until_it_works(case, case.outages[-1].ready)
        counted, written = case.finish()
    assert counted.get("503", 0) > 0
    guard("G16", reached=f"0 of {written} writes lost, failures all 503 + Retry-After; {counted}; "
          "connections ended and refused 3 times", n=len(case.load.answers))  # fmt: skip


@pytest.mark.nightly
@pytest.mark.guard("G16")
def test_a_database_that_stops_and_restarts_loses_nothing(guard: Guard) -> None:
    times = int(os.environ.get("PG_RESTARTS", "20"))
    rate = float(os.environ.get("PG_RATE", "50"))
    seed = int(os.environ.get("PG_SEED", random.SystemRandom().randrange(10**6)))
    rng = random.Random(seed)
    print(f"\nseed {seed}, 2 × {times} restarts, {rate:.0f} requests a second", flush=True)
    ways = ["immediate", "fast"] * times
    rng.shuffle(ways)
    with own_cluster() as (cluster, stack):
        rows = int(rate * 12 * len(ways) / 2 / PEOPLE) + 200
        with at_work(stack, people=PEOPLE, rows=rows, rate=rate) as case:
            until_it_works(case, 0)
            for number, way in enumerate(ways):
                for _job in range(3):
                    case.put_job()
                time.sleep(rng.uniform(0.2, 1.2))
                case.began()
                cluster.stop(immediately=way == "immediate")
                time.sleep(rng.uniform(0, 1))
                cluster.start()
                case.ended()
                until_it_works(case, case.outages[-1].ready)
                # Beyond the moment that is excused, so that what fails then is seen.
                time.sleep(max(0.0, case.outages[-1].ready + READY_WITHIN + 1 - time.monotonic()))
                took = case.outages[-1].ready - case.outages[-1].stopped
                print(f"{number + 1}: {way}, away {took:.1f} s, {len(case.load.answers)} answers",
                      flush=True)  # fmt: skip
            counted, written = case.finish()
    assert counted.get("503", 0) > 0
    guard("G16", reached=f"0 of {written} writes lost; {counted}; 0 stuck connections; "
          f"{case.jobs} jobs done once", n=2 * times, seed=seed)  # fmt: skip
