"""The fingerprint that tells the same row twice: version 1, frozen.

16 bytes: the first half of SHA-256 over one of

    b"t" 1F day 1F amount 1F text      a row known by what it says
    b"p" 1F provider id                a row known by its provider's own id, alone

where 1F is the byte 0x1F; day is YYYY-MM-DD; amount is plain decimal without exponent, trailing
zeros or a negative zero ("-4.5", "100", "0"); text is `fingerprint_text(raw)`; all in UTF-8.
`fingerprint_text` leaves no 0x1F behind (it counts as white space), so no two rows run together.

Never change any of this: stored rows carry it, and a re-import must meet them. A new scheme gets
a new module and a column that says so.
"""

import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from hashlib import sha256

_CACHE_LIMIT = 100_000


def fingerprint_text(raw: str) -> str:
    """The text as the fingerprint reads it: NFKC, casefold, white space collapsed and stripped."""
    return " ".join(unicodedata.normalize("NFKC", raw).casefold().split())


def amount_text(amount: Decimal) -> str:
    """The amount without exponent or trailing zeros; ValueError unless it is a finite number."""
    text = str(amount)
    if "E" in text:
        text = format(amount, "f")
    if not amount.is_finite():
        raise ValueError("A fingerprint needs a finite amount.")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fingerprint(booked_on: date, amount: Decimal, raw: str, provider_id: str = "") -> bytes:
    """16 bytes that are equal for the same row whenever and from wherever it comes again."""
    if provider_id:
        return sha256(b"p\x1f" + provider_id.encode()).digest()[:16]
    parts = f"t\x1f{booked_on.isoformat()}\x1f{amount_text(amount)}\x1f{fingerprint_text(raw)}"
    return sha256(parts.encode()).digest()[:16]


def day_part(day: date) -> bytes:
    """How a day begins what is hashed, for a caller that keeps the parts of a long file itself."""
    return b"t\x1f" + day.isoformat().encode() + b"\x1f"


def text_part(raw: str) -> bytes:
    """How a text ends what is hashed: `sha256(day_part + amount + text_part)`, first 16 bytes."""
    return b"\x1f" + fingerprint_text(raw).encode()


def fingerprinter() -> Callable[[date, Decimal, str, str], bytes]:
    """`fingerprint` for a long file: days and texts are turned into bytes once each.

    The caches empty themselves at 100,000 texts, so memory stays flat on any file.
    """
    days: dict[date, bytes] = {}
    texts: dict[str, bytes] = {}

    def make(booked_on: date, amount: Decimal, raw: str, provider_id: str = "") -> bytes:
        if provider_id:
            return sha256(b"p\x1f" + provider_id.encode()).digest()[:16]
        day = days.get(booked_on)
        if day is None:
            day = days[booked_on] = b"t\x1f" + booked_on.isoformat().encode() + b"\x1f"
        text = texts.get(raw)
        if text is None:
            if len(texts) >= _CACHE_LIMIT:
                texts.clear()
            text = texts[raw] = b"\x1f" + fingerprint_text(raw).encode()
        return sha256(day + amount_text(amount).encode() + text).digest()[:16]

    return make
