"""A passkey in software: what a device would answer, for tests that need no browser."""

import hashlib
import json
import os
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from accounts.models import User
from tests.conftest import HOSTS, NORTH

_FLAG = AuthenticatorData.FLAG


class SoftKey:
    """One key of `user`, registered for a host name; it signs what it is asked there."""

    def __init__(self, user: User, host: str = HOSTS[NORTH]) -> None:
        self.user, self.host = user, host
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.row: Authenticator = WebAuthn.add(user, "Key", self._registration()).instance

    def answer(
        self, options: dict[str, Any], *, origin: str = "", verified: bool = True
    ) -> dict[str, Any]:
        """What the browser hands on: the signed question, with whose key it is."""
        asked = options["publicKey"]
        client = CollectedClientData.create(
            "webauthn.get", asked["challenge"], origin or f"https://{self.host}"
        )
        data = self._data(_FLAG.UP | _FLAG.UV if verified else _FLAG.UP)
        signature = self.secret.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        handle = user_pk_to_url_str(self.user).encode()
        return self._credential(
            clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=handle
        )

    def _registration(self) -> dict[str, Any]:
        key = ES256.from_cryptography_key(self.secret.public_key())
        made = AttestedCredentialData.create(bytes(16), self.id, key)
        data = self._data(_FLAG.UP | _FLAG.UV | _FLAG.AT, made)
        client = CollectedClientData.create(
            "webauthn.create", os.urandom(32), f"https://{self.host}"
        )
        attested = AttestationObject.create("none", data, {})
        found = self._credential(clientDataJSON=client, attestationObject=attested)
        return found | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def _data(self, flags: Any, made: bytes = b"") -> AuthenticatorData:
        return AuthenticatorData.create(hashlib.sha256(self.host.encode()).digest(), flags, 0, made)

    def _credential(self, **response: bytes) -> dict[str, Any]:
        name = websafe_encode(self.id)
        answers = {part: websafe_encode(value) for part, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": answers}


def asked(client: Client, login_token: str = "") -> Any:
    body = {"login_token": login_token} if login_token else {}
    return client.post("/api/v1/login/passkey/options", body, content_type="application/json")


def answered(client: Client, login_token: str, credential: Any) -> Any:
    body = json.dumps({"login_token": login_token, "credential": credential})
    return client.post("/api/v1/login/passkey", body, content_type="application/json")
