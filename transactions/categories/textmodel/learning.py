"""Trains a bank's own model from a folder of labelled texts, measured on shops it had not seen."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from transactions.categories.reference import BY_CODE
from transactions.categories.textmodel import labelled, training
from transactions.categories.textmodel.model import LinearText

# A category with fewer texts can't be learnt; they are left out and named.
FEWEST = 10


def learn(folder: Path, *, seed: int) -> tuple[LinearText, dict[str, Any]]:
    """The model and its figures. Raises labelled.NoLabels, training.TooLittleData.

    All figures are of five folds split by shop: each text was answered by a model that had seen no text of
    its shop. The model itself learns from all of them.
    """
    rows = [row for row in labelled.read_folder(folder) if row.meaning.code in BY_CODE]
    counts = Counter(row.meaning.code for row in rows)
    kept = [row for row in rows if counts[row.meaning.code] >= FEWEST]
    texts = [row.text for row in kept]
    labels = np.array([row.meaning.code for row in kept], dtype=object)
    pieces = training.Pieces.of(texts)
    model = training.train(texts, labels.tolist(), seed=seed, pieces=pieces)
    folds = training.folds_of(texts, training.FOLDS, seed)
    told, top, lead = training.crossed(pieces, labels, folds, seed=seed)
    sure = training.confidence(model.sure, top, lead)
    answered = sure >= model.threshold
    figures = {
        "accuracy": round(float((told == labels).mean()), 4),
        "macro_f1": round(float(f1_score(labels, told, average="macro", zero_division=0)), 4),
        "coverage": round(float(answered.mean()), 4),
        "precision": round(float((told == labels)[answered].mean()), 4) if answered.any() else None,
        "texts": len(texts),
        "shops": len({training.shop_of(text) for text in texts}),
        "folds": training.FOLDS,
        "seed": seed,
        "files": sorted({row.file for row in kept}),
        "left_out": {code: n for code, n in sorted(counts.items()) if n < FEWEST},
        "categories": _by_category(labels, told, answered),
    }
    return model, figures


def _by_category(labels: Any, told: Any, answered: Any) -> list[dict[str, Any]]:
    """Per category: texts, how many of them were found, and how many answers were right."""
    found = []
    for code in sorted(set(labels.tolist())):
        mine, said = labels == code, (told == code) & answered
        found.append({
            "code": code, "texts": int(mine.sum()), "found": int((mine & said).sum()),
            "answers": int(said.sum()),
        })  # fmt: skip
    return found


def sentence(figures: dict[str, Any]) -> Sequence[str]:
    """The figures as a terminal shows them."""
    return (
        f"{figures['texts']} texts of {figures['shops']} shops, seed {figures['seed']}",
        f"accuracy {figures['accuracy']:.3f}, macro F1 {figures['macro_f1']:.3f} in "
        f"{figures['folds']} folds by shop",
        f"sure enough of {figures['coverage']:.3f} of them; {figures['precision'] or 0:.3f} of those "
        "answers were right",
    )
