"""System checks of tenancy (tag `tenancy`)."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

ALLOWED_IN_PUBLIC = {
    "banks", "accounts", "contenttypes", "auth", "sessions", "admin", "account", "mfa", "usersessions",
}  # fmt: skip


@register("tenancy")
def tables_of_public(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No table of a bank may exist in `public`."""
    problems: list[CheckMessage] = []
    for name in settings.SHARED_APPS:
        config = next((c for c in apps.get_app_configs() if c.name == name), None)
        if config and list(config.get_models()) and config.label not in ALLOWED_IN_PUBLIC:
            problems.append(
                Error(
                    f"App {config.label} has tables and stands in SHARED_APPS.",
                    hint="Move it to TENANT_APPS in config/settings.py.",
                    id="bank.E001",
                )
            )
    return problems


@register("tenancy")
def every_table_of_a_bank_is_in_a_bank(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """STRICT search paths: an app outside TENANT_APPS can't be read inside a bank."""
    if settings.EXTRA_SET_TENANT_METHOD_PATH != "accounts.banks.tenancy.only_own_schema":
        return [Error("public is readable inside a bank.", id="bank.E002",
                      hint="Set EXTRA_SET_TENANT_METHOD_PATH to accounts.banks.tenancy.only_own_schema.")]  # fmt: skip
    return []
