"""One hash over the product's own files, so that a proof can say which code it is of.

It is the SHA-256 of what `sha256sum` prints for every file in the order of their names, so anybody can make
it again without this code (`by_hand`). Not in it: names that begin with a dot, what Python and gettext make
of the sources, and the proof itself.
"""

import functools
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FOLDERS = (
    "accounts", "alerts", "analytics", "config", "locale", "recommendations", "static", "templates",
    "transactions",
)  # fmt: skip
FILES = ("manage.py", "pyproject.toml", "requirements.txt")
MADE = (".pyc", ".pyo", ".mo")
LEFT_OUT = "accounts/isolation/report.json"


@dataclass(frozen=True, slots=True)
class SourceTree:
    sha256: str
    files: int


def paths(root: Path) -> list[str]:
    """The product's files below `root`, relative, in the order of their bytes."""
    return sorted(_walk(root), key=str.encode)


def _walk(root: Path) -> Iterator[str]:
    yield from (name for name in FILES if (root / name).is_file())
    for folder in FOLDERS:
        for where, folders, files in os.walk(root / folder):
            folders[:] = [f for f in folders if f != "__pycache__" and not f.startswith(".")]
            for name in files:
                path = (Path(where) / name).relative_to(root).as_posix()
                if not name.startswith(".") and not name.endswith(MADE) and path != LEFT_OUT:
                    yield path


def digest(root: Path) -> SourceTree:
    """Reads every file below `root`."""
    found = paths(root)
    listing = "".join(f"{_of_file(root / path)}  {path}\n" for path in found)
    return SourceTree(hashlib.sha256(listing.encode()).hexdigest(), len(found))


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def running() -> SourceTree:
    """The code this process runs, read once: files changed under a running process don't count."""
    return digest(settings.BASE_DIR)


def by_hand() -> str:
    """The shell command that prints the same hash in an unpacked release."""
    there = [name for name in (*FOLDERS, *FILES) if (settings.BASE_DIR / name).exists()]
    made = " ".join(f"! -name '*{ending}'" for ending in MADE)
    return (
        f"find {' '.join(there)} -type f ! -path '*/.*' {made} ! -path {LEFT_OUT}"
        " | LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
