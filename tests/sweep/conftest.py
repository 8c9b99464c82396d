import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.urls import set_urlconf

from tests import twins
from tests.sweep.browsers import Browser, cast
from tests.sweep.routes import PERSON
from tests.twins import Twin

Tally = Callable[[str, int], None]


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """Counts for the isolation report (tests/isolation_report.py); kept when the test passes."""
    from accounts.isolation.report import COUNTS

    def count(name: str, n: int) -> None:
        assert name in COUNTS, f"accounts/isolation/report.py has no line for {name}"
        record_property(f"isolation:{name}", n)

    return count


@pytest.fixture(autouse=True)
def _a_report(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The admin's page of the proof has one to show, whether or not the tree at hand has."""
    from datetime import UTC, datetime

    from accounts.isolation import report, source_tree

    text = report.make(
        version="0", made_at=datetime(2026, 6, 15, tzinfo=UTC), counts=dict.fromkeys(report.COUNTS, 7),
        roles=["admin"], tests=["a test"], source=source_tree.running(),
    )  # fmt: skip
    (tmp_path / "report.json").write_text(text)
    monkeypatch.setattr(report, "PATH", tmp_path / "report.json")


@contextmanager
def _unhurried(settings: Any) -> Iterator[None]:
    # One machine asks thousands of times, for minutes: limits and ends of sign-ins have their own tests.
    settings.ACCOUNT_RATE_LIMITS = False
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 86_400
    settings.SESSION_LIMITS = dict.fromkeys(settings.SESSION_LIMITS, (86_400, 86_400))
    # Thousands of refusals are what it asks for; their log lines would be most of its time.
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    set_urlconf(None)


def _opened_cast(twin: Twin) -> dict[str, Browser]:
    """The twin's people, each with a browser; one admin has opened customer 1."""
    from accounts.banks.tenancy import in_bank
    from accounts.customers.models import AccessGrant

    with in_bank(twin.schema):
        AccessGrant.objects.create(
            staff_id=PERSON["admin+purpose"], customer_id=1, purpose="request", note="x",
            opened_at=twins.NOW, expires_at=twins.FAR,
        )  # fmt: skip
    return cast(twin)


@pytest.fixture
def browsers(twin_banks: None, settings: Any) -> Iterator[dict[str, Browser]]:
    with _unhurried(settings):
        yield _opened_cast(twins.A)


@pytest.fixture
def casts(twin_banks: None, settings: Any) -> Iterator[dict[Twin, dict[str, Browser]]]:
    """Both twins' people."""
    with _unhurried(settings):
        yield {twin: _opened_cast(twin) for twin in (twins.A, twins.B)}


@pytest.fixture(scope="session")
def _sample_bank(django_db_setup: None, django_db_blocker: Any) -> None:
    from accounts.banks import services
    from accounts.banks.tenancy import in_bank
    from tests import sample_bank

    with django_db_blocker.unblock():
        services.create_bank(schema=sample_bank.SCHEMA, name="Sample", hosts=[sample_bank.HOST])
        with in_bank(sample_bank.SCHEMA):
            sample_bank.fill(customers=60)
            from config import nightly

            nightly.run_night()
        connection.set_schema_to_public()


@pytest.fixture
def sample(_sample_bank: None, db: None) -> Iterator[str]:
    """Inside a bank with people, a year of lines and a published night."""
    from accounts.banks.tenancy import in_bank
    from tests import sample_bank

    with in_bank(sample_bank.SCHEMA):
        yield sample_bank.SCHEMA
