"""Runs inside the stack: the same work given to several workers at the same moment, each on its own connection."""

import json
import threading
from collections.abc import Callable

from django.db import connection

from accounts.banks.tenancy import in_bank
from accounts.jobs import runner
from accounts.jobs.models import Job
from tests.stack import NORTH
from tests.survival.failpoints import Import, state
from tests.transactions.kill9_files import make_rows
from transactions.imports import services
from transactions.models import ImportBatch

# What an act leaves beside the ledger: its own job, and the batch that came second.
LEDGER = (
    "transactions_transaction", "transactions_monthtotal", "transactions_keptedit",
    "transactions_balancestatement", "transactions_bankaccount",
)  # fmt: skip


def at_once(works: list[Callable[[], object]]) -> None:
    """All of them start together."""
    start, errors = threading.Barrier(len(works)), []

    def do(work: Callable[[], object]) -> None:
        try:
            with in_bank(NORTH):
                connection.ensure_connection()
                start.wait(60)
                work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


def run_all(jobs: list[Job]) -> None:
    at_once([lambda pk=job.pk: runner.run_job(pk) for job in jobs])  # type: ignore[misc]
    unfinished = Job.objects.filter(pk__in=[job.pk for job in jobs]).exclude(
        state__in=[Job.State.DONE, Job.State.PARKED]
    )
    assert not unfinished.exists(), unfinished.values_list("state", "error")


def planned(seed: str, rows: int) -> Import:
    imported = Import(make_rows(seed, rows))
    imported.batch = services.plan(imported.receive())
    return imported


def ledger() -> dict[str, str]:
    return {name: said for name, said in state().items() if name in LEDGER}


def run(seed: str, rows: int, times: int) -> None:
    with in_bank(NORTH):
        one = planned(f"{seed} one", rows)
        job = one.job("import_commit")
        at_once([lambda: runner.run_job(job.pk)] * times)
        one.assert_whole("import_commit")

        several = planned(f"{seed} several", rows)
        run_all([several.job("import_commit") for _n in range(times)])
        several.assert_whole("import_commit")

        before = ledger()
        run_all([one.job("import_commit") for _n in range(times)])  # long after
        assert ledger() == before

        first = planned(f"{seed} plans", rows)
        batches = [first.batch, *(services.plan(first.receive()) for _n in range(times - 1))]
        jobs = []
        for batch in batches:
            first.batch = batch
            jobs.append(first.job("import_commit"))
        run_all(jobs)
        committed = [b.pk for b in batches if b and ImportBatch.objects.get(pk=b.pk).committed_at]
        assert len(committed) == 1
        first.batch = ImportBatch.objects.get(pk=committed[0])
        first.assert_whole("import_commit")

        run_all([several.job("import_undo") for _n in range(times)])
        several.assert_whole("import_undo")
    print("found " + json.dumps(["one job", "jobs of one plan", "plans of one file", "undo"]))
