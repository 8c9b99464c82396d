"""Times are the bank's on its pages and in its mails, and UTC with an offset for programs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.banks.tenancy import in_public
from accounts.customers import queries
from accounts.customers.clock import BankTimeMiddleware, bank_time
from accounts.customers.models import BankProfile, Customer
from accounts.jobs import registry, services
from accounts.jobs.models import Job
from accounts.models import Role, User
from accounts.services import create_person
from tests.factories import make_customer, make_grant, make_person
from tests.seen import seen

# In Auckland, 12 hours ahead in June, it is the 16th already.
MOMENT = datetime(2026, 6, 15, 20, 30, tzinfo=UTC)


@pytest.fixture
def auckland(north: str) -> Iterator[str]:
    BankProfile.objects.update(time_zone="Pacific/Auckland")
    yield north


@pytest.fixture
def client(auckland: str, north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


def test_the_admin_shows_the_banks_time(client: Client) -> None:
    Job.objects.create(kind="nothing", run_at=MOMENT, state=Job.State.DONE)
    Job.objects.update(created_at=MOMENT)
    page = client.get(reverse("admin:jobs_job_changelist")).content.decode()
    assert "June 16, 2026, 8:30 a.m." in page


def test_what_is_typed_is_the_banks_time_and_a_save_moves_nothing(
    client: Client, ada: User
) -> None:
    customer = make_customer(created_at=MOMENT)
    make_grant(staff=ada, customer=customer)
    url = reverse("admin:customers_customer_change", args=[customer.pk])
    page = client.get(url).content.decode()
    assert 'value="2026-06-16"' in page and 'value="08:30:00"' in page
    form = {
        "reference": customer.reference, "full_name": customer.full_name, "branch": "North",
        "age_bracket": "25-34", "location": "", "employment_status": "", "user": "",
        "created_at_0": "2026-06-16", "created_at_1": "08:30:00",
    }  # fmt: skip
    assert client.post(url, form | seen(client, url)).status_code == 302
    saved = Customer.objects.get(pk=customer.pk)
    assert (saved.branch, saved.created_at) == ("North", MOMENT)


def test_pages_say_which_zone(client: Client, ada: User) -> None:
    client.post("/accounts/login/", {"login": ada.email, "password": "a test's own password"})
    key = client.session.session_key
    UserSession.objects.create(user=ada, session_key=key, ip="192.0.2.1", user_agent="x")
    UserSession.objects.update(created_at=MOMENT, last_seen_at=MOMENT)
    page = client.get("/accounts/sessions/").content.decode()
    assert "since 16 6 2026, 08:30 NZST" in page or "since 16 June 2026, 08:30 NZST" in page
    assert "UTC" not in page


def test_a_mail_says_which_zone(auckland: str) -> None:
    with bank_time():
        said = render_to_string(
            "account/email/factors_removed_message.txt",
            {"timestamp": MOMENT, "ip": "192.0.2.1", "user_agent": "x"},
        )
    assert "2026-06-16 08:30 NZST" in said
    assert mail.outbox == []


def test_programs_get_utc_with_its_offset(auckland: str) -> None:
    seen_zone: list[str] = []

    def view(request: Any) -> Any:
        seen_zone.append(str(timezone.get_current_timezone()))

    for path in ("/api/v1/users/me", "/admin/"):
        BankTimeMiddleware(view)(type("Asked", (), {"path": path})())  # type: ignore[arg-type]
    assert seen_zone == ["UTC", "Pacific/Auckland"]
    assert str(timezone.get_current_timezone()) == "UTC", "nothing is left for the next request"


def test_an_error_leaves_no_zone_behind(auckland: str) -> None:
    with pytest.raises(ZeroDivisionError), bank_time():
        _ = 1 / 0
    assert str(timezone.get_current_timezone()) == "UTC"


def test_jobs_are_inside_too(auckland: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    kind = registry.Kind("zone", lambda _c: found.append(str(timezone.get_current_timezone())), "Z")
    monkeypatch.setitem(registry._kinds, "zone", kind)
    services.run_job(services.enqueue(kind="zone", arguments={}).pk)
    assert found == ["Pacific/Auckland"]


def test_the_operators_door_has_no_bank_and_keeps_utc(db: None) -> None:
    with in_public():
        olaf = create_person(email="olaf.utc@example.com", password="x" * 14, role=Role.OPERATOR)
        client = Client(HTTP_HOST="operator.test")
        client.force_login(olaf)
        assert client.get("/admin/").status_code == 200


def test_the_business_day_does_not_ask_the_clock_of_a_page(auckland: str) -> None:
    with bank_time():
        inside = queries.business_day(MOMENT)
    assert inside == queries.business_day(MOMENT) == date(2026, 6, 16)
    assert make_person().date_joined.utcoffset() is not None
