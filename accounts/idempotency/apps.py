from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "accounts.idempotency"
    label = "idempotency"
