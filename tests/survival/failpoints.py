"""Runs inside the stack: kills children of its own before each statement and around each commit of an import.

The way of killing lives here alone: nothing of the product knows of it. A child takes the job as a worker
does, counts what its connection sends, and sends itself SIGKILL at the point it was given.
"""

import io
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections
from django.db.models.functions import Now

from accounts.banks.tenancy import in_bank
from accounts.jobs import runner
from accounts.jobs.models import Job, StoredFile
from tests import factories
from tests.stack import NORTH
from tests.transactions.kill9_files import Row, body_of, make_rows
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.models import BankAccount, ImportBatch, Transaction

STATEMENT, BEFORE, AFTER = "statement", "before commit", "after commit"
LIMIT = 400
# Jobs carry their lease and heartbeat, which every try writes.
APART = ("jobs_job",)
_left: list[Any] = []


@dataclass
class Found:
    """How many points were met, by act and kind."""

    points: dict[str, dict[str, int]] = field(default_factory=dict)

    def note(self, act: str, kind: str) -> None:
        kinds = self.points.setdefault(act, {})
        kinds[kind] = kinds.get(kind, 0) + 1


def fail_at(kind: str, number: int) -> None:
    """From now on this process dies at the `number`th point of this kind on this thread's connection."""
    met = {STATEMENT: 0, BEFORE: 0, AFTER: 0}

    def meet(point: str) -> None:
        met[point] += 1
        if point == kind and met[point] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_each(execute: Callable[..., Any], *rest: Any) -> Any:
        meet(STATEMENT)
        return execute(*rest)

    wrapper: Any = connection
    commit = wrapper._commit

    def around() -> Any:
        meet(BEFORE)
        done = commit()
        meet(AFTER)
        return done

    wrapper.execute_wrappers.append(before_each)
    wrapper._commit = around


def dies(work: Callable[[], Any], kind: str, number: int) -> bool:
    """Whether a child that does this work meets the point and dies there."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            # The parent's connection is left to it, neither used nor closed here.
            _left.append(connections["default"])
            connections["default"] = connections["default"].copy()
            with in_bank(NORTH):
                fail_at(kind, number)
                work()
            code = 0
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"the child failed at {kind} {number}"
    return False


def state() -> dict[str, str]:
    """Every table of the bank as a hash of its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = %s and tablename <> all(%s)"
            " order by 1",
            [NORTH, list(APART)],
        )
        hashes = ", ".join(
            f"(select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {name} t)"
            f' as "{name}"'
            for (name,) in cursor.fetchall()
        )
        cursor.execute(f"select {hashes}")
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def differing(before: dict[str, str]) -> list[str]:
    now = state()
    return [name for name in before if now[name] != before[name]]


def own_account() -> BankAccount:
    """Of a customer whose number no other process of this stack gave away."""
    customer = factories.make_customer(reference=f"K{uuid.uuid4().hex[:12]}")
    return factories.make_account(customer=customer)


@dataclass
class Import:
    """One file on its way, and what the ledger must hold in the end."""

    rows: list[Row]
    account: BankAccount = field(default_factory=own_account)
    batch: ImportBatch | None = None

    def receive(self) -> ImportBatch:
        return services.receive(
            stream=io.BytesIO(body_of(self.rows)), name="export.csv", account=self.account,
            customer=self.account.holders.get().customer, limit=10_000_000,
        )  # fmt: skip

    def job(self, kind: str) -> Job:
        assert self.batch
        self.batch.refresh_from_db()
        arguments: dict[str, Any] = {"batch": self.batch.pk}
        if kind == "import_commit":
            arguments["plan_hash"] = self.batch.plan_hash
        return Job.objects.create(kind=kind, arguments=arguments, run_at=Now())

    def assert_whole(self, kind: str) -> None:
        assert self.batch
        self.batch.refresh_from_db()
        held = Transaction.objects.filter(account=self.account)
        wanted = {
            "import_plan": ("planned", []),
            "import_commit": ("committed", self.rows),
            "import_undo": ("undone", []),
        }[kind]
        found = held.values_list("booked_on", "amount", "raw_text")
        assert self.batch.state == wanted[0], self.batch.state
        assert sorted(found) == sorted(wanted[1]), kind
        assert audit_ledger() == []


def let_lapse(job: Job) -> None:
    """Time passes: the dead child's lease ends. These deaths are many more than a job may have."""
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
        lease_id=None, lease_until=None, state=Job.State.DUE, lost_leases=0
    )


def points_of(kinds: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    return ((kind, number) for number in range(1, LIMIT) for kind in kinds)


def kill_job(found: Found, imported: Import, act: str, kinds: tuple[str, ...]) -> None:
    """The job is killed at each point in turn; what a kill leaves is all of it or nothing."""
    job = imported.job(act)
    before = state()
    for kind, number in points_of(kinds):
        died = dies(lambda: runner.run_job(job.pk), kind, number)
        if died:
            found.note(act, kind)
        job.refresh_from_db()
        if not died or job.state == Job.State.DONE:
            break
        changed = differing(before)
        assert not changed, f"{act}, killed at {kind} {number}: {changed} changed"
        let_lapse(job)
    assert job.state == Job.State.DONE, (act, job.state, job.error)
    imported.assert_whole(act)
    assert not runner.run_job(job.pk)  # a message that comes late
    imported.assert_whole(act)


def kill_receive(found: Found, imported: Import, kinds: tuple[str, ...]) -> None:
    before = state()
    counts = ImportBatch.objects.count(), StoredFile.objects.count()
    for kind, number in points_of(kinds):
        died = dies(imported.receive, kind, number)
        if died:
            found.note("receive", kind)
        if ImportBatch.objects.count() > counts[0]:
            break
        assert died
        changed = differing(before)
        assert not changed, f"receive, killed at {kind} {number}: {changed} changed"
    now = ImportBatch.objects.count(), StoredFile.objects.count()
    assert now == (counts[0] + 1, counts[1] + 1)
    imported.batch = ImportBatch.objects.latest("pk")
    assert imported.batch.state == "received" and imported.batch.file
    assert imported.batch.file.size == len(body_of(imported.rows))


def run(seed: str, rows: int) -> None:
    """All acts of one import at all their points; prints how many there were."""
    found = Found()
    with in_bank(NORTH):
        for kinds in ((STATEMENT,), (BEFORE, AFTER)):
            imported = Import(make_rows(f"{seed} {kinds}", rows))
            kill_receive(found, imported, kinds)
            for act in ("import_plan", "import_commit", "import_undo"):
                kill_job(found, imported, act, kinds)
    print("found " + json.dumps(found.points))
