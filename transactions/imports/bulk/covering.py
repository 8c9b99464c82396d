"""What of a file for many customers is never said back: addresses of people."""

import re

_EMAIL = re.compile(r"[^\s@,;|\"'<>]+@[^\s@,;|\"'<>]+\.[^\s@,;|\"'<>]+")
COVER = "…@…"


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text.strip()) is not None


def covered(text: str) -> str:
    """The text with every e-mail address covered."""
    return _EMAIL.sub(COVER, text) if "@" in text else text
