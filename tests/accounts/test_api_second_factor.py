"""Second factors and passkeys over the API: the same doors, limits and refusals as on the pages."""

import uuid
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.banks.tenancy import in_bank
from accounts.models import User
from tests.accounts.signin_case import (
    anywhere,
    app_of,
    browser,
    by_api,
    code_of,
    somebody,
    with_code,
)
from tests.accounts.soft_key import SoftKey, answered, asked
from tests.conftest import HOSTS, SOUTH
from tests.factories import make_person

ERROR = {"type", "code", "message", "display_message", "request_id", "fields"}


@pytest.fixture
def cleo(north: str) -> User:
    return somebody()


@pytest.fixture
def client(north: str) -> Client:
    return browser()


def me(client: Client, tokens: Any) -> Any:
    headers = {"authorization": f"Bearer {tokens.json()['access_token']}"}
    return client.get("/api/v1/users/me", headers=headers)


def code(answer: Any) -> tuple[int, str]:
    said = answer.json()
    assert set(said) - {"login_token", "factors"} == ERROR
    return answer.status_code, said["code"]


# -- codes ---------------------------------------------------------------------------------------


def test_the_first_step_names_the_factors(client: Client, cleo: User) -> None:
    secret = app_of(cleo)
    RecoveryCodes.activate(cleo)
    SoftKey(cleo)
    first = by_api(client, cleo.email)
    assert code(first) == (401, "mfa_required")
    assert first.json()["factors"] == ["recovery_codes", "totp", "webauthn"]
    assert (
        me(client, with_code(client, first.json()["login_token"], code_of(secret))).status_code
        == 200
    )


def test_a_recovery_code_signs_in_once(client: Client, cleo: User) -> None:
    app_of(cleo)
    spare = RecoveryCodes.activate(cleo).get_unused_codes()[0]
    token = by_api(client, cleo.email).json()["login_token"]
    assert me(client, with_code(client, token, spare)).status_code == 200
    token = by_api(client, cleo.email).json()["login_token"]
    assert code(with_code(client, token, spare)) == (401, "incorrect_code")


# -- a passkey as the second step ----------------------------------------------------------------


def test_who_has_a_passkey_only_signs_in_with_it(client: Client, cleo: User) -> None:
    key = SoftKey(cleo)
    first = by_api(client, cleo.email).json()
    assert first["factors"] == ["webauthn"]
    question = asked(client, first["login_token"]).json()
    allowed = question["request_options"]["publicKey"]["allowCredentials"]
    assert [one["id"] for one in allowed] == [key.answer(question["request_options"])["id"]]
    tokens = answered(client, question["login_token"], key.answer(question["request_options"]))
    assert tokens.status_code == 200 and set(tokens.json()) == {
        "access_token", "refresh_token", "token_type", "expires_in",
    }  # fmt: skip
    assert me(client, tokens).json()["email"] == cleo.email
    assert AuditEntry.objects.filter(act="sign_in.done", actor_id=cleo.pk).count() == 1
    assert not client.cookies


def test_a_login_token_is_nothing_after_it_signed_in(client: Client, cleo: User) -> None:
    key = SoftKey(cleo)
    token = by_api(client, cleo.email).json()["login_token"]
    question = asked(client, token).json()
    answer = key.answer(question["request_options"])
    assert answered(client, token, answer).status_code == 200
    assert code(answered(client, token, answer))[0] == 401
    assert code(asked(client, token)) == (401, "login_token_not_valid")


def test_somebody_elses_key_is_not_the_second_step(client: Client, cleo: User) -> None:
    SoftKey(cleo)
    other = SoftKey(somebody())
    question = asked(client, by_api(client, cleo.email).json()["login_token"]).json()
    refused = answered(client, question["login_token"], other.answer(question["request_options"]))
    assert code(refused) == (401, "passkey_not_accepted")


def test_ten_wrong_answers_make_the_second_step_wait(client: Client, cleo: User) -> None:
    SoftKey(cleo)
    other = SoftKey(somebody())
    question = asked(client, by_api(client, cleo.email).json()["login_token"]).json()
    wrong = other.answer(question["request_options"])
    codes = [code(answered(client, question["login_token"], wrong))[0] for _n in range(11)]
    assert codes == [401] * 10 + [429]


# -- a passkey alone -----------------------------------------------------------------------------


def test_a_passkey_signs_in_alone(client: Client, cleo: User) -> None:
    key = SoftKey(cleo)
    question = asked(client).json()
    assert question["request_options"]["publicKey"]["userVerification"] == "required"
    assert not question["request_options"]["publicKey"].get("allowCredentials")
    tokens = answered(client, question["login_token"], key.answer(question["request_options"]))
    assert me(client, tokens).json()["email"] == cleo.email


def test_staff_with_a_passkey_have_their_second_factor(client: Client, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    ana = somebody("analyst")
    key = SoftKey(ana)
    question = asked(client).json()
    tokens = answered(client, question["login_token"], key.answer(question["request_options"]))
    assert me(client, tokens).json()["role"] == "analyst"


@pytest.mark.parametrize("odd", ["another question", "unverified", "another site", "closed"])
def test_a_wrong_answer_signs_nobody_in(client: Client, cleo: User, odd: str) -> None:
    key = SoftKey(cleo)
    question = asked(client).json()
    options = question["request_options"]
    if odd == "another question":
        answer = key.answer(asked(client).json()["request_options"])
    elif odd == "another site":
        answer = key.answer(options, origin="https://evil.example")
    else:
        answer = key.answer(options, verified=odd != "unverified")
    if odd == "closed":
        User.objects.filter(pk=cleo.pk).update(is_active=False)
    assert code(answered(client, question["login_token"], answer))[0] == 401
    assert not AuditEntry.objects.filter(act="sign_in.done", actor_id=cleo.pk).exists()


def test_a_question_is_good_once(client: Client, cleo: User) -> None:
    key = SoftKey(cleo)
    question = asked(client).json()
    answer = key.answer(question["request_options"])
    assert answered(client, question["login_token"], answer).status_code == 200
    assert code(answered(client, question["login_token"], answer))[0] == 401


def test_a_question_of_one_bank_is_nothing_at_another(client: Client, cleo: User) -> None:
    key = SoftKey(cleo)
    question = asked(client).json()
    with in_bank(SOUTH):
        User(pk=cleo.pk, email=f"{uuid.uuid4().hex}@example.com").save(force_insert=True)
        south = Client(HTTP_HOST=HOSTS[SOUTH], REMOTE_ADDR=anywhere())
        answer = key.answer(question["request_options"], origin=f"https://{HOSTS[SOUTH]}")
        assert code(answered(south, question["login_token"], answer))[0] == 401
        there = asked(south).json()
        answer = key.answer(there["request_options"], origin=f"https://{HOSTS[SOUTH]}")
        assert code(answered(south, there["login_token"], answer))[0] == 401


ODD: list[Any] = [None, "x", 1, [], {}, {"id": 1}, {"id": "a", "rawId": "a", "response": []},
       {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"userHandle": "%%"}},
       {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"userHandle": "MQ", "clientDataJSON": "YQ",
        "authenticatorData": "YQ", "signature": "YQ"}}]  # fmt: skip


@pytest.mark.parametrize("credential", ODD)
def test_what_is_no_answer_is_refused_and_breaks_nothing(client: Client, credential: Any) -> None:
    token = asked(client).json()["login_token"]
    assert code(answered(client, token, credential))[0] in (400, 401)
    assert code(answered(client, "nonsense", {}))[0] in (400, 401)
    assert code(answered(client, "é" * 9, {"id": "a"}))[0] in (400, 401)
    assert code(asked(client, "nonsense")) == (401, "login_token_not_valid")


def test_questions_are_limited_by_address_and_end_with_the_hour(
    client: Client, settings: Any
) -> None:
    settings.MFA_RATE_LIMITS = {"webauthn_login": "3/m/ip"}
    answers = [
        answered(client, asked(client).json()["login_token"], {"id": "a"}) for _n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[-1]["Retry-After"]
    assert Session.objects.count() == 4, "one each, which housekeeping removes when it has ended"
    settings.MFA_RATE_LIMITS = {"webauthn_question": "5/m/ip"}
    other = browser()
    assert [asked(other).status_code for _n in range(6)] == [200] * 5 + [429]
    assert Session.objects.count() == 9


def test_a_passkeys_owner_is_called_by_their_own_address(client: Client) -> None:
    from allauth.account.utils import user_display

    assert user_display(make_person(email="own@letters.example")) == "own@letters.example"
