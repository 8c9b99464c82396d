"""G1: nothing new without an entry; the other twin asked the same; its sign-ins and tokens at the wrong door."""

import json
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.banks.tenancy import in_bank
from tests import twins
from tests.guards import Guard
from tests.sweep import crossings, surfaces
from tests.sweep.browsers import Answer, Browser
from tests.sweep.conftest import Tally
from tests.sweep.routes import BANK, PARAMETERS, ROLES, address, read_matrix, routes

# B's newest run is the one that A lacks, and holds no forecast of customer 1: not there, for those who may.
NEWER_AT_B = {"pages:forecast", "pages:forecast?customer"}
Casts = dict[twins.Twin, dict[str, Browser]]


@pytest.mark.guard("G1")
def test_every_surface_has_an_entry_and_no_entry_is_stale(guard: Guard, tally: Tally) -> None:
    found = list(surfaces.surfaces())
    kinds = {surface.kind for surface in found}
    assert {"route", "operator", "action", "operation", "table", "task", "job"} <= kinds
    assert len(set(found)) == len(found) > 1500
    missing = sorted(set(found) - surfaces.entries())
    assert not missing, f"name these in tests/sweep (surfaces.py says where): {missing[:10]}"
    stale = sorted(surfaces.entries() - set(found))
    assert not stale, f"entries of what is no longer there: {stale[:10]}"
    counted = {kind: sum(s.kind == kind for s in found) for kind in sorted(kinds)}
    said = ", ".join(f"{n} of kind {kind}" for kind, n in counted.items())
    print(f"\nsurfaces: {said}")
    tally("routes", len(routes(BANK)))
    tally("roles", len(ROLES))
    guard("G1", reached=f"each surface has an entry: {said}", n=len(found))


def test_a_new_surface_without_an_entry_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(surfaces.JOBS, "import_undo")
    monkeypatch.setitem(surfaces.BANK_TASKS, "accounts.jobs.tasks.gone", lambda key: ())
    found = set(surfaces.surfaces())
    assert found - surfaces.entries() == {surfaces.Surface("job", "import_undo")}
    assert surfaces.entries() - found == {surfaces.Surface("task", "accounts.jobs.tasks.gone")}


@pytest.mark.guard("G1")
@pytest.mark.guard("G2")
def test_the_other_twin_answers_by_the_same_table(casts: Casts, guard: Guard, tally: Tally) -> None:
    """Bank B asked as A was: the same cells, B's own data, nothing of A."""
    golden, asked, own, wrong = read_matrix(BANK), 0, 0, []
    for route in routes(BANK):
        with in_bank(twins.B.schema):
            url = address(route, "own")
        assert url is not None
        cells = []
        for role in ROLES:
            answer = casts[twins.B][role].ask("GET", url)
            asked += 1
            own += bool(crossings.marks(answer.body, twins.B))
            seen = crossings.leaks(answer, twins.A)
            assert not seen, f"GET {url} at B as {role} shows {seen} of A"
            cells.append(answer.cell)
        said = golden.get((route.label, "GET"))
        if said and route.label in NEWER_AT_B:
            said = tuple("404" if cell == "200" else cell for cell in said)
        if tuple(cells) != said:
            wrong.append(f"{route.label}: {cells}, the table says {said}")
    assert not wrong, "\n".join(wrong)
    assert own > 200
    tally("answers", asked)
    tally("own_answers", own)
    guard("G1", reached=f"0 marks of A at B; {own} answers showed B's own", n=asked)
    guard("G2", reached="bank B answers by the same table", n=asked)


def foreign(session: Browser, at: twins.Twin) -> Browser:
    """The sign-in of one bank at the other's host name."""
    return Browser(at.host, at.schema, session.session)


def blanked(answer: Answer) -> tuple[str, bytes]:
    body = re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", answer.body)
    body = re.sub(rb'X-CSRFToken": "[^"]+"', b"", body)
    return answer.cell, re.sub(rb"[0-9a-f]{32}", b"HEX", body)


@pytest.mark.guard("G1")
def test_a_sign_in_means_nothing_at_the_other_bank(
    casts: Casts, guard: Guard, tally: Tally
) -> None:
    """The same person's key exists at both: whoever comes with A's cookie is nobody at B."""
    asked = 0
    for route in routes(BANK):
        with in_bank(twins.B.schema):
            url = address(route, "own")
        assert url is not None
        nobody = blanked(casts[twins.B]["anonymous"].ask("GET", url))
        for role in ("customer", "admin+purpose"):
            answer = foreign(casts[twins.A][role], twins.B).ask("GET", url)
            asked += 1
            assert blanked(answer) == nobody, f"GET {url}: A's {role} is somebody at B"
    tally("answers", asked)
    guard("G1", reached="A's sign-ins are nobody's at B", n=asked)


def token(twin: twins.Twin) -> str:
    """An access token of the twin's admin, whose address is checked."""
    email = f"{twin.canary.lower()}4@example.com"
    EmailAddress.objects.create(user_id=4, email=email, verified=True, primary=True)
    body = {"email": email, "password": twins.PASSWORD}
    answer = Client(HTTP_HOST=twin.host).post(
        "/api/v1/login", body, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def filled(path: str) -> str:
    """An operation's path with the keys that both twins have."""
    return re.sub(r"\{(\w+)\}", lambda found: str(PARAMETERS[found[1]](1)), path)


@pytest.mark.guard("G1")
def test_a_token_means_nothing_at_the_other_bank(casts: Casts, guard: Guard, tally: Tally) -> None:
    """Every operation of the API with a token of A: open at A, 401 at B and nothing of either."""
    with in_bank(twins.A.schema):
        held = token(twins.A)
    opened = 0
    asked = [o for o in surfaces.operations() if " ".join(o) not in surfaces.NO_TOKEN]
    for method, path in asked:
        with in_bank(twins.A.schema):
            url = filled(path)
        answers: dict[twins.Twin, Any] = {}
        for twin in (twins.A, twins.B):
            browser = Browser(twin.host, twin.schema)
            with browser.undone():
                answers[twin] = browser.client.generic(
                    method, url, json.dumps({}), content_type="application/json",
                    HTTP_AUTHORIZATION=f"Bearer {held}",
                )  # fmt: skip
        opened += answers[twins.A].status_code not in (401, 404, 405)
        assert answers[twins.A].status_code != 401, f"{method} {url}: the token is refused at home"
        assert answers[twins.B].status_code == 401, f"{method} {url} opens to A's token"
        for twin in (twins.A, twins.B):
            assert not crossings.marks(answers[twins.B].content, twin), f"{method} {url}"
    assert opened == len(asked) > 8
    tally("operations", len(asked))
    guard("G1", reached="every operation refuses the other bank's token", n=len(asked))
