"""Whose address is counted: ours and our proxies' word alone (ASVS 4.1.3)."""

import uuid
from typing import Any

import pytest
from django.test import Client

from tests.accounts.signin_case import anywhere, by_api
from tests.accounts.test_bruteforce import checks  # noqa: F401  (a fixture)


@pytest.mark.parametrize(
    ("proxies", "header", "counted"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
    ],
)
def test_only_our_own_proxies_are_believed(
    rf: Any, settings: Any, proxies: int, header: str, counted: str
) -> None:
    from accounts.adapter import BankAccountAdapter

    settings.TRUSTED_PROXIES = proxies
    headers = {"x-forwarded-for": header} if header else {}
    request = rf.get("/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert BankAccountAdapter(request).get_client_ip(request) == counted


def test_a_forged_header_buys_no_more_tries(north: str, checks: list[str], settings: Any) -> None:  # noqa: F811
    settings.SIGN_IN_TRIES_PER_ADDRESS = 6
    address = anywhere()
    for n in range(15):
        client = Client(HTTP_HOST="north.test", REMOTE_ADDR=address)
        headers = {"x-forwarded-for": f"198.51.100.{n}"}
        by_api(client, f"{uuid.uuid4().hex}@example.com", "wrong", headers=headers)
    assert len(checks) == 6
