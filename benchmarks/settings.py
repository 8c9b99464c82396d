"""The tests' settings, except that jobs are only put in: a worker does them beside what is measured."""

from config.settings_test import *  # noqa: F403

CELERY_TASK_ALWAYS_EAGER = False
CELERY_BROKER_URL = "memory://"
