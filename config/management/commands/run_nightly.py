from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.banks.tenancy import bank_schemas, for_each_bank
from analytics.nights.services import NightStopped
from config import nightly


class Command(BaseCommand):
    help = "Compute and publish the night of one bank, or of all. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", help="one bank")
        parser.add_argument("--date", type=date.fromisoformat, help="business day, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        only = options["schema"]
        if only and only not in bank_schemas():
            raise CommandError(
                f"There is no active bank {only}. Banks: {', '.join(bank_schemas())}."
            )
        stopped = 0
        for schema in for_each_bank(only):
            try:
                report = nightly.run_by_hand(options["date"])
            except (NightStopped, nightly.NightRunning) as error:
                stopped += 1
                self.stderr.write(f"{schema}: {error}")
                continue
            state = "unchanged, nothing done" if report.unchanged else "published"
            self.stdout.write(f"{schema} {report.run.business_day}: {state}")
            for step in report.steps:
                self.stdout.write(
                    f"  {nightly.TITLES.get(step.name, step.name):<22} {step.milliseconds / 1000:7.2f} s"
                    f" {step.count:>9,}  {step.note}"
                )
        if stopped:
            raise SystemExit(1)
