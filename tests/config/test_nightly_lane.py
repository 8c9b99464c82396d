"""One night of a bank at a time: by the clock, by hand, or both at once."""

from datetime import date, timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from accounts.jobs import leases, services
from accounts.jobs.models import Job
from analytics.nights.models import Run
from config import nightly
from tests.conftest import NORTH


def by_hand(*arguments: str) -> tuple[str, str, int]:
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("run_nightly", "--schema", NORTH, *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        code = int(str(end.code))
    return out.getvalue(), err.getvalue(), code


def put(day: str) -> Job:
    return services.enqueue(
        kind="night", arguments={"business_day": day, "by_hand": True}, lane=nightly.KIND
    )


def test_by_hand_it_is_a_job_like_any_other(north: str, done: list[date]) -> None:
    said, _err, code = by_hand("--date", "2026-06-10")
    assert code == 0 and f"{NORTH} 2026-06-10: published" in said and "one" in said
    job = Job.objects.get()
    assert (job.state, job.lane, job.kind) == (Job.State.DONE, "night", "night")
    assert "unchanged, nothing done" in by_hand("--date", "2026-06-10")[0]
    assert done == [date(2026, 6, 10)]


def test_by_hand_beside_a_running_night_is_told_so_and_does_nothing(
    north: str, done: list[date]
) -> None:
    night = put("2026-06-10")
    assert leases.claim(night.pk)
    said, told, code = by_hand()
    assert code == 1 and said == ""
    assert "The night of this bank is being computed already since" in told
    assert "Nothing was done" in told
    assert done == [] and not Run.objects.exists() and Job.objects.count() == 1


def test_by_hand_takes_over_what_a_dead_process_left(north: str, done: list[date]) -> None:
    night = put("2026-06-10")
    assert leases.claim(night.pk)
    Job.objects.filter(pk=night.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    _said, _err, code = by_hand("--date", "2026-06-11")
    assert code == 0 and done == [date(2026, 6, 10), date(2026, 6, 11)]
    assert set(Job.objects.values_list("state", flat=True)) == {Job.State.DONE}


def test_workers_leave_a_night_alone_while_another_one_runs(north: str, done: list[date]) -> None:
    first, second, other = put("2026-06-10"), put("2026-06-11"), services.enqueue(
        kind="nobody", arguments={}
    )  # fmt: skip
    held = leases.claim(first.pk)
    assert held is not None and leases.claim(second.pk) is None
    assert leases.due().get() == other
    leases.give_back(held)
    assert leases.claim(second.pk) is not None and leases.claim(first.pk) is None


def test_the_table_itself_refuses_a_second_one_at_work(north: str) -> None:
    """Two claims at the same moment don't see each other; the unique key decides."""
    first = put("2026-06-10")
    assert leases.claim(first.pk)
    assert leases.put_claimed(kind="night", arguments={}, lane=nightly.KIND) is None
