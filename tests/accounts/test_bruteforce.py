"""G6: guessing. Ten checks of an account's password in half an hour, and the owner still comes in.

The counts are small here; `make nightly-tests` runs the full ones (test_bruteforce_nightly.py). What the
time of an answer tells stands in test_bruteforce_timing.py.
"""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection

from accounts import limits
from accounts.banks.tenancy import in_bank
from accounts.models import User
from tests.accounts.signin_case import (
    app_of,
    blanked,
    browser,
    by_api,
    by_page,
    code_of,
    is_signed_in,
    somebody,
    with_code,
)
from tests.conftest import NORTH, SOUTH
from tests.factories import PASSWORD
from tests.guards import Guard

MOST = settings.SIGN_IN_TRIES_PER_ACCOUNT


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were really looked at, whoever's."""
    seen: list[str] = []
    real = User.check_password

    def noted(self: User, raw_password: str | None) -> bool:
        seen.append(raw_password or "")
        return real(self, raw_password)

    monkeypatch.setattr(User, "check_password", noted)
    return seen


@pytest.fixture
def owner(north: str) -> User:
    return somebody()


@pytest.fixture
def shut(owner: User, checks: list[str]) -> User:
    """An account whose tries strangers have used up."""
    for _ in range(MOST + 2):
        by_api(browser(), owner.email, "wrong")
    assert len(checks) == MOST
    assert by_api(browser(), owner.email).status_code == 429
    checks.clear()
    return owner


# -- the count -----------------------------------------------------------------------------------


@pytest.mark.guard("G6")
def test_many_addresses_get_ten_checks_of_one_account(
    owner: User, checks: list[str], guard: Guard
) -> None:
    for n in range(30):
        (by_api, by_page)[n % 2](browser(), owner.email, f"guess {n}")
    assert len(checks) == MOST
    guard("G6", reached=f"1 account, many addresses: {len(checks)} checks", n=30)


def test_one_account_is_one_however_it_is_spelled(north: str, checks: list[str]) -> None:
    name = f"N{uuid.uuid4().hex[:12]}i"
    owner = somebody(login_name=name.lower())
    # A dotless i is written in capitals like an i with a dot; it must not open a count of its own.
    spellings = [owner.email, owner.email.upper(), f" {owner.email} ", name, name.upper(),
                 owner.email.replace("e", "E"), name.lower().replace("i", "ı")]  # fmt: skip
    for n in range(40):
        (by_api, by_page)[n % 2](browser(), spellings[n % len(spellings)], "wrong")
    of_nobody = 40 // len(spellings) + 1
    assert len(checks) <= MOST + of_nobody


def test_one_address_gets_a_hundred_checks_over_all_accounts(
    north: str, checks: list[str], settings: Any
) -> None:
    settings.SIGN_IN_TRIES_PER_ADDRESS = 12
    client = browser()
    for _ in range(20):
        by_api(client, f"{uuid.uuid4().hex}@example.com", "wrong")
    assert len(checks) == 12
    assert by_api(client, somebody().email).status_code == 429


@pytest.mark.guard("G6")
@pytest.mark.parametrize("kind", ["account", "name"])
def test_parallel_tries_are_counted_one_by_one(north: str, kind: str, guard: Guard) -> None:
    account = f"{kind}:{uuid.uuid4().hex}"

    def attempt(_: int) -> bool:
        try:
            with in_bank(NORTH):
                limits.take(account=account, address=None)
        except limits.TooManyTries:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(25) as pool:
        taken = sum(pool.map(attempt, range(50)))
    assert taken == MOST
    guard("G6", reached=f"50 at once: {taken} are let through", n=50)


@pytest.mark.guard("G6")
def test_the_count_slides_and_never_exceeds_ten_in_any_half_hour(
    north: str, monkeypatch: pytest.MonkeyPatch, guard: Guard
) -> None:
    account, now, taken = uuid.uuid4().hex, [1_000_000.0], []
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    pick = random.Random(20260615)
    for _ in range(400):
        now[0] += pick.expovariate(1 / 40)
        try:
            limits.take(account=account, address=None)
        except limits.TooManyTries as refused:
            assert 0 < refused.wait <= settings.SIGN_IN_WINDOW_SECONDS + 1
        else:
            taken.append(now[0])
    window = settings.SIGN_IN_WINDOW_SECONDS
    busiest = max(sum(a <= b < a + window for b in taken) for a in taken)
    assert busiest == MOST
    assert len(taken) > 2 * MOST
    guard("G6", reached=f"the busiest half hour has {busiest} checks", n=400, seed=20260615)


def test_the_two_banks_count_apart(north: str) -> None:
    account = uuid.uuid4().hex
    for _ in range(MOST):
        limits.take(account=account, address=None)
    with in_bank(SOUTH):
        limits.take(account=account, address=None)
    with pytest.raises(limits.TooManyTries):
        limits.take(account=account, address=None)


def test_right_passwords_use_nothing_up(owner: User) -> None:
    for _ in range(MOST + 3):
        assert by_api(browser(), owner.email).status_code == 200


def test_without_redis_nobody_is_let_in(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    gone = redis.Redis.from_url("unix:///nowhere/redis.sock", socket_connect_timeout=0.1)
    monkeypatch.setattr(limits, "_server", lambda: gone)
    client = browser()
    answer = by_api(client, owner.email)
    assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_unavailable")
    assert answer["Retry-After"] == "60"
    assert by_page(client, owner.email).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/login"])
def test_a_limit_that_cannot_be_asked_is_503(
    north: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    import redis
    from allauth.core.internal import ratelimit

    def away(*args: Any, **more: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(ratelimit.cache, "add", away, raising=False)
    monkeypatch.setattr(ratelimit, "cache_lock", away)
    answer = (by_page if "accounts" in path else by_api)(browser(), "x@example.com")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"


# -- the owner -----------------------------------------------------------------------------------


def test_the_api_says_how_long_to_wait(shut: User) -> None:
    answer = by_api(browser(), shut.email)
    assert answer.json()["code"] == "too_many_attempts"
    assert 0 < int(answer["Retry-After"]) <= settings.SIGN_IN_WINDOW_SECONDS + 1


@pytest.mark.guard("G6")
def test_the_owner_comes_in_from_a_known_device(
    owner: User, checks: list[str], guard: Guard
) -> None:
    mine = browser()
    assert by_page(mine, owner.email).status_code == 302
    mine.post("/accounts/logout/")
    for _ in range(MOST + 2):
        by_page(browser(), owner.email, "wrong")
    assert by_page(browser(), owner.email).status_code == 200
    assert by_page(mine, owner.email).status_code == 302
    assert is_signed_in(mine)
    guard("G6", reached="shut out by strangers, the owner enters on a known device", n=1)


def test_a_known_device_has_ten_tries_of_its_own(owner: User, checks: list[str]) -> None:
    stolen = browser()
    by_page(stolen, owner.email)
    stolen.post("/accounts/logout/")
    checks.clear()
    for _ in range(MOST + 5):
        by_page(stolen, owner.email, "wrong")
    assert len(checks) == MOST


@pytest.mark.parametrize("cookie", ["x", "", "W10:1tX:forged"])
def test_a_forged_device_is_none(shut: User, cookie: str) -> None:
    client = browser()
    client.cookies[settings.DEVICE_COOKIE_NAME] = cookie
    assert by_page(client, shut.email).status_code == 200
    assert not is_signed_in(client)


def test_a_device_of_one_person_or_bank_is_none_of_another(shut: User) -> None:
    client, other = browser(), somebody()
    by_page(client, other.email)
    client.post("/accounts/logout/")
    assert by_page(client, shut.email).status_code == 200
    assert not is_signed_in(client)


def test_a_new_password_forgets_the_devices(owner: User, checks: list[str]) -> None:
    mine = browser()
    by_page(mine, owner.email)
    mine.post("/accounts/logout/")
    owner.set_password("a wholly other password")
    owner.save()
    for _ in range(MOST):
        by_page(browser(), owner.email, "wrong")
    assert by_page(mine, owner.email, "a wholly other password").status_code == 200
    assert not is_signed_in(mine)


@pytest.mark.guard("G6")
def test_the_owner_comes_in_by_mail_and_second_factor(shut: User, guard: Guard) -> None:
    secret = app_of(shut)
    client = browser()
    client.post("/accounts/password/reset/", {"email": shut.email})
    link = next(line for line in mail.outbox[-1].body.splitlines() if "/reset/key/" in line)
    page = client.get(link[link.index("/accounts") :].strip(), follow=True)
    new = "the owner's next password"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    answer = by_page(client, shut.email, new)
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_signed_in(client)
    guard("G6", reached="shut out by strangers, the owner enters by mail and second factor", n=1)


def test_who_is_signed_in_confirms_their_password_all_the_same(
    owner: User, checks: list[str]
) -> None:
    mine = browser()
    by_page(mine, owner.email)
    for _ in range(MOST + 2):
        by_page(browser(), owner.email, "wrong")
    answer = mine.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302


# -- every way in --------------------------------------------------------------------------------


@pytest.mark.guard("G6")
@pytest.mark.trap("admin-sign-in-skips-the-second-factor")
def test_the_admin_has_no_door_of_its_own(north: str, checks: list[str], guard: Guard) -> None:
    admin = somebody(role="admin")
    for _ in range(20):
        answer = browser().post("/admin/login/", {"username": admin.email, "password": "wrong"})
        assert answer["Location"].startswith("/accounts/login/")
    assert checks == []
    guard("G6", reached="the admin checks 0 passwords itself", n=20)


@pytest.mark.guard("G6")
def test_codes_of_the_second_factor_are_counted(owner: User, guard: Guard) -> None:
    secret = app_of(owner)
    codes = []
    for n in range(MOST + 3):
        token = by_api(browser(), owner.email).json()["login_token"]
        codes.append(with_code(browser(), token, "000000" if n < MOST + 2 else code_of(secret)))
    assert [c.status_code for c in codes] == [401] * MOST + [429] * 3
    assert codes[-1].json()["code"] == "too_many_attempts"
    guard("G6", reached=f"codes of the second factor: {MOST} checks", n=len(codes))


def test_a_signed_in_thief_guesses_the_password_ten_times(owner: User, checks: list[str]) -> None:
    client = browser()
    client.force_login(owner)
    for _ in range(MOST + 5):
        client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert len(checks) == MOST
    for _ in range(MOST + 5):
        body = {"oldpassword": "wrong", "password1": "x" * 14, "password2": "x" * 14}
        client.post("/accounts/password/change/", body)
    assert len(checks) <= 2 * MOST


@pytest.mark.guard("G6")
def test_a_reset_is_mailed_five_times_at_most(owner: User, guard: Guard) -> None:
    answers = [
        browser().post("/accounts/password/reset/", {"email": owner.email}).status_code
        for _ in range(8)
    ]
    assert answers == [302] * 5 + [429] * 3
    assert len(mail.outbox) == 5
    guard("G6", reached="resets: 5 mails", n=len(answers))


# -- what an answer gives away -------------------------------------------------------------------


@pytest.mark.guard("G6")
@pytest.mark.parametrize("door", [by_page, by_api])
def test_known_and_unknown_names_get_the_same_bytes(owner: User, door: Any, guard: Guard) -> None:
    nobody = f"{uuid.uuid4().hex}@example.com"
    for attempt in range(MOST + 2):
        known, unknown = (door(browser(), name, "wrong") for name in (owner.email, nobody))
        assert known.status_code == unknown.status_code, attempt
        assert blanked(known, owner.email) == blanked(unknown, nobody), attempt
    guard("G6", reached="known and unknown names: the same bytes", n=MOST + 2)


def test_a_reset_says_the_same_to_known_and_unknown(owner: User) -> None:
    nobody = f"{uuid.uuid4().hex}@example.com"
    answers = [
        browser().post("/accounts/password/reset/", {"email": name}, follow=True)
        for name in (owner.email, nobody)
    ]
    assert blanked(answers[0], owner.email) == blanked(answers[1], nobody)
    assert len(mail.outbox) == 2
