"""Read a folder of bank exports and compare each with its known answer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from transactions.adapters.report import check_folder
from transactions.management.commands.read_export import saved_layouts


class Command(BaseCommand):
    help = (
        "Prints each file of DIR/expected.csv and DIR/expected_ofx.csv beside its answer. "
        "Exit code 0: all as they should be; 1: some differ; 2: no answers in DIR."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR")
        parser.add_argument(
            "--answers", metavar="FILE",
            help="one more table of answers, with the columns `rejected` and `refused` besides",
        )  # fmt: skip
        parser.add_argument("--bank", metavar="SCHEMA", help="use this bank's saved mappings too")

    def handle(self, *args: Any, **options: Any) -> None:
        saved = saved_layouts(options["bank"]) if options["bank"] else ()
        try:
            more = Path(options["answers"]) if options["answers"] else None
            checks = list(check_folder(Path(options["folder"]), saved=saved, answers=more))
        except FileNotFoundError as error:
            raise CommandError(str(error), returncode=2) from error
        width = max((len(c.file) for c in checks), default=0)
        for check in checks:
            mark = "ok " if check.good else "BAD"
            self.stdout.write(f"{mark} {check.file:<{width}}  {check.verdict:<9}  {check.detail}")
        equal = sum(c.verdict == "equal" for c in checks)
        refused = sum(c.verdict == "refused" for c in checks)
        bad = sum(not c.good for c in checks)
        self.stdout.write(
            f"{len(checks)} files: {equal} equal, {refused} refused, {bad} not as they should be"
        )
        if bad:
            raise SystemExit(1)
