from django.apps import AppConfig


class BanksConfig(AppConfig):
    name = "accounts.banks"
    label = "banks"

    def ready(self) -> None:
        from accounts.banks import checks, contenttypes, tenancy  # noqa: F401

        contenttypes.key_cache_by_schema()
        tenancy.connect_celery()
