"""The provider's messages: who sent one is proven before a word of it counts.

A message carries a JWT (ES256) over the hash of its body. Its algorithm is looked at first, so a key is never
used for another one; the key is asked of the provider by its id and kept for a day. What proves right about
another connection is refused too: the provider signs the messages of all its clients alike.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from django.core.cache import cache
from django.db import transaction

from accounts.audit import services as audit
from transactions.models import ProviderLink
from transactions.providers import client, jobs, secrets, setup
from transactions.providers.errors import NotSetUp, ProviderProblem, ProviderRefused
from transactions.providers.sealing import SealBroken

HEADER = "Plaid-Verification"
BODY_LIMIT = 64 * 1024
AGE_SECONDS = 300
# A clock that runs ahead of ours by less than this is forgiven.
AHEAD_SECONDS = 30
_KEY_KEPT, _UNKNOWN_KEPT = 24 * 3600, 300
# Keys asked for in a minute: whoever invents ids doesn't make us ask for each.
_ASKED_A_MINUTE = 10
_MESSAGES_KEPT = 200
_KEY_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_HEX = re.compile(r"[0-9a-f]{64}")

_NEWS = {
    "SYNC_UPDATES_AVAILABLE", "INITIAL_UPDATE", "HISTORICAL_UPDATE", "DEFAULT_UPDATE",
    "TRANSACTIONS_REMOVED",
}  # fmt: skip
_REVOKED = {"USER_PERMISSION_REVOKED", "USER_ACCOUNT_REVOKED"}
_EXPIRING = {"PENDING_EXPIRATION", "PENDING_DISCONNECT"}


class Forged(Exception):
    """Not proven to be the provider's word on this connection. The answer never says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """A proven message."""

    kind: str
    code: str
    body: Mapping[str, Any]
    sent_at: int
    digest: str


def verify(link: ProviderLink, header: str, body: bytes) -> Message:
    """The message, if the provider sent it about this connection within five minutes. Raises Forged."""
    if not header or len(header) > 4096 or len(body) > BODY_LIMIT:
        raise Forged("shape")
    claims = _claims(header)
    sent_at, told = claims.get("iat"), claims.get("request_body_sha256")
    now = time.time()
    if isinstance(sent_at, bool) or not isinstance(sent_at, int):
        raise Forged("iat")
    if not now - AGE_SECONDS <= sent_at <= now + AHEAD_SECONDS:
        raise Forged("age")
    if not isinstance(told, str) or not _HEX.fullmatch(told):
        raise Forged("hash")
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), told):
        raise Forged("body")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Forged("json") from None
    if not isinstance(said, dict) or not _is_about(link, said):
        raise Forged("other connection")
    digest = hashlib.sha256(header.encode()).hexdigest()[:32]
    kind, code = (client.word(said.get(name)) for name in ("webhook_type", "webhook_code"))
    return Message(kind, code, said, sent_at, digest)


def _claims(header: str) -> dict[str, Any]:
    try:
        unproven = jwt.get_unverified_header(header)
    except jwt.InvalidTokenError:
        raise Forged("token") from None
    if unproven.get("alg") != "ES256" or "crit" in unproven:
        raise Forged("algorithm")
    key_id = unproven.get("kid")
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise Forged("key id")
    key = _key(key_id)
    try:
        claims: dict[str, Any] = jwt.decode(
            header,
            key.key,
            algorithms=["ES256"],
            options={"require": ["iat"], "verify_iat": False, "verify_aud": False},
        )
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise Forged("signature") from None
    return claims


def _key(key_id: str) -> jwt.PyJWK:
    name = f"provider-key:{key_id}"
    found = cache.get(name)
    if found is None:
        found = _ask_for_key(key_id)
        cache.set(name, found, _KEY_KEPT if found else _UNKNOWN_KEPT)
    if not found or found.get("expired_at") is not None:
        raise Forged("key")
    if (found.get("kty"), found.get("crv"), found.get("alg")) != ("EC", "P-256", "ES256"):
        raise Forged("key")
    try:
        return jwt.PyJWK(found, algorithm="ES256")
    except jwt.PyJWTError:
        raise Forged("key") from None


def _ask_for_key(key_id: str) -> dict[str, Any]:
    """The key as the provider tells it; {} where it knows none of this id."""
    minute = f"provider-keys-asked:{int(time.time()) // 60}"
    cache.add(minute, 0, 120)
    if cache.incr(minute) > _ASKED_A_MINUTE:
        raise Forged("asked too often")
    try:
        return make_client().verification_key(key_id)
    except ProviderRefused:
        return {}
    except (ProviderProblem, NotSetUp):
        # Not known now; the provider sends it again.
        raise Forged("key") from None


def _patient_no_longer(seconds: int) -> None:
    """A message waits for nothing: the provider sends it again."""
    raise Forged("key")


make_client: Callable[[], client.Client] = lambda: client.Client(sleep=_patient_no_longer)  # noqa: E731


def _is_about(link: ProviderLink, said: Mapping[str, Any]) -> bool:
    environment = said.get("environment")
    ours = setup.provider()
    if environment is not None and not ours.is_stand_in and environment != ours.environment:
        return False
    if link.state == ProviderLink.State.ENDED:
        return False
    if said.get("webhook_type") == "LINK":
        return _is_of_visit(link, said.get("link_token"))
    item = said.get("item_id")
    if not isinstance(item, str) or not link.item_id:
        return False
    return hmac.compare_digest(item.encode(), link.item_id.encode())


def _is_of_visit(link: ProviderLink, link_token: Any) -> bool:
    try:
        token, _url = secrets.visit(link)
    except SealBroken:
        return False
    return isinstance(link_token, str) and hmac.compare_digest(link_token.encode(), token.encode())


def receive(link: ProviderLink, message: Message) -> bool:
    """Writes down what a proven message means and asks for rows; False for one that came before."""
    with transaction.atomic():
        link = ProviderLink.objects.select_for_update().get(pk=link.pk)
        recent = [seen for seen in link.messages if seen[0] >= time.time() - 2 * AGE_SECONDS]
        if any(digest == message.digest for _at, digest in recent):
            return False
        link.messages = [*recent, [message.sent_at, message.digest]][-_MESSAGES_KEPT:]
        link.save(update_fields=["messages"])
        if message.kind == "LINK":
            return True
        audit.record(
            act="provider.told",
            subject=link,
            after={"type": message.kind, "code": message.code},
            customer_id=link.customer_id,
        )
        if link.is_open:
            _act(link, message)
    return True


def _act(link: ProviderLink, message: Message) -> None:
    state = ProviderLink.State
    if message.kind == "TRANSACTIONS" and message.code in _NEWS:
        jobs.ask_for(link)
    elif message.kind != "ITEM":
        return
    elif message.code == "ERROR":
        error = message.body.get("error")
        code = client.word(error.get("error_code")) if isinstance(error, Mapping) else ""
        found = state.LOGIN if code == "ITEM_LOGIN_REQUIRED" else state.FAULT
        jobs.put_state(link, found, code or "ERROR")
    elif message.code == "LOGIN_REPAIRED":
        jobs.put_state(link, state.ACTIVE, "")
        ProviderLink.objects.filter(pk=link.pk).update(notice="")
        jobs.ask_for(link)
    elif message.code in _REVOKED:
        jobs.put_state(link, state.FAULT, message.code)
    elif message.code in _EXPIRING:
        ProviderLink.objects.filter(pk=link.pk).update(notice="expires")
    elif message.code == "NEW_ACCOUNTS_AVAILABLE":
        ProviderLink.objects.filter(pk=link.pk).update(notice="new_accounts")
