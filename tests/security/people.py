"""Browsers of the twin bank's people."""

from typing import Any

from django.test import Client

from accounts.banks.tenancy import in_bank
from accounts.models import User
from tests import twins
from tests.sweep.routes import PERSON


def client_for(role: str, twin: twins.Twin = twins.A, **more: Any) -> Client:
    """Signed in as the person who plays this role; "anonymous" as nobody."""
    client = Client(HTTP_HOST=twin.host, **more)
    if role != "anonymous":
        with in_bank(twin.schema):
            client.force_login(User.objects.get(pk=PERSON[role]))
    return client
