"""What a demo needs before it serves: its secrets, its environment, migrations and demo banks."""

import hashlib
import json
import os
import secrets as random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from config.embedded import given
from config.embedded.errors import EmbeddedError
from config.embedded.places import write_private
from config.embedded.servers import Servers
from config.embedded.urls import database_settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# What a demo bank is made from: when one of these changes, the preparation is run again.
PREPARED_FROM = (
    "**/migrations/*.py",
    "**/*demo*.py",
    "**/demo/**/*.py",
    "**/samples/**/*.py",
    "accounts/banks/grants.py",
    "accounts/banks/roles.py",
)
UNFINISHED = "unfinished"
NOT_OURS = (".venv", ".local", "tests", "node_modules")


def demo_secrets(home: Path) -> dict[str, str]:
    """The signing secrets of this checkout's demo; made once, kept in a file of mode 600."""
    path = home / "application.json"
    try:
        found: dict[str, str] = json.loads(path.read_text())
        # One of a demo made before there was a change log, or connections to banks, lacks its key.
        later = {
            "AUDIT_SIGNING_KEY": random.token_hex(32),
            "PROVIDER_KEYS": f"demo:{random.token_hex(32)}",
        }
        if not later.keys() <= found.keys():
            found = later | found
            write_private(path, json.dumps(found, indent=1))
    except FileNotFoundError:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        found = {
            "SECRET_KEY": random.token_urlsafe(50),
            "AUDIT_SIGNING_KEY": random.token_hex(32),
            "PROVIDER_KEYS": f"demo:{random.token_hex(32)}",
            "JWT_PRIVATE_KEY": key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        }
        write_private(path, json.dumps(found, indent=1))
    return found


def demo_environment(
    servers: Servers, home: Path, *, bind: str, given_environment: Mapping[str, str]
) -> dict[str, str]:
    """What the serving processes get; the owner's address is not in it."""
    hosts = [".localhost", "localhost", "127.0.0.1", "[::1]"]
    if bind not in LOOPBACK:
        # Asked for by BIND: the machine is to be reached by names only its network knows.
        hosts.append("*" if bind in ("0.0.0.0", "::") else bind)  # noqa: S104 (compared, not bound)
    environment = {
        "ALLOWED_HOSTS": ",".join(hosts),
        "BEAT_SCHEDULE_FILE": str(home / "beat"),
        **demo_secrets(home),
        **given_environment,
        "COUNTERFOIL_DEMO": "1",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "APP_ROLE": str(database_settings(servers.database_url)["USER"] or "app"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("MIGRATION_DATABASE_URL", None)
    return environment


def prepare(
    root: Path,
    servers: Servers,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    run: Callable[[list[str], Mapping[str, str]], int],
) -> bool:
    """Migrate and seed, unless the database notes that nothing changed; True when work was done."""
    url, variable = servers.migration_database_url, "the database address"
    if "MIGRATION_DATABASE_URL" in os.environ or "DATABASE_URL" in os.environ:
        variable = (
            "MIGRATION_DATABASE_URL" if "MIGRATION_DATABASE_URL" in os.environ else "DATABASE_URL"
        )
    prepared_from = given.claim_for_demo(url, variable)
    wanted = digest(root)
    if prepared_from == wanted:
        return False
    given.record_preparation(url, variable, UNFINISHED)
    as_owner = {**environment, "MIGRATION_DATABASE_URL": url}
    steps = [(["migrate_schemas", "--verbosity=0"], "Migrating")]
    if prepared_from:  # banks may exist; new ones get their rights as they are made
        steps.append((["grant_banks", "--verbosity=0"], "Granting rights"))
    seed = ["seed_demo", f"--data={data_folder(root)}"]
    steps.append((seed, "Making the demo banks (a minute or two the first time)"))
    for arguments, what in steps:
        say(f"{what} …")
        began = time.monotonic()
        if run([sys.executable, "manage.py", *arguments], as_owner) != 0:
            raise EmbeddedError(f"`manage.py {arguments[0]}` failed; what it said stands above.")
        say(f"  done in {time.monotonic() - began:.1f} s")
    given.record_preparation(url, variable, wanted)
    return True


def digest(root: Path) -> str:
    """One hash over all the demo banks are made from, the day included: they run up to today."""
    hashed = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    files = {path for pattern in PREPARED_FROM for path in root.glob(pattern)}
    for path in sorted(files):
        relative = path.relative_to(root)
        if relative.parts[0] not in NOT_OURS and "embedded" not in relative.parts:
            hashed.update(f"\0{relative}\0".encode() + path.read_bytes())
    hashed.update(b"\1" if (data_folder(root) / "berka").is_dir() else b"\0")
    return hashed.hexdigest()[:32]


def data_folder(root: Path) -> Path:
    """Where the real data lies: COUNTERFOIL_DATA, or shared/data beside the checkout."""
    return Path(os.environ.get("COUNTERFOIL_DATA") or root.parent / "shared" / "data")


class SignIns:
    """What `manage.py demo_signins` prints: asked while the demo starts, kept for the next start."""

    def __init__(self, root: Path, home: Path, environment: Mapping[str, str], port: int) -> None:
        self.kept = home / "signins.json"
        made_for = f"{digest(root)} {port} {environment['DATABASE_URL']}"
        self.key = hashlib.sha256(made_for.encode()).hexdigest()
        self.asked: subprocess.Popen[str] | None = None
        self.known = self._read()
        if not self.known:
            self.asked = subprocess.Popen(
                [sys.executable, "manage.py", "demo_signins", f"--port={port}"],
                cwd=root,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )

    def text(self) -> str:
        """What it says; nothing where there is no such command."""
        if self.asked is not None:
            said, _ = self.asked.communicate()
            if self.asked.returncode == 0 and said.strip():
                self.known = said.rstrip()
                write_private(self.kept, json.dumps({"key": self.key, "text": self.known}))
        return self.known

    def stop(self) -> None:
        if self.asked is not None:
            self.asked.kill()
            self.asked.wait()

    def _read(self) -> str:
        try:
            found = json.loads(self.kept.read_text())
        except (OSError, ValueError):
            return ""
        return str(found["text"]) if found.get("key") == self.key else ""
