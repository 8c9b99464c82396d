import json
import sys
from argparse import FileType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit.verification import Report, read_heads, verify_bank
from accounts.banks.tenancy import bank_schemas, for_each_bank


class Command(BaseCommand):
    help = (
        "Recompute the change log of one bank or of all; exit code 1 when something was tampered with, or "
        "when the heads given hold none of a bank's own, so that its end was compared with nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--bank", help="schema of the bank, such as north")
        which.add_argument("--all", action="store_true", help="every bank")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a bank, a line each"
        )
        parser.add_argument(
            "--heads",
            type=FileType("r", encoding="utf-8"),
            help="a log that holds the heads said when seals were made; - reads the standard input",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["bank"] and options["bank"] not in bank_schemas():
            raise CommandError(f"There is no active bank {options['bank']}.")
        try:
            heads = read_heads(options["heads"]) if options["heads"] else []
        except ValueError as error:
            raise CommandError(str(error)) from error
        good = True
        for _schema in for_each_bank(options["bank"]):
            report = verify_bank(heads=heads)
            compared = not options["heads"] or any(head.bank == report.bank for head in heads)
            lacking = "" if compared else no_head(options["heads"].name, report.bank)
            good = good and report.good and not lacking
            write = as_json if options["json"] else as_text
            self.stdout.write(write(report, lacking))
        if not good:
            sys.exit(1)


def no_head(file: str, bank: str) -> str:
    return f"{file} holds no head of {bank}, so nothing was compared."


def as_json(report: Report, lacking: str = "") -> str:
    return json.dumps(
        {
            **vars(report),
            "oldest_unsealed": report.oldest_unsealed.isoformat()
            if report.oldest_unsealed
            else None,
            "heads_lacking": lacking,
            "good": report.good and not lacking,
        }
    )


def as_text(report: Report, lacking: str = "") -> str:
    lines = [
        f"{report.bank}: {report.entries} entries, {report.seals} seals, {report.erased} erased.",
        f"  Unsealed: {report.unsealed} ({report.unsealed_ids})"
        if report.unsealed
        else "  Unsealed: none.",
    ]
    if report.oldest_unsealed:
        lines.append(
            f"  The oldest of them is of {report.oldest_unsealed.isoformat(timespec='seconds')}."
        )
    if report.heads_checked:
        lines.append(f"  Heads from the log: {report.heads_checked} compared.")
    if lacking:
        lines.append(f"  NOT COMPARED: {lacking}")
    if report.good:
        lines.append("  Nothing else is amiss." if lacking else "  Nothing was tampered with.")
    else:
        lines.append(f"  TAMPERED WITH: {report.problem_count} findings.")
        lines += [f"  - {sentence}" for sentence in report.problems]
    return "\n".join(lines)
