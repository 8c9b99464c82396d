"""A customer signed in at North, in the middle of a month."""

import pytest
from django.test import Client

from accounts.customers.models import BankProfile, Customer
from tests import factories
from tests.config.overview.case import TODAY


@pytest.fixture(autouse=True)
def day(north: str) -> None:
    BankProfile.objects.filter(pk=1).update(business_day=TODAY, currency="EUR", locale="en")


@pytest.fixture
def customer(day: None) -> Customer:
    return factories.make_customer(with_sign_in=True, full_name="Cleo Customer")


@pytest.fixture
def client(north_client: Client, customer: Customer) -> Client:
    north_client.force_login(customer.user)  # type: ignore[arg-type]
    return north_client
