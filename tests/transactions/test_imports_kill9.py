"""G13: workers are killed while they plan, commit and undo files; no row may be lost or doubled.

Run with -s for the seed, the kills and the times. KILL9_SEED repeats a run's files and moments. How many kills
meet a commit or an undo is luck, so what is missing is made up by plans, which may be made any number of times;
tests/survival/failpoints.py kills at each statement of them all.
"""

import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.guards import Guard
from tests.stack import BANKS, NORTH, Started, StartedStack
from tests.transactions.kill9_files import Row, make_rows, write_file

pytestmark = pytest.mark.stack


@dataclass(frozen=True)
class Size:
    """Of one run: files of each bank, their rows, how many of them are undone, kills that meet a job."""

    files: int
    rows: int
    undone: int
    kills: int

    def wanted(self, kind: str) -> int:
        share = {"import_plan": 0.4, "import_commit": 0.4, "import_undo": 0.2}[kind]
        return round(self.kills * share)


SIZES = [
    pytest.param(Size(files=3, rows=20_000, undone=2, kills=20), id="fast"),
    pytest.param(Size(files=100, rows=3_000, undone=40, kills=50), id="nightly", marks=pytest.mark.nightly),
    pytest.param(Size(files=150, rows=5_000, undone=80, kills=300), id="release", marks=pytest.mark.release),
]  # fmt: skip
RECEIVE = "from tests.transactions.kill9_files import receive_files; receive_files({paths!r})"


@dataclass
class File:
    bank: str
    batch: int
    account: int
    rows: list[Row]

    @property
    def where(self) -> str:
        return f"{self.bank}, batch {self.batch}"


@dataclass
class Killer:
    """One Celery worker of two processes and a beat, started again whenever they are gone."""

    stack: StartedStack
    rng: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    worker: Started | None = None
    beat: Started | None = None

    def supervise(self) -> Started:
        if self.beat is None or not self.beat.alive:
            self.beat = self.stack.start_beat()
        if self.worker is None or not self.worker.alive:
            self.worker = self.stack.start_worker(celery=True)
            self.worker.wait_for("ready")
        return self.worker

    def finish(self, seconds: float, what: str) -> None:
        def done() -> bool:
            self.supervise()
            return not self.stack.jobs_left()

        self.stack.wait_until(done, seconds, what)

    def kill(self, kind: str, wanted: int, within: float) -> None:
        """Kills until enough met a running job, or few are left that may be killed once more."""
        for number in range(3 * wanted):
            if self.kills[kind] >= wanted or not self._mortal():
                return
            # The pool's processes, and each fourth time the whole worker.
            met = self.stack.kill_while_running(
                [self.supervise()], self.rng, within=within, wait=10, children=number % 4 != 3
            )
            self.kills[kind] += bool(met)

    def _mortal(self) -> bool:
        """Whether a job is left that a kill will not stop for good."""
        sql = "select count(*) from jobs_job where state in ('due', 'running') and lost_leases < 4"
        return any(self.stack.query(bank, sql)[0][0] for bank in BANKS)

    def start_plain(self) -> list[Started]:
        """Two processes of `run_jobs`, which work without Redis."""
        workers = [self.stack.start_worker() for _number in range(2)]
        for worker in workers:
            worker.wait_for("ready")
        return workers


def receive(stack: StartedStack, seed: int, files: int, rows: int) -> list[File]:
    given, paths = [], []
    for bank in BANKS:
        for n in range(files):
            given.append(make_rows(f"{seed} {bank} {n}", rows))
            path = stack.folder / f"{seed}-{bank}-{n}.csv"
            write_file(path, given[-1])
            paths.append((bank, str(path)))
    said = stack.manage("shell", "--no-imports", "-c", RECEIVE.format(paths=paths))
    made = json.loads(said.split("made ")[1])
    return [File(*ids, rows) for ids, rows in zip(made, given, strict=True)]


def put(stack: StartedStack, file: File, kind: str) -> None:
    arguments: dict[str, object] = {"batch": file.batch}
    if kind == "import_commit":
        sql = "select plan_hash from transactions_importbatch where id = %s and state = 'planned'"
        arguments["plan_hash"] = stack.query(file.bank, sql, [file.batch])[0][0]
    stack.put_job(file.bank, kind, arguments)


def seconds_of(stack: StartedStack, bank: str, kind: str) -> float:
    sql = "select min(finished_at - started_at) from jobs_job where kind = %s and state = 'done'"
    return float(stack.query(bank, sql, [kind])[0][0].total_seconds())


def ledger_of(stack: StartedStack, file: File) -> Counter[Row]:
    sql = (
        "select booked_on, amount, raw_text, count(*) from transactions_transaction"
        " where account_id = %s group by 1, 2, 3"
    )
    found = stack.query(file.bank, sql, [file.account])
    return Counter({(day, amount, text): n for day, amount, text, n in found})


def assert_nothing_left(stack: StartedStack) -> None:
    for bank in BANKS:
        states = stack.query(bank, "select distinct state from jobs_job")
        assert states == [("done",)], states
        assert stack.query(bank, "select count(*) from transactions_plannedchunk") == [(0,)]
    idle = "select count(*) from pg_stat_activity where datname = current_database() and state ~ '^idle in'"
    stack.wait_until(lambda: stack.query(NORTH, idle) == [(0,)], 10, "an open transaction is left")


@pytest.mark.guard("G13")
@pytest.mark.parametrize("size", SIZES)
def test_kills_lose_and_double_no_row(stack: StartedStack, guard: Guard, size: Size) -> None:
    seed = int(os.environ.get("KILL9_SEED", random.SystemRandom().randrange(10**6)))
    began = time.monotonic()
    received = receive(stack, seed, size.files + 1, size.rows)
    spare = received[:: size.files + 1]  # the first of each bank
    files = [file for file in received if file not in spare]
    killer, longest = Killer(stack, random.Random(seed)), 0.0
    print(f"\nseed {seed}: {len(files)} files of {size.rows:,} rows", flush=True)

    def kill_some(kind: str, wanted: int, within: float) -> None:
        nonlocal longest
        killer.kill(kind, wanted, within)
        killed = time.monotonic()
        killer.finish(60, f"{kind} was not done after the last kill")
        longest = max(longest, time.monotonic() - killed)

    def phase(kind: str, batches: list[File]) -> float:
        # The first runs in peace: what it takes says within which time the others are killed.
        plain = [] if killer.worker else killer.start_plain()
        put(stack, batches[0], kind)
        stack.wait_until(lambda: not stack.jobs_left(), 60, f"the first {kind} was not done")
        within = 0.9 * seconds_of(stack, batches[0].bank, kind)
        for file in batches[1:]:
            put(stack, file, kind)
        if plain:
            killer.kills[kind] += bool(stack.kill_while_running(plain, killer.rng, within=within))
        kill_some(kind, size.wanted(kind), within)
        print(f"{kind}: {killer.kills[kind]} kills within {within:.2f} s,"
              f" at {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
        return within

    within = phase("import_plan", files)
    phase("import_commit", files)
    undone = [file for n, file in enumerate(files) if n % size.files < size.undone]
    phase("import_undo", undone)
    while (missing := size.kills - killer.kills.total()) > 0:
        for _again in range(3):
            for file in spare:  # planned again and again, never committed
                put(stack, file, "import_plan")
        kill_some("import_plan", killer.kills["import_plan"] + missing, within)

    assert_nothing_left(stack)
    for file in received:
        expected = Counter() if file in undone or file in spare else Counter(file.rows)
        assert ledger_of(stack, file) == expected, file.where
    stack.manage("audit_ledger", "--all")
    guard("G13", reached=f"0 lost, 0 doubled in {len(files)} imports; kills {dict(killer.kills)}; done "
          f"{longest:.1f} s after the last", n=killer.kills.total(), seed=seed)  # fmt: skip
