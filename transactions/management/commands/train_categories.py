"""Train the banks' own text model from labelled texts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.banks.tenancy import for_each_bank


class Command(BaseCommand):
    help = (
        "Learns categories from the labelled CSV files of --data (columns Description and Category, or "
        "description and label) and keeps the model in each bank, or in --bank alone. Lines that come in "
        "from then on are asked of it where nothing else decides. --forget switches it off."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", metavar="DIR", type=Path)
        parser.add_argument("--bank", metavar="SCHEMA")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--forget", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        from transactions.categories.textmodel import store

        if bool(options["data"]) == options["forget"]:
            raise CommandError("Name a folder of labelled texts with --data, or say --forget.")
        if options["forget"]:
            for schema in for_each_bank(options["bank"]):
                done = "no model any more" if store.forget() else "had no model"
                self.stdout.write(f"{schema}: {done}")
            return
        # Not at the top: scikit-learn belongs to this act, not to every command's start.
        from transactions.categories.textmodel import labelled, learning, training

        try:
            model, figures = learning.learn(options["data"], seed=options["seed"])
        except (labelled.NoLabels, training.TooLittleData) as error:
            raise CommandError(str(error)) from None
        for line in learning.sentence(figures):
            self.stdout.write(line)
        for code, n in figures["left_out"].items():
            self.stdout.write(f"too few texts to learn {code}: {n}")
        now = timezone.now()
        for schema in for_each_bank(options["bank"]):
            row = store.keep(model, figures=figures, seed=options["seed"], trained_at=now)
            self.stdout.write(f"{schema}: kept, {len(row.numbers) // 1024} KB")
