"""G1 and G2: every route × every method × every role × the twin bank × another customer.

`python -m pytest tests/sweep/test_routes.py -s --sweep-write` prints what the product answers now, to be
reviewed by eye into matrix.txt; the test itself only compares.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.core import mail

from accounts.banks.models import Bank
from accounts.banks.tenancy import in_bank, in_public
from accounts.models import User
from accounts.sites import bank_site, operator_site
from tests import twins
from tests.guards import Guard
from tests.sweep import crossings
from tests.sweep.browsers import OPERATOR_ROLES, Answer, Browser, operators_cast
from tests.sweep.conftest import Tally
from tests.sweep.routes import (
    BANK,
    METHODS,
    NAMES_ROW,
    OPERATOR,
    ROLES,
    Route,
    Table,
    actions,
    address,
    arguments,
    differences,
    read_matrix,
    routes,
    written,
)

ALL = routes(BANK)
# Doors that are meant to open without a sign-in; allauth's own are named account_*.
PUBLIC = {
    "brand_css", "api:login", "api:login_mfa", "api:refresh", "security_txt", "change_password",
    "api:login_passkey", "api:login_passkey_options",
    "mfa_authenticate", "mfa_login_webauthn",
}  # fmt: skip
SHUT = {"login", "gate", "list", "302", "401", "403", "404", "405"}
# An amount of the other bank ends in its cents, whatever the decimal mark.
CENTS = re.compile(rb"[.,]" + twins.B.cents.encode())
OTHER = str(twins.OTHER).encode()
# What a person without an open purpose never reads of a customer, as the twins write it.
PERSONAL = re.compile(
    rb"%s (full_name|location|raw_text|clean_text|counterparty) \d" % twins.A.canary.encode()
)
PERSONAL_OF_OTHER = re.compile(PERSONAL.pattern + rb"*" + OTHER)


# Downloads: every route that answers with a file is met by the sweep and named here.
EXPORTS = {
    "admin:isolation_report", "admin:transactions_transaction_export", "imports:rejected",
    "pages:overview_csv", "pages:staff_csv", "transactions:csv",
}  # fmt: skip
# Of these, what holds nothing that tells the twins apart: counts, or lines whose customer nobody opened
# (tests/transactions/admin/test_admin_exchange.py reads opened ones).
EMPTY_EXPORTS = {"admin:isolation_report", "admin:transactions_transaction_export"}


def url_of(route: Route, which: str, urlconf: str = BANK) -> str:
    url = address(route, which, urlconf)
    assert url is not None, (
        f"The sweep doesn't know the parameters of {route.name} ({route.parameters}): "
        "name them in tests/sweep/routes.py PARAMETERS and add its lines to matrix.txt"
    )
    return url


def test_the_resolver_is_walked_into_every_include() -> None:
    assert len(ALL) > 60
    names = {r.name for r in ALL}
    assert {
        "account_login",
        "api:transactions",
        "api:nothing",
        "pages:home",
        "admin:index",
    } <= names


def test_every_operation_of_the_api_is_a_swept_route() -> None:
    from drf_spectacular.generators import SchemaGenerator

    described = SchemaGenerator(urlconf="config.urls_api").get_schema(public=True)["paths"]
    swept = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", r.pattern).removeprefix("api/") for r in ALL}
    assert len(described) > 8
    assert not {path.lstrip("/").removeprefix("api/") for path in described} - swept


# -- the matrix ----------------------------------------------------------------------------------


def check_body(role: str, what: str, answer: Answer) -> None:
    """Nothing of the other bank, of the other customer, or of anybody whom this role hasn't opened."""
    leak, body = twins.B.canary.encode().lower(), answer.body
    assert answer.status < 500, f"{what} as {role}: {answer.status}"
    assert leak not in body.lower(), f"{what} as {role} shows the other bank"
    assert not CENTS.search(body), f"{what} as {role} shows the other bank's amounts"
    assert leak not in str(answer.headers).lower().encode()
    hidden = PERSONAL_OF_OTHER if role == "customer" or "+purpose" in role else PERSONAL
    assert not (seen := hidden.search(body)), f"{what} as {role} shows {seen and seen[0]!r}"
    if role == "customer":
        assert OTHER not in body, f"{what} shows a customer another customer's rows"


@dataclass
class Seen:
    """What a sweep met besides the cells: answers with the bank's own data, and files."""

    own: int = 0
    files: dict[str, bool] = field(default_factory=dict)  # route → whether A's rows were in one

    def note(self, route: Route, answer: Answer) -> None:
        shown = bool(crossings.marks(answer.body, twins.A))
        self.own += shown
        if "attachment" in answer.headers.get("Content-Disposition", ""):
            self.files[route.name] = shown or self.files.get(route.name, False)


def observed(browsers: dict[str, Browser], seen: Seen) -> Table:
    """What the product answers: each route, method and role."""
    found: Table = {}
    for route in ALL:
        with in_bank(twins.A.schema):
            url = url_of(route, "own")
        for method in METHODS:
            cells = []
            for role in ROLES:
                answer = browsers[role].ask(method, url)
                check_body(role, f"{method} {url}", answer)
                seen.note(route, answer)
                cells.append(answer.cell)
            found[route.label, method] = tuple(cells)
    return found


def test_the_comparison_is_strict() -> None:
    """A route without a line, a line without a route and another status are each found."""
    golden = read_matrix(BANK)
    assert differences(golden, golden) == []
    key = ("pages:overview", "GET")
    without = {k: v for k, v in golden.items() if k != key}
    assert differences(golden, without) == ["GET pages:overview has no line in matrix.txt"]
    assert differences(without, golden) == ["matrix.txt: GET pages:overview is no route"]
    (sentence,) = differences(golden | {key: ("200",) * len(ROLES)}, golden)
    assert sentence.startswith("GET pages:overview: answers ('200', '200'")


def compare(section: str, found: Table, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--sweep-write"):
        print("\n" + "\n".join(written(section, found)))
        return
    assert not (wrong := differences(found, read_matrix(section))), "\n".join(wrong)


@pytest.mark.guard("G1")
@pytest.mark.guard("G2")
def test_role_matrix(
    browsers: dict[str, Browser], request: pytest.FixtureRequest, guard: Guard, tally: Tally
) -> None:
    """100 % of routes × methods × roles answer as the reviewed table says; 0 canaries of the twin."""
    seen = Seen()
    found = observed(browsers, seen)
    asked = len(found) * len(ROLES)
    print(f"\nroute sweep: {len(ALL)} routes, {asked} answers, 0 canaries; {seen}")
    compare(BANK, found, request)
    assert seen.own > 500, "hardly an answer showed the bank's own data: nothing could have leaked"
    assert set(seen.files) == EXPORTS, "review this download, and name it in EXPORTS"
    assert {name for name, shown in seen.files.items() if not shown} <= EMPTY_EXPORTS
    assert not {key for key, cells in found.items() if "429" in cells}
    open_to_nobody = {
        key: cells[0]
        for key, cells in found.items()
        if not key[0].startswith("account_") and key[0] not in PUBLIC and cells[0] not in SHUT
    }
    assert not open_to_nobody, f"answered without a sign-in: {open_to_nobody}"
    for (name, method), cells in found.items():
        if name.startswith("admin"):
            assert set(cells[1:5]) <= SHUT, f"{method} {name} opens for others than admins: {cells}"
    assert not [m for m in mail.outbox if twins.B.canary in str(m.message())]
    tally("answers", asked)
    tally("own_answers", seen.own)
    tally("exports", len(seen.files))
    guard("G1", reached=f"0 marks of B; {seen.own} answers showed A's own", n=asked)
    guard("G2", reached=f"100 % of {len(ALL)} routes × 6 methods × {len(ROLES)} roles", n=asked)


@pytest.mark.guard("G1")
@pytest.mark.guard("G2")
def test_actions_of_the_admin(
    browsers: dict[str, Browser], request: pytest.FixtureRequest, guard: Guard, tally: Tally
) -> None:
    """Each action × role; rows are deleted by none of them, in bulk least of all."""
    found: Table = {}
    for route in actions(bank_site):
        app, model = route.name.removeprefix("admin:").split("_")[:2]
        rows = apps.get_model(app, model)._default_manager
        data = {"action": route.action, "_selected_action": ["1"], "index": "0", "post": "yes"}
        cells = []
        for role in ROLES:
            browser = browsers[role]
            with browser.undone():
                answer = browser.ask_and_keep("POST", url_of(route, "own"), data)
                with in_bank(twins.A.schema):
                    kept = rows.filter(pk=1).exists()
            check_body(role, f"POST {route.label}", answer)
            cells.append(answer.cell)
            assert kept, f"{route.label} as {role} deletes rows"
        assert set(cells[1:5]) <= SHUT
        found[route.label, "POST"] = tuple(cells)
    print(f"\nadmin actions: {len(found)} × {len(ROLES)} roles, no row deleted")
    compare("admin actions", found, request)
    asked = len(found) * len(ROLES)
    tally("actions", len(found))
    tally("answers", asked)
    guard("G2", reached="each action of the admin × each role", n=asked)


@pytest.mark.guard("G1")
@pytest.mark.guard("G2")
def test_the_operators_door(
    browsers: dict[str, Browser], request: pytest.FixtureRequest, guard: Guard, tally: Tally
) -> None:
    """The public schema's own routes and actions, and a bank's session that means nothing there."""
    people = operators_cast(browsers)
    with in_public():
        rows = (Bank.objects.count(), User.objects.count())
    found: Table = {}
    for route in routes(OPERATOR) + actions(operator_site):
        url = url_of(route, "own", OPERATOR)
        data = {"action": route.action, "_selected_action": ["1"], "index": "0", "post": "yes"}
        for method in ("POST",) if route.action else METHODS:
            cells = []
            for role in OPERATOR_ROLES:
                browser = people[role]
                with browser.undone():
                    answer = browser.ask_and_keep(method, url, data if route.action else None)
                    with in_public():
                        kept = (Bank.objects.count(), User.objects.count())
                assert kept == rows, f"{method} {route.label} as {role} deletes or makes rows"
                assert answer.status < 500, f"{method} {url} as {role}: {answer.status}"
                if role != "operator":
                    for twin in (twins.A, twins.B):
                        assert twin.canary.encode() not in answer.body, f"{method} {url} as {role}"
                cells.append(answer.cell)
            found[route.label, method] = tuple(cells)
    print(f"\noperators' door: {len(found) * len(OPERATOR_ROLES)} answers")
    compare(OPERATOR, found, request)
    for key, (anonymous, banker, _operator) in found.items():
        assert anonymous == banker, f"{key}: a bank's session is known to the operators"
    asked = len(found) * len(OPERATOR_ROLES)
    tally("operator_answers", asked)
    guard("G2", reached="the operators' door; a bank's session is nobody's there", n=asked)


def test_doors_beside_the_resolver(browsers: dict[str, Browser]) -> None:
    """What middleware answers before any route: the state of the process, and nothing of a bank."""
    for path in ("/health", "/health/ready"):
        for role, browser in browsers.items():
            answer = browser.ask("GET", path)
            assert answer.status in (200, 503), f"{path} as {role}"
            assert set(re.findall(rb'"(\w+)":', answer.body)) <= {
                b"status", b"database", b"redis", b"migrations",
            }  # fmt: skip


# -- foreign = missing ---------------------------------------------------------------------------


def blanked(answer: Answer, values: dict[str, Any]) -> tuple[int, bytes, bytes]:
    """Status, place and body without what may differ: request id, CSRF token and the echoed ids."""

    def blank(text: bytes) -> bytes:
        for value in values.values():
            text = text.replace(str(value).encode(), b"ID")
        text = re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", text)
        text = re.sub(rb'X-CSRFToken": "[^"]+"', b"", text)
        return re.sub(rb"[0-9a-f]{32}", b"HEX", text)

    return answer.status, blank(answer.location.encode()), blank(answer.body)


def strangers(route: Route, role: str) -> tuple[str, ...]:
    """Whose rows are as missing to this role as none: the other bank's always, and the other customer's.

    Staff may see that the bank has that customer (the masked list, the gate, the jobs), but never their
    rows among those of the one they opened.
    """
    inside = any(name in NAMES_ROW for name in (*route.parameters, *route.query[1:]))
    same_bank = (
        role in ("anonymous", "customer")
        or inside
        or (role == "viewer" and not route.name.startswith("jobs:"))
    )
    return ("foreign", "other") if same_bank else ("foreign",)


@pytest.mark.guard("G1")
def test_foreign_is_missing(browsers: dict[str, Browser], guard: Guard, tally: Tally) -> None:
    """An id of the other bank or customer answers exactly like one that nobody has, body and all."""
    compared = 0
    for route in (r for r in ALL if r.names_rows):
        with in_bank(twins.A.schema):
            asked = {
                which: (url_of(route, which), arguments(route, which) or {})
                for which in ("missing", "foreign", "other")
            }
        for role in ROLES:
            for method in ("GET", "POST"):
                url, values = asked["missing"]
                missing = blanked(browsers[role].ask(method, url), values)
                for which in strangers(route, role):
                    url, values = asked[which]
                    answer = browsers[role].ask(method, url)
                    check_body(role, f"{method} {url}", answer)
                    assert blanked(answer, values) == missing, (
                        f"{method} {url} as {role} ({which}) differs from a missing id"
                    )
                    compared += 1
    print(f"\nforeign = missing: {compared} pairs")
    assert compared > 1500
    tally("pairs", compared)
    tally("answers", compared * 2)
    guard("G1", reached="a foreign id answers byte for byte as a missing one", n=compared)
