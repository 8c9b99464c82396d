"""Traps in what people send, at the door and in the admin (tests/traps.py): open without the guard, shut with it."""

import csv
import json
import re
import time
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, models, transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory

from accounts.banks import middleware
from accounts.customers.models import Customer
from accounts.models import Role, User
from accounts.parsing import CleanJSONParser
from accounts.sessions import SessionStore
from accounts.sites import bank_site
from tests.accounts.signin_case import app_of, somebody
from tests.factories import (
    PASSWORD,
    make_account,
    make_category,
    make_customer,
    make_grant,
    make_person,
    make_transactions,
)
from tests.transactions.admin.addresses import LIST
from transactions.adapters import Line, Reject, detect, rows
from transactions.amounts import AmountError, parse_amount
from transactions.guard import OWNED, LedgerWriteRefused
from transactions.models import Category, Transaction

pytestmark = pytest.mark.usefixtures("quiet")

# -- text that no database holds -----------------------------------------------------------------


@pytest.fixture
def person(north: str) -> Customer:
    customer = make_customer(with_sign_in=True)
    make_transactions(make_account(customer=customer), [{"amount": -1, "raw_text": "x"}])
    return customer


@pytest.fixture
def ada(person: Customer) -> User:
    ada = make_person(role=Role.ADMIN)
    make_grant(staff=ada, customer=person)
    return ada


def of(user: User | None) -> Client:
    client = Client(HTTP_HOST="north.test", raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


# Percent-encoded as a browser sends them: NUL, half a pair, and halves of one letter.
UNSTORABLE = ("%00", "a%00b", "%ED%A0%80", "%ED%B0%80", "%FF", "%C3")
FILTERS = (
    ("person", "/api/v1/transactions?q={}"),
    ("person", "/api/v1/transactions?cursor={}"),
    ("person", "/api/v1/transactions?categories={}"),
    ("person", "/api/v1/transactions?{}=1"),
    ("person", "/api/v1/transactions/{}"),
    ("person", "/transactions/?q={}"),
    ("person", "/transactions/?merchant={}"),
    ("person", "/overview/?period={}"),
    ("person", "/trace/{}/"),
    ("admin", "/staff/customers/?q={}"),
    ("admin", "/admin/customers/customer/?q={}"),
    ("admin", "/admin/transactions/transaction/?q={}"),
    ("admin", "/admin/audit/auditentry/?act={}"),
    ("admin", "/admin/accounts/user/{}/change/"),
    ("stranger", "/accounts/invitation/{}/"),
    ("stranger", "/accounts/login/?next={}"),
)


@pytest.mark.trap("text-no-database-holds")
def test_no_address_with_unstorable_text_breaks_anything(person: Customer, ada: User) -> None:
    people = {"person": of(person.user), "admin": of(ada), "stranger": of(None)}
    for who, url in FILTERS:
        for text in UNSTORABLE:
            answer = people[who].get(url.format(text))
            assert answer.status_code < 500, (url, text)
            assert answer.status_code == 400 or "%00" not in text, (url, text, answer.status_code)


FORMS = (
    ("stranger", "/accounts/login/", ("login", "password")),
    ("stranger", "/accounts/password/reset/", ("email",)),
    ("person", "/imports/new/", ("account", "name", "currency")),
    ("person", "/accounts/email/", ("email", "action_add")),
    ("person", "/accounts/sessions/", ("end",)),
    ("admin", "/admin/transactions/category/add/", ("name", "code")),
    ("admin", "/admin/accounts/user/add/", ("email",)),
)


@pytest.mark.trap("text-no-database-holds")
@pytest.mark.parametrize("shape", ["form", "parts"])
def test_no_form_with_unstorable_text_breaks_anything(
    person: Customer, ada: User, shape: str
) -> None:
    people = {"person": of(person.user), "admin": of(ada), "stranger": of(None)}
    for who, url, names in FORMS:
        for name in names:
            said: Any = dict.fromkeys(names, "x") | {name: "a\0b@example.com"}
            kind = {"content_type": "application/x-www-form-urlencoded"}
            if shape == "form":
                answer = people[who].post(url, urlencode(said), **kind)
                assert answer.status_code == 400, (url, name)
            else:
                file = SimpleUploadedFile("a\0b.csv", b"Date,Text,Amount\n2026-01-01,x,1.00\n")
                answer = people[who].post(url, said | {"file": file})
            assert answer.status_code < 500, (url, name)


@pytest.mark.trap("text-no-database-holds")
@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800", "\\udc00x"])
def test_no_json_with_unstorable_text_breaks_anything(person: Customer, text: str) -> None:
    client = of(person.user)
    for body in (f'{{"email": "{text}", "password": "x"}}', f'{{"{text}": 1}}', f'["{text}"]'):
        answer = client.post("/api/v1/login", body, content_type="application/json")
        assert answer.status_code == 400, body
        assert answer.json()["code"] == ("unstorable_text" if "0000" in text else "not_json"), body


@pytest.mark.trap("text-no-database-holds")
def test_without_the_gates_it_is_a_server_error(
    person: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = of(person.user)
    monkeypatch.setattr(middleware, "_storable", lambda text: True)
    with pytest.raises((DataError, ValueError)), transaction.atomic():
        list(Transaction.objects.filter(raw_text__contains="a\0b"))
    assert of(None).get("/accounts/invitation/%00/").status_code < 500  # hashed, so never stored
    broken = [
        url
        for who, url in FILTERS
        if who == "person" and client.get(url.format("%00")).status_code == 500
    ]
    assert broken, "a filter reaches the database"


@pytest.mark.trap("text-no-database-holds")
def test_json_is_read_by_the_strict_parser_alone(settings: Any) -> None:
    assert settings.REST_FRAMEWORK["DEFAULT_PARSER_CLASSES"] == ["accounts.parsing.CleanJSONParser"]
    half = b'{"a": "\\ud800"}'
    with pytest.raises(UnicodeEncodeError):
        json.loads(half)["a"].encode()
    with pytest.raises(Exception, match="JSON"):
        CleanJSONParser().parse(BytesIO(half))


@pytest.mark.trap("pattern-from-a-request")
def test_a_broken_pattern_is_a_database_error(person: Customer) -> None:
    """tests/security/test_traps_code.py finds no such query; this is why."""
    with pytest.raises(DataError), transaction.atomic():
        list(Transaction.objects.filter(raw_text__regex="("))
    assert of(person.user).get("/api/v1/transactions", {"q": "("}).json()["total"] == 0


@pytest.mark.trap("pattern-without-end")
def test_a_backtracking_pattern_doubles_with_each_letter() -> None:
    """No pattern of the product does (test_our_own_patterns_end_soon); this is why that is measured."""

    def seconds(n: int) -> float:
        start = time.process_time()
        assert not re.match("^(a+)+$", "a" * n + "!")
        return time.process_time() - start

    seconds(4)
    # 64 times the work; 8 leaves room for a busy machine.
    assert min(seconds(20) for _ in range(3)) > 8 * min(seconds(14) for _ in range(3))


# -- amounts and files ---------------------------------------------------------------------------

ODD = ("1_000", "１２.５", "NaN", "-Infinity", "1e5", "1e3000000", "-1E-5", "sNaN", "١٢")


@pytest.mark.trap("decimal-reads-too-much")
@pytest.mark.parametrize("text", ODD)
def test_decimal_takes_what_the_grammar_refuses(text: str) -> None:
    assert isinstance(Decimal(text), Decimal)
    with pytest.raises(AmountError):
        parse_amount(text)


SWALLOWED = (
    b'Date,Description,Amount\n2024-08-01,"BREAD,-3.20\n2024-08-02,WAGES,900.00\n'
    b'2024-08-03,RENT",-500.00\n2024-08-04,TEA,-2.00\n'
)


@pytest.mark.trap("csv-swallows-rows")
def test_the_plain_reader_swallows_rows_and_ours_tells() -> None:
    plain = list(csv.reader(SWALLOWED.decode().splitlines(keepends=True)))
    assert len(plain) == 3, "five lines, and not a word about it"
    read = list(rows(BytesIO(SWALLOWED), detect(SWALLOWED).layout))
    assert [(r.line, r.code) for r in read if isinstance(r, Reject)] == [(2, "quote")]
    assert [r.line for r in read if isinstance(r, Line)] == [3, 4, 5]
    with pytest.raises(csv.Error):
        list(csv.reader(["a," + "x" * 140_000]))
    assert list(csv.reader(["a\0b,1"])) == [["a\0b", "1"]]


# -- the door ------------------------------------------------------------------------------------


def asked(path: str, said: dict[str, str], user: Any = None) -> HttpRequest:
    """A request past the middleware, as a view gets it."""
    request = RequestFactory().post(path, said, HTTP_HOST="north.test")
    request.session = SessionStore()
    request.user = user or AnonymousUser()
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.trap("admin-sign-in-skips-the-second-factor")
def test_the_stock_sign_in_asks_for_no_code(north: str, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    admin = somebody(role="admin")
    app_of(admin)
    said = {"username": admin.email, "password": PASSWORD, "next": "/admin/"}
    ours, stock = (asked("/admin/login/", said) for _ in range(2))
    assert bank_site.login(ours)["Location"].startswith("/accounts/login/")
    assert SESSION_KEY not in ours.session
    # The trap itself: one password, and in.
    assert AdminSite.login(bank_site, stock).status_code == 302
    assert stock.session[SESSION_KEY] == str(admin.pk)


@pytest.mark.trap("admin-sign-in-skips-the-second-factor")
def test_no_second_way_to_tokens_is_installed(settings: Any) -> None:
    assert not {a for a in settings.INSTALLED_APPS if "simplejwt" in a or "authtoken" in a}
    for name in ("requirements.txt", "pyproject.toml"):
        assert "simplejwt" not in (settings.BASE_DIR / name).read_text()


# -- the ledger and the admin --------------------------------------------------------------------


def harmless(relation: models.ForeignKey[Any, Any]) -> bool:
    return relation.remote_field.on_delete is models.PROTECT


def relations_of_the_ledger() -> Iterator[models.ForeignKey[Any, Any]]:
    for model in apps.get_models():
        if model._meta.db_table in OWNED:
            yield from (f for f in model._meta.fields if isinstance(f, models.ForeignKey))


@pytest.mark.trap("set-null-beneath-the-guard")
def test_nothing_deleted_reaches_into_the_ledger() -> None:
    found = list(relations_of_the_ledger())
    assert len(found) >= 5 and [f for f in found if not harmless(f)] == []


@pytest.mark.trap("set-null-beneath-the-guard")
def test_a_category_in_use_is_told_and_not_a_server_error(
    ada: User, person: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = make_category(name="Used", kind="expense")
    make_transactions(make_account(customer=person), [{"amount": -1, "category": used}])
    url = f"/admin/transactions/category/{used.pk}/delete/"
    client = of(ada)
    assert client.post(url, {"post": "yes"}).status_code < 500
    assert Category.objects.filter(pk=used.pk).exists()
    field = Transaction._meta.get_field("category")
    monkeypatch.setattr(field.remote_field, "on_delete", models.SET_NULL)
    assert not harmless(field)  # type: ignore[arg-type]
    with pytest.raises(LedgerWriteRefused), transaction.atomic():
        used.delete()


@pytest.mark.trap("import-without-an-admin-log")
def test_the_stock_admin_log_breaks_on_our_result(
    ada: User, person: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tests/transactions/admin/test_admin_exchange.py shows that ours come through."""
    account = make_account(customer=person)
    file = SimpleUploadedFile("june.csv", b"Date,Description,Amount\n2026-06-01,Bakery,-3.20\n")
    page = of(ada).post(f"{LIST}import/", {"account": account.pk, "import_file": file})
    result, table = page.context["result"], bank_site._registry[Transaction]
    request = asked(f"{LIST}process_import/", {}, ada)
    table.generate_log_entries(result, request)  # type: ignore[attr-defined]
    assert not LogEntry.objects.exists()
    monkeypatch.setattr(type(table), "skip_admin_log", False)
    with pytest.raises(AttributeError):
        table.generate_log_entries(result, request)  # type: ignore[attr-defined]
