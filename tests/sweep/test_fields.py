"""G3: which keys each role is answered, and that nobody writes a field that isn't offered.

`python -m pytest tests/sweep/test_fields.py -s --sweep-write` prints the keys as they are now, to be reviewed
by eye into fields.txt.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.http import HttpResponse

from accounts import services
from accounts.banks.tenancy import in_bank, in_public
from accounts.models import Role, User
from accounts.sites import bank_site, operator_site
from tests import twins
from tests.accounts.signin_case import app_of, code_of
from tests.guards import Guard
from tests.sweep import fields
from tests.sweep.browsers import OPERATOR_ROLES, Browser, operators_cast
from tests.sweep.fields import Change, Controls, Found
from tests.sweep.routes import BANK, METHODS, PERSON, ROLES, Route, address, routes
from transactions.adapters import Layout
from transactions.models import BankAccount

SCHEMA = twins.A.schema
# Staff must name a customer; what else a query names answers with the same keys.
API = [
    route
    for route in routes(BANK)
    if route.name.startswith("api:") and route.query in ((), ("customer_id",))
]
API += [replace(r, query=("customer_id",)) for r in API if r.name == "api:transaction"]
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
PASSWORD = "the twins' own password"
# Descriptions, whose keys are those of all others.
DESCRIBES = {"api:schema", "api:docs"}


def url_of(route: Route) -> str:
    with in_bank(SCHEMA):
        url = address(route, "own")
    assert url is not None
    return url


# -- requests that act ------------------------------------------------------------------------------


def login(browser: Browser, role: str) -> dict[str, Any]:
    with in_bank(SCHEMA):
        user = User.objects.get(pk=PERSON.get(role, 1))
        Authenticator.objects.filter(user=user).delete()
        services.confirm_email(user=user)
    return {"email": user.email, "password": PASSWORD}


def refresh(browser: Browser, role: str) -> dict[str, Any]:
    said = send(browser, "POST", "/api/v1/login", login(browser, role)).json()
    return {"refresh_token": said["refresh_token"]}


def login_mfa(browser: Browser, role: str) -> dict[str, Any]:
    body = login(browser, role)
    with in_bank(SCHEMA):
        secret = app_of(User.objects.get(pk=PERSON.get(role, 1)))
    said = send(browser, "POST", "/api/v1/login", body).json()
    return {"login_token": said["login_token"], "code": code_of(secret)}


def recategorise(browser: Browser, role: str) -> dict[str, Any]:
    return {"category_id": None}


def book(browser: Browser, role: str) -> dict[str, Any]:
    account = str(twins.public_id(BankAccount, 1))
    row = {
        "account_id": account,
        "booked_on": "2026-06-14",
        "amount": "-1.00",
        "description": "Kiosk",
    }
    return {"transactions": [row, {**row, "amount": "x"}]}


# The body of each operation that writes; whatever else is sent with it must change nothing more.
BODIES: dict[tuple[str, str], Callable[[Browser, str], dict[str, Any]]] = {
    ("api:login", "POST"): login,
    ("api:login_mfa", "POST"): login_mfa,
    ("api:login_passkey_options", "POST"): lambda browser, role: {},
    ("api:refresh", "POST"): refresh,
    ("api:logout", "POST"): lambda browser, role: {},
    ("api:transaction", "PATCH"): recategorise,
    ("api:regular", "PATCH"): lambda browser, role: {"state": "confirmed"},
    ("api:transactions", "POST"): book,
}
HAS_FIELDS = BODIES.keys() - {("api:logout", "POST")}


def send(browser: Browser, method: str, url: str, body: Any = None) -> HttpResponse:
    """One request with JSON; the caller stands in `undone`."""
    browser.client.cookies.clear()
    if browser.session:
        browser.client.cookies[settings.SESSION_COOKIE_NAME] = browser.session
    text = "" if body is None else json.dumps(body)
    answer: HttpResponse = browser.client.generic(
        method, url, text, content_type="application/json", HTTP_IF_MATCH='"1"'
    )
    return answer


def keys_in(answer: HttpResponse) -> frozenset[str]:
    if "json" not in answer.headers.get("Content-Type", "") or not answer.content:
        return frozenset()
    return frozenset(fields.keys_of(json.loads(answer.content)))


def compare(section: str, found: Found, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--sweep-write"):
        print("\n" + "\n".join(fields.written(section, found)))
        return
    assert not (wrong := fields.differences(found, fields.read_golden(section))), "\n".join(wrong)


# -- the API ----------------------------------------------------------------------------------------


@pytest.mark.guard("G3")
def test_keys_of_every_answer(
    browsers: dict[str, Browser], request: pytest.FixtureRequest, guard: Guard
) -> None:
    """Each operation × method × role answers the reviewed keys and no other."""
    found: Found = {}
    n = 0
    for route in API:
        if route.name in DESCRIBES:
            continue
        url = url_of(route)
        for method in METHODS:
            make = BODIES.get((route.label, method))
            for role in ROLES:
                browser = browsers[role]
                with browser.undone():
                    body = make(browser, role) if make else None
                    answer = send(browser, method, url, body)
                n += 1
                assert answer.status_code < 500, f"{method} {url} as {role}"
                key = (route.label, method, str(answer.status_code))
                found.setdefault(key, {})[role] = keys_in(answer)
    print(f"\nkeys of the API: {n} answers")
    compare("api", found, request)
    good = {route for (route, _m, status), _roles in found.items() if status == "200"}
    assert {r.name for r in API} - DESCRIBES - {"api:nothing", "api:logout"} <= {
        route.split("?")[0] for route in good
    } | {"api:login_mfa"}
    guard("G3", reached="0 unknown keys", n=n)


def sent(browser: Browser, role: str, make: Any, method: str, url: str, more: Any) -> HttpResponse:
    """The operation's own request, with more in its body."""
    return send(browser, method, url, {**more, **(make(browser, role) if make else {})})


def ready(browser: Browser, role: str, make: Any) -> HttpResponse:
    """What an operation needs before its request, and no request."""
    make(browser, role)
    return HttpResponse()


def ran(browser: Browser, request: Callable[[], Any], schema: str = SCHEMA) -> tuple[int, Change]:
    """Status and what changed, undone again."""
    with browser.undone():
        before = fields.rows_of(schema)
        status = request().status_code
        return status, fields.changes(before, fields.rows_of(schema))


@pytest.mark.guard("G3")
def test_no_protected_field_is_written_through_the_api(
    browsers: dict[str, Browser], guard: Guard
) -> None:
    """Every column of a bank and every key of an answer, added to each unsafe request of each role.

    An operation with a body refuses them by name, after it has said who may ask at all.
    """
    n, refused, wrote = 0, 0, set()
    for route in API:
        if route.query or route.name in DESCRIBES:
            continue
        url = url_of(route)
        with browsers["admin"].undone():
            keys = set(keys_in(send(browsers["admin"], "GET", url)))
        bodies = fields.forgeries(keys)
        for method in UNSAFE:
            make = BODIES.get((route.label, method))
            for role in ROLES:
                browser = browsers[role]

                act = partial(sent, browser, role, make, method, url)
                runs = [ran(browser, partial(act, {})) for _ in range(2 if make else 1)]
                wrote |= {(route.label, method, place[0]) for _s, run in runs for place in run}
                refuses = runs[0][0] < 400 and (route.label, method) in HAS_FIELDS
                # What is refused writes nothing: no more than it took to get its body ready.
                compared = (
                    [ran(browser, partial(ready, browser, role, make)) for _ in range(2)]
                    if refuses
                    else runs
                )
                turns = bodies if route.name == "api:transaction" else bodies[:3]
                for body in turns if make and runs[0][0] < 400 else bodies[:1]:
                    status, change = ran(browser, partial(act, body))
                    n += len(body)
                    what = f"{method} {url} as {role}"
                    assert status == (400 if refuses else runs[0][0]), f"{what}: {status}"
                    refused += len(body) if refuses else 0
                    plain = [run for _s, run in compared]
                    assert not (took := fields.taken(plain, change)), (
                        f"{what} takes what it isn't offered:\n" + "\n".join(took)
                    )
    # The comparison saw the writes it is about.
    assert ("api:transaction", "PATCH", "transactions_transaction") in wrote
    print(f"\nfields sent to the API that it doesn't offer: {n}, {refused} refused, none written")
    assert refused > 1000
    guard("G3", reached="0 protected writes by the API", n=n)


# -- the admin's forms ------------------------------------------------------------------------------

LAYOUT = json.dumps(
    Layout(
        adapter="generic_csv", widths=(2,), columns={"booked_on": (0,), "amount": (1,)}
    ).to_json()
)
# A new row's own values, where its page opens, and what the twins' rows hold that a form refuses.
NEW: dict[str, dict[str, Any]] = {
    "operator:accounts_user_add": {"email": "new.operator@example.com", "role": "operator"},
    "admin:accounts_user_add": {"email": "new.colleague@example.com"},
    "admin:customers_customer_add": {
        "reference": "C-new", "full_name": "Nora New",
        "created_at_0": "2026-06-01", "created_at_1": "12:00:00",
    },
    "admin:transactions_bankaccount_add": {
        "name": "New account", "currency": "EUR", "holders-TOTAL_FORMS": "1",
        "holders-0-customer": "1", "holders-0-role": "owner",
    },
    "admin:transactions_balancestatement_add": {"account": "1", "day": "2026-06-01", "amount": "12.30"},
    "admin:transactions_categoryrule_add": {
        "name": "New rule", "position": "0", "what_0": "market", "place_0": "text", "way_0": "contains",
        "join": "all", "sign": "0", "category": "1",
    },
    "admin:transactions_category_add": {"name": "New category", "parent": "1"},
    "admin:transactions_importprofile_add": {"name": "New", "layout": LAYOUT},
    "admin:transactions_merchant_add": {"name": "New merchant", "texts": "New merchant"},
    "admin:transactions_exchangerate_add": {
        "base": "GBP", "quote": "USD", "day": "2026-06-02", "rate": "1.25", "source": "ECB",
    },
    "admin:transactions_importprofile_change": {"layout": LAYOUT},
    "admin:analytics_budget_add": {
        "customer": "1", "category": "1", "month": "2026-05-01", "amount": "20", "currency": "EUR",
    },
}  # fmt: skip


def forms(site: Any, *, bank: bool) -> Iterator[tuple[Route, Any, str]]:
    """Add and change page of every model, with the address."""
    with in_bank(SCHEMA) if bank else in_public():
        for model in site._registry:
            name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            first = model._default_manager.order_by("pk").first()
            assert first is not None, f"{model._meta.label} has no row to change"
            key = first.pk if not bank else 1
            yield Route(f"{name}_change", ""), model, f"{base}{key}/change/"
            yield Route(f"{name}_add", ""), model, f"{base}add/"


def write_forms(
    site: Any, people: dict[str, Browser], roles: tuple[str, ...], schema: str
) -> tuple[Found, int]:
    found: Found = {}
    n = 0
    for route, model, url in list(forms(site, bank=schema != "public")):
        for role in roles:
            browser = people[role]
            with browser.undone():
                page = send(browser, "GET", url)
            if page.status_code == 200:
                controls = Controls(page.content.decode())
                writable = frozenset(name.split("-")[-1] for name in controls.writable)
                found.setdefault((route.label, "fields", ""), {})[role] = writable
            else:
                controls = Controls("")
            own = {name: v[0] if len(v) == 1 else v for name, v in controls.values.items()}
            if route.label.endswith("_add") and page.status_code == 200:
                assert route.label in NEW, f"{url}: give a new row's values in NEW"
            if controls.writable:
                own |= NEW.get(route.label, {})
            false = fields.forged_controls(model, controls)

            plain = partial(browser.post, url, {**own, "_save": "1"})
            more = partial(browser.post, url, {**false, **own, "_save": "1"})
            runs = [ran(browser, plain, schema) for _ in range(2)]
            status, change = ran(browser, more, schema)
            n += len(false)
            what = f"POST {url} as {role}"
            assert status == runs[0][0], f"{what}: {status}, without the rest {runs[0][0]}"
            if controls.writable and role == roles[-1]:  # others haven't opened the customer
                with browser.undone():
                    said = re.findall(r"errorlist[^>]*>(.+?)</ul", more().content.decode())
                assert status == 302, f"{what} is not saved as it was shown: {said}"
            took = fields.taken([run for _s, run in runs], change)
            assert not took, f"{what} writes what it doesn't offer:\n" + "\n".join(took)
    return found, n


@pytest.mark.guard("G3")
def test_no_protected_field_is_written_through_the_admin(
    browsers: dict[str, Browser], request: pytest.FixtureRequest, guard: Guard
) -> None:
    found, n = write_forms(bank_site, browsers, ROLES, SCHEMA)
    print(f"\nfields sent to the admin's forms that they don't offer: {n}, none written")
    assert {role for by_role in found.values() for role in by_role} <= {"admin", "admin+purpose"}
    compare("admin forms", found, request)
    guard("G3", reached="0 protected writes by a bank's admin", n=n)


@pytest.mark.guard("G3")
def test_no_protected_field_is_written_through_the_operators_forms(
    browsers: dict[str, Browser], request: pytest.FixtureRequest, guard: Guard
) -> None:
    people = operators_cast(browsers)
    with connection.cursor() as cursor:  # the operator was given number 1
        cursor.execute("select setval(pg_get_serial_sequence('public.accounts_user', 'id'), 1000)")
    found, n = write_forms(operator_site, people, OPERATOR_ROLES, "public")
    print(f"\nfields sent to the operators' forms that they don't offer: {n}, none written")
    assert {role for by_role in found.values() for role in by_role} == {"operator"}
    compare("operators' forms", found, request)
    guard("G3", reached="0 protected writes by the operators' admin", n=n)


# -- the comparison itself --------------------------------------------------------------------------


def test_the_comparison_of_keys_is_strict() -> None:
    golden = fields.read_golden("api")
    assert golden and not fields.differences(golden, golden)
    key = ("api:me", "GET", "200")
    more = {**golden, key: {**golden[key], Role.CUSTOMER: golden[key]["customer"] | {"password"}}}
    (sentence,) = fields.differences(more, golden)
    assert sentence == "GET api:me 200 as customer: unknown ['password'], gone []"
    without = {k: v for k, v in golden.items() if k != key}
    assert len(fields.differences(golden, without)) == len(golden[key])


def test_the_comparison_of_writes_is_strict() -> None:
    plain: list[Change] = [{("t", "1", "seen_at"): "1"}, {("t", "1", "seen_at"): "2"}]
    assert not fields.taken(plain, {("t", "1", "seen_at"): "3"})
    for wrong in (
        {("t", "1", "seen_at"): "3", ("t", "1", "role"): "admin"},
        {("t", "1", "seen_at"): "2001-02-03T04:05:06"},
        {("t", "1", "seen_at"): "3", ("t", "2", "*"): "gone"},
    ):
        assert fields.taken(plain, wrong)
