"""Sign-in, refresh, sign-out and "me" over the API."""

import random
import uuid
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.banks.tenancy import in_bank
from accounts.customers.models import Customer
from accounts.models import User
from tests.conftest import HOSTS, NORTH, SOUTH
from tests.factories import PASSWORD, make_customer, make_person

ERROR = {"type", "code", "message", "display_message", "request_id", "fields"}


@pytest.fixture
def north_client(north: str) -> Client:
    """Each test comes from an address of its own: attempts are counted by address too."""
    address = f"10.{'.'.join(str(random.randrange(256)) for _ in range(3))}"
    return Client(HTTP_HOST=HOSTS[NORTH], REMOTE_ADDR=address)


@pytest.fixture
def customer(north: str) -> Customer:
    # Failed attempts are counted by name in Redis, which no test rolls back.
    return make_customer(user=make_person(email=f"{uuid.uuid4().hex}@example.com"))


def post(client: Client, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return client.post(
        f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers
    )


def me(client: Client, token: str) -> Any:
    return client.get("/api/v1/users/me", headers={"authorization": f"Bearer {token}"})


def sign_in(client: Client, customer: Customer) -> dict[str, Any]:
    assert customer.user
    answer = post(client, "login", {"email": customer.user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_signing_in_gives_tokens_that_name_the_person(
    north_client: Client, customer: Customer
) -> None:
    tokens = sign_in(north_client, customer)
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert tokens["expires_in"] == 1800
    assert not north_client.cookies
    assert me(north_client, tokens["access_token"]).json() == {
        "email": customer.user.email,
        "name": customer.full_name,
        "role": "customer",
        "bank": "North",
        "currency": "EUR",
        "business_day": me(north_client, tokens["access_token"]).json()["business_day"],
        "capabilities": ["own_data"],
        "customer_id": str(customer.public_id),
    }


def test_claims_carry_role_and_bank(north_client: Client, customer: Customer) -> None:
    import jwt

    token = sign_in(north_client, customer)["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["role"], claims["bank"]) == ("customer", "test_north")
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


def test_a_demo_name_signs_in_too(north_client: Client, customer: Customer) -> None:
    name = f"n{uuid.uuid4().hex[:10]}"
    User.objects.filter(pk=customer.user_id).update(login_name=name)
    assert post(north_client, "login", {"email": name, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("email", [None, "nobody-{}@example.com", "no{}body", "a@b@{}"])
def test_wrong_words_are_401_and_say_nothing_more(
    north_client: Client, customer: Customer, email: str | None
) -> None:
    name = email.format(uuid.uuid4().hex) if email else customer.user.email
    answer = post(north_client, "login", {"email": name, "password": "wrong"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    said = answer.json()
    assert set(said) == ERROR
    assert said["code"] == "invalid_credentials"
    assert said["message"] == "The e-mail or the password is wrong."


def test_a_closed_sign_in_is_refused(north_client: Client, customer: Customer) -> None:
    tokens = sign_in(north_client, customer)
    User.objects.filter(pk=customer.user_id).update(is_active=False)
    body = {"email": customer.user.email, "password": PASSWORD}
    assert post(north_client, "login", body).status_code == 401
    assert me(north_client, tokens["access_token"]).status_code == 401


def test_too_many_attempts_are_429(north_client: Client, customer: Customer) -> None:
    body = {"email": customer.user.email, "password": "wrong"}
    codes = [post(north_client, "login", body).status_code for _ in range(11)]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert post(north_client, "login", body).json()["code"] == "too_many_attempts"
    right = {"email": customer.user.email, "password": PASSWORD}
    assert post(north_client, "login", right).status_code == 429


def test_what_is_missing_is_named(north_client: Client) -> None:
    answer = post(north_client, "login", {"email": "x@example.com"})
    assert answer.status_code == 400
    assert answer.json()["fields"] == {"password": ["This field is required."]}


def test_a_refresh_token_is_good_once(north_client: Client, customer: Customer) -> None:
    first = sign_in(north_client, customer)
    second = post(north_client, "refresh", {"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert set(second.json()) == set(first)
    assert me(north_client, second.json()["access_token"]).status_code == 200
    again = post(north_client, "refresh", {"refresh_token": first["refresh_token"]})
    assert (again.status_code, again.json()["code"]) == (401, "token_not_valid")
    # Somebody else has a copy: whoever holds a token of this sign-in has to sign in again.
    assert me(north_client, second.json()["access_token"]).status_code == 401


def test_an_access_token_refreshes_nothing(north_client: Client, customer: Customer) -> None:
    tokens = sign_in(north_client, customer)
    for token in (tokens["access_token"], "x", "é", "a.b.c"):
        assert post(north_client, "refresh", {"refresh_token": token}).status_code == 401
    assert me(north_client, tokens["refresh_token"]).status_code == 401


def test_signing_out_ends_both_tokens(north_client: Client, customer: Customer) -> None:
    tokens = sign_in(north_client, customer)
    assert post(north_client, "logout", token=tokens["access_token"]).status_code == 204
    assert me(north_client, tokens["access_token"]).status_code == 401
    body = {"refresh_token": tokens["refresh_token"]}
    assert post(north_client, "refresh", body).status_code == 401
    assert post(north_client, "logout", token=tokens["access_token"]).status_code == 401


def test_tokens_of_one_bank_are_nothing_at_another(
    north_client: Client, customer: Customer
) -> None:
    tokens = sign_in(north_client, customer)
    south = Client(HTTP_HOST=HOSTS[SOUTH])
    with in_bank(SOUTH):
        User(pk=customer.user_id, email="twin@example.com").save(force_insert=True)
        answer = me(south, tokens["access_token"])
        assert answer.status_code == 401
        assert answer.json()["code"] == "authentication_failed"
        body = {"refresh_token": tokens["refresh_token"]}
        assert post(south, "refresh", body).status_code == 401


def test_not_even_the_same_session_at_another_bank_accepts_a_token(
    north_client: Client, customer: Customer
) -> None:
    tokens = sign_in(north_client, customer)
    session, user = Session.objects.get(), customer.user
    with in_bank(SOUTH):
        user.save(force_insert=True)
        session.save(force_insert=True)
        answer = me(Client(HTTP_HOST=HOSTS[SOUTH]), tokens["access_token"])
        assert answer.status_code == 401


def test_a_stale_token_beside_a_sign_in_does_no_harm(
    north_client: Client, customer: Customer
) -> None:
    token = sign_in(north_client, customer)["access_token"]
    body = {"email": customer.user.email, "password": PASSWORD}
    for beside in (token, "stale"):
        assert post(north_client, "login", body, token=beside).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \xff", "Bearer " + "x" * 9000])
def test_an_unreadable_token_is_401(north_client: Client, header: str) -> None:
    answer = north_client.get("/api/v1/users/me", headers={"authorization": header})
    assert answer.status_code == 401
    assert set(answer.json()) == ERROR


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"email": "a\\u0000", "password": "x"}', "unstorable_text"),
        (b'{"email": "\\ud800", "password": "x"}', "not_json"),
        (b'{"email": "\xff", "password": "x"}', "not_json"),
        (b"{", "not_json"),
        (b'{"email": NaN}', "not_json"),
        (b'{"email": ' + b"[" * 60 + b"]" * 60 + b"}", "too_deep"),
        (b'{"email": ' + b"[" * 900 + b"]" * 900 + b"}", "too_deep"),
        (b'{"email": ' + b"[" * 9000 + b"]" * 9000 + b"}", "too_deep"),
        (b"[1]", "invalid"),
        (b"", "invalid"),
        (b'"' + b"x" * 2_600_000 + b'"', "too_long"),
    ],
)
def test_an_unreadable_body_is_400(north_client: Client, body: bytes, code: str) -> None:
    for path in ("login", "refresh"):
        answer = north_client.generic(
            "POST", f"/api/v1/{path}", body, content_type="application/json"
        )
        assert answer.status_code == (413 if code == "too_long" else 400)
        assert set(answer.json()) == ERROR
        assert answer.json()["code"] == code


@pytest.mark.parametrize("path", ["login", "login/mfa", "refresh", "login/passkey/options"])
def test_a_field_that_is_not_there_is_named(north_client: Client, path: str) -> None:
    answer = post(north_client, path, {"amount": "1.00", "n" * 60: 1})
    assert answer.status_code == 400
    fields = answer.json()["fields"]
    assert fields["amount"] == fields["n" * 40] == ["There is no such field here."]


def test_staff_see_their_capabilities(north_client: Client) -> None:
    make_person(email=f"ana{uuid.uuid4().hex}@example.com", role="analyst")
    ana = User.objects.get(email__startswith="ana")
    tokens = post(north_client, "login", {"email": ana.email, "password": PASSWORD}).json()
    said = me(north_client, tokens["access_token"]).json()
    assert (said["role"], said["customer_id"]) == ("analyst", None)
    assert "open_customer" in said["capabilities"]
