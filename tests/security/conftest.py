"""A filled bank to knock at, and people of each role who do."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import set_urlconf

from accounts.banks.tenancy import in_bank
from accounts.customers.models import AccessGrant
from tests import twins
from tests.sweep.routes import PERSON

ROOT = settings.BASE_DIR

# What production would set, asked of config.settings itself in a process of its own.
_ASK = """
import json, config.settings as s
names = [n for n in dir(s) if n.isupper() and n.split("_")[0] in
         {"SECURE", "SESSION", "CSRF", "DEVICE", "X", "HTTPS", "CONTENT", "MESSAGE"}]
print(json.dumps({n: getattr(s, n) for n in names}))
"""


def production_environment() -> dict[str, str]:
    """Variables of a production process on the servers at hand."""
    return {
        **{k: v for k, v in os.environ.items() if k not in ("COUNTERFOIL_DEMO", "DEBUG", "HTTPS")},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": os.environ["SECRET_KEY"].replace("x" * 40, "q7W!zR2#" * 6),
        "JWT_PRIVATE_KEY": settings.HEADLESS_JWT_PRIVATE_KEY,
        "ALLOWED_HOSTS": "north.example,south.example",
        "HTTPS": "1",
        "BEHIND_PROXY": "1",
    }


@pytest.fixture(scope="session")
def production() -> dict[str, Any]:
    """The security settings of production by name."""
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=ROOT,
        env=production_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout.splitlines()[-1])
    for name in ("SECURE_PROXY_SSL_HEADER",):
        if name in found:
            found[name] = tuple(found[name])
    return dict(found)


@pytest.fixture
def twin_a(twin_banks: None) -> Iterator[twins.Twin]:
    """Inside the filled bank A; its admin 7 holds an open purpose for customer 1."""
    with in_bank(twins.A.schema):
        AccessGrant.objects.create(
            staff_id=PERSON["admin+purpose"], customer_id=1, purpose="request", note="at the desk",
            opened_at=twins.NOW, expires_at=twins.FAR,
        )  # fmt: skip
        yield twins.A
    set_urlconf(None)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are asked for; their log lines would be most of the time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
