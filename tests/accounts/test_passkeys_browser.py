"""Passkeys in a real browser with a virtual authenticator, under the product's own script policy."""

from typing import Any

import pytest

from tests import chromium
from tests.stack import NORTH, StartedStack

PERSON = ("passkey@example.com", "a passkey owner's own password")
_MAKE = f"""
from accounts.banks.tenancy import in_bank
from accounts.services import create_person
with in_bank({NORTH!r}):
    create_person(email={PERSON[0]!r}, password={PERSON[1]!r}, role="admin")
"""


@pytest.mark.browser
@pytest.mark.stack
def test_a_passkey_is_added_and_signs_in_alone(stack: StartedStack) -> None:
    stack.manage("shell", "-c", _MAKE)
    web = stack.start_web()
    with chromium.browser() as browser:
        page = browser.new_page()
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda m: broken.append(m.text) if m.type == "error" else None)
        with_authenticator(page)
        sign_in_by_password(page, web)
        assert page.url.endswith("/accounts/2fa/")
        page.click("text=Add a passkey")
        page.fill("[name=name]", "Phone")
        page.click("#mfa_webauthn_add")
        page.wait_for_url("**/recovery-codes/")
        assert page.locator(".codes li").count() == 10
        page.goto(f"{web}/admin/")
        assert page.url.endswith("/admin/")

        sign_out(page, web)
        page.click("#passkey_login")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        page.goto(f"{web}/accounts/2fa/webauthn/")
        assert "Phone" in page.content() and "without a password" in page.content()

        sign_out(page, web)
        sign_in_by_password(page, web)
        assert page.url.endswith("/accounts/2fa/authenticate/")
        page.click("#mfa_webauthn_authenticate")
        page.wait_for_url(lambda url: "/accounts/" not in url)
    assert broken == []


def with_authenticator(page: Any) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


def sign_in_by_password(page: Any, web: str) -> None:
    page.goto(f"{web}/accounts/login/")
    page.fill("[name=login]", PERSON[0])
    page.fill("[name=password]", PERSON[1])
    page.click("main [type=submit] >> nth=0")
    page.wait_for_load_state()


def sign_out(page: Any, web: str) -> None:
    page.goto(f"{web}/accounts/logout/")
    page.click("main [type=submit]")
    page.goto(f"{web}/accounts/login/")
