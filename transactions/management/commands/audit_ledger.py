"""Recompute the books of one bank, or of all, and name every difference; nothing is written."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from accounts.banks.tenancy import bank_schemas, for_each_bank
from transactions.audit import Difference, audit_ledger, compared


class Command(BaseCommand):
    help = (
        "Adds every line up again, by a second and plainer way, and compares the sums with what the "
        "bank keeps: month totals, parts of splits, and the categories, imports and parents that "
        "lines name. It only reads and may run at any time. Prints ids alone unless --amounts is given. "
        "Exit code 0: the books add up; 1: there are differences; 2: wrong arguments."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--bank", metavar="SCHEMA", help="one bank")
        which.add_argument("--all", action="store_true", help="every active bank (the default)")
        parser.add_argument(
            "--amounts", action="store_true", help="show what is kept and should be"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        only, banks = options["bank"], bank_schemas()
        if only and only not in banks:
            raise CommandError(
                f"There is no active bank {only}. Banks: {', '.join(banks) or 'none yet'}.",
                returncode=2,
            )
        listed = []
        for schema in for_each_bank(only):
            said = {
                "bank": schema,
                "compared": asdict(compared()),
                "differences": [_shown(found, options["amounts"]) for found in audit_ledger()],
            }
            listed.append(said)
            if not options["json"]:
                self._print(said)
        if options["json"]:
            self.stdout.write(orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode())
        elif not listed:
            self.stdout.write("There is no active bank; nothing was compared.")
        if any(said["differences"] for said in listed):
            raise SystemExit(1)

    def _print(self, said: dict[str, Any]) -> None:
        of, differences = said["compared"], said["differences"]
        verdict = "the books add up"
        if differences:
            verdict = f"{len(differences)} difference{'s' if len(differences) > 1 else ''}"
        self.stdout.write(
            f"{said['bank']}: {of['accounts']:,} accounts, {of['lines']:,} lines and "
            f"{of['month_totals']:,} month totals compared; {verdict}"
        )
        for found in differences:
            sums = (
                f": is {found['kept']}, should be {found['should_be']}" if "kept" in found else ""
            )
            self.stdout.write(f"  {found['what']}, {found['where']}{sums}")


def _shown(found: Difference, amounts: bool) -> dict[str, str]:
    shown = asdict(found)
    return shown if amounts else {name: shown[name] for name in ("what", "where")}
