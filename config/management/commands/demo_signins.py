import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo.signins import sign_ins


class Command(BaseCommand):
    help = "Print the demo's addresses and sign-ins."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default="8000")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("There are no demo sign-ins here: this isn't a demo.")
        found = sign_ins()
        if options["json"]:
            self.stdout.write(json.dumps([vars(s) for s in found]))
            return
        for one in found:
            address = f"http://{one.host}:{options['port']}/"
            self.stdout.write(f"  {address:<34} {one.who:<18} {one.name:<24} {one.password}")
