"""Seals the secrets of connections anew with the first of PROVIDER_KEYS, and as POST_QUANTUM says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.audit import services as audit
from accounts.banks.tenancy import for_each_bank
from transactions.models import ProviderLink
from transactions.providers import secrets
from transactions.providers.sealing import NoKeys, SealBroken, keys


class Command(BaseCommand):
    help = (
        "Seals what opens people's connections to other banks with the first key of PROVIDER_KEYS. Put the new "
        "key first and the old one after it, run this, then take the old one away. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--bank", help="the bank's schema")
        which.add_argument("--all", action="store_true", help="every active bank")

    def handle(self, *args: Any, bank: str | None, **options: Any) -> None:
        try:
            if not keys():
                raise NoKeys("PROVIDER_KEYS is not set.")
        except NoKeys as error:
            raise CommandError(str(error)) from error
        seen, broken = 0, 0
        for schema in for_each_bank(bank):
            seen += 1
            renewed, failed = _renew_bank()
            broken += failed
            self.stdout.write(
                f"{schema}: {renewed} sealed anew"
                + (f", {failed} can't be opened" if failed else "")
            )
        if not seen:
            raise CommandError("There is no such bank.")
        if broken:
            raise CommandError(
                f"{broken} can't be opened with the keys at hand: keep the old keys, or have these people "
                "connect their banks anew."
            )


def _renew_bank() -> tuple[int, int]:
    """How many of the bank's connections were sealed anew, and how many nobody can open."""
    renewed = failed = 0
    with transaction.atomic():
        for link in ProviderLink.objects.select_for_update().order_by("pk"):
            try:
                if secrets.renew(link):
                    link.save(update_fields=["secret", "session"])
                    renewed += 1
            except SealBroken:
                failed += 1
        if renewed:
            audit.record(act="provider.keys_renewed", after={"n": renewed})
    return renewed, failed
