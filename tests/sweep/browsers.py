"""The cast of the sweep: one signed-in browser for each role, whose every request is undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django_tenants.utils import schema_context

from accounts.banks.tenancy import in_bank, in_public
from accounts.models import Role, User
from tests import twins
from tests.sweep.routes import PERSON, ROLES

OPERATOR_HOST = "operator.test"
OPERATOR_ROLES = ("anonymous", "a bank's admin", "operator")


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def cell(self) -> str:
        """What matrix.txt says of it: the status, or which refusal a redirect is."""
        path = self.location.partition("?")[0]
        if self.status != 302:
            return str(self.status)
        if path == "/accounts/login/" and "?next=" in self.location:
            return "login"
        if path.startswith("/staff/customers/"):
            return "gate" if path.endswith("/open/") else "list"
        return "302"


class Browser:
    """Asks as one person; whatever a request did is rolled back, sign-outs too."""

    def __init__(self, host: str, schema: str, session: str = "") -> None:
        self.client = Client(HTTP_HOST=host)
        self.schema, self.session = schema, session

    @contextmanager
    def undone(self) -> Iterator[None]:
        with transaction.atomic():
            point = transaction.savepoint()
            try:
                yield
            finally:
                with schema_context(self.schema):
                    transaction.savepoint_rollback(point)
        connection.set_schema_to_public()  # type: ignore[attr-defined]

    def ask(self, method: str, url: str, data: dict[str, Any] | None = None) -> Answer:
        with self.undone():
            return self.ask_and_keep(method, url, data)

    def post(self, url: str, data: dict[str, Any]) -> Any:
        """A form sent as it is; gives Django's own answer. The caller stands in `undone`."""
        self.client.cookies.clear()
        if self.session:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return self.client.post(url, data)

    def ask_and_keep(self, method: str, url: str, data: dict[str, Any] | None = None) -> Answer:
        """The same without the undoing; the caller stands in `undone`."""
        self.client.cookies.clear()
        if self.session:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        response = (
            self.client.post(url, data) if data is not None else self.client.generic(method, url)
        )
        body = b"".join(response.streaming_content) if response.streaming else response.content
        return Answer(response.status_code, body, dict(response.headers))


def _signed_in(host: str, schema: str, user: User) -> Browser:
    client = Client(HTTP_HOST=host)
    client.force_login(user)
    return Browser(host, schema, client.cookies[settings.SESSION_COOKIE_NAME].value)


def cast(twin: twins.Twin) -> dict[str, Browser]:
    """The bank's roles (tests/sweep/routes.ROLES), each with its browser."""
    found = {"anonymous": Browser(twin.host, twin.schema)}
    with in_bank(twin.schema):
        for role in ROLES[1:]:
            user = User.objects.get(pk=PERSON[role])
            found[role] = _signed_in(twin.host, twin.schema, user)
    return found


def operators_cast(bank: dict[str, Browser]) -> dict[str, Browser]:
    """Who may come to the operators' door: nobody, an admin with a bank's session, an operator."""
    with in_public():
        user = User(pk=1, email="olga@example.com", role=Role.OPERATOR)
        user.save(force_insert=True)
        operator = _signed_in(OPERATOR_HOST, "public", user)
    return {
        "anonymous": Browser(OPERATOR_HOST, "public"),
        "a bank's admin": Browser(OPERATOR_HOST, "public", bank["admin"].session),
        "operator": operator,
    }
