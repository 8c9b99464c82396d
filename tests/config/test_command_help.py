"""Every command of ours says how it is used on a fresh clone, without an installation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPO

_GIVEN = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "JWT_PRIVATE_KEY")
COMMANDS = sorted(
    path.stem
    for path in REPO.glob("*/**/management/commands/*.py")
    if path.stem != "__init__" and ".venv" not in path.parts
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_needs_nothing(command: str, tmp_path: Path) -> None:
    bare = {k: v for k, v in os.environ.items() if k not in (*_GIVEN, "ALLOWED_HOSTS")}
    bare |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    asked = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), command, "--help"],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0 and "usage:" in asked.stdout, asked.stderr[-500:]


def test_the_work_itself_still_needs_an_installation(tmp_path: Path) -> None:
    bare = {k: v for k, v in os.environ.items() if k not in (*_GIVEN, "ALLOWED_HOSTS")}
    bare |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    asked = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), "audit_ledger", "--all"],
        cwd=tmp_path, env=bare, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode != 0 and "is not set" in asked.stderr
