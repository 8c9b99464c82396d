"""Settings of the test suite: the owner role, a cheap hasher, tasks run at once."""

import os

os.environ.setdefault("SECRET_KEY", "for-tests-only-" + "x" * 40)
os.environ.setdefault("ALLOWED_HOSTS", "*")
os.environ.setdefault("HTTPS", "0")
# The address of the role that serves, for tests of what it may not do.
os.environ.setdefault("APP_DATABASE_URL", os.environ.get("DATABASE_URL", ""))
# pytest creates and drops test_*, so it connects as the role that owns it.
os.environ["DATABASE_URL"] = os.environ.get(
    "MIGRATION_DATABASE_URL", os.environ.get("DATABASE_URL", "")
)
# Roles belong to the whole server: a bank of the suite's name there keeps its own.
os.environ["BANK_ROLE_PREFIX"] = "test_app_"
os.environ.setdefault("AUDIT_SIGNING_KEY", "5e" * 32)
if "JWT_PRIVATE_KEY" not in os.environ:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    os.environ["JWT_PRIVATE_KEY"] = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
JOBS_INLINE = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# What a run counts and keeps in Redis is its own: ids of people begin anew with each database.
CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}"  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
# The suite runs as the owner; as a bank's role in tests/accounts/test_bank_roles.py and the stacks.
DATABASES["default"]["BANK_ROLES"] = "off"  # noqa: F405
# Most tests are about other things than signing in; tests/accounts/test_second_factor.py turns it on.
SECOND_FACTOR_REQUIRED = False
# Tests bring many files for the same people; tests/security/test_bombs.py counts them.
UPLOADS_PER_CUSTOMER = UPLOADS_PER_STAFF = 1_000_000
# A provider of account data that tests stand in for; nothing is asked over the network.
PLAID_ENV, PLAID_CLIENT_ID, PLAID_SECRET = "sandbox", "test-client", "test-secret"
PROVIDER_KEYS = "test1:" + "a1" * 32
