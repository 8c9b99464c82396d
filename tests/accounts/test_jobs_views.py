"""The pages of long work: who sees what, what a press does, what a fragment says."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.banks.tenancy import in_bank
from accounts.jobs import services
from accounts.jobs.models import Job
from accounts.models import Role
from accounts.services import create_person
from tests.conftest import HOSTS, NORTH, SOUTH


def person(name, role):
    return create_person(email=f"{name}@north.test", password=None, role=role)


@pytest.fixture
def cast(north):
    return {
        "ana": person("ana", Role.ANALYST),
        "vic": person("vic", Role.VIEWER),
        "cleo": person("cleo", Role.CUSTOMER),
        "carl": person("carl", Role.CUSTOMER),
    }


def browser(user, bank=NORTH):
    client = Client(HTTP_HOST=HOSTS[bank])
    client.force_login(user)
    return client


def make_job(started_by=None, **values):
    job = services.enqueue(kind="import_plan", arguments={"batch": 1}, started_by=started_by)
    Job.objects.filter(pk=job.pk).update(**values)
    job.refresh_from_db()
    return job


def url(name, job):
    return reverse(f"jobs:{name}", kwargs={"job_id": job.public_id})


def test_staff_see_the_list_and_customers_do_not(cast):
    make_job(cast["cleo"])
    page = browser(cast["vic"]).get("/staff/jobs/")
    assert page.status_code == 200
    assert b"a customer" in page.content and b"cleo" not in page.content
    assert browser(cast["cleo"]).get("/staff/jobs/").status_code == 403


def test_the_list_filters_by_state_and_goes_on(cast):
    make_job(state="parked", error="The account is closed.")
    for _ in range(55):
        make_job()
    ana = browser(cast["ana"])
    parked = ana.get("/staff/jobs/?state=parked").content.decode()
    assert parked.count("<tr role") == 2 and "The account is closed." in parked
    first = ana.get("/staff/jobs/").content.decode()
    assert first.count("<tr role") == 51 and "before=" in first
    before = first.split("before=")[1].split('"')[0]
    assert ana.get(f"/staff/jobs/?before={before}").content.decode().count("<tr role") == 7
    assert ana.get("/staff/jobs/?state=x&before=y").status_code == 200


def test_the_list_asks_few_queries(cast, django_assert_max_num_queries):
    for _ in range(50):
        make_job(cast["cleo"])
    ana = browser(cast["ana"])
    with django_assert_max_num_queries(12):
        ana.get("/staff/jobs/")


def test_the_person_who_started_it_sees_it_and_nobody_else_of_the_customers(cast):
    job = make_job(cast["cleo"])
    assert browser(cast["cleo"]).get(url("detail", job)).status_code == 200
    assert browser(cast["vic"]).get(url("detail", job)).status_code == 200
    for name in ("detail", "progress"):
        assert browser(cast["carl"]).get(url(name, job)).status_code == 404
    for name in ("cancel", "retry"):
        assert browser(cast["carl"]).post(url(name, job)).status_code == 404


def test_another_bank_has_no_such_job(cast):
    job = make_job()
    with in_bank(SOUTH):
        otto = create_person(email="otto@south.test", password=None, role=Role.ADMIN)
        client = browser(otto, SOUTH)
    assert client.get(url("detail", job)).status_code == 404


def test_progress_is_counted_out(cast):
    job = make_job(
        cast["cleo"], state="running", done_count=742, total_count=1210, step="categories",
        started_at=timezone.now(), lease_until=timezone.now() + timezone.timedelta(seconds=20),
    )  # fmt: skip
    card = browser(cast["cleo"]).get(url("progress", job), HTTP_HX_REQUEST="true")
    text = card.content.decode()
    assert "742 of 1,210 done." in text and "categories" in text and 'value="61"' in text
    assert "every 2s" in text and "HX-Redirect" not in card.headers
    page = browser(cast["cleo"]).get(url("detail", job)).content.decode()
    assert 'http-equiv="refresh"' in page


def test_the_end_leads_to_the_result_of_the_person_who_waits(cast):
    job = make_job(cast["cleo"], state="done", result={"url": "/imports/1/preview/"})
    asked = {"HTTP_HX_REQUEST": "true"}
    waiting = browser(cast["cleo"]).get(url("progress", job), **asked)
    assert waiting.headers["HX-Redirect"] == "/imports/1/preview/"
    staff = browser(cast["ana"]).get(url("progress", job), **asked)
    assert "HX-Redirect" not in staff.headers and b"/imports/1" not in staff.content
    page = browser(cast["cleo"]).get(url("detail", job)).content.decode()
    assert "/imports/1/preview/" in page and 'http-equiv="refresh"' not in page


@pytest.mark.parametrize("bad", ["https://evil.test/", "//evil.test/", 7, None])
def test_a_result_never_leads_outside(cast, bad):
    job = make_job(cast["cleo"], state="done", result={"url": bad})
    answer = browser(cast["cleo"]).get(url("progress", job), HTTP_HX_REQUEST="true")
    assert "HX-Redirect" not in answer.headers and b"evil" not in answer.content


def test_cancel_and_retry_by_the_person_and_by_analysts(cast):
    for who in ("cleo", "ana"):
        job = make_job(cast["cleo"])
        assert browser(cast[who]).post(url("cancel", job)).status_code == 302
        assert Job.objects.get(pk=job.pk).state == "cancelled"
        job = make_job(cast["cleo"], state="parked", error="x", failures=3)
        assert "Try again" in browser(cast[who]).get(url("detail", job)).content.decode()
        assert browser(cast[who]).post(url("retry", job)).status_code == 302
        assert Job.objects.get(pk=job.pk).state == "due"


def test_a_viewer_may_look_and_not_touch(cast):
    job = make_job(state="parked", error="x")
    vic = browser(cast["vic"])
    assert "Try again" not in vic.get(url("detail", job)).content.decode()
    assert vic.post(url("retry", job)).status_code == 403
    assert vic.post(url("cancel", job)).status_code == 403
    assert vic.get(url("cancel", job)).status_code == 405


def test_retry_of_what_is_not_stopped_says_so(cast):
    job = make_job(state="done")
    page = browser(cast["ana"]).post(url("retry", job), follow=True)
    assert "Only stopped work can be tried again." in page.content.decode()


def test_times_are_the_banks(cast):
    from datetime import UTC, datetime

    from accounts.customers.models import BankProfile

    BankProfile.objects.update(time_zone="Asia/Kolkata")
    job = make_job(state="running")
    Job.objects.filter(pk=job.pk).update(started_at=datetime(2026, 11, 25, 10, 0, tzinfo=UTC))
    assert "15:30:00" in browser(cast["ana"]).get(url("detail", job)).content.decode()
