"""What housekeeping removes from a bank, in lots, and what it leaves."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts.customers.models import AccessGrant, AccessRecord
from accounts.customers.services import record_look
from accounts.idempotency.models import KeptAnswer
from accounts.jobs import maintenance, tasks
from accounts.jobs.models import Job
from accounts.models import Invitation, User
from tests.factories import PASSWORD, make_customer, make_grant, make_person


def ago(**more: float) -> Any:
    return timezone.now() - timedelta(**more)


def session(key: str, *, ends: Any) -> Session:
    return Session.objects.create(session_key=key, session_data="", expire_date=ends)


def device(user: User, key: str, *, since: Any) -> UserSession:
    return UserSession.objects.create(
        user=user, session_key=key, ip="192.0.2.7", user_agent="a browser", created_at=since
    )


def test_a_sign_ins_line_goes_with_its_session(north: str) -> None:
    user = make_person()
    session("alive", ends=ago(days=-1)), session("over", ends=ago(minutes=1))
    device(user, "alive", since=ago(days=3)), device(user, "over", since=ago(days=3))
    device(user, "gone", since=ago(hours=2)), device(user, "just-now", since=ago(minutes=5))
    tasks.housekeeping()
    left = set(UserSession.objects.values_list("session_key", flat=True))
    assert left == {"alive", "just-now"}
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]


def test_who_is_signed_in_stays_signed_in(north_client: Client) -> None:
    user = make_person()
    north_client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    UserSession.objects.update(created_at=ago(hours=5))
    tasks.housekeeping()
    assert north_client.get("/accounts/sessions/").status_code == 200
    assert UserSession.objects.filter(user=user).count() == 1


def test_links_go_a_month_after_their_end(north: str) -> None:
    people = {name: make_person(password="") for name in ("open", "used", "passed", "lately")}
    for user in people.values():
        user.set_unusable_password()
        user.save()
        invitations.new_token(user=user, by=None)

    def change(name: str, **values: Any) -> None:
        Invitation.objects.filter(user=people[name]).update(**values)

    change("used", used_at=ago(days=31)), change("passed", expires_at=ago(days=31))
    change("lately", expires_at=ago(days=29))
    tasks.housekeeping()
    left = set(Invitation.objects.values_list("user_id", flat=True))
    assert left == {people["open"].pk, people["lately"].pk}


def test_kept_answers_go_after_a_day(north: str) -> None:
    user = make_person()
    rows = [
        KeptAnswer(user=user, operation="POST x", key_hash=str(n), request_hash="r") for n in (1, 2)
    ]
    old, new = KeptAnswer.objects.bulk_create(rows)
    KeptAnswer.objects.filter(pk=old.pk).update(created_at=ago(hours=25))
    tasks.housekeeping()
    assert list(KeptAnswer.objects.values_list("pk", flat=True)) == [new.pk]


def test_the_customers_ledger_of_looks_stays(north: str, ada: User) -> None:
    grant = make_grant(staff=ada, customer=make_customer())
    AccessGrant.objects.update(opened_at=ago(days=900), expires_at=ago(days=900))
    record_look(grant=grant, what="page: overview")
    tasks.housekeeping()
    assert AccessGrant.objects.exists() and AccessRecord.objects.exists()


@pytest.mark.parametrize(("key", "stays"), [("audit_head:2026-01-01", False), ("night:2026-01-01", True)])  # fmt: skip
def test_a_mail_of_a_head_leaves_no_mark_for_good(north: str, key: str, stays: bool) -> None:
    Job.objects.create(
        kind="x", run_at=ago(days=95), unique_key=key, state="done", finished_at=ago(days=91)
    )
    tasks.housekeeping()
    assert Job.objects.filter(unique_key=key).exists() is stays


def test_many_rows_go_in_lots_and_the_rest_the_next_hour(
    north: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 10)
    monkeypatch.setattr(maintenance, "MOST_BATCHES", 3)
    for number in range(45):
        session(f"s{number}", ends=ago(days=1))
    assert maintenance.clean_bank() == 30
    assert maintenance.clean_bank() == 15 and not Session.objects.exists()
    assert maintenance.clean_bank() == 0
