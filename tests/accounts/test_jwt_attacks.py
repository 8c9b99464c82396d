"""G5: forged, foreign, spent and revoked tokens. Each is refused with 401, none breaks anything."""

import base64
import json
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import time_machine
from allauth.headless.tokens.strategies.jwt import internal
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import sessions
from accounts.banks.tenancy import in_bank, in_public
from accounts.models import User
from tests.accounts.signin_case import code_of, committing  # noqa: F401  (a fixture)
from tests.conftest import HOSTS, NORTH, SOUTH
from tests.factories import PASSWORD, make_person
from tests.guards import Guard

pytestmark = pytest.mark.guard("G5")

SEED = 20260615
RS256 = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)


def b64(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Tokens:
    """A sign-in, its tokens, and the tools of somebody who wants in."""

    def __init__(self, client: Client, user: User, pair: dict[str, Any]) -> None:
        self.client, self.user = client, user
        self.access, self.refresh = pair["access_token"], pair["refresh_token"]
        self.head, self.body, self.signature = self.access.split(".")
        self.header: dict[str, Any] = json.loads(unb64(self.head))
        self.claims: dict[str, Any] = json.loads(unb64(self.body))
        self.ours = internal._get_jwt_config().signing_key
        self.theirs = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_pem = self.ours.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def by_us(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed with our own key: what only a bug in the product itself would make."""
        kept = {k: v for k, v in {**self.claims, **claims}.items() if v is not ...}
        head = {k: v for k, v in {**self.header, **(header or {})}.items() if v is not ...}
        return self.raw_by_us(json.dumps(head).encode(), json.dumps(kept).encode())

    def raw_by_us(self, head: bytes, body: bytes) -> str:
        text = f"{b64(head)}.{b64(body)}"
        return f"{text}.{b64(RS256.sign(text.encode(), self.ours))}"

    def by_them(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        text = f"{b64({**self.header, **(header or {})})}.{b64({**self.claims, **claims})}"
        return f"{text}.{b64(RS256.sign(text.encode(), self.theirs))}"

    def with_hmac(self, secret: bytes, algorithm: str = "HS256") -> str:
        import hashlib
        import hmac

        text = f"{b64({**self.header, 'alg': algorithm})}.{self.body}"
        return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    def their_jwk(self) -> dict[str, Any]:
        return json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.theirs.public_key()))


def flipped(token: str, part: int, place: int) -> str:
    parts = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    old = parts[part][place]
    new = alphabet[(alphabet.index(old) + 1) % 64]
    parts[part] = parts[part][:place] + new + (parts[part][place + 1 :] if place != -1 else "")
    return ".".join(parts)


NOW = int(time.time())
FORGED: dict[str, Callable[[Tokens], str]] = {
    "alg none": lambda t: f"{b64({**t.header, 'alg': 'none'})}.{t.body}.",
    "alg None": lambda t: f"{b64({**t.header, 'alg': 'None'})}.{t.body}.",
    "alg none, old signature": lambda t: (
        f"{b64({**t.header, 'alg': 'none'})}.{t.body}.{t.signature}"
    ),
    "alg none, no header besides": lambda t: f"{b64({'alg': 'none'})}.{t.body}.",
    "no signature": lambda t: f"{t.head}.{t.body}.",
    "two parts": lambda t: f"{t.head}.{t.body}",
    "four parts": lambda t: f"{t.access}.{t.signature}",
    "RS to HS, public key as secret": lambda t: t.with_hmac(t.public_pem),
    "RS to HS, public key without line end": lambda t: t.with_hmac(t.public_pem.strip()),
    "RS to HS, empty secret": lambda t: t.with_hmac(b""),
    "RS to HS, SECRET_KEY": lambda t: t.with_hmac(settings.SECRET_KEY.encode()),
    "alg HS384 over HS256": lambda t: t.with_hmac(t.public_pem, "HS384"),
    "alg RS512": lambda t: t.by_us({"alg": "RS512"}),
    "alg PS256": lambda t: t.by_us({"alg": "PS256"}),
    "alg is a list": lambda t: t.by_us({"alg": ["RS256"]}),
    "another key": lambda t: t.by_them(),
    "another key, jwk in the header": lambda t: t.by_them({"jwk": t.their_jwk()}),
    "another key, jku": lambda t: t.by_them({"jku": "https://evil.example/keys.json"}),
    "another key, x5u": lambda t: t.by_them({"x5u": "https://evil.example/cert.pem"}),
    "another key, x5c": lambda t: t.by_them({"x5c": ["MIIB"]}),
    "our key, jku besides": lambda t: t.by_us({"jku": "https://evil.example/keys.json"}),
    "our key, jwk besides": lambda t: t.by_us({"jwk": t.their_jwk()}),
    "our key, crit": lambda t: t.by_us({"crit": ["exp"]}),
    "our key, no kid": lambda t: t.by_us({"kid": ...}),
    "kid is a path": lambda t: t.by_them({"kid": "../../../../dev/null"}),
    "kid is SQL": lambda t: t.by_them({"kid": "x' UNION SELECT 'secret' --"}),
    "kid is a command": lambda t: t.by_them({"kid": "$(id)|`id`"}),
    "kid is another's": lambda t: t.by_us({"kid": "someone-else"}),
    "kid of 6,000 characters": lambda t: t.by_them({"kid": "k" * 6000}),
    "typ is another": lambda t: t.by_us({"typ": "at+jwt"}),
    "header is a list": lambda t: f"{b64(b'[]')}.{t.body}.{t.signature}",
    "header is no JSON": lambda t: f"{b64(b'{')}.{t.body}.{t.signature}",
    "claims are a list": lambda t: t.raw_by_us(json.dumps(t.header).encode(), b"[1]"),
    "claims are no UTF-8": lambda t: t.raw_by_us(json.dumps(t.header).encode(), b'{"sub":"\xff"}'),
    "nested 3,000 deep": lambda t: f"{t.head}.{b64(b'[' * 3000)}.{t.signature}",
    "ended": lambda t: t.by_us(exp=NOW - 10),
    "ends at the end of time": lambda t: t.by_them(exp=2**62),
    "ends in a text": lambda t: t.by_us(exp="tomorrow"),
    "ends as true": lambda t: t.by_us(exp=True),
    "never ends": lambda t: t.by_us(exp=...),
    "ends at infinity": lambda t: t.by_us(exp=float("inf")),
    "not yet good": lambda t: t.by_us(nbf=NOW + 3600),
    "given tomorrow": lambda t: t.by_us(iat=NOW + 86400),
    "given never": lambda t: t.by_us(iat=...),
    "bank of the other": lambda t: t.by_us(bank=SOUTH),
    "no bank": lambda t: t.by_us(bank=...),
    "bank public": lambda t: t.by_us(bank="public"),
    "audience of the other bank": lambda t: t.by_us(aud=f"counterfoil/{SOUTH}/api"),
    "audience is a list of both": lambda t: t.by_us(aud=[t.claims["aud"], "x"]),
    "no audience": lambda t: t.by_us(aud=...),
    "another issuer": lambda t: t.by_us(iss="https://evil.example"),
    "no issuer": lambda t: t.by_us(iss=...),
    "use is refresh": lambda t: t.by_us(token_use="refresh"),
    "use is id": lambda t: t.by_us(token_use="id"),
    "no use": lambda t: t.by_us(token_use=...),
    "role raised": lambda t: t.by_us(role="admin"),
    "another person": lambda t: t.by_us(sub=str(t.user.pk + 1)),
    "person 0": lambda t: t.by_us(sub="0"),
    "person is a number": lambda t: t.by_us(sub=t.user.pk),
    "person is SQL": lambda t: t.by_us(sub="1 OR 1=1"),
    "no person": lambda t: t.by_us(sub=...),
    "session is another's": lambda t: t.by_us(sid=internal.session_key_to_sid("a" * 32)),
    "session is no base64": lambda t: t.by_us(sid="%%%"),
    "session is empty": lambda t: t.by_us(sid=""),
    "session is a path": lambda t: t.by_us(sid=internal.session_key_to_sid("../../x")),
    "no session": lambda t: t.by_us(sid=...),
    "no name of its own": lambda t: t.by_us(jti=...),
    "a claim twice": lambda t: t.raw_by_us(
        json.dumps(t.header).encode(),
        json.dumps(t.claims).encode()[:-1] + f',"bank":"{t.claims["bank"]}"}}'.encode(),
    ),
    "a header twice": lambda t: t.raw_by_us(
        json.dumps(t.header).encode()[:-1] + b',"alg":"RS256"}', json.dumps(t.claims).encode()
    ),
    "the refresh token": lambda t: t.refresh,
    "1 MB": lambda t: t.by_them(pad="x" * 1_000_000),
    "1 MB of our own": lambda t: t.by_us(pad="x" * 1_000_000),
    "padded": lambda t: f"{t.head}.{t.body}.{t.signature}==",
    "last character in another spelling": lambda t: (
        t.access[:-1] + chr(ord(t.access[-1]) + 1)
        if t.access[-1] in "AQg"
        else flipped(t.access, 2, -1)
    ),
    "empty": lambda t: ".",
    "only dots": lambda t: "..",
    "claims changed, old signature": lambda t: (
        f"{t.head}.{b64({**t.claims, 'role': 'admin'})}.{t.signature}"
    ),
    "parts in another order": lambda t: f"{t.body}.{t.head}.{t.signature}",
}


@pytest.fixture
def client(north: str) -> Client:
    address = f"10.{'.'.join(str(random.randrange(256)) for _ in range(3))}"
    return Client(HTTP_HOST=HOSTS[NORTH], REMOTE_ADDR=address)


@pytest.fixture
def held(client: Client) -> Tokens:
    return sign_in(client, make_person(email=f"{uuid.uuid4().hex}@example.com"))


def sign_in(client: Client, user: User) -> Tokens:
    answer = post(client, "login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    return Tokens(client, user, answer.json())


def post(client: Client, path: str, body: dict[str, Any], token: str = "") -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def status(client: Client, token: str) -> int:
    answer = client.get("/api/v1/users/me", headers={"authorization": f"Bearer {token}"})
    return int(answer.status_code)


def refreshed(client: Client, token: str) -> Any:
    return post(client, "refresh", {"refresh_token": token})


def test_there_are_more_than_thirty_kinds() -> None:
    assert len(FORGED) >= 60
    print(f"G5: {len(FORGED)} forgeries, seed {SEED}")


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_access_token_is_401(held: Tokens, kind: str, guard: Guard) -> None:
    token = FORGED[kind](held)
    assert status(held.client, token) == 401
    assert status(held.client, held.access) == 200
    guard("G5", reached="forged access tokens: 100 % 401, the true one 200", n=1)


@pytest.mark.parametrize(
    "kind", [k for k in FORGED if k not in ("the refresh token", "use is refresh")]
)
def test_and_refreshes_nothing(held: Tokens, kind: str, guard: Guard) -> None:
    assert refreshed(held.client, FORGED[kind](held)).status_code == 401
    assert status(held.client, held.access) == 200
    guard("G5", reached="forged refresh tokens: 100 % 401", n=1)


def test_every_flipped_character_is_401(held: Tokens, guard: Guard) -> None:
    pick = random.Random(SEED)
    places = [(part, pick.randrange(len(held.access.split(".")[part]))) for part in (0, 1, 2) * 12]
    places += [(0, -1), (1, -1), (2, -1)]
    for part, place in places:
        assert status(held.client, flipped(held.access, part, place)) == 401, (part, place)
    guard("G5", reached="one character changed: 100 % 401", n=len(places), seed=SEED)


# -- what ends a sign-in ends its tokens at once -------------------------------------------------


def both_are_over(held: Tokens) -> None:
    assert status(held.client, held.access) == 401
    assert refreshed(held.client, held.refresh).status_code == 401


def test_after_signing_out(held: Tokens) -> None:
    assert post(held.client, "logout", {}, held.access).status_code == 204
    both_are_over(held)


def test_after_the_sign_in_was_closed_and_even_when_it_is_opened_again(held: Tokens) -> None:
    # As the admin's page of people does.
    User.objects.filter(pk=held.user.pk).update(is_active=False)
    sessions.end_sessions(held.user)
    both_are_over(held)
    User.objects.filter(pk=held.user.pk).update(is_active=True)
    both_are_over(held)


@pytest.mark.trap("token-after-a-new-password")
def test_after_the_password_changed(held: Tokens) -> None:
    held.user.set_password("another long enough password")
    held.user.save()
    both_are_over(held)


def test_after_the_role_changed(held: Tokens) -> None:
    User.objects.filter(pk=held.user.pk).update(role="viewer")
    assert status(held.client, held.access) == 401


def test_after_a_second_factor_was_set_up(held: Tokens, committing: None) -> None:  # noqa: F811
    pages = Client(HTTP_HOST=HOSTS[NORTH])
    pages.force_login(held.user)
    session = pages.session
    session["mfa.totp.secret"] = secret = generate_totp_secret()
    session.save()
    answer = pages.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.content
    both_are_over(held)


def test_after_signing_out_everywhere(held: Tokens) -> None:
    sessions.end_sessions(held.user)
    both_are_over(held)


def test_after_the_bank_was_closed(held: Tokens) -> None:
    from accounts.banks.models import Bank

    with in_public():
        Bank.objects.filter(schema_name=NORTH).update(state=Bank.State.CLOSED)
    for answer in (
        held.client.get("/api/v1/users/me", headers={"authorization": f"Bearer {held.access}"}),
        refreshed(held.client, held.refresh),
    ):
        # A closed bank is no address at all, as one that never was.
        assert answer.status_code == 404


@pytest.mark.trap("token-of-another-bank")
def test_at_the_other_bank_even_with_its_own_same_session_and_person(held: Tokens) -> None:
    session = Session.objects.get()
    with in_bank(SOUTH):
        held.user.save(force_insert=True)
        session.save(force_insert=True)
        south = Client(HTTP_HOST=HOSTS[SOUTH])
        assert status(south, held.access) == 401
        assert refreshed(south, held.refresh).status_code == 401
    assert status(held.client, held.access) == 200


# -- refresh tokens ------------------------------------------------------------------------------


def test_a_spent_refresh_token_ends_the_whole_family(held: Tokens, guard: Guard) -> None:
    second = refreshed(held.client, held.refresh).json()
    third = refreshed(held.client, second["refresh_token"]).json()
    assert status(held.client, third["access_token"]) == 200
    assert refreshed(held.client, held.refresh).status_code == 401
    for pair in (second, third):
        assert status(held.client, pair["access_token"]) == 401
        assert refreshed(held.client, pair["refresh_token"]).status_code == 401
    guard("G5", reached="a spent refresh token ends all of its family", n=4)


def test_a_family_ends_at_its_limit_however_often_it_is_renewed(client: Client) -> None:
    user = make_person(email=f"{uuid.uuid4().hex}@example.com")
    longest, idle = settings.SESSION_LIMITS["customer"]
    start = 1_790_000_000
    with time_machine.travel(start, tick=False) as clock:
        pair = {"refresh_token": sign_in(client, user).refresh}
        for step in range(idle - 60, longest, idle - 60):
            clock.move_to(start + step)
            pair = refreshed(client, pair["refresh_token"]).json()
            assert "access_token" in pair, step
        clock.move_to(start + longest - 1)
        pair = refreshed(client, pair["refresh_token"]).json()
        assert status(client, pair["access_token"]) == 200
        clock.move_to(start + longest + 1)
        assert status(client, pair["access_token"]) == 401
        assert refreshed(client, pair["refresh_token"]).status_code == 401


def test_an_access_token_ends_with_its_minutes_and_unused(client: Client) -> None:
    user = make_person(email=f"{uuid.uuid4().hex}@example.com")
    start = 1_790_000_000
    with time_machine.travel(start, tick=False) as clock:
        held = sign_in(client, user)
        clock.move_to(start + settings.JWT_LIFETIME_MINUTES * 60 - 1)
        assert status(client, held.access) == 200
        clock.move_to(start + settings.JWT_LIFETIME_MINUTES * 60 + 1)
        assert status(client, held.access) == 401
        clock.move_to(start + 1799 + settings.SESSION_LIMITS["customer"][1] + 1)
        assert refreshed(client, held.refresh).status_code == 401


def test_a_login_token_is_no_access_token(client: Client) -> None:
    user = make_person(email=f"{uuid.uuid4().hex}@example.com")
    TOTP.activate(user, generate_totp_secret())
    answer = post(client, "login", {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "mfa_required")
    assert status(client, answer.json()["login_token"]) == 401
