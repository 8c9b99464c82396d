import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.isolation import report, source_tree


class Command(BaseCommand):
    help = (
        "Say whether the isolation report is whole and of the code in this folder; exit code 1 when it "
        "isn't. Needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, default=report.PATH, help="a downloaded report; else the shipped one"
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = report.read(options["file"])
        except report.BadReport as problem:
            raise CommandError(str(problem)) from problem
        if found is None:
            raise CommandError("There is no report. `make isolation-report` makes one.")
        running = source_tree.running()
        self.stdout.write(
            f"Version {found.version}, {found.made_at:%Y-%m-%d}: {len(found.tests)} tests, "
            f"{found.counts['answers']:,} answers, {found.leaks} leaks.\n"
            f"The report is whole: {found.sha256}"
        )
        if not found.is_of(running):
            self.stdout.write(
                f"It is of other code: {found.source.sha256}, not {running.sha256} as in this folder."
            )
            sys.exit(1)
        self.stdout.write(f"It is of this very code: {running.sha256}, {running.files} files.")
