from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.banks import roles
from accounts.banks.grants import grant_bank
from accounts.banks.tenancy import bank_schemas


class Command(BaseCommand):
    help = (
        "Give the rights in public to the serving role and those in every bank to the bank's own role. "
        "Run after each migration."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for schema in ["public", *bank_schemas()]:
            try:
                role = grant_bank(schema)
            except roles.RolesRefused as refused:
                raise CommandError(str(refused)) from refused
            self.stdout.write(f"{schema}: {role}" if role else schema)
        with connection.cursor() as cursor:
            if reason := roles.why_off(cursor):
                self.stdout.write(f"Banks have no roles of their own. {reason}")
