"""G19: one night per bank and business day, whoever plans it, however often, on whatever day of the clocks.

NIGHTS_SEED repeats a run's moments, BEAT_STOPPED_SECONDS says how long a beat is frozen.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db.models import DateTimeField, Value
from django.utils import timezone

from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile
from accounts.jobs import leases, runner
from accounts.jobs.models import Job
from analytics.nights.models import Run
from config import nightly
from tests.conftest import NORTH
from tests.guards import Guard
from tests.stack import BANKS, StartedStack

LATE_AT_MOST = timedelta(minutes=2)
SWEEP = timedelta(seconds=30)
# A zone, and the days on which its clocks leap forward and back.
CLOCKS = [
    ("Europe/Berlin", date(2026, 3, 29), date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4), date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6), date(2026, 4, 5)),
    ("Asia/Kathmandu", date(2026, 3, 1), date(2026, 10, 1)),
]


def start_by_walking(day: date, zone: ZoneInfo) -> datetime:
    """When the night begins, found minute by minute: the first half past two of that day on the wall, or,
    where the clocks leap over it, two and a half hours after the day began."""
    moment = datetime.combine(day, time_of_day(0), UTC) - timedelta(hours=15)
    while moment.astimezone(zone).date() != day:
        moment += timedelta(minutes=1)
    began = moment
    while (wall := moment.astimezone(zone)).date() == day:
        if (wall.hour, wall.minute) == (2, 30):
            return moment
        moment += timedelta(minutes=1)
    return began + timedelta(minutes=150)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's clock is the test's as well."""
    monkeypatch.setattr(leases, "Now", lambda: Value(timezone.now(), output_field=DateTimeField()))


def live_through(day: date, zone: ZoneInfo, rng: random.Random) -> timedelta:
    """A day before a night and the minutes around it, as three beats and two workers see them; how late it
    began. In one of four, everything is down when it should begin, and comes back up to six hours later."""
    begins = start_by_walking(day, zone)
    down = rng.random() < 0.25
    back = begins + timedelta(seconds=rng.uniform(60, 6 * 3600)) if down else begins

    def sweep() -> None:
        for _worker in range(2):
            runner.run_due(limit=5)

    with time_machine.travel(begins - timedelta(hours=12), tick=False) as now:

        def at(moment: datetime, act: Callable[[], object]) -> None:
            now.move_to(moment)
            with in_bank(NORTH):
                act()

        for _beat in range(3):
            plan_at = begins - timedelta(seconds=rng.uniform(60, 12 * 3600))
            at(plan_at, lambda: nightly.put_nights(timezone.now()))
        at(begins - timedelta(seconds=1), sweep)
        with in_bank(NORTH):
            assert not Job.objects.get(unique_key=f"night:{day}").started_at, "before its time"
        phase = timedelta(seconds=rng.uniform(0, SWEEP.total_seconds()))
        for number in range(4):
            at(back + phase + number * SWEEP, sweep)
            at(back + phase + number * SWEEP, lambda: nightly.put_nights(timezone.now()))
    with in_bank(NORTH):
        job = Job.objects.get(unique_key=f"night:{day}")
        assert job.state == Job.State.DONE, (day, job.state, job.error)
        assert job.started_at
        return job.started_at - back


@pytest.mark.guard("G19")
@pytest.mark.parametrize(
    "around", [pytest.param(1, id="fast"), pytest.param(7, id="nightly", marks=pytest.mark.nightly)]
)
def test_each_day_has_one_night_in_time(
    north: str, clock: None, done: list[date], guard: Guard, around: int
) -> None:
    seed = int(os.environ.get("NIGHTS_SEED", "19"))
    rng, latest, nights = random.Random(seed), timedelta(0), 0
    for name, *changes in CLOCKS:
        BankProfile.objects.filter(pk=1).update(time_zone=name)
        for change in sorted(changes):
            days = [change + timedelta(days=n) for n in range(-around, around + 1)]
            for day in days:
                latest = max(latest, live_through(day, ZoneInfo(name), rng))
            runs = Run.objects.filter(business_day__in=days)
            published = list(runs.order_by("pk").values_list("business_day", "state"))
            assert published == [(day, Run.State.PUBLISHED) for day in days], (name, published)
            assert [day for day in done if day in days] == days
            nights += len(days)
            Run.objects.all().delete()
            Job.objects.all().delete()
            done.clear()
    assert latest <= LATE_AT_MOST
    guard("G19", reached=f"one run per day in {len(CLOCKS)} zones around both changes of the clocks, three beats; "
          f"begun ≤ {latest.total_seconds():.0f} s late", n=nights, seed=seed)  # fmt: skip


@pytest.mark.stack
@pytest.mark.nightly
@pytest.mark.guard("G19")
def test_three_beats_a_frozen_one_and_restarts(stack: StartedStack, guard: Guard) -> None:
    """Real beats and workers: one beat frozen over the start, one killed and started again, a worker killed."""
    frozen_for = float(os.environ.get("BEAT_STOPPED_SECONDS", "30"))
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=60)
    env = {"NIGHT_START": begins.time().isoformat(), "NIGHTS_SECONDS": "1"}
    for bank in BANKS:
        stack.query(bank, "update customers_bankprofile set time_zone = 'UTC', business_day = null")

    workers = [stack.start_worker(celery=True, **env) for _n in range(2)]
    beats = [stack.start_beat(BEAT_SCHEDULE_FILE=f"{stack.folder}/b{n}", **env) for n in range(3)]
    for worker in workers:
        worker.wait_for("ready")
    planned = "select count(*) from jobs_job where kind = 'night' and unique_key = %s"
    key = [f"night:{begins.date()}"]
    for bank in BANKS:
        stack.wait_until(
            lambda bank=bank: stack.query(bank, planned, key) == [(1,)], 40, "no night was planned"
        )
    os.kill(beats[0].process.pid, signal.SIGSTOP)
    try:
        while datetime.now(UTC) < begins:
            time.sleep(0.05)
        beats[1].kill()
        workers[0].kill()
        beats[1] = stack.start_beat(BEAT_SCHEDULE_FILE=f"{stack.folder}/b1", **env)
        over = "select count(*) from analytics_run where business_day = %s and state = 'published'"
        for bank in BANKS:
            stack.wait_until(
                lambda bank=bank: stack.query(bank, over, [begins.date()]) == [(1,)],
                120,
                "no night",
            )
        time.sleep(max(0.0, frozen_for - (datetime.now(UTC) - begins).total_seconds()))
    finally:
        os.kill(beats[0].process.pid, signal.SIGCONT)
    time.sleep(5)  # it makes up for what it missed
    stack.wait_until(lambda: not stack.jobs_left(), 60, "jobs are left")
    latest = 0.0
    for bank in BANKS:
        sql = (
            "select business_day, count(*) from analytics_run where state = 'published' group by 1"
        )
        counts = dict(stack.query(bank, sql))
        assert counts[begins.date()] == 1 and set(counts.values()) == {1}, counts
        assert stack.query(bank, "select count(*) from analytics_run") == [(len(counts),)]
        ((started,),) = stack.query(
            bank, "select started_at from jobs_job where unique_key = %s", key
        )
        latest = max(latest, (started - begins).total_seconds())
    assert 0 <= latest <= LATE_AT_MOST.total_seconds()
    guard("G19", reached=f"one run per bank and day; three beats, one frozen {frozen_for:.0f} s, one killed, a worker "
          f"killed; begun {latest:.1f} s late", n=len(BANKS))  # fmt: skip
