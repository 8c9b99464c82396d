"""Whose the servers are and where they live: account, folders, marks and secrets.

`home` is `<checkout>/.local/<name>`, the caller's: lock, secrets, logs. `base` is the servers' own
folder: data and sockets. It lies inside home, or in /var/tmp where the servers' account cannot
enter home or the path is too long for a socket. Folders that exist are never given another mode.
"""

import hashlib
import json
import os
import pwd
import secrets as random
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from config.embedded.errors import EmbeddedError

SHARED_TEMPORARY = Path("/var/tmp")  # noqa: S108 (a folder of mode 700 is made in it)
MARK = "counterfoil.json"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


@dataclass(frozen=True)
class Account:
    """The unprivileged user root starts the servers as: both refuse, or should not, run as root."""

    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Place:
    """Where one data set's servers live, and as whom they run (None: as the caller)."""

    home: Path
    base: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.base / "postgres"

    @property
    def sockets(self) -> Path:
        return self.base / "sock"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    def log(self, server: str) -> Path:
        return self.home / f"{server}.log"

    def popen(self) -> dict[str, Any]:
        """What every process started for this place shares: its user, folder and environment."""
        # PG* variables of the caller (PGDATA, PGPORT) must not reach the server.
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.base),
            "LC_ALL": "C",
            "TZ": "UTC",
        }
        return {
            "cwd": self.base,
            "env": environment,
            **(self.account.popen() if self.account else {}),
        }

    def make_folder(self, folder: Path) -> None:
        """A folder of mode 700 that belongs to the servers' account."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)

    def give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)


def server_account() -> Account | None:
    """None for an ordinary caller, who runs the servers as itself; `nobody` for root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "The bundled PostgreSQL cannot run as root and this system has no user named nobody. "
            "Run the command as an ordinary user, or name a database in DATABASE_URL."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def home_folder(root: Path, name: str) -> Path:
    return root / ".local" / name


def make_home(root: Path, name: str) -> Path:
    """`<root>/.local/<name>`, made when missing; an EmbeddedError when it is somebody else's."""
    home = home_folder(root, name)
    for folder in (home.parent, home):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        if os.geteuid() == 0:
            folder.chmod(0o711)  # ours, just made; lets the servers' account through to its own
    owner = home.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedError(
            f"{home} belongs to another user ({_user_name(owner)}): run the command as that user, "
            "or remove the folder to start anew."
        )
    return home


def read_secrets(home: Path) -> dict[str, str]:
    """The passwords and the id of this data set; made once and kept in a file of mode 600."""
    path = home / "secrets.json"
    try:
        found: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        found = {"data_id": random.token_hex(16)}
        for role in ("postgres", "owner", "app"):
            found[role] = random.token_hex(24)
        write_private(path, json.dumps(found, indent=1))
    except ValueError:
        raise EmbeddedError(
            f"{path} is damaged: remove {home} to start anew (its demo data is made again)."
        ) from None
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 600 whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def choose(root: Path, home: Path, data_id: str) -> Place:
    """The place of a data set, found again by the same call; makes no folder."""
    account = server_account()
    near = home / "servers"
    if _holds_sockets(near) and _can_enter(account, home):
        return Place(home, near, account)
    # The id keeps a new clone at the same path away from what an earlier one left there.
    digest = hashlib.sha256(f"{root}\0{home.name}\0{data_id}".encode()).hexdigest()[:16]
    far = SHARED_TEMPORARY / f"counterfoil-{digest}"
    if not _holds_sockets(far):
        raise EmbeddedError(
            f"The path {root} is too long for a socket (at most {SOCKET_PATH_BYTES} bytes) and so "
            f"is {SHARED_TEMPORARY}: move the checkout to a shorter path."
        )
    return Place(home, far, account)


def make_base(place: Place, data_id: str) -> None:
    """The servers' folder, marked as this data set's; an EmbeddedError when it is another's."""
    base = place.base
    expected = place.account.uid if place.account else os.geteuid()
    try:
        base.mkdir(mode=0o700)
        place.give(base)
    except FileExistsError:
        found = base.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected or found.st_mode & 0o077:
            raise EmbeddedError(
                f"{base} is not the private folder of this checkout (it belongs to "
                f"{_user_name(found.st_uid)}, mode {stat.S_IMODE(found.st_mode):o}): "
                "move it away and try again."
            ) from None
    except OSError as error:
        raise EmbeddedError(
            f"The servers' folder {base} cannot be made ({error.strerror}): make {base.parent} "
            "writable, or move the checkout to a shorter path that every user may enter."
        ) from error
    mark = base / MARK
    if mark.is_symlink() or (not mark.exists() and any(base.iterdir())):
        raise EmbeddedError(_foreign(base))
    if not mark.exists():
        write_private(mark, json.dumps({"counterfoil": 1, "data_id": data_id}))
    elif not is_ours(place, data_id):
        raise EmbeddedError(_foreign(base))
    place.make_folder(place.sockets)


def is_ours(place: Place, data_id: str) -> bool:
    """Whether the servers' folder carries this data set's mark."""
    try:
        return bool(json.loads((place.base / MARK).read_text()).get("data_id") == data_id)
    except (OSError, ValueError, AttributeError):
        return False


def _foreign(base: Path) -> str:
    return (
        f"{base} holds data that this checkout did not make, and it is left as it is: "
        "move it away (or remove it, if nothing in it is wanted) and try again."
    )


def _holds_sockets(base: Path) -> bool:
    longest = os.fsencode(base / "sock" / LONGEST_SOCKET_NAME)
    # A path that a URL would have to escape is not read back alike by every client.
    return len(longest) <= SOCKET_PATH_BYTES and quote(str(base)) == str(base)


def _can_enter(account: Account | None, folder: Path) -> bool:
    if account is None:
        return True
    # Asked of the kernel as that user: mode bits alone miss access lists and squashed roots.
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
        cwd="/",
        capture_output=True,
        check=False,
        **account.popen(),
    )
    return entered.returncode == 0


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
