"""Wake, sweep and housekeeping, with Redis there or not."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.banks.tenancy import in_bank
from accounts.jobs import registry, services, tasks
from accounts.jobs.models import Job
from tests.conftest import NORTH, SOUTH


@pytest.fixture
def counted(monkeypatch):
    seen = []
    kind = registry.Kind("count", lambda c: seen.append(c.arguments["n"]), "Count")
    monkeypatch.setitem(registry._kinds, "count", kind)
    return seen


@pytest.fixture
def no_redis(monkeypatch):
    """Every attempt to send fails as it does when nothing listens."""

    def refuse(*args, **kwargs):
        raise OperationalError("nothing listens")

    monkeypatch.setattr(tasks.run_job, "apply_async", refuse)
    monkeypatch.setattr(tasks.run_due, "apply_async", refuse)


def put(n, **values):
    return services.enqueue(kind="count", arguments={"n": n}, **values)


def test_the_wake_reaches_its_bank_wherever_the_commit_happens(
    db, counted, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), in_bank(NORTH):
        put(1)
        assert counted == []
    assert counted == [1]


def test_without_redis_the_commit_stands_and_the_sweep_does_the_work(
    north, counted, no_redis, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = put(1)
    job.refresh_from_db()
    assert job.state == Job.State.DUE and counted == []
    assert tasks.sweep() == 0
    services.run_due()  # what the loop of `run_jobs` does
    assert counted == [1]


def test_the_sweep_wakes_each_bank_that_has_work(db, counted):
    for schema in (NORTH, SOUTH):
        with in_bank(schema):
            put(schema)
            put(f"{schema} later", run_at=timezone.now() + timedelta(hours=1))
    assert tasks.sweep() >= 2
    assert sorted(counted) == [NORTH, SOUTH]


def test_the_sweep_sends_few_messages_however_much_is_due(north, counted, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.run_due, "apply_async", lambda *a, **k: sent.append(k))
    for n in range(30):
        put(n)
    tasks.sweep()
    assert len(sent) == tasks.WAKES_PER_BANK and {m["headers"]["bank"] for m in sent} == {NORTH}
    assert all(m["expires"] == 30 for m in sent)


def test_one_bad_bank_does_not_stop_the_sweep(db, counted, monkeypatch):
    from accounts.banks.models import Bank

    Bank.objects.create(schema_name="aaa_gone", name="Gone", state=Bank.State.ACTIVE)
    with in_bank(SOUTH):
        put("south")
    from django.db import transaction

    real = tasks.leases.due

    def due():
        with transaction.atomic():  # in a test, an error must not spoil the outer transaction
            list(real()[:1])
        return real()

    monkeypatch.setattr(tasks.leases, "due", due)
    tasks.sweep()
    assert counted == ["south"]


def test_two_messages_for_one_job_do_it_once(north, counted):
    job = put(1)
    for _ in range(8):
        tasks.run_job(job.pk)
    assert counted == [1]


def test_housekeeping_removes_what_is_over(db, counted):
    long_ago = timezone.now() - timedelta(days=91)
    with in_bank(NORTH):
        Session.objects.create(session_key="old", session_data="", expire_date=long_ago)
        Session.objects.create(
            session_key="new", session_data="", expire_date=timezone.now() + timedelta(days=1)
        )
        old, night, parked, fresh = put(1), put(2, unique_key="night:1"), put(3), put(4)
        for job, state in ((old, "done"), (night, "done"), (parked, "parked")):
            Job.objects.filter(pk=job.pk).update(state=state, finished_at=long_ago)
        Job.objects.filter(pk=fresh.pk).update(state="done", finished_at=timezone.now())
    tasks.housekeeping()
    with in_bank(NORTH):
        assert set(Job.objects.values_list("pk", flat=True)) == {night.pk, parked.pk, fresh.pk}
        assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


def test_housekeeping_keeps_a_job_that_an_import_names(north, counted):
    from accounts.customers.models import Customer
    from accounts.jobs import maintenance
    from transactions.models import ImportBatch

    job = put(1)
    long_ago = timezone.now() - timedelta(days=91)
    Job.objects.filter(pk=job.pk).update(state="done", finished_at=long_ago)
    assert job in maintenance.old_jobs()
    customer = Customer.objects.create(reference="C-1", full_name="x", created_at=timezone.now())
    ImportBatch.objects.create(customer=customer, job=job)
    assert job not in maintenance.old_jobs()
