"""G33: every unsafe route leaves exactly one entry for one act, in the transaction of the act itself.

The resolver is walked as the sweep does; each route that takes POST, PUT, PATCH or DELETE stands either in
audit_requests.ACTS, with a request that acts, or in NO_ACT, with the reason. One in neither fails.
"""

from fnmatch import fnmatch
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import set_urlconf

from accounts.audit import services
from accounts.banks.tenancy import in_bank
from accounts.customers.models import Customer
from accounts.models import Role, User
from tests import twins
from tests.accounts.audit_log import entries
from tests.accounts.audit_requests import ACTS, Case, Request
from tests.factories import make_account, make_customer, make_grant, make_person
from tests.guards import Guard
from tests.seen import seen
from tests.sweep.browsers import Browser, cast
from tests.sweep.routes import BANK, PERSON, Route, address, routes

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
REFUSED = {401, 403, 404, 405}
_READS = "shows what GET shows, whatever the method"
# Reviewed: routes that answer an unsafe method and change nothing that the log is about.
NO_ACT = {
    "admin:*_history": _READS,
    "admin:*_changelist": "a list; those with actions stand in ACTS",
    "admin/*/<path:object_id>/": "leads to the change page",
    "admin:analytics_forecastissue_change": _READS,
    "admin:analytics_run_change": _READS,
    "admin:audit_*_change": _READS,
    "admin:customers_accessgrant_change": _READS,
    "admin:jobs_job_change": _READS,
    "admin:transactions_import[bi]*_change": _READS,
    "admin:transactions_monthtotal_change": _READS,
    "admin:index": _READS,
    "api:login_passkey_options": "a question for a key; what comes of it stands at api:login_passkey",
    "admin:app_list": _READS,
    "admin:login": "leads to the one sign-in page",
    "admin:password_change*": "leads to the one page for that",
    "admin:autocomplete": _READS,
    "admin:jsi18n": _READS,
    "admin:transactions_transaction_export": "a file out; the look is on record (D8)",
    "account_inactive": _READS,
    "account_email_verification_sent": "the code that was mailed: see test_audit_sign_ins",
    "account_reauthenticate": "proves who sits there; changes nothing",
    "account_reset_password*": "mails the owner; the new password itself is an act, see test_audit_sign_ins",
    "account_confirm_login_code": "closed: nobody signs in by code",
    "account_set_password": "closed to whoever has a password",
    "account_signup": "closed: people come by invitation",
    "pages:theme": "the colours of one's own pages",
    "pages:*": _READS,
    "transactions:*": _READS,
    "accounts_held:list": _READS,
    "accounts_held:one": _READS,
    "imports:list": _READS,
    "imports:done": _READS,
    "imports:rejected": _READS,
    "providers:list": _READS,
    "providers:detail": _READS,
    "provider_message": "provider.told, when its signature proves it: see test_provider_messages",
    "brand_css": _READS,
    "change_password": _READS,
    "security_txt": _READS,
    "account_invitation": _READS,
    "mfa_generate_recovery_codes": "by allauth's signal: factor.renewed",
    "mfa_activate_totp": "by allauth's signal, see test_audit_sign_ins",
    "mfa_authenticate": "the second step: the entry is sign_in.done",
    "mfa_reauthenticate*": "proves who sits there; changes nothing",
    "mfa_*webauthn": "needs a passkey; by allauth's signals",
    "mfa_view_recovery_codes": _READS,
    "mfa_download_recovery_codes": _READS,
    "mfa_index": _READS,
    "styleguide": _READS,
}


@pytest.fixture
def case(north: str) -> Case:
    cleo = make_customer(with_sign_in=True)
    ada = make_person(role=Role.ADMIN, email="ada.routes@example.com")
    make_grant(staff=ada, customer=cleo)
    set_urlconf(None)
    return Case(cleo, ada, make_account(customer=cleo))


def send(client: Client, request: Request) -> Any:
    who, path, data = request
    if who == "token":
        return client.post(path, HTTP_AUTHORIZATION=f"Bearer {data['token']}")
    as_json = {"content_type": "application/json"} if path.startswith("/api/") else {}
    if path.startswith(("/api/v1/transactions/", "/api/v1/regulars/")):
        return client.patch(path, data, HTTP_IF_MATCH='"1"', **as_json)
    return client.post(path, data, **as_json)


def with_seen(client: Client, request: Request) -> Request:
    """The request with what the admin's change page carries: the state that was seen."""
    who, path, data = request
    kept = path.startswith("/admin/") and path.endswith("/change/")
    if kept and "/transaction/" not in path:
        return who, path, {**data, **seen(client, path)}
    return request


def rows() -> dict[str, str]:
    """One digest for each table of the bank. Sessions and looks are written before and beside an act."""
    besides = {"django_session", "customers_accessrecord", "django_migrations"}
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = current_schema()")
        tables = sorted({name for (name,) in cursor.fetchall()} - besides)
        cursor.execute(
            " union all ".join(
                f"select '{t}', md5(coalesce(string_agg(x::text, '|' order by x::text), '')) from {t} x"
                for t in tables
            )
        )
        return dict(cursor.fetchall())


@pytest.mark.guard("G33")
@pytest.mark.parametrize("name", sorted(ACTS))
def test_a_route_leaves_one_entry_for_one_act(case, name, guard: Guard):
    make, act = ACTS[name]
    request = make(case)
    client = case.client(request[0])
    request = with_seen(client, request)
    with entries() as found:
        answer = send(client, request)
    assert answer.status_code in (200, 201, 204, 302), (
        f"{name}: {answer.status_code} {answer.content[:3000]}"
    )
    assert [entry.act for entry in found] == [act], (
        f"{name}: {answer.status_code} {answer.content[-6000:]}"
    )
    expected = {"ada": "admin", "cleo": "customer"}.get(request[0])
    assert expected in (None, found[0].actor_role)
    assert found[0].request_id == answer["X-Request-Id"]
    guard("G33", reached="1 entry for 1 act", n=1)


class Stopped(Exception):
    pass


@pytest.mark.guard("G33")
@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_act_and_its_entry_stand_or_fall_together(case, name, monkeypatch, guard: Guard):
    """Right after the entry was written everything stops: nothing of either is left."""
    make, _act = ACTS[name]
    request = make(case)
    client = case.client(request[0])
    request = with_seen(client, request)
    true_record = services.record

    def record_and_stop(**kwargs: Any) -> None:
        true_record(**kwargs)
        raise Stopped

    before = rows()
    monkeypatch.setattr(services, "record", record_and_stop)
    with pytest.raises(Stopped):
        send(client, request)
    after = rows()
    assert [table for table in before if before[table] != after[table]] == []
    guard("G33", reached="stopped after the entry: neither act nor entry is left", n=1)


@pytest.mark.guard("G33")
def test_every_unsafe_route_is_an_act_or_has_a_reason(twin_banks, guard: Guard):
    """New routes must be named; stale names fail too."""
    set_urlconf(None)
    known = [route for route in routes(BANK) if not route.query]
    names = {route.name for route in known}
    assert set(ACTS) <= names, f"no such routes: {set(ACTS) - names}"
    stale = [pattern for pattern in NO_ACT if not any(fnmatch(n, pattern) for n in names)]
    assert [s for s in stale if s != "styleguide"] == []
    with in_bank(twins.A.schema):
        make_grant(
            staff=User.objects.get(pk=PERSON["admin+purpose"]), customer=Customer.objects.get(pk=1)
        )
    people = cast(twins.A)
    asked = [people["customer"], people["admin+purpose"]]
    unknown = [r.name for r in known if not reviewed(r.name) and acts(r, asked)]
    assert unknown == [], (
        "name these in tests/accounts/audit_requests.py ACTS, or in NO_ACT with a reason"
    )
    reached = f"100 % of routes: {len(ACTS)} acts, {len(NO_ACT)} reviewed exceptions"
    guard("G33", reached=reached, n=len(known))


def reviewed(name: str) -> bool:
    return name in ACTS or any(fnmatch(name, pattern) for pattern in NO_ACT)


def acts(route: Route, people: list[Browser]) -> bool:
    """Whether some unsafe method is answered by more than a refusal, to a customer or an admin."""
    with in_bank(twins.A.schema):
        url = address(route, "own")
    assert url is not None, route
    for browser in people:
        for method in UNSAFE:
            answer = browser.ask(method, url)
            to_sign_in = answer.status == 302 and "login" in answer.location
            if answer.status not in REFUSED and not to_sign_in:
                print(f"{method} {route.name}: {answer.status}")
                return True
    return False


def test_lists_with_actions_are_acts():
    from accounts.sites import bank_site

    for model, admin in bank_site._registry.items():
        if any(
            getattr(action, "__name__", action) != "delete_selected"
            for action in admin.actions or ()
        ):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            assert name in ACTS, f"{name} has actions: name one of them in ACTS"
