from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.banks import services


class Command(BaseCommand):
    help = (
        "Open the operators' door: the host name at which the list of banks is kept. Run it once after "
        "the first migration; a second time changes nothing, another --host is added."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", action="append", required=True,
            help="host name, such as operator.example.com; may be repeated",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            services.create_installation(hosts=options["host"])
        except services.NameRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"The operators' door is {options['host'][0]}. "
            "Make the first operator with `manage.py create_person EMAIL --operator`."
        )
