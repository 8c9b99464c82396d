"""The night as a job: put in by the clock, done once per business day, made up for when missed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.banks.tenancy import in_bank, is_public_task
from accounts.customers.models import BankProfile
from accounts.jobs import leases, services
from accounts.jobs.models import Job
from accounts.models import Role
from analytics.nights.models import Run, RunStep
from analytics.nights.services import NightStopped, Step, StepResult
from config import celery, nightly, tasks
from tests import factories
from tests.conftest import NORTH, SOUTH

# Nights begin at 02:30 in Berlin; all of it lies in the database's past, so whatever is put in is due.
MORNING = datetime(2026, 6, 10, 9, tzinfo=UTC)
Steps = Callable[..., list[str]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Replaces the night's steps by quick ones; returns the list of those that were done."""

    def replace(**works: Callable[[], None]) -> list[str]:
        done: list[str] = []

        def step(name: str, work: Callable[[], None]) -> Step:
            def do(run: Run) -> StepResult:
                work()
                done.append(name)
                return StepResult(1)

            return Step(name, name.title(), do)

        named = works or {"one": lambda: None, "two": lambda: None}
        monkeypatch.setattr(nightly, "STEPS", tuple(step(n, w) for n, w in named.items()))
        return done

    return replace


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def night(day: str = "2026-06-10") -> Job:
    return Job.objects.get(unique_key=f"night:{day}")


def runs() -> list[tuple[date, str]]:
    return list(Run.objects.order_by("pk").values_list("business_day", "state"))


def test_the_clock_has_a_line_for_it_and_the_task_belongs_to_the_installation() -> None:
    line = celery.app.conf.beat_schedule["nights"]
    assert line["task"] in celery.app.tasks and is_public_task(line["task"])
    assert 0 < line["schedule"] <= 600


def test_two_beats_put_in_one_night_and_it_is_done_once(north: str, steps: Steps) -> None:
    done = steps()
    with at(MORNING):
        assert tasks.plan_nights() >= 4  # two banks, each its last night and its next one
        assert tasks.plan_nights() == 0
        assert services.run_job(night().pk)
        assert tasks.plan_nights() == 0 and not services.run_job(night().pk)
        assert done == ["one", "two"] and runs() == [(date(2026, 6, 10), "published")]
        assert night().state == Job.State.DONE and night().result["outcome"] == "published"
        with in_bank(SOUTH):
            assert night().state == Job.State.DUE


def test_the_next_night_waits_for_its_time(north: str, steps: Steps) -> None:
    steps()
    now = datetime.now(UTC)
    assert tasks.plan_nights() >= 2
    following = Job.objects.filter(kind="night").latest("run_at")
    with in_bank(NORTH):
        assert following.run_at == nightly.nights_around(now)[1].starts_at and not services.run_job(
            following.pk
        )


def test_a_missed_night_is_made_up_for_once_and_older_ones_are_passed_over(
    north: str, steps: Steps
) -> None:
    done = steps()
    with at(MORNING - timedelta(days=5)):
        tasks.plan_nights()  # then everything stood still for five days
    with at(MORNING):
        tasks.plan_nights()
        services.run_due()
        assert [day for day, _state in runs()] == [date(2026, 6, 10), date(2026, 6, 11)]
        assert (
            done == ["one", "two"] * 2
        )  # the next night is due too: the database's clock is later
    for day in ("2026-06-05", "2026-06-06"):
        assert night(day).state == Job.State.DONE
        assert night(day).result["outcome"] == "passed over for a later night"
    assert not Job.objects.filter(unique_key="night:2026-06-07").exists()


def test_a_night_computed_by_hand_before_is_found_unchanged(north: str, steps: Steps) -> None:
    done = steps()
    with at(MORNING), in_bank(NORTH):
        nightly.run_night()
        tasks.plan_nights()
        services.run_job(night().pk)
        assert done == ["one", "two"] and night().result["outcome"] == "unchanged"


def test_a_killed_night_goes_on_after_its_last_finished_step(north: str, steps: Steps) -> None:
    def killed() -> None:
        if not Job.objects.get(kind="night", unique_key="night:2026-06-10").lost_leases:
            raise SystemExit

    done = steps(one=lambda: None, two=killed, three=lambda: None)
    with at(MORNING):
        tasks.plan_nights()
        with pytest.raises(SystemExit):
            services.run_job(night().pk)
        # What a killed process leaves: a row that is running and whose lease has lapsed.
        Job.objects.filter(pk=night().pk).update(
            state=Job.State.RUNNING, lease_until=MORNING - timedelta(minutes=1)
        )
        assert done == ["one"] and runs() == [(date(2026, 6, 10), "running")]
        assert services.run_job(night().pk)
    assert done == ["one", "two", "three"] and night().state == Job.State.DONE


def test_a_worker_that_slept_too_long_adds_no_step_and_publishes_nothing(
    north: str, steps: Steps
) -> None:
    def taken_over() -> None:
        Job.objects.filter(kind="night").update(lease_id="0" * 32)

    steps(one=lambda: None, two=taken_over)
    with at(MORNING):
        tasks.plan_nights()
        services.run_job(night().pk)
    # Its own taking over is rolled back with its step, so the row tells what it would have written.
    assert list(RunStep.objects.values_list("name", flat=True)) == ["one"]
    assert runs() == [(date(2026, 6, 10), "running")] and night().result == {}


def test_the_switch_and_done_are_one(north: str, steps: Steps, monkeypatch) -> None:
    steps()
    monkeypatch.setattr(leases, "finish", lambda *args: False)
    with at(MORNING):
        tasks.plan_nights()
        services.run_job(night().pk)
    assert runs() == [(date(2026, 6, 10), "running")]
    assert night().state != Job.State.DONE


def test_books_that_do_not_add_up_stop_the_night_and_say_so(north: str, steps: Steps) -> None:
    def differ() -> None:
        raise NightStopped("The month totals differ from the lines in 3 places.")

    steps(one=differ)
    with at(MORNING):
        tasks.plan_nights()
        services.run_job(night().pk)
    job = night()
    assert (job.state, job.error_code) == (Job.State.PARKED, "night_stopped")
    assert job.error == "The month totals differ from the lines in 3 places."
    assert runs() == [(date(2026, 6, 10), "failed")]
    steps()
    with at(MORNING):
        services.retry(job)
        services.run_job(job.pk)
    assert night().state == Job.State.DONE and runs() == [(date(2026, 6, 10), "published")]


def test_a_night_stops_between_steps_when_asked(north: str, steps: Steps) -> None:
    done = steps(one=lambda: services.cancel(night()) and None, two=lambda: None)
    with at(MORNING):
        tasks.plan_nights()
        services.run_job(night().pk)
    assert done == ["one"] and night().state == Job.State.CANCELLED
    assert runs() == [(date(2026, 6, 10), "running")]


def test_a_bank_without_settings_does_not_keep_the_others_from_their_night(
    north: str, steps: Steps
) -> None:
    steps()
    BankProfile.objects.all().delete()
    with at(MORNING):
        tasks.plan_nights()
    assert not Job.objects.exists()
    with in_bank(SOUTH):
        assert night()


def test_staff_see_the_night_among_the_jobs(north_client: Client, steps: Steps) -> None:
    steps()
    north_client.force_login(factories.make_person(role=Role.ANALYST))
    with at(MORNING):
        tasks.plan_nights()
        services.run_job(night().pk)
        page = north_client.get("/staff/jobs/").content.decode()
        assert "Compute the night&#x27;s figures" in page and "the bank" in page
        page = north_client.get(f"/jobs/{night().public_id}/").content.decode()
    assert "Compute the night&#x27;s figures" in page
