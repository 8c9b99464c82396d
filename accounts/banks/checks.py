"""System checks of tenancy (tag `tenancy`)."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DatabaseError, connection

from accounts.banks import roles

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


@register(Tags.database, "tenancy")
def every_bank_has_a_role(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """`check --database default`: which banks stand without the second fence, and why."""
    # A migration checks the database too, before the rights are given.
    if not databases or settings.AS_OWNER:
        return []
    try:
        with connection.cursor() as cursor:
            reason = roles.why_off(cursor)
            without = [] if reason else roles.banks_without_role(cursor)
    except DatabaseError:
        return []  # a database that is away has checks of its own
    if reason and settings.BANK_ROLES == roles.ON:
        return [Error(f"BANK_ROLES is on, but banks can't have roles. {reason}", id="bank.E003")]
    if reason:
        return [Info(f"Banks have no database roles of their own. {reason}", id="bank.I001")]
    if not without:
        return []
    kind, number = (
        (Error, "bank.E004") if settings.BANK_ROLES == roles.ON else (Warning, "bank.W001")
    )
    return [
        kind(
            f"Banks without a database role of their own: {', '.join(without)}.",
            hint="Let the owner make roles (ALTER ROLE owner CREATEROLE), then run grant_banks.",
            id=number,
        )
    ]
