"""G1 and G2: every route × every role × the twin bank.

`python -m pytest tests/sweep --sweep-write` prints what the product answers now, to be reviewed by eye
into matrix.txt; the test itself only compares.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import set_urlconf

from accounts.banks.tenancy import in_bank
from accounts.customers.models import AccessGrant
from accounts.models import User
from tests import twins
from tests.sweep.routes import (
    METHODS,
    PERSON,
    ROLES,
    Route,
    address,
    arguments,
    read_matrix,
    routes,
)

URLCONF = "config.urls"
ALL = routes(URLCONF)
# Doors that are meant to open without a sign-in; allauth's own are named account_*.
PUBLIC = {"brand_css", "api:login", "api:refresh", "api:logout", "api:mfa", "styleguide"}
# An amount of the other bank ends in its cents, whatever the decimal mark.
CENTS = re.compile(rb"[.,]" + twins.B.cents.encode())


def url_of(route: Route, which: str) -> str:
    url = address(route, which)
    assert url is not None, (
        f"The sweep doesn't know the parameters of {route.name} ({route.parameters}): "
        "name them in tests/sweep/routes.py PARAMETERS and add its lines to matrix.txt"
    )
    return url


def client_for(role: str, twin: twins.Twin = twins.A) -> Client:
    client = Client(HTTP_HOST=twin.host, raise_request_exception=True)
    if role != "anonymous":
        with in_bank(twin.schema):
            client.force_login(User.objects.get(pk=PERSON[role]))
    return client


@pytest.fixture
def twin_a(twin_banks: None) -> Iterator[twins.Twin]:
    with in_bank(twins.A.schema):
        AccessGrant.objects.create(
            staff_id=PERSON["admin+purpose"], customer_id=1, purpose="request", note="x",
            opened_at=twins.NOW, expires_at=twins.FAR,
        )  # fmt: skip
        yield twins.A
    set_urlconf(None)


def test_the_resolver_is_walked_into_every_include() -> None:
    assert len(ALL) > 60
    assert {"account_login", "api:transactions", "pages:home", "admin:index"} <= {
        r.name for r in ALL
    }


def answer(client: Client, method: str, url: str) -> Any:
    return client.generic(method, url, **({} if method == "GET" else {"HTTP_ACCEPT": "*/*"}))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of refusals are what this test asks for; their log lines would be most of its time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def observed(
    twin: twins.Twin, only: set[str] | None = None
) -> dict[tuple[str, str], tuple[int, ...]]:
    """What the product answers: each route, method and role, with the twin's canary looked for."""
    from django.db import transaction

    found: dict[tuple[str, str], list[int]] = {}
    for route in ALL:
        url = url_of(route, "own")
        for method in METHODS:
            cells = []
            for role in ROLES:
                client = client_for(role)
                with transaction.atomic():
                    point = transaction.savepoint()
                    response = answer(client, method, url)
                    body = (
                        b"".join(response.streaming_content)
                        if response.streaming
                        else response.content
                    )
                    with in_bank(twin.schema):
                        transaction.savepoint_rollback(point)
                leak = twins.B.canary.encode().lower()
                assert leak not in body.lower(), f"{method} {url} as {role} shows the other bank"
                assert not CENTS.search(body), f"{method} {url} as {role} shows its amounts"
                assert leak not in str(dict(response.headers)).lower().encode()
                assert response.status_code < 500, (
                    f"{method} {url} as {role}: {response.status_code}"
                )
                cells.append(response.status_code)
            found[route.name, method] = cells
    return {key: tuple(cells) for key, cells in found.items()}


def compact(table: dict[tuple[str, str], tuple[int, ...]]) -> list[str]:
    """Lines as in matrix.txt; methods that answer alike to the last role share one line `*`."""
    lines = []
    for (name, method), cells in sorted(table.items()):
        lines.append(f"{name:<44} {method:<6} {' '.join(map(str, cells))}")
    return lines


def test_role_matrix(twin_a: twins.Twin, request: pytest.FixtureRequest) -> None:
    """100 % of routes × methods × roles answer as the reviewed table says; 0 canaries of the twin."""
    found = observed(twin_a)
    print("\n".join(compact(found)))
    if request.config.getoption("--sweep-write"):
        return
    shut = {301, 302, 401, 403, 404, 405}
    open_to_nobody = {
        key: cells[0]
        for key, cells in found.items()
        if not key[0].startswith("account_") and key[0] not in PUBLIC and cells[0] not in shut
    }
    assert not open_to_nobody, f"answered without a sign-in: {open_to_nobody}"
    for (name, method), cells in found.items():
        if name.startswith("admin") and method == "GET":
            assert set(cells[1:5]) <= {301, 302, 403, 404, 405}, (
                f"{name} opens for others than admins: {cells}"
            )
    golden = read_matrix(URLCONF)
    if golden:
        missing = sorted(set(found) - set(golden))
        stale = sorted(set(golden) - set(found))
        wrong = [
            f"{key}: {found[key]} ≠ {golden[key]}"
            for key in golden
            if found.get(key) != golden[key]
        ]
        assert not missing, f"routes without an entry in matrix.txt: {missing}"
        assert not stale, f"entries without a route: {stale}"
        assert not wrong, "\n".join(wrong)
    print(f"route sweep: {len(ALL)} routes, {len(found) * len(ROLES)} answers, 0 canaries")
    assert not [m for m in mail.outbox if twins.B.canary in m.body]


def blanked(body: bytes, url: str, which: str, route: Route) -> bytes:
    """The body without what may differ: request id, CSRF token and the echoed id."""
    values = arguments(route, which) or {}
    for value in values.values():
        body = body.replace(str(value).encode(), b"ID")
    body = re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", body)
    body = re.sub(rb'X-CSRFToken": "[^"]+"', b"", body)
    return re.sub(rb"[0-9a-f]{32}", b"HEX", body)


def test_foreign_is_missing(twin_a: twins.Twin) -> None:
    """An id that only the other bank has answers exactly like one that nobody has."""
    compared = 0
    for route in ALL:
        if not route.parameters or "metric" in route.parameters[:1]:
            continue
        foreign, missing = url_of(route, "foreign"), url_of(route, "missing")
        for role in ROLES:
            client = client_for(role)
            for method in ("GET", "POST"):
                one, two = answer(client, method, foreign), answer(client, method, missing)
                assert one.status_code == two.status_code, f"{method} {foreign} as {role}"
                location = one.headers.get("Location", "").replace(foreign, "")
                assert location == two.headers.get("Location", "").replace(missing, "")
                if not one.streaming:
                    assert blanked(one.content, foreign, "foreign", route) == blanked(
                        two.content, missing, "missing", route
                    ), f"{method} {foreign} as {role} differs from a missing id"
                compared += 1
    print(f"foreign = missing: {compared} pairs")
