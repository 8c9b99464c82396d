"""What is hashed, how, and under which keys. Version 1; a change makes a new version, never another 1.

An entry's digest is keyed: who can write the tables but has no key can make no entry that verifies,
sealed or not. A seal's head is signed (Ed25519), so that anybody with the public key can check it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = 1
NOTHING = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CONTEXT = b"counterfoil audit head v1\x00"


@dataclass(frozen=True)
class Key:
    """One signing key; `id` names it in seals, `public` is what an outsider checks heads with."""

    id: str
    private: Ed25519PrivateKey
    public: bytes
    seed: bytes

    def sign(self, head: bytes) -> bytes:
        return self.private.sign(_CONTEXT + head)

    def verifies(self, head: bytes, signature: bytes) -> bool:
        try:
            self.private.public_key().verify(signature, _CONTEXT + head)
        except InvalidSignature:
            return False
        return True

    def entry_key(self, schema: str) -> bytes:
        """The key of one bank's entries: an entry of another bank verifies nowhere else."""
        return hmac.digest(
            self.seed, b"counterfoil audit entries v1\x00" + schema.encode(), "sha256"
        )


def signing_keys() -> tuple[Key, ...]:
    """The key that signs, then older ones that only verify. Raises ImproperlyConfigured."""
    return _read_keys(settings.AUDIT_SIGNING_KEY)


@lru_cache(maxsize=8)
def _read_keys(text: str) -> tuple[Key, ...]:
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        try:
            seed = bytes.fromhex(part)
            private = Ed25519PrivateKey.from_private_bytes(seed)
        except ValueError:
            raise ImproperlyConfigured(
                "AUDIT_SIGNING_KEY is not 64 hexadecimal digits (`openssl rand -hex 32`). See .env.example."
            ) from None
        public = private.public_key().public_bytes_raw()
        found.append(Key(hashlib.sha256(public).hexdigest()[:16], private, public, seed))
    if not found:
        raise ImproperlyConfigured("AUDIT_SIGNING_KEY is not set. See .env.example.")
    return tuple(found)


def microseconds(at: datetime) -> int:
    """An instant as PostgreSQL keeps it."""
    return (at - _EPOCH) // _MICROSECOND


def payload_hash(salt: bytes, payload: str) -> bytes:
    return hashlib.sha256(salt + payload.encode()).digest()


def entry_hash(key: bytes, at: datetime, columns: Sequence[Any], payload_digest: bytes) -> bytes:
    """Keyed digest of an entry.

    Parameters: `columns` are act, actor_id, actor_role, subject_type, subject_id, customer_id and
    request_id, in this order.
    """
    content = orjson.dumps([VERSION, microseconds(at), *columns, payload_digest.hex()])
    return hmac.digest(key, content, "sha256")


def leaf(number: int, digest: bytes) -> bytes:
    """An entry in its place: two entries that change ids change both leaves."""
    return hashlib.sha256(b"\x00" + number.to_bytes(8, "big") + digest).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Root of a binary tree; an odd one out goes up as it is. `NOTHING` for no leaves."""
    level = list(leaves)
    while len(level) > 1:
        above = [
            hashlib.sha256(b"\x01" + level[n] + level[n + 1]).digest()
            for n in range(0, len(level) - 1, 2)
        ]
        level = [*above, level[-1]] if len(level) % 2 else above
    return level[0] if level else NOTHING


def seal_hash(
    *, schema: str, no: int, sealed_at: datetime, ids: str, n: int, root: bytes, previous: bytes,
    key_id: str,
) -> bytes:  # fmt: skip
    content = [
        VERSION,
        schema,
        no,
        microseconds(sealed_at),
        ids,
        n,
        root.hex(),
        previous.hex(),
        key_id,
    ]
    return hashlib.sha256(orjson.dumps(content)).digest()
