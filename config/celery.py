"""The Celery application. Every message names its bank (accounts/banks/tenancy.py) or is refused."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("counterfoil", task_cls="accounts.banks.celery_tasks:BankTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect(weak=False)
def _log_as_the_web_does(**kwargs: Any) -> None:
    """Celery's own lines quote exceptions, and those quote rows: workers log as accounts/logs.py says."""
    logging.config.dictConfig(settings.LOGGING)
