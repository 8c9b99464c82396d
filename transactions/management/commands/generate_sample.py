"""Write invented customers as files: a folder for the folder loader, or one long account."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from transactions.samples.files import account_lines, write_csv, write_folder
from transactions.samples.generate import generate_bank


class Command(BaseCommand):
    help = (
        "Writes customers/<Name>.csv, products.csv and profiles.csv, or with --single one CSV of"
        " one account. The same seed and day give the same files."
    )
    # Writes files alone: neither a bank nor a database is opened.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bank", choices=["north", "south"], default="north")
        parser.add_argument("--customers", type=int, default=20)
        parser.add_argument("--rows", type=int, help="lines of all files together")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--today", type=date.fromisoformat, help="last day, YYYY-MM-DD")
        parser.add_argument(
            "--single", choices=["generic", "chase_checking"], help="one file of one account"
        )
        parser.add_argument("--out", type=Path, required=True, help="folder, or file with --single")

    def handle(self, *args: Any, **options: Any) -> None:
        rows, out = options["rows"], options["out"]
        today = options["today"] or date.today()  # noqa: DTZ011 - the caller's own day is meant
        if rows is not None and rows < 0:
            raise CommandError("--rows must be 0 or more.")
        try:
            if options["single"]:
                wanted = 200_000 if rows is None else rows
                lines = account_lines(wanted, seed=options["seed"], today=today)
                written = write_csv(lines, out, rows=wanted, layout=options["single"])
            else:
                bank = generate_bank(
                    options["bank"],
                    seed=options["seed"],
                    today=today,
                    customers=options["customers"],
                )
                written = write_folder(bank, out, lines=rows, seed=options["seed"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Can't write to {out}: {error.strerror}.") from error
        self.stdout.write(f"{written} lines written to {out}")
