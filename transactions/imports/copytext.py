"""Values as COPY's text format takes them."""

import re

from accounts.cards import cut_card_numbers

NULL = "\\N"

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def storable(text: str) -> str:
    """The text with U+FFFD for what no table can hold."""
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def escape(text: str) -> str:
    """The text as COPY's text format takes it; what no table can hold becomes U+FFFD."""
    if text.isprintable() and "\\" not in text:
        return text
    return storable(text).translate(_ESCAPES)


def safe(text: str) -> str:
    """The same, less card numbers."""
    return escape(cut_card_numbers(text))


def sign_of(figure: str) -> int:
    """-1, 0 or 1 by an amount's text."""
    return -1 if figure[0] == "-" else 0 if figure == "0" else 1
