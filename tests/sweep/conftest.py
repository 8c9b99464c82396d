import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import set_urlconf

from tests import twins
from tests.sweep.browsers import Browser, cast
from tests.sweep.routes import PERSON


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


@pytest.fixture
def browsers(twin_banks: None, settings: Any) -> Iterator[dict[str, Browser]]:
    # The sweep asks one address from one machine thousands of times; limits have their own tests.
    settings.ACCOUNT_RATE_LIMITS = False
    from accounts.banks.tenancy import in_bank
    from accounts.customers.models import AccessGrant

    with in_bank(twins.A.schema):
        AccessGrant.objects.create(
            staff_id=PERSON["admin+purpose"], customer_id=1, purpose="request", note="x",
            opened_at=twins.NOW, expires_at=twins.FAR,
        )  # fmt: skip
    # Thousands of refusals are what this asks for; their log lines would be most of its time.
    logging.disable(logging.CRITICAL)
    yield cast(twins.A)
    logging.disable(logging.NOTSET)
    set_urlconf(None)
