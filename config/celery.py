"""The Celery application. Every message names its bank (accounts/banks/tenancy.py) or is refused."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("counterfoil", task_cls="accounts.banks.celery_tasks:BankTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
