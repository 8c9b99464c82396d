"""G1: work that nobody watches. Every task and every kind of job, for bank A, with bank B's ids, without a bank."""

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery.app.trace import build_tracer
from django.db import connection, transaction
from django.utils import timezone

from accounts.banks import tenancy
from accounts.banks.tenancy import NoBank, current_schema, in_bank
from accounts.jobs import runner
from accounts.jobs.models import Job
from config.celery import app
from tests import twins
from tests.guards import Guard
from tests.sweep import crossings, surfaces
from tests.sweep.conftest import Tally

SCHEMAS = {twins.A: twins.A.schema, twins.B: twins.B.schema}


@pytest.fixture
def quiet_twins(twin_banks: None) -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    connection.set_schema_to_public()  # type: ignore[attr-defined]


def deliver(task: Any, *arguments: Any, bank: str | None = None) -> Any:
    """What a worker does with a message: its signals, its body, its end. Returns the outcome."""
    trace = build_tracer(task.name, task, app=task.app)
    number = uuid.uuid4().hex
    about = {"id": number, "delivery_info": {}, **({"bank": bank} if bank else {})}
    return trace(number, arguments, {}, about).retval


def put_job(schema: str, kind: str, key: int) -> Job:
    """A due job whose arguments name rows by `key`."""
    with in_bank(schema):
        return Job.objects.create(
            kind=kind, arguments=surfaces.JOBS[kind](key), run_at=timezone.now()
        )


@pytest.mark.guard("G1")
def test_every_task_of_a_bank_is_refused_without_one(
    quiet_twins: None, monkeypatch: pytest.MonkeyPatch, guard: Guard, tally: Tally
) -> None:
    """Also where an earlier task left its bank behind; and none can be sent from outside of a bank."""
    for name, make in surfaces.BANK_TASKS.items():
        task, bodies = app.tasks[name], []
        monkeypatch.setattr(task, "run", lambda *a, seen=bodies: seen.append(current_schema()))
        before = {schema: crossings.state(schema) for schema in SCHEMAS.values()}
        with in_bank(twins.B.schema):
            outcome = deliver(task, *make(1))
        assert isinstance(getattr(outcome, "exception", None), NoBank), f"{name}: {outcome}"
        assert not bodies, f"{name} ran without a bank, in {bodies}"
        assert before == {schema: crossings.state(schema) for schema in SCHEMAS.values()}
        with pytest.raises(NoBank):
            task.apply_async(make(1))
        deliver(task, *make(1), bank=twins.A.schema)
        assert bodies == [twins.A.schema] and current_schema() == "public"
    for name in surfaces.PUBLIC_TASKS:
        task, bodies = app.tasks[name], []
        assert tenancy.is_public_task(name)
        monkeypatch.setattr(task, "run", lambda *a, seen=bodies: seen.append(current_schema()))
        with in_bank(twins.A.schema):
            deliver(task, bank=twins.B.schema)
        assert bodies == ["public"], f"{name} ran in {bodies}"
    n = len(surfaces.BANK_TASKS) + len(surfaces.PUBLIC_TASKS)
    tally("tasks", n)
    guard("G1", reached="tasks without a bank are refused, the installation's run in public", n=n)


@pytest.mark.guard("G1")
def test_a_task_for_one_bank_leaves_the_other_as_it_was(quiet_twins: None, guard: Guard) -> None:
    """For A, with a key that both have, that B alone has, and that nobody has: B doesn't move."""
    runs = 0
    for name, make in surfaces.BANK_TASKS.items():
        for key in (1, twins.ONLY_IN_B, 535353):
            with transaction.atomic():
                put_job(twins.B.schema, "import_plan", twins.ONLY_IN_B)
                before = crossings.state(twins.B.schema)
                outcome = deliver(app.tasks[name], *make(key), bank=twins.A.schema)
                assert not isinstance(outcome, Exception) and current_schema() == "public"
                assert crossings.state(twins.B.schema) == before, f"{name}({key}) for A changes B"
                assert not crossings.rows_of(twins.B, twins.A.schema), f"{name}({key})"
                transaction.set_rollback(True)
            runs += 1
    guard("G1", reached="0 rows of B changed by tasks of A", n=runs)


def outcome_of(schema: str, kind: str, key: int) -> tuple[str, str, str]:
    """How a job ended: state, code, sentence without its id."""
    job = put_job(schema, kind, key)
    with in_bank(schema):
        assert runner.run_job(job.pk)
        job.refresh_from_db()
    return job.state, job.error_code, job.error.replace(str(job.public_id), "ID")


@pytest.mark.guard("G1")
def test_every_kind_of_job_stays_in_its_bank(quiet_twins: None, guard: Guard, tally: Tally) -> None:
    """Each kind for A with its own ids, with ids that B alone has, and with ids of nobody."""
    runs, said = 0, []
    for kind in surfaces.JOBS:
        ends = {}
        for which, key in (("own", 1), ("foreign", twins.ONLY_IN_B), ("missing", 535353)):
            with transaction.atomic():
                before = crossings.state(twins.B.schema)
                ends[which] = outcome_of(twins.A.schema, kind, key)
                assert crossings.state(twins.B.schema) == before, (
                    f"{kind} ({which}) for A changes B"
                )
                found = crossings.rows_of(twins.B, twins.A.schema)
                assert not found, f"{kind} ({which}) for A wrote rows of B into A: {found}"
                transaction.set_rollback(True)
            runs += 1
        assert ends["foreign"] == ends["missing"], f"{kind}: {ends}"
        said.append(f"{kind}: {ends['own'][:2]}, foreign {ends['foreign'][:2]}")
    print("\n" + "\n".join(said))
    tally("jobs", len(surfaces.JOBS))
    guard("G1", reached="0 rows of B read or changed by jobs of A; foreign = missing", n=runs)


@pytest.mark.guard("G1")
def test_tasks_of_the_installation_mix_no_banks(quiet_twins: None, guard: Guard) -> None:
    """The sweep, housekeeping and the nights' planning go through both banks and carry nothing over."""
    for name in sorted(surfaces.PUBLIC_TASKS):
        deliver(app.tasks[name])
        assert current_schema() == "public"
        for twin in (twins.A, twins.B):
            found = crossings.rows_of(crossings.other(twin), twin.schema)
            assert not found, f"after {name}: {found} in {twin.schema}"
    guard("G1", reached="0 rows carried over", n=len(surfaces.PUBLIC_TASKS) * 2)
