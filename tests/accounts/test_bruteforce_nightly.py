"""G6 with its full counts: 1 account × 1,000 addresses, 1 address × 1,000 accounts, 50 at once, every door."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.banks.tenancy import in_bank
from accounts.models import User
from tests.accounts.signin_case import app_of, browser, by_api, by_page, somebody, with_code
from tests.accounts.test_bruteforce import (  # noqa: F401  (fixtures)
    MOST,
    argon,
    checks,
    gaps,
    owner,
)
from tests.conftest import NORTH

pytestmark = pytest.mark.nightly


@pytest.mark.parametrize("door", [by_page, by_api])
def test_a_thousand_addresses_at_one_account(owner: User, checks: list[str], door: Any) -> None:  # noqa: F811
    for n in range(1000):
        door(browser(), owner.email, f"guess {n}")
    print(f"G6: {door.__name__}, 1 account × 1,000 addresses: {len(checks)} checks")
    assert len(checks) == MOST


@pytest.mark.parametrize("door", [by_page, by_api])
def test_one_address_at_a_thousand_accounts(north: str, checks: list[str], door: Any) -> None:  # noqa: F811
    client = browser()
    for _ in range(1000):
        door(client, f"{uuid.uuid4().hex}@example.com", "wrong")
    print(f"G6: {door.__name__}, 1 address × 1,000 accounts: {len(checks)} checks")
    assert len(checks) <= settings.SIGN_IN_TRIES_PER_ADDRESS


@pytest.mark.parametrize("door", [by_page, by_api])
@pytest.mark.parametrize("known", [True, False])
def test_fifty_guesses_at_once(db: None, checks: list[str], door: Any, known: bool) -> None:  # noqa: F811
    """The person is really stored (each thread has a connection of its own), and removed at the end."""
    email = f"{uuid.uuid4().hex}@example.com"

    def alone(work: Any) -> Any:
        try:
            with in_bank(NORTH):
                return work()
        finally:
            connection.close()

    def make() -> int:
        from accounts.services import create_person

        return create_person(email=email, password="a test's own password").pk

    with ThreadPoolExecutor(25) as pool:
        key = pool.submit(alone, make).result() if known else 0
        try:
            list(pool.map(lambda n: alone(lambda: door(browser(), email, f"{n}")), range(50)))
        finally:
            if known:
                pool.submit(alone, lambda: User.objects.filter(pk=key).delete()).result()
    print(f"G6: {door.__name__}, 50 at once, {known=}: {len(checks)} checks")
    assert len(checks) == MOST


def test_a_thousand_codes(owner: User) -> None:  # noqa: F811
    app_of(owner)
    answers = []
    for n in range(1000):
        token = by_api(browser(), owner.email).json()["login_token"]
        answers.append(with_code(browser(), token, f"{n:06}").status_code)
    print(f"G6: second factor, 1,000 codes: {answers.count(401)} looked at")
    assert answers.count(401) <= MOST and set(answers) <= {401, 429}


def test_a_thousand_tries_at_the_admin(north: str, checks: list[str]) -> None:  # noqa: F811
    admin = somebody(role="admin")
    for n in range(1000):
        body = {"username": admin.email, "password": f"{n}"}
        assert browser().post("/admin/login/", body).status_code == 302
    assert checks == []


@pytest.mark.parametrize("door", [by_page, by_api])
def test_time_says_nothing(north: str, argon: None, door: Any) -> None:  # noqa: F811
    known = [somebody().email for _ in range(60)]
    gaps(door, known, 3)
    gap = gaps(door, known, 150)
    print(f"G6: median gap known − unknown, {door.__name__}: {gap:+.2f} ms (n = 150 each)")
    assert abs(gap) <= 5
