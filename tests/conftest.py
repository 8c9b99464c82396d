"""The suite's banks and people. Banks are made once a session; each test rolls back.

Cast: Ana (analyst), Vic (viewer), Ada (admin), Cleo (customer) at North; Otto (admin) and Olga (customer)
at South, who must see nothing of North.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client

if TYPE_CHECKING:
    from datetime import date

    from accounts.customers.models import Customer
    from accounts.models import User

pytest_plugins = ["tests.guards", "tests.stack", "tests.traps"]

REPO = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("COUNTERFOIL_DATA", REPO.parent / "shared" / "data"))

NORTH, SOUTH = "test_north", "test_south"
HOSTS = {NORTH: "north.test", SOUTH: "south.test"}


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data; tests that need it say so when it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}: set COUNTERFOIL_DATA to its folder")
    return DATA


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """PYTEST_DB names another test database, so that two runs on one server don't meet."""
    from django.conf import settings

    if suffix := os.environ.get("PYTEST_DB"):
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_counterfoil_{suffix}"
        connection.settings_dict.setdefault("TEST", {})["NAME"] = f"test_counterfoil_{suffix}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """After the test database exists: the installation and two banks."""
    from accounts.banks import services
    from accounts.banks.tenancy import in_bank
    from accounts.customers.models import BankProfile

    with django_db_blocker.unblock():
        services.create_installation(hosts=["operator.test"])
        for schema, host in HOSTS.items():
            name = schema.removeprefix("test_").title()
            services.create_bank(schema=schema, name=name, hosts=[host])
            with in_bank(schema):
                BankProfile.objects.get_or_create(pk=1, defaults={"name": name})
        connection.set_schema_to_public()


@pytest.fixture(scope="session")
def _twin_banks(django_db_setup: None, django_db_blocker: Any) -> None:
    from accounts.banks import services
    from tests import twins

    with django_db_blocker.unblock():
        for twin in (twins.A, twins.B):
            services.create_bank(schema=twin.schema, name=twin.canary, hosts=[twin.host])
            twins.build(twin)
        connection.set_schema_to_public()


@pytest.fixture
def twin_banks(_twin_banks: None, db: None) -> None:
    """The two banks of tests/twins.py, filled."""


@pytest.fixture(autouse=True)
def _leave_banks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test entered, the next one starts in public."""
    yield
    connection.set_schema_to_public()


@pytest.fixture(autouse=True)
def _provider_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks a provider of account data over the network."""
    from tests import provider_world
    from transactions.providers import client

    provider_world.begin()
    monkeypatch.setattr(client, "make_transport", provider_world.transport)


@pytest.fixture
def north(db: None) -> Iterator[str]:
    """Inside the bank North."""
    from accounts.banks.tenancy import in_bank

    with in_bank(NORTH):
        yield NORTH


@pytest.fixture
def south(db: None) -> Iterator[str]:
    """Inside the bank South."""
    from accounts.banks.tenancy import in_bank

    with in_bank(SOUTH):
        yield SOUTH


@pytest.fixture
def north_client(north: str) -> Client:
    """A browser at North's host name, signed out. Requests leave the connection in that bank."""
    return Client(HTTP_HOST=HOSTS[NORTH])


@pytest.fixture
def ada(north: str) -> "User":
    """North's admin."""
    from accounts.models import Role
    from tests.factories import make_person

    return make_person(email="ada@example.com", role=Role.ADMIN)


@pytest.fixture
def opened(ada: "User") -> "Customer":
    """A customer whom Ada has opened."""
    from tests.factories import make_customer, make_grant

    customer = make_customer()
    make_grant(staff=ada, customer=customer)
    return customer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--sweep-write", action="store_true", help="print the role matrix as answered now"
    )


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> "list[date]":
    """The night's steps replaced by one that notes its day."""
    from analytics.nights.services import Step, StepResult
    from config import nightly

    days: list[date] = []

    def work(run: Any) -> StepResult:
        days.append(run.business_day)
        return StepResult(1)

    monkeypatch.setattr(nightly, "STEPS", (Step("one", "One", work),))
    return days


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the test database is gone: roles of banks belong to the whole server."""
    from tests.serving import drop_test_roles

    drop_test_roles()
