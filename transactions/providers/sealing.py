"""Secrets of connections, sealed: a data key for each secret, itself wrapped by a key of the environment.

    scheme (1 byte) | length and id of the key | length and wrapped data key | nonce (12) | AES-256-GCM

The data key encrypts the secret; both layers are bound to the bank, the connection and what the secret is
for, so a sealed value put elsewhere opens nowhere. Scheme 1 wraps the data key with AES-256-GCM. Scheme 2
(POST_QUANTUM) wraps it to a public key by HPKE (RFC 9180) with ML-KEM-768 and X25519 together: whoever breaks
one of the two still has the other before them. Both open side by side, whatever seals now.
"""

import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.banks.tenancy import current_bank

SYMMETRIC, HYBRID = 1, 2
_NONCE = 12
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealBroken(ValueError):
    """It can't be opened: another bank's or connection's, altered, or its key is not at hand."""


class NoKeys(RuntimeError):
    """PROVIDER_KEYS is empty or unreadable, so nothing can be sealed."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the environment, and what is made of it for each scheme."""

    id: str
    wrapping: bytes
    hybrid: MLKEM768X25519PrivateKey


@lru_cache(maxsize=8)
def _read(text: str) -> tuple[Key, ...]:
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _sep, digits = part.partition(":")
        try:
            master = bytes.fromhex(digits)
        except ValueError:
            master = b""
        if not name or len(name) > 40 or len(master) != 32:
            # Without the value: what is wrong in it may be the key itself.
            raise NoKeys("PROVIDER_KEYS: write each as id:64 hexadecimal digits, after commas.")
        found.append(Key(name, _derive(master, b"wrap", 32), _hybrid(master)))
    if len({key.id for key in found}) != len(found):
        raise NoKeys("PROVIDER_KEYS: two keys have the same id.")
    return tuple(found)


def _derive(master: bytes, use: bytes, length: int) -> bytes:
    info = b"counterfoil provider key " + use
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(master)


def _hybrid(master: bytes) -> MLKEM768X25519PrivateKey:
    lattice = MLKEM768PrivateKey.from_seed_bytes(_derive(master, b"ml-kem-768", 64))
    curve = X25519PrivateKey.from_private_bytes(_derive(master, b"x25519", 32))
    return MLKEM768X25519PrivateKey(lattice, curve)


def keys() -> tuple[Key, ...]:
    """The keys of the environment, the sealing one first. Raises NoKeys where they can't be read."""
    return _read(settings.PROVIDER_KEYS)


def seal(secret: str, *, link: object, use: str) -> bytes:
    """The secret sealed for the bank at hand, this connection and this use. Raises NoKeys."""
    if not (known := keys()):
        raise NoKeys("PROVIDER_KEYS is not set, so nothing can be sealed.")
    key = known[0]
    scheme = HYBRID if settings.POST_QUANTUM else SYMMETRIC
    bound = _bound(scheme, key.id, link, use)
    data_key = AESGCM.generate_key(256)
    if scheme == HYBRID:
        wrapped = _SUITE.encrypt(data_key, key.hybrid.public_key(), bound)
    else:
        nonce = os.urandom(_NONCE)
        wrapped = nonce + AESGCM(key.wrapping).encrypt(nonce, data_key, bound)
    nonce = os.urandom(_NONCE)
    content = AESGCM(data_key).encrypt(nonce, secret.encode(), bound)
    name = key.id.encode()
    return b"".join(
        (bytes((scheme, len(name))), name, len(wrapped).to_bytes(2), wrapped, nonce, content)
    )


def open_sealed(sealed: "bytes | memoryview[int]", *, link: object, use: str) -> str:
    """The secret again. Raises SealBroken, without a word of what it holds."""
    try:
        scheme, name, wrapped, rest = _parts(bytes(sealed))
        key = next((key for key in keys() if key.id == name), None)
        if key is None:
            raise SealBroken(f"The key {name[:40]!r} that sealed it is not in PROVIDER_KEYS.")
        bound = _bound(scheme, name, link, use)
        if scheme == HYBRID:
            data_key = _SUITE.decrypt(wrapped, key.hybrid, bound)
        elif scheme == SYMMETRIC:
            data_key = AESGCM(key.wrapping).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound)
        else:
            raise SealBroken("It was sealed in a way that is not known here.")
        return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], bound).decode()
    except SealBroken:
        raise
    except (InvalidTag, ValueError, IndexError):
        raise SealBroken("The seal is broken.") from None


def is_current(sealed: "bytes | memoryview[int]") -> bool:
    """Whether it was sealed with the first key and in the way that seals now."""
    scheme, name, _wrapped, _rest = _parts(bytes(sealed))
    return name == keys()[0].id and scheme == (HYBRID if settings.POST_QUANTUM else SYMMETRIC)


def _parts(sealed: bytes) -> tuple[int, str, bytes, bytes]:
    scheme, length = sealed[0], sealed[1]
    at = 2 + length
    size = int.from_bytes(sealed[at : at + 2])
    wrapped = sealed[at + 2 : at + 2 + size]
    return scheme, sealed[2:at].decode("ascii"), wrapped, sealed[at + 2 + size :]


def _bound(scheme: int, key_id: str, link: object, use: str) -> bytes:
    """What both layers are tied to; lengths stand before the parts, so none runs into the next."""
    parts = ("counterfoil provider secret 1", str(scheme), key_id, current_bank(), str(link), use)
    return b"".join(len(text).to_bytes(2) + text for text in (part.encode() for part in parts))
