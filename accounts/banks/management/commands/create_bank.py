from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.banks import services


class Command(BaseCommand):
    help = (
        "Make a bank: its schema, tables, rights, settings and reference data. Goes on where it stopped; "
        "the settings of a bank that is there are changed on its admin pages."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", help="name of the schema, such as north")
        parser.add_argument("--name", required=True, help="name that people read")
        parser.add_argument(
            "--host", action="append", required=True, help="host name; may be repeated"
        )
        parser.add_argument("--currency", default="EUR", help="three letters (EUR)")
        parser.add_argument("--country", default="DE", help="two letters (DE)")
        parser.add_argument("--time-zone", default="Europe/Berlin", help="(Europe/Berlin)")
        parser.add_argument("--locale", default="en", help="language, such as en or de-AT (en)")

    def handle(self, *args: Any, **options: Any) -> None:
        settings = _settings(options)
        try:
            bank = services.create_bank(
                schema=options["schema"],
                name=options["name"],
                hosts=options["host"],
                settings=settings,
            )
        except services.NameRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{bank.name} is ready at {options['host'][0]}.")


def _settings(options: dict[str, Any]) -> dict[str, str]:
    """The bank's settings, held to the rules of the page they are changed on."""
    from accounts.customers.forms import BankProfileForm

    given = {
        "currency": options["currency"],
        "country": options["country"],
        "time_zone": options["time_zone"],
        "locale": options["locale"],
    }
    form = BankProfileForm({"name": options["name"], "k": 10, **given})
    settings = {}
    for name in given:
        try:
            value = form.fields[name].clean(given[name])
            form.cleaned_data = {name: value}
            check = getattr(form, f"clean_{name}", None)
            settings[name] = str(check() if check else value)
        except ValidationError as error:
            raise CommandError(f"--{name.replace('_', '-')}: {' '.join(error.messages)}") from error
    return settings
