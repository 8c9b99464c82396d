"""An admin signed in, and a customer they have opened."""

import pytest
from django.test import Client

from accounts.customers.models import Customer
from accounts.models import Role, User
from tests.factories import make_customer, make_grant, make_person


@pytest.fixture
def ada(north: str) -> User:
    return make_person(email="ada@example.com", role=Role.ADMIN)


@pytest.fixture
def client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


@pytest.fixture
def opened(ada: User) -> Customer:
    """A customer whom Ada has opened."""
    customer = make_customer()
    make_grant(staff=ada, customer=customer)
    return customer
