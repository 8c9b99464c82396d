"""The description of the API: complete, valid, and never ahead of or behind the routes."""

import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from config import urls_api
from tests.conftest import REPO
from tests.factories import make_person
from transactions.doors import API, PAGE


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_description_is_valid_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "openapi: 3" in out.getvalue()


def test_every_operation_tells_summary_example_and_refusals(schema: dict[str, Any]) -> None:
    found = operations(schema)
    assert {name.split(" ")[1].removeprefix("/api/v1/").split("/{")[0] for name, _ in found} == {
        str(route.pattern).split("/<")[0] for route in urls_api.v1
    }
    for name, operation in found:
        assert operation["summary"], name
        assert operation["tags"], name
        refusals = [code for code in operation["responses"] if code >= "400"]
        assert "401" in refusals, name
        for code in refusals:
            content = operation["responses"][code]["content"]["application/json"]
            assert content["examples"], (name, code)
            assert content["schema"]["$ref"].endswith("/Error")
        for code, response in operation["responses"].items():
            if code == "200":
                assert response["content"]["application/json"]["examples"], name
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter["name"])


def test_it_is_read_by_signed_in_people_alone(north_client: Client) -> None:
    assert north_client.get("/api/schema/").status_code == 401
    assert north_client.get("/api/docs/").status_code == 302
    north_client.force_login(make_person())
    assert b"openapi" in north_client.get("/api/schema/").content[:20]
    page = north_client.get("/api/docs/")
    assert page.status_code == 200
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert b"<script>" not in page.content


@pytest.mark.parametrize(
    "path", ["profit", "login/", "transactions/", "kpi/dashboard", "kpi/income/a/b"]
)
def test_an_unknown_address_is_refused_in_json(north_client: Client, path: str) -> None:
    assert north_client.get(f"/api/v1/{path}").json()["code"] == "not_authenticated"
    north_client.force_login(make_person())
    for method in (north_client.get, north_client.delete):
        answer = method(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_traces_lead_where_the_addresses_are() -> None:
    assert reverse("api:transactions") == API.list_path
    assert reverse("api:trace", args=["net"]) == API.trace_path.format("net")
    assert reverse("transactions:list") == PAGE.list_path
    assert reverse("pages:trace", args=["net"]) == PAGE.trace_path.format("net")


def test_no_web_process_imports_the_heavy_libraries() -> None:
    """pandas, scikit-learn and statsmodels cost seconds and memory in every worker."""
    code = (
        "import sys, config.wsgi, django.urls as u\n"
        "[u.get_resolver(c).url_patterns for c in ('config.urls', 'config.urls_operator')]\n"
        "heavy = {'pandas', 'sklearn', 'statsmodels', 'scipy', 'prophet'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPO, capture_output=True, text=True, timeout=120,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings_test"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[]"
