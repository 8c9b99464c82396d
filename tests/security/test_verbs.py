"""G8 csrf_and_verbs: a foreign page can't act for a person, and looking changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.middleware.csrf import _get_new_csrf_string, _mask_cipher_secret
from django.test import Client

from accounts import services
from accounts.banks.tenancy import in_bank
from accounts.customers.models import AccessGrant
from accounts.models import User
from tests import twins
from tests.guards import Guard
from tests.security.people import client_for
from tests.sweep.routes import Route, address, routes

pytestmark = pytest.mark.usefixtures("quiet")

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# They act on what the request itself proves (a password, a token, a signature), set no cookie and read none.
PROVED_BY_BODY = {"api:login", "api:refresh", "api:login_mfa", "provider_message"} | {
    "api:login_passkey", "api:login_passkey_options",
}  # fmt: skip
# What a look writes, each reviewed: the record of it, and the visitor's own session.
WRITTEN_BY_A_LOOK = {"customers_accessrecord", "django_session"}


def every_route() -> Iterator[tuple[Route, str]]:
    for route in routes("config.urls"):
        url = address(route, "own")
        assert url is not None, f"parameters of {route.name} are unknown: tests/sweep/routes.py"
        yield route, url


@pytest.mark.guard("G8")
def test_a_foreign_page_cannot_act(twin_a: twins.Twin, guard: Guard) -> None:
    secret, another = _get_new_csrf_string(), _get_new_csrf_string()
    valid, foreign = _mask_cipher_secret(secret), _mask_cipher_secret(another)
    own_origin = f"http://{twin_a.host}"
    attacks: dict[str, dict[str, Any]] = {
        "no token": {"HTTP_ORIGIN": own_origin},
        "foreign token": {"HTTP_X_CSRFTOKEN": foreign, "HTTP_ORIGIN": own_origin},
        "foreign origin": {"HTTP_X_CSRFTOKEN": valid, "HTTP_ORIGIN": "https://evil.example"},
        "origin null": {"HTTP_X_CSRFTOKEN": valid, "HTTP_ORIGIN": "null"},
        "the other bank": {"HTTP_X_CSRFTOKEN": valid, "HTTP_ORIGIN": f"http://{twins.B.host}"},
        "foreign referrer": {
            "HTTP_X_CSRFTOKEN": valid, "HTTP_REFERER": "https://evil.example/", "secure": True,
        },
    }  # fmt: skip
    let_in, asked, no_such_method = [], 0, 0
    for role in ("customer", "admin+purpose"):
        # One role meets every attack; the other the plain one, at the doors that are its own.
        tried = attacks if role == "admin+purpose" else {"no token": attacks["no token"]}
        client = client_for(role, twin_a, enforce_csrf_checks=True)
        client.cookies["csrf"] = secret
        for route, url in every_route():
            if route.name in PROVED_BY_BODY:
                continue
            for method in UNSAFE:
                for name, headers in tried.items():
                    asked += 1
                    status = client.generic(method, url, **headers).status_code
                    no_such_method += status == 405
                    if status not in (403, 405):
                        let_in.append(f"{method} {url} with {name} as {role}: {status}")
    assert not let_in, "\n".join(let_in[:20])
    # The same request from the bank's own page goes through.
    url = f"/staff/customers/{twins.public_id(AccessGrant.customer.field.related_model, 1)}/open/"  # type: ignore[attr-defined]
    fine = client.post(
        url, {"purpose": "request", "note": "at the desk"},
        HTTP_X_CSRFTOKEN=valid, HTTP_ORIGIN=own_origin,
    )  # fmt: skip
    assert fine.status_code == 302
    # A page that takes no PUT says so before anything is asked.
    reached = f"{asked - no_such_method} answered 403, {no_such_method} have no such method"
    guard("G8", reached=reached, n=asked)


def row_hashes() -> dict[str, str]:
    """A hash of every row of every table of the bank at hand, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_class c where c.relkind = 'r'"
            " and c.relnamespace = current_schema()::regnamespace order by 1"
        )
        names = [name for (name,) in cursor.fetchall() if name not in WRITTEN_BY_A_LOOK]
        cursor.execute(
            " union all ".join(
                f"select '{n}', coalesce(md5(string_agg(h, '' order by h)), '') from"
                f' (select md5(t::text) h from "{n}" t) x'
                for n in names
            )
        )
        return dict(cursor.fetchall())


@pytest.mark.guard("G8")
def test_looking_changes_nothing(twin_a: twins.Twin, guard: Guard) -> None:
    # As the product makes people: allauth's page of addresses writes where a person has none.
    for person in User.objects.exclude(emailaddress__isnull=False):
        services.confirm_email(user=person)
    clients = {"anonymous": Client(HTTP_HOST=twin_a.host)} | {
        role: client_for(role, twin_a)
        for role in ("customer", "viewer", "analyst+purpose", "admin+purpose")
    }
    before, looks = row_hashes(), 0
    assert len(before) > 40 and sum(bool(h) for h in before.values()) > 30
    for route, url in every_route():
        for client in clients.values():
            for method in ("GET", "HEAD"):
                query = "?action=delete&next=/&metric=expenses" if method == "HEAD" else ""
                response = client.generic(method, url + query)
                if response.streaming:
                    b"".join(response.streaming_content)
                looks += 1
        with in_bank(twin_a.schema):
            after = row_hashes()
        changed = [name for name in after if after[name] != before[name]]
        assert not changed, f"GET {url} ({route.name}) wrote {changed}"
    guard("G8", reached=f"0 changes in {len(before)} tables", n=looks)


def test_a_write_shows_in_the_hashes(twin_a: twins.Twin) -> None:
    before = row_hashes()
    AccessGrant.objects.update(note="changed")
    after = row_hashes()
    assert [name for name in after if after[name] != before[name]] == ["customers_accessgrant"]
