"""A Chromium for the browser tests: the one named in CHROMIUM, an installed one, or Debian's."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> Path | None:
    """The browser's program, or None where there is none."""
    named = os.environ.get("CHROMIUM", "")
    for candidate in (named, *(shutil.which(name) for name in NAMES), *PLACES):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    return None


def find_or_install() -> Path | None:
    """The same, installed with apt-get first where root lacks it."""
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests …", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            tried = subprocess.run(command, env=environment, capture_output=True, check=False)
            if tried.returncode != 0 and "install" in command:
                return None
        found = find()
    return found
