"""Enqueue, run, fail, park, cancel, retry: in one transaction, on one connection."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.jobs import leases, registry, services
from accounts.jobs.errors import JobCancelled, JobRefused, LeaseLost
from accounts.jobs.models import Job, StoredFile
from accounts.services import create_person


@pytest.fixture
def kind(monkeypatch):
    """Registers a function as the handler of jobs of the kind "try"."""

    def register(handler, name="try"):
        monkeypatch.setitem(registry._kinds, name, registry.Kind(name, handler, "A try"))
        return handler

    return register


def put(**arguments):
    return services.enqueue(kind="try", arguments=arguments)


def let_lease_lapse(job):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def due_now(job):
    Job.objects.filter(pk=job.pk).update(run_at=timezone.now() - timedelta(seconds=1))


def test_a_job_runs_and_keeps_its_result(north, kind):
    kind(lambda context: {"twice": context.arguments["n"] * 2})
    job = put(n=21)
    assert services.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result, job.lease_id) == (Job.State.DONE, {"twice": 42}, None)
    assert job.started_at and job.finished_at


def test_a_commit_sends_a_worker(north, kind, django_capture_on_commit_callbacks):
    kind(lambda context: None)
    with django_capture_on_commit_callbacks(execute=True):
        job = put()
        assert Job.objects.get(pk=job.pk).state == Job.State.DUE
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_job_for_later_waits(north, kind):
    kind(lambda context: None)
    job = services.enqueue(kind="try", arguments={}, run_at=timezone.now() + timedelta(minutes=1))
    assert not services.run_job(job.pk) and services.run_due() == 0
    due_now(job)
    assert services.run_due() == 1


def test_unique_key_puts_one_job(north, kind):
    first = services.enqueue(kind="try", arguments={"n": 1}, unique_key="night:2026-11-25")
    second = services.enqueue(kind="try", arguments={"n": 2}, unique_key="night:2026-11-25")
    assert second.pk == first.pk and second.arguments == {"n": 1}
    assert services.enqueue(kind="try", arguments={}).pk != first.pk


def test_due_jobs_run_in_order_of_their_time(north, kind):
    seen = []
    kind(lambda context: seen.append(context.arguments["n"]))
    early = timezone.now() - timedelta(hours=1)
    put(n=1), put(n=2)
    services.enqueue(kind="try", arguments={"n": 0}, run_at=early)
    assert services.run_due() == 3 and seen == [0, 1, 2]


def test_three_failures_park_with_a_sentence(north, kind):
    def fails(context):
        raise ValueError("12,50 of Jane Doe")

    kind(fails)
    job = put()
    for number in (1, 2, 3):
        due_now(job)
        assert services.run_job(job.pk)
        job.refresh_from_db()
        assert job.failures == number and job.lost_leases == 0
        assert job.state == (Job.State.PARKED if number == 3 else Job.State.DUE)
    assert job.error_code == "failed" and "3 times" in job.error and "ValueError" in job.error
    assert "Jane" not in job.error
    assert not services.run_job(job.pk)


def test_a_failed_job_waits_before_its_next_try(north, kind, settings):
    settings.JOBS_RETRY_SECONDS = [10.0, 60.0]
    kind(lambda context: 1 / 0)
    job = put()
    services.run_job(job.pk)
    job.refresh_from_db()
    assert 8 < (job.run_at - timezone.now()).total_seconds() <= 10
    assert not services.run_job(job.pk)


def test_a_failure_rolls_its_effect_back(north, kind):
    from django.db import transaction

    def half(context):
        with transaction.atomic():
            StoredFile.objects.create(name="half")
            raise RuntimeError

    kind(half)
    services.run_job(put().pk)
    assert not StoredFile.objects.filter(name="half").exists()


def test_refusal_parks_at_once(north, kind):
    def refuses(context):
        raise JobRefused("no_account", "The account this file belongs to is closed.")

    kind(refuses)
    job = put()
    services.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.failures) == (Job.State.PARKED, "no_account", 0)
    assert job.error == "The account this file belongs to is closed."


def test_unknown_kind_fails_and_is_parked_in_the_end(north):
    job = services.enqueue(kind="of_a_later_version", arguments={})
    for _ in range(3):
        due_now(job)
        services.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.PARKED and "no worker here knows" in job.error


def test_a_held_job_is_not_taken_and_a_silent_one_is(north, kind):
    kind(lambda context: None)
    job = put()
    held = leases.claim(job.pk)
    assert held and leases.claim(job.pk) is None and leases.claim() is None
    let_lease_lapse(job)
    taken = leases.claim(job.pk)
    assert taken and taken.lease_id != held.lease_id and taken.lost_leases == 1


def test_lost_leases_are_counted_apart_and_the_fifth_parks(north, kind):
    job = put()
    for lost in range(5):
        claimed = leases.claim(job.pk)
        assert claimed and claimed.lost_leases == lost and claimed.failures == 0
        let_lease_lapse(job)
    assert leases.claim(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.error_code, job.lost_leases) == (Job.State.PARKED, "lost_leases", 5)
    assert "5 times" in job.error


def test_progress_forgives_lost_leases(north, kind):
    job = put()
    for reached in range(1, 9):
        claimed = leases.claim(job.pk)
        assert claimed and claimed.lost_leases == (1 if reached > 1 else 0)
        leases.beat(claimed, (reached, 100, "rows"))
        let_lease_lapse(job)
    # Getting as far as before, and no further, is no progress.
    for lost in range(1, 5):
        claimed = leases.claim(job.pk)
        assert claimed and claimed.lost_leases == lost
        leases.beat(claimed, (8, 100, "rows"))
        let_lease_lapse(job)
    assert leases.claim(job.pk) is None
    job.refresh_from_db()
    assert job.state == Job.State.PARKED


def test_one_dead_job_does_not_stop_the_queue(north, kind):
    kind(lambda context: None)
    job = put()
    for _ in range(5):
        leases.claim(job.pk)
        let_lease_lapse(job)
    other = put()
    assert services.run_due() == 1
    other.refresh_from_db()
    assert other.state == Job.State.DONE


def test_effect_of_a_lost_lease_is_rolled_back(north, kind):
    from django.db import transaction

    def slow(context):
        with transaction.atomic():
            StoredFile.objects.create(name="doubled")
            # Meanwhile this worker was cut off and another took the job.
            Job.objects.filter(pk=context.job_id).update(lease_id=None)
            context.finish()

    kind(slow)
    job = put()
    services.run_job(job.pk)
    assert not StoredFile.objects.filter(name="doubled").exists()
    job.refresh_from_db()
    # The row was left as that block found it: the job is somebody else's to settle.
    assert job.state == Job.State.RUNNING and job.failures == 0


def test_finish_commits_effect_and_done_together(north, kind):
    from django.db import transaction

    def good(context):
        with transaction.atomic():
            StoredFile.objects.create(name="once")
            context.finish({"rows": 1})

    kind(good)
    job = put()
    services.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE and job.result == {"rows": 1}
    assert StoredFile.objects.filter(name="once").count() == 1


def test_cancel_before_it_started(north, kind):
    kind(lambda context: pytest.fail("ran"))
    job = services.cancel(put())
    assert job.state == Job.State.CANCELLED and job.finished_at
    assert services.run_due() == 0


def test_cancel_while_running_stops_it_and_undoes_the_open_work(north, kind):
    from django.db import transaction

    def long(context):
        with transaction.atomic():
            StoredFile.objects.create(name="cancelled")
            services.cancel(Job.objects.get(pk=context.job_id))
            context.raise_if_cancelled()

    # The cancel comes from another connection in life; here it must outlive the rollback.
    def outside(context):
        services.cancel(Job.objects.get(pk=context.job_id))
        with transaction.atomic():
            StoredFile.objects.create(name="cancelled")
            context.raise_if_cancelled()

    kind(outside)
    job = put()
    services.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert not StoredFile.objects.filter(name="cancelled").exists()


def test_cancel_asked_before_done_refuses_done(north, kind):
    def outside(context):
        services.cancel(Job.objects.get(pk=context.job_id))
        with pytest.raises(JobCancelled):
            context.finish()
        raise JobCancelled

    kind(outside)
    job = put()
    services.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_cancel_of_a_done_job_changes_nothing(north, kind):
    kind(lambda context: None)
    job = put()
    services.run_job(job.pk)
    assert services.cancel(job).state == Job.State.DONE


def test_cancel_of_a_job_whose_worker_died(north, kind):
    kind(lambda context: pytest.fail("ran"))
    job = put()
    leases.claim(job.pk)
    assert services.cancel(job).state == Job.State.RUNNING
    let_lease_lapse(job)
    assert services.run_due() == 0
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_retry_by_hand_forgets_the_failures(north, kind):
    kind(lambda context: 1 / 0)
    job = put()
    for _ in range(3):
        due_now(job)
        services.run_job(job.pk)
    kind(lambda context: None)
    job = services.retry(job)
    assert (job.state, job.failures, job.error) == (Job.State.DUE, 0, "")
    assert services.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert services.retry(job).state == Job.State.DONE


def test_a_stopping_worker_gives_its_job_back_uncounted(north, kind):
    def stopped(context):
        raise SystemExit

    kind(stopped)
    job = put()
    with pytest.raises(SystemExit):
        services.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.failures, job.lost_leases) == (Job.State.DUE, 0, 0)


def test_progress_is_kept(north, kind):
    def counts(context):
        context.progress(742, 1210, "categories")

    kind(counts)
    job = put()
    services.run_job(job.pk)
    job.refresh_from_db()
    assert (job.done_count, job.total_count, job.step) == (742, 1210, "categories")


def test_finish_without_the_lease_raises(north, kind):
    seen = []

    def takes_twice(context):
        Job.objects.filter(pk=context.job_id).update(lease_id=None)
        try:
            context.finish()
        except LeaseLost:
            seen.append("lost")
            raise

    kind(takes_twice)
    services.run_job(put().pk)
    assert seen == ["lost"]


def test_who_started_it_reaches_the_handler(north, kind):
    seen = []
    kind(lambda context: seen.append(context.started_by_id))
    user = create_person(email="vic@north.test", password=None)
    job = services.enqueue(kind="try", arguments={}, started_by=user)
    services.run_job(job.pk)
    assert seen == [user.pk]


def test_a_job_is_not_run_inside_a_transaction_in_life(north, kind, settings):
    settings.JOBS_INLINE = False
    job = put()
    with pytest.raises(RuntimeError, match="outside of any transaction"):
        services.run_job(job.pk)


def test_claims_use_the_partial_index(north):
    put()
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        sql, parameters = leases.due().values_list("pk")[:4].query.sql_with_params()
        cursor.execute("explain " + sql, parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "job_due" in plan
