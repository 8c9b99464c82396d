"""Plaid's API over HTTP: the few calls we make, as plain values. Amounts come as Decimal.

The standard library alone: it follows no redirect, asks no proxy of the environment and checks certificates.
The host is the setting's; nothing that a person or the provider says changes it. What is sent and answered
never stands in a log or an error.
"""

import http.client
import json
import math
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from transactions.providers import setup
from transactions.providers.errors import (
    CursorUnknown,
    LoginNeeded,
    MutatedMeanwhile,
    ProviderBusy,
    ProviderProblem,
    ProviderRefused,
)

TIMEOUT_SECONDS = 20
ANSWER_LIMIT = 32 * 2**20
PAGE_ROWS = 500
# A short trouble is waited out here; what takes longer is put off (transactions/providers/jobs.py).
TRIES = 3
WAITED_HERE = 4
_LOGIN = {"ITEM_LOGIN_REQUIRED", "PENDING_EXPIRATION", "PENDING_DISCONNECT", "INVALID_CREDENTIALS"}
_NOT_YET = {"PRODUCT_NOT_READY"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, before it is read."""

    status: int
    retry_after: str
    body: bytes


# path, JSON body → answer. Tests put a bank of their own here.
Transport = Callable[[str, bytes], Answer]
Json = dict[str, Any]


def over_http(provider: setup.Provider) -> Transport:
    where = urlsplit(provider.base_url)

    def ask(path: str, body: bytes) -> Answer:
        connection: http.client.HTTPConnection
        if where.scheme == "https":
            connection = http.client.HTTPSConnection(
                where.hostname or "", where.port, timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )  # fmt: skip
        else:  # the demo's stand-in, on this machine
            connection = http.client.HTTPConnection(
                where.hostname or "", where.port, timeout=TIMEOUT_SECONDS
            )
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read(ANSWER_LIMIT + 1)
            if len(content) > ANSWER_LIMIT:
                raise ProviderBusy("answer_too_long")
            return Answer(answer.status, answer.headers.get("Retry-After", ""), content)
        except (OSError, http.client.HTTPException) as error:
            raise ProviderBusy("unreachable") from error
        finally:
            connection.close()

    return ask


# What every client is made with unless said otherwise; tests replace it.
make_transport: Callable[[setup.Provider], Transport] = over_http


class Client:
    """One conversation. Raises NotSetUp when it is made, ProviderProblem by each call."""

    def __init__(
        self,
        transport: Transport | None = None,
        *,
        sleep: Callable[[int], None] = time.sleep,
    ) -> None:
        self.provider = setup.provider()
        self._ask = transport or make_transport(self.provider)
        self._sleep = sleep

    # -- a person connects -------------------------------------------------------------------------

    def create_link_token(self, body: Mapping[str, Any]) -> Json:
        """`link_token` and `hosted_link_url`, the provider's own page for the person."""
        return self._call("/link/token/create", body)

    def get_link_token(self, link_token: str) -> Json:
        """What became of a person's visit to that page."""
        return self._call("/link/token/get", {"link_token": link_token})

    def exchange_public_token(self, public_token: str) -> tuple[str, str]:
        """The access token and the item's id."""
        answer = self._call("/item/public_token/exchange", {"public_token": public_token})
        return _text(answer, "access_token"), _text(answer, "item_id")

    def remove_item(self, access_token: str) -> None:
        self._call("/item/remove", {"access_token": access_token})

    # -- accounts and rows -------------------------------------------------------------------------

    def accounts(self, access_token: str) -> Json:
        return self._call("/accounts/get", {"access_token": access_token})

    def sync_page(self, access_token: str, cursor: str) -> Json:
        """One page of news after `cursor`. Raises MutatedMeanwhile, CursorUnknown besides."""
        body: Json = {
            "access_token": access_token,
            "count": PAGE_ROWS,
            "options": {"include_original_description": True},
        }
        if cursor:
            body["cursor"] = cursor
        return self._call("/transactions/sync", body)

    # -- messages ----------------------------------------------------------------------------------

    def verification_key(self, key_id: str) -> Json:
        """The public key of this id, as a JWK."""
        answer = self._call("/webhook_verification_key/get", {"key_id": key_id})
        key = answer.get("key")
        if not isinstance(key, dict):
            raise ProviderBusy("answer_unreadable")
        return key

    # ----------------------------------------------------------------------------------------------

    def _call(self, path: str, body: Mapping[str, Any]) -> Json:
        """The answer; waits out a short trouble, at most TRIES times."""
        content = json.dumps(
            {"client_id": self.provider.client_id, "secret": self.provider.secret, **body}
        ).encode()
        for tried in range(1, TRIES + 1):
            try:
                return _read(self._ask(path, content))
            except ProviderBusy as busy:
                wait = busy.wait or 2 ** (tried - 1)
                if tried == TRIES or wait > WAITED_HERE or busy.code in _NOT_YET:
                    raise
                self._sleep(wait)
        raise AssertionError("unreachable")


def _read(answer: Answer) -> Json:
    try:
        found = json.loads(answer.body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        found = None
    if answer.status == 200 and isinstance(found, dict):
        return found
    raise _problem(answer, found if isinstance(found, dict) else {})


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _problem(answer: Answer, said: Json) -> ProviderProblem:
    """What an answer that isn't the one asked for means."""
    code, kind = word(said.get("error_code")), word(said.get("error_type"))
    if answer.status == 429 or kind == "RATE_LIMIT_EXCEEDED":
        return ProviderBusy(code or "RATE_LIMIT_EXCEEDED", kind, wait=_seconds(answer.retry_after))
    if answer.status >= 500 or kind in ("INSTITUTION_ERROR", "API_ERROR") or code in _NOT_YET:
        # INSTITUTION_ERROR comes with status 400: the person's bank is away, not the request wrong.
        return ProviderBusy(
            code or f"http_{answer.status}", kind, wait=_seconds(answer.retry_after)
        )
    if code in _LOGIN:
        return LoginNeeded(code, kind)
    if code == "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION":
        return MutatedMeanwhile(code, kind)
    if code == "INVALID_FIELD" and "cursor" in str(said.get("error_message", "")).lower():
        return CursorUnknown(code, kind)
    if answer.status == 200 or 300 <= answer.status < 400:
        # Not JSON, or a redirect, which is never followed: something else answers there.
        return ProviderBusy("answer_unreadable")
    return ProviderRefused(code or f"http_{answer.status}", kind)


def word(said: object) -> str:
    """A code as it may stand in a log and on a page; whatever else is none."""
    return said if isinstance(said, str) and re.fullmatch(r"[A-Za-z0-9_]{1,80}", said) else ""


def _seconds(text: str) -> int:
    """Retry-After as seconds from now; it comes as a number or as a date."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 8:
        return int(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0, math.ceil((at - datetime.now(UTC)).total_seconds()))


def _text(answer: Json, name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found or len(found) > 500:
        raise ProviderBusy("answer_unreadable")
    return found
