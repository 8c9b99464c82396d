"""Bring in what lies ready in the watched folder."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.banks.tenancy import bank_schemas, in_bank
from transactions.imports import watched
from transactions.models import WatchedFile


class Command(BaseCommand):
    help = (
        "Looks through WATCHED_FOLDER, which holds one folder per bank, called as its schema. There a folder "
        "called after a customer's reference holds that customer's files; a file beside those folders is one "
        "for many customers, with a column that names them. Files are taken when nobody has touched them for "
        "some seconds, brought in, and moved to done/ or failed/ with a note beside them. Run it by your own "
        "scheduler, or with --every. Exit code 0: done, or nothing to do; 1: a file was not brought in or "
        "could not be moved; 2: wrong arguments."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bank", metavar="SCHEMA", help="this bank's folder alone")
        parser.add_argument(
            "--every", metavar="SECONDS", type=float, help="go on, looking again after so long"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WATCHED_FOLDER:
            raise CommandError(
                "WATCHED_FOLDER is not set: there is no folder to watch.", returncode=2
            )
        root = Path(settings.WATCHED_FOLDER)
        if not root.is_dir():
            raise CommandError("WATCHED_FOLDER names no folder that is there.", returncode=2)
        only = options["bank"]
        if only and only not in bank_schemas():
            raise CommandError(f"There is no active bank {only}.", returncode=2)
        while True:
            good = self._sweep(root, [only] if only else bank_schemas())
            if not options["every"]:
                break
            time.sleep(max(1.0, options["every"]))
        if not good:
            raise SystemExit(1)

    def _sweep(self, root: Path, schemas: list[str]) -> bool:
        good = True
        for schema in schemas:
            with in_bank(schema):
                found = watched.sweep(
                    root, schema, settle_seconds=settings.WATCHED_FOLDER_SETTLE_SECONDS
                )
            for one in found:
                # Ids and counts alone: what is printed often ends in a log.
                row = one.row
                moved = "" if one.moved else "; could not be moved"
                self.stdout.write(
                    f"{schema}: file {row.pk}: {row.state}, {row.counts.get('new', 0):,} new rows"
                    f"{f' ({row.code})' if row.code else ''}{moved}"
                )
                good &= one.moved and row.state != WatchedFile.State.FAILED
        return good
