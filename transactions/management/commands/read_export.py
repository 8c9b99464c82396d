"""Read bank exports as an import would, and say what they hold; nothing is written."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from transactions.adapters import ADAPTERS
from transactions.adapters.base import Layout
from transactions.adapters.report import read_file


class Command(BaseCommand):
    help = (
        "Reads files as the import would and prints what each holds. "
        "Exit code 0: all read; 1: a file was refused; 2: wrong arguments."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--as", dest="adapter", metavar="ADAPTER", help=", ".join(ADAPTERS))
        parser.add_argument("--json", action="store_true", help="print one JSON list")
        parser.add_argument("--bank", metavar="SCHEMA", help="use this bank's saved mappings too")

    def handle(self, *args: Any, **options: Any) -> None:
        only = options["adapter"]
        if only is not None and only not in ADAPTERS:
            raise CommandError(f"There is no adapter {only}: {', '.join(ADAPTERS)}.", returncode=2)
        paths = [Path(name) for name in options["files"]]
        if absent := [str(p) for p in paths if not p.is_file()]:
            raise CommandError(f"No such file: {', '.join(absent)}.", returncode=2)
        saved = saved_layouts(options["bank"]) if options["bank"] else ()
        found = [read_file(path, only=only, saved=saved) for path in paths]
        for path, summary in zip(paths, found, strict=True):
            summary.file = str(path)
        if options["json"]:
            listed = orjson.dumps([s.as_json() for s in found], option=orjson.OPT_INDENT_2)
            self.stdout.write(listed.decode())
        else:
            self.stdout.write("\n".join(s.as_text() for s in found))
        if any(s.refused for s in found):
            raise SystemExit(1)


def saved_layouts(schema: str) -> list[Layout]:
    """The mappings a bank has saved, those that this version can read."""
    # Only here is a database opened.
    from accounts.banks.tenancy import bank_schemas, in_bank
    from transactions.models import ImportProfile

    if schema not in bank_schemas():
        raise CommandError(f"There is no bank {schema}.", returncode=2)
    layouts = []
    with in_bank(schema):
        for stored in ImportProfile.objects.order_by("-created_at").values_list(
            "layout", flat=True
        ):
            try:
                layouts.append(Layout.from_json(stored))
            except (TypeError, ValueError):
                continue
    return layouts
