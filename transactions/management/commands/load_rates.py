"""Bring exchange rates from a file into one bank, or all; nothing is fetched from anywhere."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from accounts.banks.tenancy import bank_schemas, for_each_bank
from transactions.rates import services
from transactions.rates.reading import RatesUnreadable, read_rates


class Command(BaseCommand):
    help = (
        "Reads a CSV of exchange rates: day,base,quote,rate[,source] (one unit of base is rate units of "
        "quote), or the European Central Bank's history (Date,USD,JPY,… against the euro). All of it is "
        "stored, or nothing; the same file twice changes nothing. Exit code 0: stored; 1: the file can't "
        "be read, or differs from what is stored; 2: wrong arguments."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--bank", metavar="SCHEMA", help="one bank")
        which.add_argument("--all", action="store_true", help="every active bank")
        parser.add_argument("--source", default="", help="who says so, where the file doesn't")
        parser.add_argument("--replace", action="store_true", help="take the place of stored rates")
        parser.add_argument(
            "--dry-run", action="store_true", help="read and compare, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        only, banks = options["bank"], bank_schemas()
        if only and only not in banks:
            raise CommandError(
                f"There is no active bank {only}. Banks: {', '.join(banks) or 'none yet'}.",
                returncode=2,
            )
        try:
            with Path(options["file"]).open(encoding="utf-8-sig", newline="") as stream:
                rates = read_rates(stream, source=options["source"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=2) from None
        except UnicodeDecodeError:
            raise CommandError("The file is not UTF-8 text.") from None
        except RatesUnreadable as error:
            raise CommandError("\n".join(error.faults)) from None
        said = []
        for schema in for_each_bank(only):
            try:
                stored = services.store_rates(
                    rates, replace=options["replace"], dry_run=options["dry_run"]
                )
            except services.RatesDiffer as error:
                raise CommandError(f"{schema}: {error} (--replace)") from None
            said.append({"bank": schema, **asdict(stored)})
            if not options["json"]:
                would = "would be " if options["dry_run"] else ""
                self.stdout.write(
                    f"{schema}: {stored.new:,} rates {would}new, {stored.same:,} the same, "
                    f"{stored.replaced:,} {would}replaced; {stored.first} to {stored.last}"
                )
        if options["json"]:
            self.stdout.write(orjson.dumps(said).decode())
