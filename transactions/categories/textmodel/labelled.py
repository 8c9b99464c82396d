"""Reads folders of labelled texts: every CSV file, plain or gzipped, that has a column of texts and one of labels."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from transactions.categories.textmodel.labels import Meaning, meaning

_TEXTS = ("description", "text", "merchant", "name")
_LABELS = ("label", "category")
_FINER = ("sub_category", "subcategory", "sub category")


class NoLabels(ValueError):
    """The folder holds nothing to learn from; the text says what was looked for."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text, the file it stands in, and what its label means."""

    text: str
    file: str
    meaning: Meaning


def read_folder(folder: Path) -> list[Labelled]:
    """All labelled texts of a folder, equal ones once per file and label. Raises NoLabels."""
    if not folder.is_dir():
        raise NoLabels(f"{folder} is no folder.")
    found: dict[tuple[str, str, str], Labelled] = {}
    for path in sorted(folder.iterdir()):
        if path.name.lower().endswith((".csv", ".csv.gz")):
            try:
                for row in _rows(path):
                    found.setdefault((row.file, row.text, row.meaning.group), row)
            except csv.Error as error:
                raise NoLabels(f"{path.name} can't be read as CSV: {error}.") from error
    if not found:
        raise NoLabels(
            f"No CSV file in {folder} has a column of texts ({', '.join(_TEXTS)}) and one of labels "
            f"({', '.join(_LABELS)})."
        )
    return list(found.values())


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return path.open("r", encoding="utf-8-sig", errors="replace", newline="")


def _rows(path: Path) -> Iterator[Labelled]:
    with _open(path) as file:
        reader = csv.DictReader(file)
        columns = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
        text_at, label_at, finer_at = (
            next((columns[name] for name in names if name in columns), None)
            for names in (_TEXTS, _LABELS, _FINER)
        )
        if text_at is None or label_at is None:
            return
        for row in reader:
            text = (row.get(text_at) or "").strip()
            said = meaning(row.get(label_at) or "", (finer_at and row.get(finer_at)) or "")
            if text and said:
                yield Labelled(text, path.name, said)
