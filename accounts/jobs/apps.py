from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "accounts.jobs"
    label = "jobs"

    def ready(self) -> None:
        # Kinds of work register in each app's tasks.py; pages need their names too.
        autodiscover_modules("tasks")
