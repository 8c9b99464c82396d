"""Load a folder of customers: people, accounts and transactions."""

from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.banks.tenancy import bank_schemas, in_bank
from transactions.adapters import Refused
from transactions.adapters.folder import Folder, read_folder
from transactions.imports.by_hand import issue_text
from transactions.imports.folders import Loaded, People, load_customer, storable

COLUMNS = ("rows", "new", "same", "changed", "doubtful", "rejected")


class Command(BaseCommand):
    help = (
        "DIR holds customers/<Name>.csv (date, description, amount, category and the like, by any of "
        "their usual names), and beside it profiles.csv and products.csv. Customers and accounts that "
        "are not there yet are made; a row that can't be read is printed and the rest goes in; loading "
        "the folder again changes nothing. "
        "Exit code 0: everything is in the ledger (or would be); 1: a file was refused; "
        "2: wrong arguments; 3: in the ledger, but some rows were left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR")
        parser.add_argument("--bank", metavar="SCHEMA", required=True)
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        schema, banks = options["bank"], bank_schemas()
        if schema not in banks:
            raise CommandError(
                f"There is no active bank {schema}. Banks: {', '.join(banks) or 'none'}.",
                returncode=2,
            )
        try:
            folder = read_folder(Path(options["folder"]))
        except Refused as refused:
            raise CommandError(refused.message, returncode=2) from refused
        with in_bank(schema), transaction.atomic() if options["dry_run"] else nullcontext():
            people = People()
            loaded = [load_customer(found, people) for found in folder.customers]
            if options["dry_run"]:
                transaction.set_rollback(True)
        for found, one in zip(folder.customers, loaded, strict=True):
            self._print_issues(one, found.path)
        self._print_table(folder, loaded, dry_run=options["dry_run"])
        if any(one.problem or (one.file and one.file.refused) for one in loaded):
            raise SystemExit(1)
        if any(one.file and one.file.left_out for one in loaded):
            raise SystemExit(3)

    def _print_issues(self, one: Loaded, path: Path | None) -> None:
        file = f"customers/{storable(path.name)}" if path else "profiles.csv"
        problem = one.problem or (one.file.refused if one.file else None)
        if problem:
            self.stdout.write(f"{file}: left out ({problem.code}). {problem.sentence}")
        for note in one.notes:
            self.stdout.write(f"{file}: {note}")
        for issue in one.file.issues if one.file else ():
            self.stdout.write(f"{file},{issue_text(issue)[1:]}")

    def _print_table(self, folder: Folder, loaded: list[Loaded], *, dry_run: bool) -> None:
        for note in folder.notes:
            self.stdout.write(note)
        head = ("customer", "reference", "", *COLUMNS)
        rows: list[tuple[str, ...]] = [head]
        totals = dict.fromkeys(COLUMNS, 0)
        for one in loaded:
            counts = {name: one.file.count(name) if one.file else 0 for name in COLUMNS}
            for name, count in counts.items():
                totals[name] += count
            state = "made" if one.is_new else "found" if one.reference else "-"
            rows.append((one.name, one.reference, state, *(f"{n:,}" for n in counts.values())))
        rows.append(("together", "", "", *(f"{n:,}" for n in totals.values())))
        widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
        for row in rows:
            cells = [
                cell.ljust(width) if at < 3 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.stdout.write("  ".join(cells).rstrip())
        made = sum(one.is_new for one in loaded)
        accounts = sum(one.new_accounts for one in loaded)
        verb = "would be made; nothing was written" if dry_run else "made"
        self.stdout.write(f"{made:,} customers and {accounts:,} accounts {verb}.")
        if folder.products:
            self.stdout.write(
                f"products.csv: {len(folder.products):,} products read; the bank keeps none yet."
            )
