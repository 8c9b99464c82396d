import logging
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import sealing
from accounts.audit.models import AuditSeal
from accounts.audit.verification import read_heads
from tests.accounts.audit_log import sql, write
from tests.conftest import NORTH


@pytest.fixture
def log(north, caplog):
    """A bank with six seals over 60 entries, ids not contiguous, three entries unsealed; heads noted."""
    sql("truncate audit_auditentry, audit_auditseal")
    rng = random.Random(1)
    start = timezone.now() - timedelta(seconds=50)
    with caplog.at_level(logging.INFO, "audit.heads"):
        for _seal in range(6):
            write(10)
            sql("select setval(pg_get_serial_sequence('audit_auditentry', 'id'), %s)",
                sql("select max(id) from audit_auditentry")[0][0] + rng.randrange(1, 4))  # fmt: skip
            sealing.seal_bank(now=start + timedelta(seconds=_seal))
    write(3)
    return [line for line in caplog.messages if sealing.HEAD_MARK in line]


@pytest.fixture
def heads(log, django_capture_on_commit_callbacks):
    """In a test's transaction nothing commits: heads are taken from the seals as they were made."""
    lines = [sealing.head_line(NORTH, seal) for seal in AuditSeal.objects.order_by("no")]
    return read_heads(lines)
