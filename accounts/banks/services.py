"""Acts on the list of banks. A bank is made by a process that holds the owner role."""

import logging
import re
from collections.abc import Iterable, Mapping

from django.core.management import call_command
from django.db import connection
from django_tenants.utils import get_public_schema_name

from accounts.banks.grants import grant_bank
from accounts.banks.models import Bank, Domain
from accounts.banks.signals import bank_created
from accounts.banks.tenancy import in_bank, in_public
from accounts.customers.models import BankProfile

log = logging.getLogger(__name__)


_SCHEMA = re.compile(r"(?!pg_)[a-z][a-z0-9_]{0,47}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class NameRefused(ValueError):
    """A schema or host name that can't be taken; the message says why."""


def create_bank(
    *, schema: str, name: str, hosts: list[str], settings: Mapping[str, str] | None = None
) -> Bank:
    """Makes a bank, or goes on where an earlier attempt stopped.

    Parameters: `schema` is the schema's name (lower case letters, digits, `_`), `hosts` the host names
    that open it, the first being the primary one; `settings` are fields of its BankProfile, which stays
    as it is where there is one. Steps: row, schema, tables, rights, reference data. The step and, when it
    fails, the error stand on the bank's row; the error is raised too. Raises NameRefused before anything
    is done.
    """
    if not _SCHEMA.fullmatch(schema) or schema == get_public_schema_name():
        raise NameRefused(
            f"A bank can't be named {schema}: take small letters, digits and _, such as north."
        )
    with in_public():
        _check_hosts(hosts, schema)
        bank: Bank
        bank, _ = Bank.objects.get_or_create(schema_name=schema, defaults={"name": name})
        if bank.name != name:
            bank.name = name
            bank.save(update_fields=["name"])
        try:
            if bank.state != Bank.State.ACTIVE:
                _step(bank, Bank.State.CREATING, "tables")
            migrate_bank(bank)
            _step(bank, bank.state, "hosts")
            for number, host in enumerate(hosts):
                Domain.objects.update_or_create(
                    domain=host, defaults={"tenant": bank, "is_primary": number == 0}
                )
            _step(bank, bank.state, "reference data")
            with in_bank(schema):
                BankProfile.objects.get_or_create(pk=1, defaults={"name": name, **(settings or {})})
                bank_created.send(sender=Bank, bank=bank)
            _step(bank, Bank.State.ACTIVE, "")
        except Exception as error:
            connection.rollback() if not connection.in_atomic_block else None
            bank.error = f"{type(error).__name__}: {error}"[:500]
            if bank.state != Bank.State.ACTIVE:
                bank.state = Bank.State.FAILED
            bank.save(update_fields=["state", "error"])
            raise
    return bank


def migrate_bank(bank: Bank) -> None:
    """The schema, its tables and the serving role's rights; safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from pg_namespace where nspname = %s)", [bank.schema_name]
        )
        if not cursor.fetchone()[0]:
            # As its own statement: on Citus this is what places the bank on a node.
            cursor.execute(f'create schema "{bank.schema_name}"')
    call_command(
        "migrate_schemas", schema_name=bank.schema_name, tenant=True, interactive=False, verbosity=0
    )
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    grant_bank(bank.schema_name)


def create_installation(*, hosts: list[str]) -> Bank:
    """The row of `public` itself: the operators' door. Raises NameRefused."""
    with in_public():
        _check_hosts(hosts, get_public_schema_name())
        public: Bank
        public, _ = Bank.objects.update_or_create(
            schema_name=get_public_schema_name(),
            defaults={"name": "Operators", "state": Bank.State.ACTIVE},
        )
        for number, host in enumerate(hosts):
            Domain.objects.update_or_create(
                domain=host, defaults={"tenant": public, "is_primary": number == 0}
            )
        grant_bank(get_public_schema_name())
    return public


def _check_hosts(hosts: Iterable[str], schema: str) -> None:
    """A host name opens one door: none is taken from another bank without a word."""
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise NameRefused(
                f"{host} is no host name: write it in small letters without scheme or port, "
                "such as north.example.com."
            )
        other = Domain.objects.filter(domain=host).exclude(tenant__schema_name=schema).first()
        if other is not None:
            raise NameRefused(f"{host} opens {other.tenant.name} already; take another host name.")


def _step(bank: Bank, state: str, step: str) -> None:
    bank.state, bank.step, bank.error = state, step, ""
    bank.save(update_fields=["state", "step", "error"])
