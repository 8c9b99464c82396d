"""What a password may not be: known from a breach, known from the demo, longer than anybody types."""

import hashlib
import mmap
import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 1000
_HASH_LINE = re.compile(rb"^[0-9A-Fa-f]{16,40}(:\d+)?\s*$")


class LongestValidator:
    """Long passwords are welcome and never cut; a whole book is not a password."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("The password has %(n)d characters; at most %(most)d can be kept."),
                code="password_too_long",
                params={"n": len(password), "most": LONGEST},
            )

    def get_help_text(self) -> str:
        return _("Any characters of any script, spaces included, and as long as you like.")


class KnownPasswordValidator:
    """Refuses the demo's passwords and those in BREACHED_PASSWORDS_FILE."""

    def validate(self, password: str, user: Any = None) -> None:
        if not settings.DEMO and password.lower() in settings.SEED_PASSWORDS:
            raise ValidationError(
                _("This password is printed in the product's own manual. Choose another one."),
                code="password_is_seed",
            )
        path = settings.BREACHED_PASSWORDS_FILE
        if path and is_breached(password, path):
            raise ValidationError(
                _(
                    "This password is in lists of stolen passwords, which are tried first. Choose another one."
                ),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("Not one that was stolen elsewhere.")


def is_breached(password: str, path: str) -> bool:
    """Whether the file at `path` knows this password.

    The file holds either SHA-1 hashes in hexadecimal, or first digits of them (16 or more, all of one
    length), sorted, one a line, with a count after a colon if it likes; or passwords, one a line. Hashes are
    found by halving, passwords by one run through the mapped file; neither is read into memory.
    """
    with open(path, "rb") as file:
        first = file.readline(200)
        if not first:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            if _HASH_LINE.match(first):
                digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
                return _hash_stands_in(text, digest.encode())
            return _line_stands_in(text, password.encode())


def _hash_stands_in(text: mmap.mmap, digest: bytes) -> bool:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        start = text.rfind(b"\n", 0, middle) + 1
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].split(b":")[0].strip().upper()
        wanted = digest[: len(line)]
        if line and line == wanted:
            return True
        if line < wanted:
            low = end + 1
        else:
            high = start
    return False


def _line_stands_in(text: mmap.mmap, password: bytes) -> bool:
    if b"\n" in password or b"\r" in password:
        return False
    at = text.find(password)
    while at >= 0:
        end = at + len(password)
        starts = at == 0 or text[at - 1 : at] == b"\n"
        if starts and (end == len(text) or text[end : end + 1] in (b"\n", b"\r")):
            return True
        at = text.find(password, at + 1)
    return False
