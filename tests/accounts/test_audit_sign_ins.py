"""Signing in and out, failures, and what people change about their own sign-in, through the real pages."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.models import Role
from tests.accounts.audit_log import entries, said
from tests.conftest import HOSTS, NORTH
from tests.factories import PASSWORD, make_customer, make_person


@pytest.fixture(autouse=True)
def _no_limits_left(north):
    cache.clear()


@pytest.fixture
def browser(north):
    return Client(HTTP_HOST=HOSTS[NORTH])


def test_a_failed_sign_in_is_an_entry_that_keeps_no_name_and_no_password(browser):
    ada = make_person(role=Role.ADMIN)
    with entries() as found:
        for name in (ada.email, "stranger@example.com", "my password typed here"):
            browser.post("/accounts/login/", {"login": name, "password": "wrong guess"})
    assert [e.act for e in found] == ["sign_in.failed"] * 3
    assert [e.subject_id for e in found] == [str(ada.pk), "", ""]
    assert [(e.actor_id, e.actor_role) for e in found] == [(None, "nobody")] * 3
    kept = "".join(e.payload or "" for e in found)
    assert "stranger" not in kept and "wrong" not in kept and "typed" not in kept


def test_a_failed_sign_in_of_a_program_too(browser):
    ada = make_person(role=Role.ADMIN)
    with entries() as found:
        answer = browser.post(
            "/api/v1/login",
            {"email": ada.email, "password": "wrong"},
            content_type="application/json",
        )
    assert answer.status_code == 401
    assert [(e.act, e.subject_id) for e in found] == [("sign_in.failed", str(ada.pk))]


def test_a_customers_sign_in_is_about_that_customer(browser):
    cleo = make_customer(with_sign_in=True)
    assert cleo.user is not None
    with entries() as found:
        browser.post("/accounts/login/", {"login": cleo.user.email, "password": PASSWORD})
        browser.post("/accounts/logout/")
        browser.post("/accounts/logout/")
    assert [e.act for e in found] == ["sign_in.done", "sign_in.ended"]
    assert {e.customer_id for e in found} == {cleo.pk}


def test_a_new_address_is_one_act_when_its_code_is_given(browser):
    cleo = make_customer(with_sign_in=True)
    assert cleo.user is not None
    browser.post("/accounts/login/", {"login": cleo.user.email, "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    mail.outbox.clear()
    with entries() as found:
        browser.post("/accounts/email/", {"email": "cleo.new@example.com", "action_add": ""})
    assert found == []
    code = _code(mail.outbox[-1].body)
    with entries() as found:
        answer = browser.post("/accounts/confirm-email/", {"code": code})
    assert answer.status_code == 302
    assert EmailAddress.objects.filter(email="cleo.new@example.com", verified=True).exists()
    (entry,) = found
    assert entry.act.startswith("email.") and entry.customer_id == cleo.pk
    assert said(entry)["after"] == {"address": "cleo.new@example.com"}


def _code(body: str) -> str:
    found = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", body, re.M)
    assert found, body
    return found[1]


def test_a_password_set_by_mail_is_one_act_of_its_owner(browser):
    ada = make_person(role=Role.ADMIN)
    with entries() as found:
        browser.post("/accounts/password/reset/", {"email": ada.email})
    assert found == []
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
    assert link
    page = browser.get(link[0].rstrip("."), follow=True)
    new = {"password1": "corned beef hash 9", "password2": "corned beef hash 9"}
    with entries() as found:
        browser.post(page.redirect_chain[-1][0], new)
    assert [(e.act, e.actor_id) for e in found] == [("password.reset", ada.pk)]


def test_a_job_acts_for_whoever_started_it(north):
    from accounts.audit import actors
    from accounts.jobs.models import Job
    from accounts.jobs.runner import _person

    ana = make_person(role=Role.ANALYST)
    from django.utils import timezone

    job = Job.objects.create(kind="x", run_at=timezone.now(), started_by=ana)
    assert _person(job) == actors.Actor(ana.pk, "analyst", f"job {job.public_id.hex}")
    assert _person(Job.objects.create(kind="x", run_at=timezone.now())).role == actors.SYSTEM


def test_a_large_import_leaves_one_entry_by_whom_asked(north):
    """Committed by a job: one act, whoever's worker did it."""
    from io import BytesIO

    from accounts.jobs import services as jobs
    from tests.factories import make_account
    from transactions.imports import services as imports

    cleo = make_customer(with_sign_in=True)
    content = b"Date,Description,Amount\n2026-05-01,Market,-12.50\n2026-05-02,Salary,1500.00\n"
    batch = imports.plan(
        imports.receive(
            stream=BytesIO(content), name="may.csv", customer=cleo, account=make_account(customer=cleo),
            limit=10**6,
        )
    )  # fmt: skip
    with entries() as found:
        job = jobs.enqueue(
            kind="import_commit", arguments={"batch": batch.pk, "plan_hash": batch.plan_hash},
            started_by=cleo.user,
        )  # fmt: skip
        jobs.run_job(job.pk)
    (entry,) = found
    assert (entry.act, entry.actor_id) == ("import.committed", cleo.user_id)
    assert entry.request_id == f"job {job.public_id.hex}"
    assert said(entry)["after"]["plan_hash"] == batch.plan_hash
    assert said(entry)["after"]["new"] == 2


def test_making_a_bank_is_its_first_entry(south):
    first = AuditEntry.objects.order_by("id")[0]
    assert (first.act, first.actor_role) == ("bank.created", "system")
    assert said(first)["after"] == {"name": "South", "hosts": ["south.test"]}
