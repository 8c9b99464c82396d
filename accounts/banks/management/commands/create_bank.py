from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.banks import services


class Command(BaseCommand):
    help = "Make a bank: its schema, tables, rights and reference data. Goes on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", help="name of the schema, such as north")
        parser.add_argument("--name", required=True, help="name that people read")
        parser.add_argument(
            "--host", action="append", required=True, help="host name; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        bank = services.create_bank(
            schema=options["schema"], name=options["name"], hosts=options["host"]
        )
        self.stdout.write(f"{bank.name} is ready at {options['host'][0]}.")
