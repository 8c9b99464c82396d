"""Passkeys: what is not one is refused and breaks nothing. A real one: test_passkeys_browser.py."""

import pytest
from django.conf import settings

from accounts import second_factor
from accounts.models import User
from tests.accounts.signin_case import browser, is_signed_in, somebody


@pytest.fixture
def person(north: str) -> User:
    return somebody()


ODD = ["", "x", "[]", "1", "null", "{}", '{"id": 1}', '{"id": "a", "rawId": "a", "response": []}',
       '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"userHandle":"%%"}}',
       '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"userHandle":"MQ","clientDataJSON":"YQ",'
       '"authenticatorData":"YQ","signature":"YQ","attestationObject":"YQ"}}',
       '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}',
       '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"userHandle":"enp6enp6enp6enp6enp6enp6enp6",'
       '"clientDataJSON":"e30","authenticatorData":"' + "A" * 200 + '","signature":"YQ"}}']  # fmt: skip


@pytest.mark.parametrize("credential", ODD)
def test_an_odd_credential_is_refused_and_breaks_nothing(person: User, credential: str) -> None:
    client = browser()
    client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert answer.status_code in (200, 302)
    assert not is_signed_in(client)
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": "a test's own password"})
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200
    added = client.post("/accounts/2fa/webauthn/add/", {"name": "x", "credential": credential})
    assert added.status_code == 200
    assert not second_factor.has_one(person)


def test_the_sign_in_page_offers_a_passkey_without_inline_code(north: str) -> None:
    page = browser().get("/accounts/login/").content.decode()
    assert 'id="passkey_login"' in page and "/static/mfa/js/webauthn.js" in page
    assert settings.MFA_PASSKEY_LOGIN_ENABLED
