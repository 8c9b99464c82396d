from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The Celery application must exist before any task is sent, in web processes too.
        from config import celery  # noqa: F401
