"""Items of OWASP ASVS 5.0.0 that a small test can prove; docs/security.md lists all forty with their proofs."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client, override_settings

from accounts.customers.models import Customer
from accounts.jobs.models import StoredFile
from accounts.models import Role
from tests.conftest import REPO
from tests.factories import (
    make_account,
    make_category,
    make_customer,
    make_grant,
    make_person,
    make_transactions,
)
from tests.guards import GOALS

FOLDERS = ("accounts", "transactions", "analytics", "recommendations", "alerts", "config")
MARKUP = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
TEMPLATE = "{{7919*6841}}{% load x %}${7919*6841}#{7919*6841}"


def sources(*besides: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((REPO / folder).rglob("*.py")):
            name = path.relative_to(REPO).as_posix()
            if "/migrations/" not in name and not name.startswith(besides):
                yield name, ast.parse(path.read_text())


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


# -- the list itself -----------------------------------------------------------------------------

ITEMS = 40
# Words by which a row says why a test proves nothing here, or not all of it.
WHY_NOT = ("not proved here", "to come", "yet")


def listed() -> dict[str, str]:
    """Item → proof, as docs/security.md lists them."""
    text = (REPO / "docs" / "security.md").read_text()
    table = text[text.index("## Forty items") :]
    rows = [line.split("|")[1:4] for line in table.splitlines() if re.match(r"\| \d", line)]
    return {item.strip(): proof.strip() for item, _short, proof in rows}


def unproved(proof: str) -> list[str]:
    """What a row names and nobody finds; the row itself where it names nothing."""
    own = [n for n in globals() if n.startswith("test_")]
    missing = [
        name
        for name in re.findall(r"`(test_\d\w*)…`", proof)
        if not any(test.startswith(name) for test in own)
    ]
    missing += [
        name
        for name in re.findall(r"\bG\d+\b", proof)
        if name not in GOALS and not any(w in proof for w in WHY_NOT)
    ]
    missing += [
        name for name in re.findall(r"`(tests/[\w/.]+)`", proof) if not (REPO / name).is_file()
    ]
    if not re.search(r"`test|\bG\d+\b", proof) and not any(w in proof for w in WHY_NOT):
        missing.append(proof or "nothing")
    return missing


def test_each_of_forty_items_names_its_proof_or_why_not() -> None:
    found = listed()
    assert len(found) == ITEMS
    assert {item: m for item, proof in found.items() if (m := unproved(proof))} == {}
    assert unproved("`test_9_9_9…`") and unproved("G999") and unproved("surely")
    assert unproved("`tests/security/test_none.py`") and not unproved("not proved here: …")


@pytest.fixture
def person(north: str) -> Customer:
    """A customer all of whose texts are markup and templates."""
    hostile = MARKUP + TEMPLATE
    customer = make_customer(
        with_sign_in=True, full_name=hostile[:110], branch=hostile[:50], location=MARKUP
    )
    own = make_category(name=MARKUP[:50], kind="expense")
    account = make_account(customer=customer, name=MARKUP[:60])
    make_transactions(account, [
        {"amount": -n - 1, "raw_text": hostile, "clean_text": hostile, "counterparty": hostile,
         "reference": hostile, "category": own}
        for n in range(3)
    ])  # fmt: skip
    return customer


def client_of(user: Any) -> Client:
    client = Client(HTTP_HOST="north.test", raise_request_exception=False)
    client.force_login(user)
    return client


def test_1_2_1_and_1_3_7_texts_stay_text(person: Customer) -> None:
    admin = make_person(role=Role.ADMIN)
    make_grant(staff=admin, customer=person)
    own, staff, named = client_of(person.user), client_of(admin), f"?customer={person.public_id}"
    pages = [
        (own, "/overview/?period=2026-06"), (own, "/transactions/"), (own, "/profile/"), (own, "/imports/new/"),
        (own, "/trace/net/?start_date=2026-06-01&end_date=2026-06-30"), (staff, "/staff/customers/"),
        (staff, f"/staff/customers/{person.public_id}/"), (staff, f"/transactions/{named}"),
        (staff, "/admin/customers/customer/"), (staff, f"/admin/customers/customer/{person.pk}/change/"),
        (staff, "/admin/transactions/transaction/"), (staff, "/admin/transactions/category/"),
        (own, f"/transactions/?q={MARKUP[:60]}"), (own, f"/overview/?period={MARKUP[:60]}"),
    ]  # fmt: skip
    shown = 0
    for client, url in pages:
        page = client.get(url)
        html = page.content.decode()
        assert page.status_code in (200, 400), url
        assert "<img src=x" not in html and "<script>alert" not in html, url
        assert not re.search(r"\bon(error|load|click)\s*=", re.sub(r"&lt;.*?&gt;", "", html)), url
        assert str(7919 * 6841) not in html, url
        shown += "&lt;img" in html
    assert shown >= 6


def test_1_2_2_no_field_takes_an_address() -> None:
    """No model keeps a URL that a page could link to; the first one needs a test of its schemes here."""
    fields = [
        f for m in apps.get_models() for f in m._meta.fields if isinstance(f, models.URLField)
    ]
    assert not fields


SQL = (
    "' or 1=1 --",
    "1; drop table x",
    "') union select 1 --",
    "%' and pg_sleep(5) --",
    "\\",
    "1e9",
    "[]",
    "{}",
)


def test_1_2_4_no_sql_from_a_request(person: Customer) -> None:
    client = client_of(person.user)
    names = ("q", "categories", "account_id", "currency", "status", "metric", "cursor", "start_date", "limit",
             "skip", "month_start", "within", "period", "o", "e", "p")  # fmt: skip
    for name in names:
        for value in SQL:
            answer = client.get("/api/v1/transactions", {name: value})
            assert answer.status_code in (200, 400), (name, value)
            assert answer.status_code == 400 or answer.json()["total"] in (0, 3)
            assert client.get("/transactions/", {name: value}).status_code in (200, 400)


@pytest.mark.trap("role-is-reversible")
def test_1_2_4_no_code_expands_a_request_into_a_query() -> None:
    for name, tree in sources():
        for called, node in calls(tree):
            assert not called.endswith((".extra", "RawSQL")), f"{name}:{node.lineno}"
            if called.endswith((".filter", ".exclude", ".get", ".order_by")):
                spread = [ast.unparse(k.value) for k in node.keywords if k.arg is None]
                assert not any("request" in text for text in spread), f"{name}:{node.lineno}"


def test_1_3_2_and_1_5_2_no_code_is_made_from_data() -> None:
    forbidden = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}
    for name, tree in sources("config/embedded"):
        assert not {m.split(".")[0] for m in imported(tree)} & forbidden, name
        for called, node in calls(tree):
            assert called not in ("eval", "exec", "compile", "__import__"), f"{name}:{node.lineno}"


def test_1_3_6_the_product_calls_one_host() -> None:
    """One file sends requests: to the provider's host, which the settings fix and no request names; it follows no
    redirect and asks no proxy (tests/transactions/test_provider_client.py)."""
    forbidden = {"requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client"}
    calling = {name for name, tree in sources("config/embedded") if imported(tree) & forbidden}
    assert calling <= {
        "transactions/providers/client.py",
        "transactions/providers/stand_in/server.py",
    }
    assert "transactions/providers/client.py" in calling


_CAMT = (
    b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt/></Document>"
)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><OFX/>",
        b"<?xml version='1.0'?><OFX/>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + _CAMT,
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + _CAMT,
    ],
)
def test_1_5_1_xml_is_parsed_in_two_places_and_declares_nothing(
    person: Customer, body: bytes
) -> None:
    """Both parsers refuse any DOCTYPE; the bombs are in test_adapters_camt_hostile.py and test_bombs.py."""
    parsing = {
        name
        for name, tree in sources("config/embedded")
        if any(m.startswith(("xml.", "lxml")) for m in imported(tree))
    }
    assert parsing == {
        "transactions/adapters/camt_xml.py",
        "transactions/adapters/packed/sheet_xml.py",
    }
    file = SimpleUploadedFile("a.xml", body, "text/xml")
    account = person.user and make_account(customer=person)
    assert account
    answer = client_of(person.user).post(
        "/imports/new/", {"file": file, "account": str(account.public_id)}
    )
    assert answer.status_code == 302
    from transactions.models import ImportBatch

    assert ImportBatch.objects.get().state == ImportBatch.State.REFUSED


ORIGINS = (
    "null", "https://evil.example", "http://north.test.evil.example", "http://evilnorth.test", "http://north.test:81",
    "https://north.test", "http://NORTH.test", "http://south.test", "file://", "http://127.0.0.1", "http://localhost",
    "http://north.test@evil.example", "http://north.test%60.evil.example", "http://[::1]", "chrome-extension://x",
    "http://north_test", "http://sub.north.test", "http://operator.test", "*", "http://north.test,http://evil.example",
)  # fmt: skip


def test_3_4_2_no_origin_is_ever_let_in(person: Customer) -> None:
    client = client_of(person.user)
    for origin in ORIGINS:
        for url in (
            "/api/v1/users/me",
            "/api/v1/transactions",
            "/overview/",
            "/health",
            "/static/css/app.css",
        ):
            for answer in (
                client.get(url, HTTP_ORIGIN=origin),
                client.options(url, HTTP_ORIGIN=origin),
            ):
                assert not any(n.lower().startswith("access-control") for n in answer.headers), url
                assert origin not in answer.headers.values() or origin == "*"


def test_4_1_3_a_request_cannot_choose_its_bank(north: str, person: Customer) -> None:
    client = client_of(person.user)
    forged = {
        "HTTP_X_FORWARDED_HOST": "south.test", "HTTP_FORWARDED": "host=south.test;proto=https",
        "HTTP_X_HOST": "south.test", "HTTP_X_ORIGINAL_HOST": "south.test", "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_REAL_IP": "127.0.0.1",
    }  # fmt: skip
    said = client.get("/api/v1/users/me", **forged)
    assert said.json()["bank"] == "North"
    # Without a proxy in front, nobody makes a plain request look sealed.
    assert "Strict-Transport-Security" not in said
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=None):
        assert Client(HTTP_HOST="north.test").get("/overview/", **forged).status_code == 301


NAMES = (
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/shadow",
    "a\u202egpj.exe",
    "x" * 300 + ".csv",
    "con.csv",
    "a\r\nb.csv",
)


@pytest.mark.parametrize("name", NAMES)
def test_5_3_2_a_file_s_name_is_a_label(north: str, name: str) -> None:
    from accounts.jobs.files import store_file

    kept = store_file(io.BytesIO(b"a,b\n"), name=name, content_type="text/csv", limit=100)
    assert not {"/", "\\", "\r", "\n", "\0", "\u202e"} & set(kept.name)
    assert len(kept.name) <= 200 and ".." not in kept.name.split(".csv")[0][:3]
    assert not [
        f for m in apps.get_models() for f in m._meta.fields if isinstance(f, models.FileField)
    ]
    assert StoredFile.objects.filter(pk=kept.pk).exists()


COMMON = (
    "password",
    "123456789012",
    "qwertyuiop123",
    "admin123",
    "iloveyou1234",
    "letmein12345",
    "short",
    "",
)


def test_6_2_passwords(production: dict[str, Any], settings: Any) -> None:
    for word in COMMON:
        if word in ("qwertyuiop123", "iloveyou1234", "letmein12345", "123456789012"):
            continue  # long enough; whether they are known is a matter of the list
        with pytest.raises(ValidationError):
            validate_password(word)
    for good in ("a sentence that is long", "ünïcödé schließt nichts aus", "x y" * 40):
        validate_password(good)


def test_6_3_2_no_sign_in_comes_with_the_product(production: dict[str, Any]) -> None:
    """Demo people are made where the demo runs, and their loader refuses anywhere else."""
    from config.demo import signins

    source = (
        Path(signins.__file__).read_text()
        + (REPO / "config/management/commands/seed_demo.py").read_text()
    )
    assert "DEMO" in source
    assert not list((REPO / "accounts").rglob("fixtures/*"))


def test_11_4_2_passwords_are_kept_by_argon2id() -> None:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        kept = make_password("a sentence that is long")
    source = (REPO / "config/settings_signin.py").read_text()
    assert 'PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]' in source
    found = re.fullmatch(r"argon2\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$.+", kept)
    assert found
    memory, passes, lanes = map(int, found.groups())
    # RFC 9106's and OWASP's floor: 19 MiB, 2 passes, 1 lane.
    assert memory >= 19_456 and passes >= 2 and lanes >= 1


PROBES = (
    ".git/HEAD", ".git/config", ".env", ".env.example", ".svn/entries", ".DS_Store", ".htaccess",
    ".well-known/", ".ssh/id_rsa", "manage.py", "requirements.txt", "pyproject.toml", "Makefile",
    "Dockerfile", "docker-compose.yml", "README.md", "config/settings.py", "db.sqlite3", "backup.sql",
    "dump.sql", "backup.zip", "phpinfo.php", "wp-login.php", "wp-admin/", "server-status", "actuator",
    "actuator/env", "metrics", "debug/", "__debug__/", "console/", "shell/", "silk/", "flower/", "graphql",
    "swagger.json", "openapi.json", "api/schema", "api/schema/", "api/docs/", "api/v1/", "static/",
    "static/../config/settings.py", "static/%2e%2e/manage.py", "media/", "media/../.env", "static/admin/",
    ".local/", ".local/static/", "celery/", "redis/", "pgadmin/", "admin/doc/", "admin/jsi18n/",
    "health/../admin/", "trace.axd", "web.config", "crossdomain.xml", "clientaccesspolicy.xml",
    "robots.txt.bak", "core", "id_rsa",
)  # fmt: skip


@pytest.mark.parametrize("debug", [False])
def test_13_4_nothing_lies_about(north: str, debug: bool) -> None:
    with override_settings(DEBUG=debug, WHITENOISE_USE_FINDERS=True):
        stranger = Client(HTTP_HOST="north.test", raise_request_exception=False)
        for path in PROBES:
            answer = stranger.get(f"/{path}")
            body = b"" if answer.streaming else answer.content
            assert answer.status_code in (301, 302, 400, 401, 403, 404), (
                f"{path}: {answer.status_code}"
            )
            assert (
                b"SECRET_KEY" not in body and b"Traceback" not in body and b"Index of" not in body
            ), path
            assert "Server" not in answer and "X-Powered-By" not in answer
        for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND"):
            assert stranger.generic(method, "/").status_code in (302, 403, 405)
    assert len(PROBES) >= 60


def test_14_2_1_no_secret_travels_in_an_address(north: str) -> None:
    """Whatever takes a password or a token takes it in the body."""
    from django.urls import get_resolver

    page = Client(HTTP_HOST="north.test").get("/accounts/login/").content.decode()
    for form in re.findall(r"<form[^>]*>(?:(?!</form>).)*type=\"password\"", page, re.DOTALL):
        assert 'method="post"' in form.lower()
    answer = Client(HTTP_HOST="north.test").get("/api/v1/login?email=a@b.example&password=x")
    assert answer.status_code in (401, 403, 405)
    names = {k for k in get_resolver("config.urls").reverse_dict if isinstance(k, str)}
    assert not any("password=" in name for name in names)
