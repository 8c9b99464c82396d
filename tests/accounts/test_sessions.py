"""How long a sign-in lasts, where it is seen, and what ends it."""

import uuid
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import sessions
from accounts.banks.tenancy import in_bank
from accounts.models import Role, User
from tests.accounts.signin_case import browser, by_api, by_page, is_signed_in, somebody
from tests.conftest import HOSTS, SOUTH
from tests.factories import PASSWORD
from tests.query_count import counted
from tests.seen import seen

START = 1_790_000_000
PAGE = "/accounts/sessions/"
HOUR = 3600
LIMITS = {
    Role.CUSTOMER: (24 * HOUR, HOUR),
    Role.VIEWER: (12 * HOUR, 15 * 60),
    Role.ANALYST: (12 * HOUR, 15 * 60),
    Role.ADMIN: (12 * HOUR, 15 * 60),
}


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


@pytest.mark.parametrize("role", LIMITS)
def test_an_unused_sign_in_ends_to_the_second(north: str, role: str) -> None:
    _, idle = LIMITS[Role(role)]
    with time_machine.travel(START, tick=False) as clock:
        client = browser()
        by_page(client, somebody(role).email)
        clock.move_to(START + idle - 1)
        assert is_in(client)
        # That look counted as use; from it on the limit runs anew.
        clock.move_to(START + 2 * idle - 2)
        assert is_in(client)
        clock.move_to(START + 3 * idle - 1)
        assert not is_in(client)


@pytest.mark.parametrize("role", LIMITS)
def test_a_sign_in_in_constant_use_ends_by_its_age(north: str, role: str) -> None:
    longest, idle = LIMITS[Role(role)]
    with time_machine.travel(START, tick=False) as clock:
        client = browser()
        by_page(client, somebody(role).email)
        for step in range(idle - 70, longest, idle - 70):
            clock.move_to(START + step)
            assert is_in(client), step
        clock.move_to(START + longest - 1)
        assert is_in(client)
        clock.move_to(START + longest + 1)
        assert not is_in(client)


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(north: str) -> None:
    from accounts.jobs.models import Job
    from tests.factories import FAR

    with time_machine.travel(START, tick=False) as clock:
        admin = somebody(Role.ADMIN)
        job = Job.objects.create(kind="nothing", run_at=FAR, started_by=admin)
        client = browser()
        by_page(client, admin.email)
        for minute in range(1, 15):
            clock.move_to(START + minute * 60)
            client.get(f"/jobs/{job.public_id}/progress/")
        clock.move_to(START + 15 * 60 + 1)
        assert not is_in(client)


def test_use_is_written_once_a_minute_and_without_the_sessions_data(north: str) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = browser()
        by_page(client, somebody().email)
        clock.move_to(START + 30)
        with counted() as seen:
            is_in(client)
        assert not [q for q in seen if q.lower().startswith("update")]
        clock.move_to(START + 90)
        with counted() as seen:
            is_in(client)
        written = [q for q in seen if q.lower().startswith("update")]
        assert len(written) == 2
        assert not any("session_data" in q for q in written)


def test_looking_at_the_list_keeps_no_other_place_signed_in(north: str) -> None:
    with time_machine.travel(START, tick=False) as clock:
        user, here, there = somebody(), browser(), browser()
        by_page(here, user.email), by_page(there, user.email)
        for step in range(1, 5):
            clock.move_to(START + step * 20 * 60)
            assert is_in(here)
        assert not is_in(there)


def test_signing_in_starts_another_session(north: str) -> None:
    client = browser()
    client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    planted = client.session.session_key
    assert planted
    by_page(client, somebody().email)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_the_cookie_ends_with_the_browser(north: str) -> None:
    client = browser()
    answer = by_page(client, somebody().email)
    cookie = answer.cookies["session"]
    assert cookie["max-age"] == "" and cookie["httponly"] and cookie["samesite"] == "Lax"


# -- the list ------------------------------------------------------------------------------------


@pytest.fixture
def user(north: str) -> User:
    return somebody()


def places(client: Client) -> list[Any]:
    return [place["session"] for place in client.get(PAGE).context["places"]]


def test_the_list_names_every_place_and_program(user: User) -> None:
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36"
    here, phone = browser(), browser(headers={"user-agent": agent})
    by_page(here, user.email), by_page(phone, user.email)
    by_api(browser(headers={"user-agent": "curl/8.5"}), user.email)
    page = here.get(PAGE)
    text = page.content.decode()
    assert "Chrome on Android" in text and "curl" in text
    assert [place["here"] for place in page.context["places"]] == [True, False, False]


def test_one_place_is_signed_out(user: User) -> None:
    here, there = browser(), browser()
    by_page(here, user.email), by_page(there, user.email)
    other = next(s for s in places(here) if s.session_key != here.session.session_key)
    here.post(PAGE, {"end": other.pk})
    assert not is_in(there) and is_in(here)


def test_a_program_is_signed_out_with_its_tokens(user: User) -> None:
    here, program = browser(), browser()
    by_page(here, user.email)
    token = by_api(program, user.email).json()["access_token"]
    here.post(PAGE, {"end": "others"})
    bearer = {"authorization": f"Bearer {token}"}
    assert program.get("/api/v1/users/me", headers=bearer).status_code == 401
    assert is_in(here)


def test_a_place_that_is_no_ones_any_more_is_said_so(north: str) -> None:
    here = browser()
    by_page(here, somebody().email)
    for gone in ("999999999", "x", "-1", ""):
        page = here.post(PAGE, {"end": gone}, follow=True).content.decode()
        assert "Nobody was signed in there any more." in page


def test_everywhere_means_here_too(user: User) -> None:
    clients = [browser() for _ in range(3)]
    for client in clients:
        by_page(client, user.email)
    clients[0].post(PAGE, {"end": "everywhere"})
    assert not any(map(is_in, clients))
    assert sessions.own_sessions(user) == []


@pytest.mark.parametrize("end", ["0", "-1", "x", "", "²", "9" * 30, "1 or 1=1"])
def test_an_odd_choice_ends_nothing(user: User, end: str) -> None:
    client = browser()
    by_page(client, user.email)
    assert client.post(PAGE, {"end": end}).status_code == 302
    assert is_in(client)


def test_nobody_ends_another_persons_session(user: User) -> None:
    here, theirs, other = browser(), browser(), somebody()
    by_page(here, user.email), by_page(theirs, other.email)
    here.post(PAGE, {"end": sessions.own_sessions(other)[0].pk})
    assert is_in(theirs)


def test_a_session_of_one_bank_is_nothing_at_another(user: User) -> None:
    client = browser()
    by_page(client, user.email)
    south = Client(HTTP_HOST=HOSTS[SOUTH])
    with in_bank(SOUTH):
        User(pk=user.pk, email="twin@example.com").save(force_insert=True)
        south.cookies["session"] = client.cookies["session"].value
        assert south.get(PAGE).status_code == 302


# -- what ends sign-ins --------------------------------------------------------------------------


def test_a_new_password_ends_all_others(user: User) -> None:
    here, there = browser(), browser()
    by_page(here, user.email), by_page(there, user.email)
    new = "a wholly other password"
    body = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/accounts/password/change/", body).status_code == 302
    assert is_in(here) and not is_in(there)
    assert Session.objects.exclude(session_key=here.session.session_key).count() == 0


def test_closing_a_sign_in_in_the_admin_ends_it_now(north: str) -> None:
    user, theirs, admin = somebody(), browser(), browser()
    by_page(theirs, user.email)
    admin.force_login(somebody(Role.ADMIN))
    url = f"/admin/accounts/user/{user.pk}/change/"
    body = {"email": user.email, "role": user.role, **seen(admin, url)}
    assert admin.post(url, body).status_code == 302
    assert not is_in(theirs)
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert not is_in(theirs)


def test_another_role_ends_what_was_signed_in_under_the_old_one(north: str) -> None:
    user, theirs, admin = somebody(Role.ANALYST), browser(), browser()
    by_page(theirs, user.email)
    admin.force_login(somebody(Role.ADMIN))
    url = f"/admin/accounts/user/{user.pk}/change/"
    body = {"email": user.email, "role": "viewer", "is_active": "on", **seen(admin, url)}
    assert admin.post(url, body).status_code == 302
    assert not is_in(theirs)


def test_the_admin_signs_people_out(north: str) -> None:
    user, theirs, admin = somebody(), browser(), browser()
    by_page(theirs, user.email)
    admin.force_login(somebody(Role.ADMIN))
    body = {"action": "sign_out", "_selected_action": [user.pk]}
    answer = admin.post("/admin/accounts/user/", body, follow=True)
    assert "1 session is ended." in answer.content.decode()
    assert not is_in(theirs)


def test_an_admin_signs_themselves_out_everywhere_else(north: str) -> None:
    boss, vic = somebody(Role.ADMIN), somebody(Role.VIEWER)
    here, there, theirs = browser(), browser(), browser()
    by_page(here, boss.email), by_page(there, boss.email), by_page(theirs, vic.email)
    body = {"action": "sign_out", "_selected_action": [boss.pk, vic.pk]}
    answer = here.post("/admin/accounts/user/", body, follow=True)
    assert answer.status_code == 200
    assert "2 sessions are ended." in answer.content.decode()
    assert "everywhere else; here you stay signed in" in answer.content.decode()
    assert is_in(here) and not is_in(there) and not is_in(theirs)


# -- asked again ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"action_add": "", "email": "new@example.com"},
        {"action_primary": "", "email": "{own}"},
        {"action_remove": "", "email": "{own}"},
    ],
)
def test_a_change_of_address_asks_who_is_there(user: User, body: dict[str, str]) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = browser()
        by_page(client, user.email)
        clock.move_to(START + 600)
        filled = {k: v.format(own=user.email) for k, v in body.items()}
        answer = client.post("/accounts/email/", filled)
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        done = client.post(answer["Location"], {"password": PASSWORD})
        assert done.status_code == 302 and "reauthenticate" not in done["Location"]


def test_the_password_itself_is_asked_for_before_it_is_changed(user: User) -> None:
    client = browser()
    by_page(client, user.email)
    body = {"oldpassword": "wrong", "password1": "x y z 1 2 3 4 5", "password2": "x y z 1 2 3 4 5"}
    assert client.post("/accounts/password/change/", body).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_well_known_addresses(north: str) -> None:
    client = browser()
    answer = client.get("/.well-known/change-password")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/change/")
    text = client.get("/.well-known/security.txt")
    assert text["Content-Type"].startswith("text/plain")
    lines = dict(line.split(": ", 1) for line in text.content.decode().splitlines())
    assert lines["Contact"].startswith(("mailto:", "https://"))
    assert lines["Canonical"] == "http://north.test/.well-known/security.txt"
    left = datetime.fromisoformat(lines["Expires"]) - datetime.now().astimezone()
    assert 100 < left.days < 366
    assert is_signed_in(client) is False and uuid.uuid4()
