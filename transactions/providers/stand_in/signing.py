"""The stand-in's messages, signed as Plaid signs its own: a JWT over the body's hash, by a key of its own."""

import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from transactions.providers.stand_in.world import World, digest

HEADER = "Plaid-Verification"


class MessageKey:
    """A key that the world publishes under its id."""

    def __init__(self, world: World) -> None:
        self.key_id = str(uuid4())
        self.private = ec.generate_private_key(ec.SECP256R1())
        numbers = self.private.public_key().public_numbers()
        self.jwk: dict[str, Any] = {
            "alg": "ES256", "crv": "P-256", "kid": self.key_id, "kty": "EC", "use": "sig",
            "x": _coordinate(numbers.x), "y": _coordinate(numbers.y),
            "created_at": int(time.time()), "expired_at": None,
        }  # fmt: skip
        world.keys[self.key_id] = self.jwk

    def sign(self, body: bytes, *, at: float | None = None) -> str:
        claims = {
            "iat": int(time.time() if at is None else at),
            "request_body_sha256": digest(body),
        }
        return jwt.encode(claims, self.private, algorithm="ES256", headers={"kid": self.key_id})


def _coordinate(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32)).decode().rstrip("=")
