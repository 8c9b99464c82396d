"""How good the text model is on labelled texts that it has not seen."""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

# Not at the top: scikit-learn belongs to commands that learn, not to every command's start.


class Command(BaseCommand):
    help = (
        "Trains on the labelled CSV files of --train and measures on those of --test, beside a TF-IDF "
        "LinearSVC on the same texts. With --folds: five folds of --train split by shop, file by file."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--train", metavar="DIR", type=Path, required=True)
        parser.add_argument("--test", metavar="DIR", type=Path)
        parser.add_argument("--folds", action="store_true", help="five folds of --train by shop")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        from transactions.categories.textmodel import labelled, training

        if bool(options["test"]) == options["folds"]:
            raise CommandError("Name a folder to measure on with --test, or ask for --folds.")
        try:
            rows = labelled.read_folder(options["train"])
            if options["folds"]:
                self._folds(rows, options)
            else:
                self._sides(rows, labelled.read_folder(options["test"]), options)
        except (labelled.NoLabels, training.TooLittleData) as error:
            raise CommandError(str(error)) from None

    def _sides(self, train: list[Any], test: list[Any], options: dict[str, Any]) -> None:
        from transactions.categories.textmodel import evaluation

        found = evaluation.measure(train, test, seed=options["seed"])
        reference = found.rivals["reference"]
        if options["json"]:
            self.stdout.write(json.dumps({
                "accuracy": round(found.model.accuracy, 4),
                "macro_f1": round(found.model.macro_f1, 4),
                "coverage_at_95": round(found.coverage.share, 4),
                "reference_accuracy": round(reference.accuracy, 4),
                "reference_macro_f1": round(reference.macro_f1, 4),
            }))  # fmt: skip
            return
        self.stdout.write(
            f"seed {options['seed']}, {found.n_train} texts to learn from, {found.n_test} asked"
        )
        known = {row.meaning.group for row in train}
        unknown = Counter(r.meaning.group for r in test if r.meaning.group not in known)
        for group, n in unknown.items():
            self.stdout.write(f"  no text to learn from has the label {group}; {n} asked have")
        self._print([found])

    def _folds(self, rows: list[Any], options: dict[str, Any]) -> None:
        from transactions.categories.textmodel import evaluation

        files = sorted({row.file for row in rows})
        told: dict[str, Any] = {}
        for name in [*files, ""] if len(files) > 1 else files:
            chosen = [row for row in rows if not name or row.file == name]
            try:
                found = evaluation.in_folds(chosen, seed=options["seed"])
            except ValueError as error:
                self.stdout.write(f"{name}: {error}")
                continue
            told[name or "all files"] = _figures(found)
            if not options["json"]:
                n = sum(one.n_test for one in found)
                self.stdout.write(f"{name or 'all files'}: {n} texts in {len(found)} folds by shop")
                self._print(found)
        if options["json"]:
            self.stdout.write(json.dumps(told))

    def _print(self, found: list[Any]) -> None:
        figures = _figures(found)
        for name, (accuracy, macro) in figures["scores"].items():
            self.stdout.write(f"  {name:<10} accuracy {accuracy:.3f}  macro F1 {macro:.3f}")
        for name, (share, precision) in figures["coverage"].items():
            self.stdout.write(f"  {name:<22} answers {share:.3f}, right {precision:.3f} of them")


def _figures(found: list[Any]) -> dict[str, Any]:
    """Means over the sides measured."""
    from transactions.categories.textmodel.evaluation import mean

    scores = {
        name: [one.rivals[name] for one in found]
        for name in ("majority", "rules", "reference")
        if name in found[0].rivals
    } | {"model": [one.model for one in found]}
    coverage = {
        "model at 95 %": [one.coverage for one in found],
        "keyword list": [one.keywords for one in found],
        "keywords, then model": [one.cascade for one in found],
    }
    return {
        "scores": {
            name: (mean([s.accuracy for s in held]), mean([s.macro_f1 for s in held]))
            for name, held in scores.items()
        },
        "coverage": {
            name: (mean([c.share for c in held]), mean([c.precision for c in held]))
            for name, held in coverage.items()
        },
    }
