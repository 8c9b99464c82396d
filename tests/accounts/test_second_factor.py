"""The second factor: staff reach nothing without one, on any way in; codes and keys are good once."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.test import Client
from django.urls import set_urlconf

from accounts import second_factor
from accounts.banks.tenancy import in_bank, in_public
from accounts.models import Role, User
from tests import twins
from tests.accounts.signin_case import (  # noqa: F401  (a fixture)
    app_of,
    browser,
    by_api,
    by_page,
    code_of,
    committing,
    is_signed_in,
    somebody,
    with_code,
)
from tests.conftest import SOUTH
from tests.sweep.routes import METHODS, address, routes

STAFF = (Role.VIEWER, Role.ANALYST, Role.ADMIN)
SETUP = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def required(settings: Any) -> Iterator[None]:
    """As on every real installation."""
    settings.SECOND_FACTOR_REQUIRED = True
    yield
    set_urlconf(None)


@pytest.fixture
def person(north: str) -> User:
    return somebody()


def test_it_is_required_wherever_there_is_no_demo() -> None:
    import importlib

    source = importlib.import_module("config.settings")
    assert source.SECOND_FACTOR_REQUIRED is not source.DEMO


# -- staff without one ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", STAFF)
def test_staff_are_led_to_set_one_up_after_signing_in(north: str, role: str) -> None:
    client = browser()
    answer = by_page(client, somebody(role).email, follow=True)
    assert answer.redirect_chain[-1][0] == SETUP
    assert "Your role needs a second factor" in answer.content.decode()


@pytest.mark.trap("admin-sign-in-skips-the-second-factor")
def test_staff_without_one_reach_no_page_no_table_and_no_operation(twin_banks: None) -> None:
    """Every route of the product, by every method, as an admin and an analyst: nothing opens."""
    opened, walked = [], 0
    with in_bank(twins.A.schema):
        Authenticator.objects.all().delete()
        for key in (3, 4):
            client = Client(HTTP_HOST=twins.A.host)
            client.force_login(User.objects.get(pk=key))
            for route in routes("config.urls"):
                url = address(route, "own")
                if url is None or route.name in _OPEN:
                    continue
                for method in METHODS:
                    answer = client.generic(method, url)
                    walked += 1
                    if answer.status_code == 405:
                        continue
                    api = url.startswith("/api/")
                    shut = (
                        answer.status_code == 403 and answer.json()["code"] == "second_factor_required"
                        if api
                        else answer.status_code == 302 and answer["Location"] == SETUP
                    )  # fmt: skip
                    if not shut and not (answer.status_code == 403 and b"CSRF" in answer.content):
                        opened.append((key, method, route.name, answer.status_code))
    print(f"ASVS 6.3.3: {walked} requests of staff without a second factor")
    assert walked > 600
    assert opened == []


# Doors of signing in itself: each is looked at by name in the tests below or shows nothing of a bank.
_OPEN = {
    "account_login", "account_logout", "account_inactive", "account_reauthenticate", "brand_css",
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_authenticate", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
    "security_txt", "change_password", "api:login", "api:login_mfa", "api:logout",
    "api:login_passkey", "api:login_passkey_options",
}  # fmt: skip


def test_the_list_of_open_doors_is_the_middlewares_own() -> None:
    from accounts.middleware import SecondFactorMiddleware

    assert SecondFactorMiddleware.open_names == _OPEN


@pytest.mark.parametrize("role", STAFF)
def test_the_api_gives_staff_without_one_no_token(north: str, role: str) -> None:
    answer = by_api(browser(), somebody(role).email)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert "token" not in answer.content.decode()


def test_a_token_of_staff_whose_factor_was_taken_away_is_403(north: str) -> None:
    ana = somebody(Role.ANALYST)
    secret = app_of(ana)
    client = browser()
    login = by_api(client, ana.email).json()
    token = with_code(client, login["login_token"], code_of(secret)).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert client.get("/api/v1/users/me", headers=bearer).status_code == 200
    Authenticator.objects.filter(user=ana).delete()
    from django.contrib.sessions.models import Session

    for session in Session.objects.all():
        data = session.get_decoded()
        data.pop(second_factor.PROVED, None)
        store = Session.get_session_store_class()(session.session_key)
        store.clear(), store.update(data), store.save()
    answer = client.get("/api/v1/users/me", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert client.post("/api/v1/logout", headers=bearer).status_code == 204


def test_a_reset_by_mail_leads_staff_without_one_nowhere_else(north: str) -> None:
    vic = somebody(Role.VIEWER)
    client = browser()
    reset(client, vic, "the next long password")
    by_page(client, vic.email, "the next long password")
    assert client.get("/staff/")["Location"] == SETUP


def test_operators_need_one_too(db: None) -> None:
    with in_public():
        operator = somebody(Role.OPERATOR)
        client = Client(HTTP_HOST="operator.test")
        client.force_login(operator)
    assert client.get("/admin/")["Location"] == SETUP
    assert client.get(SETUP).status_code == 200
    with in_public():
        app_of(operator)
    assert client.get("/admin/").status_code == 200


def test_customers_may_go_without(person: User) -> None:
    client = browser()
    by_page(client, person.email)
    assert client.get(SETUP).status_code == 200
    assert client.get("/accounts/sessions/").status_code == 200


def test_the_demo_lets_staff_go_on_under_a_banner(north: str, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED, settings.DEMO = False, True
    client = browser()
    client.force_login(somebody(Role.ADMIN))
    page = client.get("/accounts/sessions/").content.decode()
    assert "which only this demo allows" in page
    settings.DEMO = False
    assert "which only this demo allows" not in client.get("/accounts/sessions/").content.decode()


# -- setting one up ------------------------------------------------------------------------------


def test_staff_set_the_app_up_and_the_bank_opens(north: str, committing: None) -> None:  # noqa: F811
    ada = somebody(Role.ADMIN)
    client = browser()
    by_page(client, ada.email)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in page.content.decode() and "data:image/svg+xml" in page.content.decode()
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert wrong.status_code == 200
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    codes = client.get("/accounts/2fa/recovery-codes/")
    assert len(codes.context["unused_codes"]) == 10
    assert client.get("/admin/").status_code == 200
    assert mail.outbox[-1].to == [ada.email]


def test_the_code_that_turned_the_app_on_signs_nobody_in(north: str, committing: None) -> None:  # noqa: F811
    person, client, other = somebody(), browser(), browser()
    by_page(client, person.email)
    with time_machine.travel(time.time(), tick=False):
        secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
        code = code_of(secret)
        done = client.post("/accounts/2fa/totp/activate/", {"code": code})
        assert done.status_code == 302 and second_factor.has_one(person)
        by_page(other, person.email)
        again = other.post("/accounts/2fa/authenticate/", {"code": code})
    assert "it was used already" in again.content.decode() and not is_signed_in(other)


def test_who_signed_in_a_while_ago_confirms_before_setting_one_up(person: User) -> None:
    start = int(time.time())
    with time_machine.travel(start, tick=False) as clock:
        client = browser()
        by_page(client, person.email)
        clock.move_to(start + 299)
        assert client.get("/accounts/2fa/totp/activate/").status_code == 200
        clock.move_to(start + 302)
        stale = client.get("/accounts/2fa/totp/activate/")
        assert stale["Location"].startswith("/accounts/reauthenticate/")


def test_staff_cannot_remove_their_last_one(north: str, settings: Any) -> None:
    ana = somebody(Role.ANALYST)
    secret = app_of(ana)
    client = browser()
    with_second_step(client, ana, secret)
    client.post("/accounts/reauthenticate/", {"password": "a test's own password"})
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert "Your role needs a second factor" in answer.content.decode()
    assert second_factor.has_one(ana)


def with_second_step(client: Client, user: User, secret: str) -> Any:
    by_page(client, user.email)
    return client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})


def reset(client: Client, user: User, password: str) -> None:
    client.post("/accounts/password/reset/", {"email": user.email})
    link = next(line for line in mail.outbox[-1].body.splitlines() if "/reset/key/" in line)
    page = client.get(link[link.index("/accounts") :].strip(), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": password, "password2": password})


# -- signing in with one -------------------------------------------------------------------------


def test_a_password_alone_opens_nothing(person: User) -> None:
    app_of(person)
    client = browser()
    assert by_page(client, person.email)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    assert client.get("/overview/")["Location"].startswith("/accounts/login/")
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/api/v1/users/me").status_code == 401


def test_the_code_signs_in_and_starts_another_session(person: User) -> None:
    secret = app_of(person)
    client = browser()
    by_page(client, person.email)
    before = client.session.session_key
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_signed_in(client)
    assert client.session.session_key != before


def test_a_code_is_good_once_in_its_half_minute(person: User) -> None:
    secret = app_of(person)
    code = code_of(secret)
    first, second = browser(), browser()
    for client in (first, second):
        by_page(client, person.email)
        client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


@pytest.mark.trap("admin-sign-in-skips-the-second-factor")
def test_the_api_asks_for_the_second_step(person: User) -> None:
    secret = app_of(person)
    client = browser()
    first = by_api(client, person.email)
    assert (first.status_code, first.json()["code"]) == (401, "mfa_required")
    token = first.json()["login_token"]
    wrong = with_code(client, token, "000000")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "incorrect_code")
    code = code_of(secret)
    right = with_code(client, token, code)
    assert set(right.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    again = with_code(client, token, code)
    assert (again.status_code, again.json()["code"]) == (401, "login_token_not_valid")


@pytest.mark.parametrize("token", ["x", "é" * 20, "a" * 64, "../x", "' or 1=1"])
def test_no_other_token_takes_a_code(person: User, token: str) -> None:
    answer = with_code(browser(), token, "123456")
    assert (answer.status_code, answer.json()["code"]) == (401, "login_token_not_valid")


def test_a_login_token_is_nothing_at_the_other_bank(person: User) -> None:
    secret = app_of(person)
    token = by_api(browser(), person.email).json()["login_token"]
    with in_bank(SOUTH):
        south = Client(HTTP_HOST="south.test")
        assert with_code(south, token, code_of(secret)).status_code == 401


def test_a_recovery_code_is_good_once(person: User) -> None:
    app_of(person)
    codes = RecoveryCodes.activate(person).get_unused_codes()
    clients = [browser(), browser()]
    for client in clients:
        by_page(client, person.email)
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert [is_signed_in(c) for c in clients] == [True, False]


def test_a_new_password_by_mail_keeps_the_second_factor(person: User) -> None:
    app_of(person)
    client = browser()
    reset(client, person, "the next long password")
    assert not is_signed_in(client)
    answer = by_page(client, person.email, "the next long password")
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert second_factor.has_one(person)


def test_a_reset_link_is_good_once(person: User) -> None:
    client = browser()
    client.post("/accounts/password/reset/", {"email": person.email})
    link = next(line for line in mail.outbox[-1].body.splitlines() if "/reset/key/" in line)
    path = link[link.index("/accounts") :].strip()
    page = client.get(path, follow=True)
    new = {"password1": "the next long password", "password2": "the next long password"}
    client.post(page.redirect_chain[-1][0], new)
    again = browser().get(path)
    assert again.status_code == 200 and again.context["token_fail"]


def test_a_reset_link_is_nothing_at_a_copy_of_the_bank(person: User) -> None:
    from accounts.reset_links import BankResetTokens

    link = BankResetTokens().make_token(person)
    assert BankResetTokens().check_token(person, link)
    with in_bank(SOUTH):
        # The same row: id, address, password hash and last sign-in.
        person.save(force_insert=True)
        assert not BankResetTokens().check_token(person, link)


def test_who_lost_the_phone_is_helped_by_an_admin_and_told(north: str, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    ana, boss = somebody(Role.ANALYST), somebody(Role.ADMIN)
    app_of(ana), app_of(boss)
    admin = browser()
    admin.force_login(boss)
    body = {"action": "forget_second_factors", "_selected_action": [ana.pk, boss.pk]}
    answer = admin.post("/admin/accounts/user/", body, follow=True)
    assert "1 person is removed" in answer.content.decode()
    assert not second_factor.has_one(ana)
    assert second_factor.has_one(boss)
    assert mail.outbox[-1].to == [ana.email] and "removed" in mail.outbox[-1].subject


# -- how it is kept ------------------------------------------------------------------------------


def test_secrets_are_sealed_and_only_this_bank_opens_them(north: str) -> None:
    adapter = second_factor.BankMFAAdapter()
    sealed = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DP" not in sealed
    assert adapter.decrypt(sealed) == "JBSWY3DPEHPK3PXP"
    from cryptography.fernet import InvalidToken

    with in_bank(SOUTH), pytest.raises(InvalidToken):
        adapter.decrypt(sealed)


def test_the_stored_row_holds_no_readable_secret(person: User) -> None:
    secret = app_of(person)
    RecoveryCodes.activate(person)
    for row in Authenticator.objects.filter(user=person):
        assert secret not in str(row.data)


def test_the_app_names_the_bank(person: User) -> None:
    client = browser()
    by_page(client, person.email)
    page = client.get("/accounts/2fa/totp/activate/")
    assert "issuer=North" in page.context["totp_url"]
