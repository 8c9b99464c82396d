"""Public ids of transactions: the row's number under the bank's own key.

One AES-128 block over 8 zero bytes and the id, as 32 hex digits. A text that doesn't decode to eight
zero bytes names nothing, so ids of another bank are as missing as invented ones.
"""

import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from accounts.customers.queries import bank_profile

_HEX = re.compile(r"[0-9a-f]{32}")


@lru_cache(maxsize=256)
def _cipher(key: bytes) -> "Cipher[modes.ECB]":
    # ECB is right for exactly one block that never repeats; nothing longer is ever encrypted.
    return Cipher(algorithms.AES128(key), modes.ECB())  # noqa: S305


def encode(ids: list[int]) -> list[str]:
    """Public ids of many rows at once, in order."""
    encryptor = _cipher(bytes(bank_profile().id_key)).encryptor()
    data = encryptor.update(b"".join(bytes(8) + i.to_bytes(8, "big") for i in ids))
    return [data[n : n + 16].hex() for n in range(0, len(data), 16)]


def encode_one(row_id: int) -> str:
    return encode([row_id])[0]


def decode(text: str) -> int | None:
    """The row's number, or None for whatever isn't an id of this bank."""
    if not _HEX.fullmatch(text):
        return None
    block = _cipher(bytes(bank_profile().id_key)).decryptor().update(bytes.fromhex(text))
    return int.from_bytes(block[8:], "big") if block[:8] == bytes(8) else None
