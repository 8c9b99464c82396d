"""When a bank's night begins: once each calendar day, whatever its clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile
from accounts.jobs.models import Job
from config import nightly
from tests.conftest import NORTH

# A zone, and the days on which its clocks leap forward and back, over half past two and elsewhere.
CLOCKS = [
    ("Europe/Berlin", date(2026, 3, 29), date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4), date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6), date(2026, 4, 5)),
    ("Asia/Kathmandu", date(2026, 3, 1), date(2026, 10, 1)),
]


def set_bank(**values: object) -> None:
    BankProfile.objects.filter(pk=1).update(**values)


def around(now: datetime) -> tuple[nightly.Night, nightly.Night]:
    with in_bank(NORTH):  # the settings are read once per entry
        return nightly.nights_around(now)


@pytest.mark.parametrize(("zone", "forward", "back"), CLOCKS)
def test_each_day_has_one_night_on_the_days_the_clocks_change(
    north: str, zone: str, forward: date, back: date
) -> None:
    set_bank(time_zone=zone)
    for day in (forward, back):
        now = datetime.combine(day - timedelta(days=2), time(12), UTC)
        end, started = now + timedelta(days=4), {}
        while now < end:
            last, following = around(now)
            assert last.starts_at <= now < following.starts_at
            assert following.business_day - last.business_day == timedelta(days=1)
            started.setdefault(last.business_day, set()).add(last.starts_at)
            assert around(following.starts_at)[0] == following
            now += timedelta(minutes=15)
        assert day in started and all(len(starts) == 1 for starts in started.values())
        for business_day, (start,) in started.items():
            wall = start.astimezone(ZoneInfo(zone))
            assert wall.date() == business_day
            assert time(2, 30) <= wall.time() <= time(3, 30)


def test_a_leap_over_half_past_two_starts_an_hour_later_and_a_second_one_is_passed(
    north: str,
) -> None:
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert around(noon)[1].starts_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    noon = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert around(noon)[1].starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_bank_whose_day_stands_still_has_one_night(north: str) -> None:
    set_bank(business_day=date(1994, 3, 31))
    with in_bank(NORTH):
        for days in range(5):
            nightly.put_nights(datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(days=days))
        assert Job.objects.get(kind="night").unique_key == "night:1994-03-31"


def test_a_bank_that_moves_to_another_zone_has_its_waiting_night_moved(north: str) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with in_bank(NORTH):
        assert nightly.put_nights(now) == 2 and nightly.put_nights(now) == 0
        waiting = Job.objects.get(unique_key="night:2026-06-02")
        assert waiting.run_at == datetime(2026, 6, 2, 0, 30, tzinfo=UTC)
    set_bank(time_zone="America/New_York")
    with in_bank(NORTH):
        nightly.put_nights(now)
    waiting.refresh_from_db()
    assert waiting.run_at == datetime(2026, 6, 2, 6, 30, tzinfo=UTC)
