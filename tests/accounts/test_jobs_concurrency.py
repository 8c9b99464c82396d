"""Two workers and one table: real connections, real commits, threads of their own."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from accounts.banks.tenancy import in_bank
from accounts.jobs import leases, registry, services
from accounts.jobs.errors import LeaseLost
from accounts.jobs.models import Job, StoredFile
from tests.conftest import NORTH


@pytest.fixture
def committed(db, settings):
    """Inside North on a connection beside the test's transaction: all see what is written."""
    settings.JOBS_LEASE_SECONDS, settings.JOBS_HEARTBEAT_SECONDS = 1.0, 0.2
    of_the_test = connections["default"]
    connections["default"] = of_the_test.copy()
    try:
        with in_bank(NORTH):
            try:
                yield
            finally:
                Job.objects.all().delete()
                StoredFile.objects.all().delete()
    finally:
        connections["default"].close()
        connections["default"] = of_the_test


@pytest.fixture
def kind(monkeypatch):
    def register(handler):
        monkeypatch.setitem(registry._kinds, "try", registry.Kind("try", handler, "A try"))

    return register


def put(n=0):
    # Without a wake: these tests are the workers.
    from django.utils import timezone

    return Job.objects.create(kind="try", arguments={"n": n}, run_at=timezone.now())


def in_thread(work):
    """Runs it on a connection of its own, in North; gives what it returned or raised."""
    outcome = []

    def run():
        try:
            with in_bank(NORTH):
                outcome.append(work())
        except BaseException as error:
            outcome.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def test_workers_claim_disjoint_jobs(committed, settings):
    settings.JOBS_LEASE_SECONDS = 600.0  # a lapsed one may be claimed again, on a slow machine too
    jobs = {put(n).pk for n in range(40)}
    start = threading.Barrier(4)

    def work():
        start.wait(10)
        mine = []
        while job := leases.claim():
            mine.append(job.pk)
        return mine

    threads = [in_thread(work) for _ in range(4)]
    for thread, _outcome in threads:
        thread.join(30)
    taken = [pk for _thread, outcome in threads for pk in outcome[0]]
    assert len(taken) == 40 and set(taken) == jobs


def test_a_claim_does_not_wait_for_another(committed):
    """A job whose row is locked is passed over, not waited for."""
    first, second = put(1), put(2)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=first.pk)
        thread, outcome = in_thread(leases.claim)
        thread.join(5)
        assert outcome[0].pk == second.pk


def test_the_heartbeat_holds_a_job_longer_than_its_lease(committed, kind):
    started = threading.Event()

    def longer_than_the_lease(context):
        started.set()
        time.sleep(2.5)

    kind(longer_than_the_lease)
    job = put()
    thread, outcome = in_thread(lambda: services.run_job(job.pk))
    assert started.wait(10)
    looks = 0
    while thread.is_alive():
        assert leases.claim(job.pk) is None
        looks += 1
        time.sleep(0.05)
    assert outcome == [True] and looks > 20
    job.refresh_from_db()
    assert (job.state, job.lost_leases) == (Job.State.DONE, 0)


def test_a_worker_cut_off_rolls_its_effect_back(committed, kind, monkeypatch):
    """No heartbeat, another worker takes the job over and does it; the first one wakes up late."""
    go_on, asleep = threading.Event(), threading.Event()

    def slow_the_first_time(context):
        with transaction.atomic():
            StoredFile.objects.create(name="effect")
            if not asleep.is_set():
                asleep.set()
                assert go_on.wait(20)
            context.finish()

    kind(slow_the_first_time)
    beat = leases.beat
    sleeper = None

    def no_beat_for_the_sleeper(job, progress):
        return False if job.lease_id == sleeper else beat(job, progress)

    monkeypatch.setattr(leases, "beat", no_beat_for_the_sleeper)
    job = put()
    thread, outcome = in_thread(lambda: services.run_job(job.pk))
    assert asleep.wait(10)
    sleeper = Job.objects.get(pk=job.pk).lease_id
    deadline = time.monotonic() + 10
    while not services.run_job(job.pk):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert StoredFile.objects.count() == 1
    go_on.set()
    thread.join(10)
    assert outcome == [True] and StoredFile.objects.filter(name="effect").count() == 1
    job.refresh_from_db()
    assert (job.state, job.lost_leases, job.failures) == (Job.State.DONE, 1, 0)


def test_progress_is_seen_while_the_effect_is_open(committed, kind):
    looked, go_on = threading.Event(), threading.Event()

    def open_for_long(context):
        with transaction.atomic():
            StoredFile.objects.create(name="open")
            context.progress(300, 1000, "rows")
            looked.set()
            assert go_on.wait(20)
            context.finish()

    kind(open_for_long)
    job = put()
    thread, outcome = in_thread(lambda: services.run_job(job.pk))
    assert looked.wait(10)
    deadline = time.monotonic() + 5
    while Job.objects.get(pk=job.pk).done_count != 300:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not StoredFile.objects.exists()
    go_on.set()
    thread.join(10)
    assert outcome == [True] and StoredFile.objects.count() == 1


def test_cancel_reaches_a_running_job_in_a_second(committed, kind):
    started = threading.Event()

    def long(context):
        started.set()
        with transaction.atomic():
            StoredFile.objects.create(name="cancelled")
            for _ in range(200):
                context.raise_if_cancelled()
                time.sleep(0.05)
            context.finish()

    kind(long)
    job = put()
    thread, _outcome = in_thread(lambda: services.run_job(job.pk))
    assert started.wait(10)
    began = time.monotonic()
    services.cancel(job)
    thread.join(10)
    assert time.monotonic() - began < 1.5
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED and not StoredFile.objects.exists()


def test_the_beat_does_not_wait_for_done(committed):
    """From `done` to the commit the row is locked by ourselves: the beat passes over it."""
    put()
    job = leases.claim()
    with transaction.atomic():
        assert leases.finish(job, (1, 1, ""), "{}")
        thread, outcome = in_thread(lambda: leases.beat(job, (0, 1, "")))
        thread.join(5)
        assert outcome == [False]
    job.refresh_from_db()
    assert job.state == Job.State.DONE and job.done_count == 1


def test_a_worker_that_lost_its_job_is_told_between_chunks(committed, kind):
    told = []

    def chunks(context):
        Job.objects.filter(pk=context.job_id).update(lease_id=None)
        try:
            for _ in range(100):
                context.raise_if_cancelled()
                time.sleep(0.05)
        except LeaseLost:
            told.append(True)
            raise

    kind(chunks)
    assert services.run_job(put().pk) and told == [True]


def test_unique_key_from_two_connections_puts_one_job(committed):
    start = threading.Barrier(4)

    def work():
        start.wait(10)
        return services.enqueue(kind="nobody", arguments={}, unique_key="night:x").pk

    threads = [in_thread(work) for _ in range(4)]
    for thread, _outcome in threads:
        thread.join(20)
    assert len({outcome[0] for _thread, outcome in threads}) == 1
    assert Job.objects.count() == 1


def test_the_handlers_thread_starts_in_public_but_the_beat_is_in_the_bank(committed, kind):
    """A new thread stands in public; the heartbeat must say its bank."""
    schemas = []
    beat = leases.beat

    def spy(job, progress):
        schemas.append(connection.schema_name)
        return beat(job, progress)

    leases_beat, leases.beat = leases.beat, spy
    try:
        kind(lambda context: time.sleep(0.7))
        services.run_job(put().pk)
    finally:
        leases.beat = leases_beat
    assert schemas and set(schemas) == {NORTH}
