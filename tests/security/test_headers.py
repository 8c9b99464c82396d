"""G7 headers_crawl: every answer of every layer carries the same strict headers."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, override_settings

from tests import twins
from tests.guards import Guard
from tests.security.conftest import ROOT, production_environment
from tests.security.people import client_for
from tests.sweep.routes import address, routes

pytestmark = pytest.mark.usefixtures("quiet")

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
}
POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "manifest-src": ["'self'"],
}
# May be kept by the browser of the person themselves: a colour, no data.
KEPT_PRIVATE = {"/brand.css"}


def faults(response: Any, url: str, *, signed_in: bool) -> list[str]:
    """What is wrong with one answer's headers and cookies."""
    found = [f"{n}: {response.get(n)}" for n, v in WANTED.items() if response.get(n) != v]
    rules = [p.split() for p in response.get("Content-Security-Policy", "").split(";")]
    policy = {rule[0]: rule[1:] for rule in rules if rule}
    if policy != POLICY:
        found.append(f"policy {policy}")
    if response.get("Content-Security-Policy-Report-Only"):
        found.append("a second policy")
    if "camera=()" not in response.get("Permissions-Policy", ""):
        found.append("permissions policy")
    if not re.fullmatch("[0-9a-f]{32}", response.get("X-Request-Id", "")):
        found.append("no request id")
    if (
        signed_in
        and "no-store" not in response.get("Cache-Control", "")
        and url not in KEPT_PRIVATE
    ):
        found.append(f"kept by caches: {response.get('Cache-Control')}")
    return found + cookie_faults(response.cookies)


def cookie_faults(cookies: SimpleCookie) -> list[str]:
    found = []
    for name, cookie in cookies.items():
        good = (
            name.startswith("__Host-")
            and cookie["secure"]
            and cookie["httponly"]
            and cookie["samesite"] in ("Lax", "Strict")
            and cookie["path"] == "/"
            and not cookie["domain"]
        )
        if not good and cookie["max-age"] != 0:
            found.append(f"cookie {cookie.OutputString()}")
    return found


@pytest.fixture
def https(production: dict[str, Any]) -> Iterator[None]:
    with override_settings(**production, WHITENOISE_USE_FINDERS=True):
        yield


def broken(request: HttpRequest) -> None:
    raise RuntimeError("broken on purpose")


@pytest.mark.guard("G7")
def test_every_answer_carries_the_headers(
    twin_a: twins.Twin, https: None, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: dict[str, list[str]] = {}
    kinds: Counter[int] = Counter()

    def look(client: Client, method: str, url: str, *, signed_in: bool = False, **more: Any) -> int:
        response = client.generic(method, url, secure=True, **more)
        if response.streaming:
            b"".join(response.streaming_content)
        kinds[response.status_code] += 1
        if found := faults(response, url, signed_in=signed_in):
            wrong[f"{method} {url} {response.status_code}"] = found
        return int(response.status_code)

    for role in ("anonymous", "customer", "admin+purpose"):
        for route in routes("config.urls"):
            for which in ("own", "missing") if route.parameters else ("own",):
                url = address(route, which)
                assert url is not None, route
                for method in ("GET", "POST", "OPTIONS") if role == "customer" else ("GET", "POST"):
                    # A new client each time: signing out would end the role.
                    look(client_for(role), method, url, signed_in=role != "anonymous")
    visitor = Client(HTTP_HOST=twin_a.host, raise_request_exception=False)
    assert look(visitor, "GET", "/static/css/app.css") == 200
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert look(visitor, "GET", "/static/css/app.css", HTTP_IF_MODIFIED_SINCE=later) == 304
    assert look(visitor, "GET", "/static/css/missing.css") in (302, 404)
    assert look(visitor, "GET", "/health") == 200
    assert look(visitor, "GET", "/overview/?q=%00") == 400
    assert look(visitor, "GET", "/no/such/page") in (302, 404)
    assert look(visitor, "TRACE", "/") in (302, 405)
    unknown = Client(HTTP_HOST="nobody.example", raise_request_exception=False)
    assert look(unknown, "GET", "/") == 404
    with override_settings(ALLOWED_HOSTS=[twin_a.host]):
        assert look(unknown, "GET", "/") == 404
    monkeypatch.setattr("config.pages.profile.customer_of_sign_in", broken)
    person = client_for("customer")
    person.raise_request_exception = False
    assert look(person, "GET", "/profile/", signed_in=True) == 500
    operators = Client(HTTP_HOST="operator.test", raise_request_exception=False)
    assert look(operators, "GET", "/") == 302

    assert not wrong, "\n".join(f"{k}: {v}" for k, v in list(wrong.items())[:20])
    n = sum(kinds.values())
    assert n > 500 and {200, 302, 304, 400, 403, 404, 405, 500} <= kinds.keys()
    statuses = ", ".join(f"{status}×{count}" for status, count in sorted(kinds.items()))
    guard("G7", reached=f"100 % of {n} answers right ({statuses})", n=n)


@pytest.mark.guard("G7")
def test_signing_in_sets_host_cookies_alone(
    north: str, https: None, guard: Guard, settings: Any
) -> None:
    from tests.conftest import HOSTS
    from tests.factories import PASSWORD, make_person

    person = make_person()
    client = Client(HTTP_HOST=HOSTS["test_north"])
    client.get("/accounts/login/", secure=True)
    entered = client.post(
        "/accounts/login/", {"login": person.email, "password": PASSWORD}, secure=True
    )
    assert entered.status_code == 302
    names = set(client.cookies)
    # The device cookie lets nobody in; tries on a known device are counted apart.
    assert names == {"__Host-session", "__Host-csrf", "__Host-device"}
    assert not cookie_faults(client.cookies)
    guard("G7", reached="every cookie is __Host-, secure, http-only, same-site", n=len(names))


def test_plain_http_redirects_to_https(north: str, https: None) -> None:
    from tests.conftest import HOSTS

    away = Client(HTTP_HOST=HOSTS["test_north"]).get("/overview/?page=2")
    assert away.status_code == 301 and away["Location"].startswith("https://north.test/overview/")
    # A container's own probe speaks http.
    assert Client(HTTP_HOST="127.0.0.1").get("/health").status_code == 200


def test_the_demo_says_that_it_speaks_plain_http(north: str) -> None:
    from tests.conftest import HOSTS

    client = Client(HTTP_HOST=HOSTS["test_north"])
    with override_settings(DEMO=True, HTTPS=False):
        assert "plain http" in client.get("/accounts/login/").content.decode()
    with override_settings(DEMO=False):
        page = client.get("/accounts/login/")
    assert "plain http" not in page.content.decode()
    assert {"csrf"} == set(page.cookies)


@pytest.mark.guard("G7")
def test_production_passes_the_deploy_check(guard: Guard) -> None:
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=production_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "no issues" in checked.stdout
    guard("G7", reached="check --deploy: 0 findings", n=1)
