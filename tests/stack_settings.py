"""Settings of a started stack: those of the product, a cheap hasher, and the suite's own jobs."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.stack_jobs"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
CELERY_BEAT_SCHEDULE["nights"]["schedule"] = env.float("NIGHTS_SECONDS", default=300.0)  # noqa: F405
CHECK_SCHEMA = True
