"""How often a password may be tried and a file be brought, counted in Redis under the bank's name.

A try is taken before the password is looked at and given back when it was right, in one script that Redis
runs undivided, so fifty parallel guesses get ten checks like any others. The count slides: at most
SIGN_IN_TRIES_PER_ACCOUNT in any window of SIGN_IN_WINDOW_SECONDS.
"""

import contextlib
import functools
import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from accounts.banks.tenancy import current_schema

# KEYS: what is counted. ARGV: now, window, this try's name, then the most tries of each key.
# Answers "" when taken, else the moment the oldest try of the fullest key leaves the window.
_TAKE = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  redis.call('zremrangebyscore', key, '-inf', now - window)
  if redis.call('zcard', key) >= tonumber(ARGV[3 + i]) then
    return redis.call('zrange', key, 0, 0, 'withscores')[2]
  end
end
for i, key in ipairs(KEYS) do
  redis.call('zadd', key, now, ARGV[3])
  redis.call('pexpire', key, window * 1000)
end
return ''
"""


class TooManyTries(Exception):
    """No try is left; the next one comes free after `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many tries")
        self.wait = wait


class CountersAway(Exception):
    """Redis doesn't answer, so nobody can be let in by a password."""


@dataclass(frozen=True)
class Try:
    keys: tuple[str, ...]
    name: str


def take(*, account: str, address: str | None) -> Try:
    """Takes one try for `account` and, where given, for the network `address`.

    Raises TooManyTries, CountersAway.
    """
    limits = [settings.SIGN_IN_TRIES_PER_ACCOUNT]
    keys = [_key("account", account)]
    if address is not None:
        limits.append(settings.SIGN_IN_TRIES_PER_ADDRESS)
        keys.append(_key("address", address))
    return _take(keys, limits, settings.SIGN_IN_WINDOW_SECONDS)


def take_upload(person: str, *, most: int) -> None:
    """Counts one more file of this person; `most` in any UPLOAD_WINDOW_SECONDS.

    Raises TooManyTries. Without Redis files are taken: only the counting waits for it.
    """
    with contextlib.suppress(CountersAway):
        _take([_key("upload", person)], [most], settings.UPLOAD_WINDOW_SECONDS)


def _take(keys: list[str], limits: list[int], window: int) -> Try:
    taken = Try(tuple(keys), uuid.uuid4().hex)
    now = time.time()
    try:
        run: Any = _server().eval
        oldest = run(_TAKE, len(keys), *keys, now, window, taken.name, *limits)
    except redis.RedisError as error:
        raise CountersAway from error
    if oldest:
        raise TooManyTries(max(1, int(float(oldest) + window - now) + 1))
    return taken


def give_back(taken: Try) -> None:
    """The password was right: the try doesn't count."""
    try:
        for key in taken.keys:
            _server().zrem(key, taken.name)
    except redis.RedisError:
        return  # counting one too many only makes the limit stricter


def forget(account: str) -> None:
    """The person proved who they are in another way (a reset by e-mail): counting starts anew."""
    try:
        _server().delete(_key("account", account))
    except redis.RedisError:
        return


def _key(kind: str, name: str) -> str:
    # Names and addresses of people stay out of Redis; the braces keep a bank's keys on one node.
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{{{current_schema()}}}:{prefix}:tries:{kind}:{digest}"


@functools.cache
def _server() -> Any:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
