"""What the tests of signing in share: people, doors, addresses, codes."""

import random
import re
import uuid
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth
from django.test import Client

from accounts.models import User
from tests.conftest import HOSTS, NORTH
from tests.factories import PASSWORD, make_person


@pytest.fixture
def committing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a commit happens at once: a test's own transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, **more: call())


def anywhere() -> str:
    """An address nobody else in the run has."""
    return f"10.{'.'.join(str(random.randrange(256)) for _ in range(3))}"


def browser(**more: Any) -> Client:
    return Client(HTTP_HOST=HOSTS[NORTH], **({"REMOTE_ADDR": anywhere()} | more))


def somebody(role: str = "customer", **fields: Any) -> User:
    """A person with an address of their own: tries are counted in Redis, which no test rolls back."""
    return make_person(email=f"{uuid.uuid4().hex}@example.com", role=role, **fields)


def by_page(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password}, **more)


def by_api(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    body = {"email": name, "password": password}
    return client.post("/api/v1/login", body, content_type="application/json", **more)


def with_code(client: Client, login_token: str, code: str) -> Any:
    body = {"login_token": login_token, "code": code}
    return client.post("/api/v1/login/mfa", body, content_type="application/json")


def app_of(user: User) -> str:
    """Gives `user` an authenticator app; its secret."""
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    return auth.format_hotp_value(auth.hotp_value(secret, counter))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def blanked(answer: Any, *words: str) -> bytes:
    """The body and headers without what differs for everybody: request id, CSRF token, what was typed."""
    head = sorted(f"{k}: {v}" for k, v in answer.headers.items() if k.lower() != "x-request-id")
    text = answer.content.decode() + "\n".join(head)
    text = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+|(X-CSRFToken": ")[^"]+', r"\1\2", text)
    text = re.sub(r'("request_id":")[^"]+', r"\1", text)
    for word in words:
        text = text.replace(word, "")
    return text.encode()
