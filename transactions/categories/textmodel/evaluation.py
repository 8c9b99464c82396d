"""How good a text model is on texts it has not seen, beside what it has to beat; for commands and tests.

Nothing is chosen on a test side: the threshold comes from folds of the training side, the reference and the rules
learn from the same texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score

from transactions.categories.categorise import Categoriser
from transactions.categories.reference import first_level
from transactions.categories.textmodel import rivals, training
from transactions.categories.textmodel.labelled import Labelled
from transactions.categories.textmodel.labels import GROUP_OF_FIRST_LEVEL

Array = np.ndarray[Any, Any]
# A label of the five folds has at least so many texts, or the folds would measure chance.
FEWEST_OF_A_LABEL = 20


@dataclass(frozen=True)
class Score:
    """Share of right answers, and F1 as the plain mean over the labels that the test side has.

    A label that was answered and never asked for would count as one more of F1 0, and a single such answer
    for as much as hundreds of others; it is wrong in the label it should have been.
    """

    accuracy: float
    macro_f1: float

    @classmethod
    def of(cls, labels: Array, answers: Array) -> "Score":
        return cls(
            float(accuracy_score(labels, answers)),
            float(
                f1_score(
                    labels, answers, labels=sorted(set(labels)), average="macro", zero_division=0
                )
            ),
        )


@dataclass(frozen=True)
class Coverage:
    """Share of texts answered at the threshold that the training side gave, and how many were right."""

    share: float
    precision: float

    @classmethod
    def of(cls, sure: Array, right: Array, threshold: float) -> "Coverage":
        told = sure >= threshold
        return cls(float(told.mean()), float(right[told].mean()) if told.any() else 1.0)


@dataclass
class Measured:
    """One test side: the model, its rivals, and the cascade of the product."""

    n_train: int
    n_test: int
    model: Score
    coverage: Coverage
    rivals: dict[str, Score] = field(default_factory=dict)
    keywords: Coverage | None = None
    cascade: Coverage | None = None


def texts_of(rows: Sequence[Labelled]) -> tuple[list[str], Array]:
    return [row.text for row in rows], np.array([row.meaning.group for row in rows], dtype=object)


def measure(
    train: Sequence[Labelled],
    test: Sequence[Labelled],
    *,
    seed: int,
    rivals_of: Sequence[str] = ("reference",),
    train_pieces: training.Pieces | None = None,
    test_pieces: training.Pieces | None = None,
) -> Measured:
    """Trains on one side, asks on the other. Raises training.TooLittleData.

    Labels that the training side lacks stay in the test side, where nobody can be right about them.
    """
    texts, labels = texts_of(train)
    asked, wanted = texts_of(test)
    model = training.train(texts, labels.tolist(), seed=seed, pieces=train_pieces)
    told, top, lead = training.leading(model, test_pieces or training.Pieces.of(asked))
    sure = training.confidence(model.sure, top, lead)
    found = Measured(
        len(texts), len(asked), Score.of(wanted, told),
        Coverage.of(sure, told == wanted, model.threshold),
    )  # fmt: skip
    for name in rivals_of:
        found.rivals[name] = Score.of(wanted, getattr(rivals, name)(texts, labels, asked))
    first = by_keywords(asked)
    said = first != ""
    found.keywords = Coverage(
        float(said.mean()), float((first == wanted)[said].mean()) if said.any() else 1.0
    )
    whole = np.where(said, first, np.where(sure >= model.threshold, told, ""))
    found.cascade = Coverage.of((whole != "").astype(float), whole == wanted, 1.0)
    return found


def by_keywords(texts: Sequence[str]) -> Array:
    """The group of what the keyword list decides, "" where it doesn't."""
    categoriser = Categoriser()
    found = []
    for text in texts:
        code = categoriser.decide(text, "", -1).code
        first = first_level(code) if code else ""
        found.append(GROUP_OF_FIRST_LEVEL.get(first, first))
    return np.array(found, dtype=object)


def in_folds(
    rows: Sequence[Labelled], *, seed: int, n: int = training.FOLDS, only: int | None = None
) -> list[Measured]:
    """`measure` on each of n folds split by shop, never at random, beside all rivals.

    Labels with too few texts are left out. `only` measures one fold, for a quick look.
    """
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.meaning.group] = counts.get(row.meaning.group, 0) + 1
    kept = [row for row in rows if counts[row.meaning.group] >= FEWEST_OF_A_LABEL]
    texts = [row.text for row in kept]
    pieces = training.Pieces.of(texts)
    folds = training.folds_of(texts, n, seed)
    measured = []
    for fold in range(n) if only is None else (only,):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        measured.append(
            measure(
                [kept[at] for at in inside], [kept[at] for at in outside], seed=seed,
                rivals_of=("majority", "rules", "reference"),
                train_pieces=pieces[inside], test_pieces=pieces[outside],
            )
        )  # fmt: skip
    return measured


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
