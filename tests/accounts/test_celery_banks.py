"""Which bank a Celery task runs in: named by the message, or the task is refused."""

import uuid

import pytest
from celery import Celery, Task, chord
from celery.app.trace import build_tracer
from celery.contrib.testing.worker import start_worker
from celery.signals import before_task_publish
from django.db import connection

from accounts.banks import tenancy
from accounts.banks.tenancy import NoBank, current_schema, in_bank, public_task
from tests.conftest import NORTH, SOUTH

# Part of the isolation proof (tests/isolation_report.py).
pytestmark = pytest.mark.guard("G1")


@pytest.fixture(scope="module")
def app():
    """An application of its own, whose messages stay in this process."""
    app = Celery(
        "banks",
        broker="memory://",
        backend="cache+memory://",
        task_cls="accounts.banks.celery_tasks:BankTask",
        set_as_current=False,
    )
    app.conf.update(task_default_queue="banks", worker_hijack_root_logger=False)
    return app


@pytest.fixture
def seen():
    return []


@pytest.fixture
def where(app, seen):
    """A task that notes where it ran."""
    name = f"where_{uuid.uuid4().hex}"

    @app.task(name=name)
    def where(*args):
        seen.append(current_schema())
        return current_schema()

    return where


@pytest.fixture
def where_public(app, seen, monkeypatch):
    def of_the_installation():
        seen.append(current_schema())

    monkeypatch.setattr(tenancy, "_public_tasks", set(tenancy._public_tasks))
    of_the_installation.__name__ = f"public_{uuid.uuid4().hex}"
    public_task(of_the_installation)
    return app.task(name=f"{__name__}.{of_the_installation.__name__}")(of_the_installation)


def deliver(task, **headers):
    """What a worker does with a message: its signals, its body, its end. Returns the outcome."""
    trace = build_tracer(task.name, task, app=task.app)
    number = uuid.uuid4().hex
    return trace(number, (), {}, {"id": number, "delivery_info": {}, **headers}).retval


def messages(app):
    """Headers of the messages that wait, taken out."""
    with app.connection_for_read() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        found = []
        while queue.qsize():
            message = queue.get(block=False)
            found.append(message.headers)
            message.ack()
        return found


@pytest.mark.trap("task-without-a-bank")
def test_a_task_without_a_bank_is_refused(where, seen):
    with in_bank(NORTH):  # what an earlier task may have left on this thread
        outcome = deliver(where)
    assert "without a bank" in str(outcome.exception)
    assert seen == [] and current_schema() == "public"


def test_the_header_names_the_bank(where, seen):
    deliver(where, bank=NORTH)
    deliver(where, headers={"bank": SOUTH})
    assert seen == [NORTH, SOUTH] and current_schema() == "public"


def test_a_task_asks_where_it_stands(where, seen, settings, db):
    settings.CHECK_SCHEMA = True
    deliver(where, bank=NORTH)
    outcome = deliver(where, bank="no_such_bank")
    assert "would have run in no schema" in str(outcome.exception)
    assert seen == [NORTH]


def test_a_failing_task_leaves_its_bank(app):
    @app.task(name=f"fails_{uuid.uuid4().hex}")
    def fails():
        raise ValueError

    deliver(fails, bank=NORTH)
    assert current_schema() == "public"


def test_a_public_task_names_public_itself(where_public, seen):
    deliver(where_public, bank=NORTH)
    deliver(where_public)
    assert seen == ["public", "public"]


def test_sending_puts_the_bank_into_the_message(app, where, where_public):
    with in_bank(NORTH):
        where.delay()
        where.si().apply_async()
        where_public.delay()
    where.apply_async(headers={"bank": SOUTH})
    assert [m.get("bank") for m in messages(app)] == [NORTH, NORTH, None, SOUTH]


@pytest.mark.trap("task-without-a-bank")
def test_a_task_of_another_class_runs_in_public(app, seen):
    """What the class is for: Celery's own knows nothing of banks."""

    @app.task(name=f"plain_{uuid.uuid4().hex}", base=Task, shared=False)
    def plain():
        seen.append(current_schema())

    deliver(plain)
    assert seen == ["public"]


@pytest.mark.trap("task-without-a-bank")
def test_sending_without_a_bank_is_refused(app, where):
    with pytest.raises(NoBank):
        where.delay()
    assert messages(app) == []


@pytest.mark.trap("chord-ends-in-public")
def test_a_chord_keeps_its_bank_to_the_end(app, where, seen):
    """The last message of a chord is sent by the worker, after the body of a task."""
    with start_worker(app, perform_ping_check=False, pool="solo"):
        with in_bank(NORTH):
            assert chord([where.si(), where.si()])(where.si()).get(timeout=20) == NORTH
        with in_bank(SOUTH):
            assert where.apply_async(link=where.si()).get(timeout=20) == SOUTH
    assert seen[:3] == [NORTH] * 3 and set(seen[3:]) == {SOUTH}


@pytest.mark.trap("chord-ends-in-public")
def test_celerys_own_task_names_the_bank_by_the_signal_alone():
    """Where a result store can't count, a task of Celery's own class ends the chord: `apply_async` of ours
    never sees its message."""
    plain = Celery("plain", broker="memory://", set_as_current=False)
    plain.conf.task_default_queue = "plain"
    unlock = plain.tasks["celery.chord_unlock"]
    with in_bank(NORTH):
        unlock.apply_async(("group", None))
        before_task_publish.disconnect(dispatch_uid="bank-header")
        try:
            unlock.apply_async(("group", None))
        finally:
            tenancy.connect_celery()
        unlock.apply_async(("group", None))
    assert [m.get("bank") for m in messages(plain)] == [NORTH, None, NORTH]


def test_eager_tasks_run_in_their_callers_bank(app, where, where_public, seen):
    with in_bank(NORTH):
        where.apply()
        where_public.apply()
        where.apply(headers={"bank": SOUTH})
        assert current_schema() == NORTH
        app.conf.task_always_eager = True
        try:
            assert chord([where.si(), where.si()])(where.si()).get() == NORTH
        finally:
            app.conf.task_always_eager = False
    assert seen == [NORTH, "public", SOUTH, NORTH, NORTH, NORTH]
    with pytest.raises(NoBank):
        where.apply(throw=True)


def test_a_plain_call_runs_where_its_caller_stands(where, seen):
    with in_bank(SOUTH):
        where()
    assert seen == [SOUTH]


@pytest.mark.trap("task-without-a-bank")
def test_every_task_of_the_product_is_of_the_refusing_class():
    from accounts.banks.celery_tasks import BankTask
    from config.celery import app as product

    own = [t for name, t in product.tasks.items() if not name.startswith("celery.")]
    assert len(own) >= 4 and all(isinstance(task, BankTask) for task in own)
    assert tenancy.is_public_task("accounts.jobs.tasks.sweep")
    for line in product.conf.beat_schedule.values():
        assert line["task"] in product.tasks and tenancy.is_public_task(line["task"])


def test_connection_stays_in_public_between_tasks(where):
    deliver(where, bank=NORTH)
    assert connection.schema_name == "public"
