"""The night over a real bank: computed and published once, and a second run leaves every table as it is.

`pytest -s` prints the time of each step.
"""

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from accounts.banks.tenancy import in_bank
from accounts.jobs.models import Job
from analytics.forecasts.models import ForecastPoint
from analytics.nights.models import Run
from analytics.releases.models import StaffGroup
from analytics.segments.models import CustomerFeatures, Membership
from config import nightly
from config.demo import loader
from tests.conftest import NORTH
from transactions.models import BankAccount
from transactions.samples.berka import BUSINESS_DAY, SampleDataMissing, read_berka

ACCOUNTS = 790
OURS = ("accounts", "customers", "jobs", "transactions", "analytics")


def content() -> dict[str, str]:
    """One hash over all rows of each table of the bank; a night by hand is itself a job, so they are apart."""
    models = [m for app in OURS for m in apps.get_app_config(app).get_models() if m is not Job]
    tables = [m._meta.db_table for m in models]
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f'select md5(string_agg(t::text, chr(10) order by t::text)) from "{table}" t'
            )
            found[table] = cursor.fetchone()[0] or ""
    return found


def run_nightly() -> str:
    out = StringIO()
    call_command("run_nightly", schema=NORTH, stdout=out)
    return out.getvalue()


@pytest.fixture
def berka(db: None, data: Path) -> None:
    try:
        sample = read_berka(data / "berka")
    except SampleDataMissing as missing:
        pytest.skip(f"no Berka data at {data / 'berka'}: {missing}")
    with in_bank(NORTH):
        loader.load(sample, fixed_day=True)
        assert BankAccount.objects.count() == ACCOUNTS


def test_the_night_of_berka_is_done_and_a_second_run_changes_nothing(berka: None) -> None:
    said = run_nightly()
    print(f"\n{said}")
    with in_bank(NORTH):
        run = Run.objects.get()
        assert (run.state, run.business_day) == (Run.State.PUBLISHED, BUSINESS_DAY)
        assert [step.name for step in run.steps.filter(done=True)] == [
            step.name for step in nightly.STEPS
        ]
        for title in nightly.TITLES.values():
            assert f"  {title} " in said
        owners = run_counts(run)
        assert owners["features"] == owners["memberships"] == ACCOUNTS
        assert owners["points"] > 0 and owners["groups"] > 0
        before = content()
    assert len([name for name, rows in before.items() if rows]) >= 15
    again = run_nightly()
    assert "unchanged, nothing done" in again
    with in_bank(NORTH):
        assert content() == before
        # The comparison sees a change of one cell.
        Run.objects.filter(pk=run.pk).update(error="x")
        assert {name for name, rows in content().items() if rows != before[name]} == {
            Run._meta.db_table
        }


def run_counts(run: Run) -> dict[str, int]:
    return {
        "features": CustomerFeatures.objects.filter(run=run).count(),
        "memberships": Membership.objects.filter(run=run).count(),
        "points": ForecastPoint.objects.filter(issue__run=run).count(),
        "groups": StaffGroup.objects.filter(release__run=run).count(),
    }
