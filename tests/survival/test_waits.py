"""G33: two imports into different accounts of one bank, a night and fifty edits at once; who waits for whom."""

import json
import subprocess
import threading
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.guards import Guard
from tests.stack import NORTH, StartedStack

pytestmark = pytest.mark.stack

ROWS = 6_000
EDITS = 50
EDITORS = 5
# Runs inside the stack, as the processes of its workers and pages do.
PREPARE = """
import json
from accounts.banks.tenancy import in_bank
from accounts.jobs.models import Job
from django.db.models.functions import Now
from tests import factories, sample_bank
from tests.survival.failpoints import Import
from tests.transactions.kill9_files import make_rows
from transactions.imports import services
with in_bank("north"):
    sample_bank.fill(customers=8, months=6)
    for n in range(2):
        one = Import(make_rows(f"waits {{n}}", {rows}))
        one.batch = services.plan(one.receive())
        one.job("import_commit")
    accounts = []
    for n in range({editors}):
        account = factories.make_account(customer=factories.make_customer(reference=f"E{{n}}"))
        rows = factories.make_transactions(account, [{{"amount": "-1.00"}}] * {each})
        accounts.append([row.pk for row in rows])
    Job.objects.create(
        kind="night", arguments={{"business_day": sample_bank.TODAY.isoformat()}}, lane="night", run_at=Now()
    )
print("made " + json.dumps(accounts))
"""
EDIT = """
import sys, threading
from django.db import connection
from accounts.banks.tenancy import in_bank
from tests import factories
from transactions import ledger
from transactions.models import Transaction
done, errors = [], []
def edit(numbers):
    try:
        with in_bank("north"):
            category = factories.category("shopping")
            for number in numbers:
                row = Transaction.objects.get(pk=number)
                done.append(ledger.recategorise([row], category=category))
    except Exception as error:
        errors.append(repr(error))
    finally:
        connection.close()
print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=edit, args=(numbers,)) for numbers in {accounts}]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors, errors
print("edited", sum(done))
"""
# Who waits for a lock now, on what, for how long, and the statement of whoever holds it.
WAITING = """
select a.pid, l.locktype, coalesce(c.relname, ''), a.query, b.query,
       extract(epoch from clock_timestamp() - coalesce(l.waitstart, clock_timestamp()))::float
from pg_stat_activity a
join pg_locks l on l.pid = a.pid and not l.granted
left join pg_class c on c.oid = l.relation
left join lateral unnest(pg_blocking_pids(a.pid)) blocker on true
left join pg_stat_activity b on b.pid = blocker
where a.datname = current_database() and a.wait_event_type = 'Lock'
"""
WATCHED = ("audit_", "transactions_monthtotal")


@dataclass
class Watcher:
    """Looks at the server's locks many times a second."""

    url: str
    seen: dict[tuple[str, str], float] = field(default_factory=dict)
    looks: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.stopped.wait(0.01):
                self.looks += 1
                for _pid, kind, relation, query, _held, seconds in connection.execute(WAITING):
                    key = (f"{kind} {relation}".strip(), " ".join(query.split())[:300])
                    self.seen[key] = max(self.seen.get(key, 0.0), seconds)

    def waits_on(self, *tables: str) -> dict[tuple[str, str], float]:
        return {
            key: seconds
            for key, seconds in self.seen.items()
            if any(table in part for table in tables for part in key)
        }


@pytest.mark.guard("G33")
def test_no_writer_waits_for_anothers_entry_or_total(stack: StartedStack, guard: Guard) -> None:
    code = PREPARE.format(rows=ROWS, editors=EDITORS, each=EDITS // EDITORS)
    said = stack.manage("shell", "--no-imports", "-c", code)
    accounts = json.loads(said.split("made ")[1])
    watcher = Watcher(stack.env["MIGRATION_DATABASE_URL"])
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        edits = ["manage.py", "shell", "--no-imports", "-c", EDIT.format(accounts=accounts)]
        editing = stack.start("edits", edits, stdin=subprocess.PIPE)
        editing.wait_for("ready")
        # Three workers: one for each import and one for the night.
        workers = [stack.start_worker() for _n in range(3)]
        stack.wait_until(
            lambda: stack.query(NORTH, "select count(*) from jobs_job where started_at is not null")[0][0]
            >= 1, 60, "no job was started",
        )  # fmt: skip
        assert editing.process.stdin
        editing.process.stdin.write(b"go\n")
        editing.process.stdin.close()
        editing.wait_for("edited", 120)
        stack.wait_until(lambda: not stack.jobs_left([NORTH]), 120, "jobs are left")
    finally:
        watcher.stopped.set()
        thread.join()
    assert f"edited {EDITS}" in editing.said()
    # What follows an import (pairs, regular payments) is work of its own, after it.
    asked = "select kind, state from jobs_job where kind in ('import_commit', 'night') order by 1"
    states = stack.query(NORTH, asked)
    assert states == [("import_commit", "done"), ("import_commit", "done"), ("night", "done")]
    for worker in workers:
        worker.stop()

    started, ended = stack.query(
        NORTH, "select max(started_at), min(finished_at) from jobs_job where kind = 'import_commit'"
    )[0]
    for (what, query), seconds in sorted(watcher.seen.items(), key=lambda item: -item[1]):
        print(f"{seconds * 1000:8.1f} ms on {what}: {query[:120]}")
    bad = watcher.waits_on(*WATCHED)
    longest = max(watcher.seen.values(), default=0.0)
    print(f"longest wait {longest * 1000:.1f} ms in {watcher.looks} looks; the imports overlapped by "
          f"{(ended - started).total_seconds():.1f} s", flush=True)  # fmt: skip
    assert not bad, bad
    assert watcher.looks > 20
    guard("G33", reached=f"0 waits for another's entry or total; longest wait for any lock {longest * 1000:.0f} ms; "
          f"2 imports of {ROWS:,} rows, a night, {EDITS} edits at once", n=watcher.looks,
          goal="no writer waits for another's audit entry or total")  # fmt: skip
