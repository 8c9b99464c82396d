"""Measures the search for regular payments on the Berka bank's standing orders."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analytics.regulars.evaluation import evaluate
from transactions.samples.berka import SampleDataMissing

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Finds the regular payments in the rows of a folder of the Berka data and holds them against its "
        "standing orders (order.csv) and payment symbols; docs/regular-payments.md says how. Needs no bank."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", required=True, help="folder with order.csv and trans*.csv.gz")
        parser.add_argument("--json", action="store_true", help="all figures and misses as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = evaluate(Path(options["data"]))
        except SampleDataMissing as error:
            raise CommandError(str(error)) from error
        except (KeyError, ValueError) as error:
            raise CommandError(
                f"A file of the folder isn't as the Berka data is: {error}. Its columns are named in the "
                "first line and separated by semicolons."
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1))
            return
        self.stdout.write(_line("all accounts", found))
        for name, half in found["halves"].items():
            self.stdout.write(_line({"tune": "even numbers", "report": "odd numbers"}[name], half))
        for name, file in found["files"].items():
            self.stdout.write(_line(name, file))
        for miss in found["misses"][:SHOWN]:
            self.stdout.write(
                f"missed: account {miss['account']}, order {miss['order']}, {miss['payments']} payments"
            )
        for wrong in found["wrong"][:SHOWN]:
            self.stdout.write(
                f"no truth for: account {wrong['account']}, {wrong['cadence']}, {wrong['payments']} payments"
            )


def _line(name: str, figures: dict[str, Any]) -> str:
    return (
        f"{name}: recall {_share(figures['recall'])} ({figures['found']} of {figures['orders']} orders), "
        f"precision {_share(figures['precision'])} ({figures['right']} of {figures['streams']} streams; "
        f"{_share(figures['precision_judged'])} without the {figures['unjudged']} that the data can't judge)"
    )


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value * 100:.1f} %"
