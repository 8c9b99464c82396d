from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


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
