"""North's admin signed in."""

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client
