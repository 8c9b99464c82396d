from typing import Any

from django.core.management.base import BaseCommand

from accounts.banks.grants import grant_bank
from accounts.banks.tenancy import bank_schemas


class Command(BaseCommand):
    help = "Give the serving role its rights in public and in every bank. Run after each migration."

    def handle(self, *args: Any, **options: Any) -> None:
        for schema in ["public", *bank_schemas()]:
            grant_bank(schema)
            self.stdout.write(schema)
