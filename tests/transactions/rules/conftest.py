"""Cleo of North with two accounts, signed in; and Nora, who must see nothing of hers."""

import pytest
from django.test import Client

from accounts.customers.models import Customer
from tests import factories
from tests.conftest import HOSTS, NORTH
from transactions.models import BankAccount


@pytest.fixture
def cleo(north: str) -> Customer:
    return factories.make_customer(user=factories.make_person(email="cleo@example.com"))


@pytest.fixture
def cleos_account(cleo: Customer) -> BankAccount:
    account = factories.make_account(customer=cleo, name="Everyday")
    rows = [
        {"raw_text": "CORNER BAKERY 1", "clean_text": "Corner Bakery", "amount": "-4.20", "category": "coffee"},
        {"raw_text": "CORNER BAKERY 2", "clean_text": "Corner Bakery", "amount": "-5.10", "category": "coffee"},
        {"raw_text": "CORNER BAKERY 3", "clean_text": "Corner Bakery", "amount": "-6.00"},
        {"raw_text": "HARBOUR FUEL", "clean_text": "Harbour Fuel", "amount": "-40.00"},
    ]  # fmt: skip
    factories.make_transactions(account, rows)
    return account


@pytest.fixture
def client_of_cleo(cleo: Customer, cleos_account: BankAccount) -> Client:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert cleo.user
    client.force_login(cleo.user)
    return client


@pytest.fixture
def client_of_nora(north: str) -> Client:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    nora = factories.make_customer(user=factories.make_person(email="nora@example.com"))
    factories.make_account(customer=nora)
    assert nora.user
    client.force_login(nora.user)
    return client
