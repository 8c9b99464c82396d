"""A Chromium for tests that look at pages as people do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from config.embedded import chromium


@contextmanager
def browser() -> Iterator[Any]:
    """To it every host name leads to this machine. Skips, and says so, where there is no Chromium."""
    program = chromium.find()
    if program is None:
        pytest.skip("no Chromium here: set CHROMIUM to one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(program),
            args=["--no-sandbox", "--host-resolver-rules=MAP * 127.0.0.1"],
        )
        yield started
        started.close()
