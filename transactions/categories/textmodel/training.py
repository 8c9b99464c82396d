"""Makes a text model from labelled texts, with its confidence measured on shops it had not seen.

Only commands import this: it needs scikit-learn.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from transactions.categories.clean import merchant_key
from transactions.categories.textmodel import features
from transactions.categories.textmodel.model import LinearText

Array = np.ndarray[Any, Any]

# How they were chosen: docs/categories.md.
_REGULARISATION = 2.0
# How much more a rare label's texts weigh: (texts of the commonest ÷ its own) to this power.
_RARE_POWER = 0.25
FOLDS = 5
_INNER_FOLDS = 3
_FEWEST_TEXTS = 2
PRECISION = 0.95
# A threshold is believed only where this many answers stand behind it.
_FEWEST_ANSWERS = 20


class TooLittleData(ValueError):
    """Not enough labelled texts to learn from; the text says how many there were."""


def shop_of(text: str) -> str:
    """Texts of one shop have the same: the first word of the merchant's key, or two where it is short.

    Coarser than a merchant on purpose ("burger king", "burger house" are one): no shop stands on both sides
    of a split by it.
    """
    words = merchant_key(text).split()
    return " ".join(words[: 1 if words and len(words[0]) > 2 else 2])


def folds_of(texts: Sequence[str], n: int, seed: int) -> Array:
    """The fold (0 … n − 1) of each text, of about equal size, no shop in two of them."""
    shops = [shop_of(text) for text in texts]
    sizes: dict[str, int] = {}
    for shop in shops:
        sizes[shop] = sizes.get(shop, 0) + 1
    order = sorted(sizes)
    np.random.default_rng(seed).shuffle(order)
    fold_of: dict[str, int] = {}
    held = [0] * n
    for shop in sorted(order, key=sizes.__getitem__, reverse=True):
        fold_of[shop] = held.index(min(held))
        held[fold_of[shop]] += sizes[shop]
    return np.array([fold_of[shop] for shop in shops])


@dataclass(frozen=True)
class Pieces:
    """Texts cut into pieces once, for any number of models: one sparse matrix of counts per block."""

    blocks: tuple[Any, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Pieces":
        cut = [features.blocks(text) for text in texts]
        made = []
        for block in range(features.BLOCKS):
            starts = np.cumsum([0, *(len(one[block]) for one in cut)])
            buckets = np.concatenate([np.asarray(one[block], np.int32) for one in cut])
            ones = np.ones(len(buckets), np.float32)
            shape = (len(cut), features.SIZE)
            matrix = sparse.csr_matrix((ones, buckets, starts), shape=shape)
            matrix.sum_duplicates()
            made.append(matrix)
        return cls(tuple(made))

    def __getitem__(self, rows: Array) -> "Pieces":
        return Pieces(tuple(block[rows] for block in self.blocks))


def fit(pieces: Pieces, labels: Array, *, seed: int) -> LinearText:
    """The model of these texts, not yet knowing how sure it is. Raises TooLittleData."""
    names = sorted(set(labels.tolist()))
    if len(names) < 2:
        raise TooLittleData("A model needs texts of at least two categories.")
    n = len(labels)
    rarity = np.zeros(features.SIZE, np.float32)
    scale = np.zeros(features.SIZE, np.float32)
    for place, (block, weight) in enumerate(zip(pieces.blocks, features.WEIGHTS, strict=True)):
        count = np.asarray((block > 0).sum(0)).ravel()
        # Pieces of letters that one text alone has are half of all and tell nothing of another.
        met = count >= (_FEWEST_TEXTS if place == 0 else 1)
        rarity += np.where(met, np.log((1 + n) / (1 + count)) + 1, 0)
        scale += np.where(met, weight, 0)
    matrix = _weighed(pieces, rarity)
    used = np.flatnonzero(rarity)
    counts = Counter(labels.tolist())
    most = max(counts.values())
    machine = LinearSVC(
        C=_REGULARISATION,
        class_weight={name: (most / n) ** _RARE_POWER for name, n in counts.items()},
        random_state=seed,
    ).fit(matrix[:, used], labels)
    found, intercepts = np.atleast_2d(machine.coef_), np.atleast_1d(machine.intercept_)
    if len(names) == 2:
        found, intercepts = np.vstack([-found, found]), np.append(-intercepts, intercepts)
    rows = np.zeros(features.SIZE, np.int32)
    rows[used] = np.arange(1, len(used) + 1)
    weights = np.zeros((len(used) + 1, len(names) + 1), np.float32)
    weights[1:, :-1] = (found * (rarity * scale)[used]).T
    weights[1:, -1] = rarity[used] ** 2
    return LinearText(names, rows, weights, intercepts.astype(np.float32))


def _weighed(pieces: Pieces, rarity: Array) -> Any:
    """Each block brought to one length and weighed; the blocks lie side by side."""
    total: Any = 0
    for block, weight in zip(pieces.blocks, features.WEIGHTS, strict=True):
        lengths = np.sqrt(block @ rarity**2)
        lengths[lengths == 0] = 1
        total = total + sparse.diags(weight / lengths) @ block.multiply(rarity).tocsr()
    return total.tocsr()


def scores(model: LinearText, pieces: Pieces) -> Array:
    """What `LinearText.scores` gives, for many texts at once: (n_texts, n_labels)."""
    used = np.flatnonzero(model.rows)
    order = model.rows[used]
    total: Array = model.intercepts[None, :]
    for block in pieces.blocks:
        sums = block[:, used] @ model.weights[order]
        lengths = np.sqrt(sums[:, -1:])
        lengths[lengths == 0] = 1
        total = total + sums[:, :-1] / lengths
    return total


def crossed(
    pieces: Pieces, labels: Array, folds: Array, *, seed: int
) -> tuple[Array, Array, Array]:
    """For each text what a model made without its shops says: label, best score, lead over the next."""
    told = np.empty(len(labels), dtype=object)
    top, lead = np.zeros(len(labels)), np.zeros(len(labels))
    for fold in range(int(folds.max()) + 1):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        model = fit(pieces[inside], labels[inside], seed=seed)
        told[outside], top[outside], lead[outside] = leading(model, pieces[outside])
    return told, top, lead


def leading(model: LinearText, pieces: Pieces) -> tuple[Array, Array, Array]:
    found = scores(model, pieces)
    ordered = np.sort(found, axis=1)
    names = np.array(model.labels, dtype=object)
    return names[found.argmax(1)], ordered[:, -1], ordered[:, -1] - ordered[:, -2]


def confidence(sure: tuple[float, float, float], top: Array, lead: Array) -> Array:
    """As `LinearText.guess` says it, for many."""
    a, b, c = sure
    made: Array = 1 / (1 + np.exp(-np.clip(a * top + b * lead + c, -30, 30)))
    return made


def calibrate(model: LinearText, told: Array, top: Array, lead: Array, labels: Array) -> LinearText:
    """Teaches the model how sure to be, from answers to texts that their models had not seen.

    Sets `sure` and the smallest threshold from which at least PRECISION of the answers were right.
    """
    right = told == labels
    # A few texts that nothing speaks for are wrong, and a few that all speaks for are right, also where the
    # folds met none: else a perfect set of texts would make the model sure of whatever it is asked.
    tops = np.concatenate([top, np.full(_FEWEST_ANSWERS // 4, -1.0), np.full(2, 2.0)])
    leads = np.concatenate([lead, np.zeros(_FEWEST_ANSWERS // 4), np.full(2, 3.0)])
    were = np.concatenate([right, np.zeros(_FEWEST_ANSWERS // 4, bool), np.ones(2, bool)])
    machine = LogisticRegression().fit(np.column_stack([tops, leads]), were)
    a, b = machine.coef_[0]
    model.sure = (float(a), float(b), float(machine.intercept_[0]))
    found = threshold_for(confidence(model.sure, top, lead), right)
    # Where hardly any was wrong the smallest that was met is no limit: so sure is sure enough.
    model.threshold = min(found, PRECISION) if found < 1 else found
    return model


def threshold_for(sure: Array, right: Array, precision: float = PRECISION) -> float:
    """The smallest confidence from which at least `precision` are right; 1 where there is none."""
    order = np.argsort(-sure, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero((share >= precision) & (np.arange(len(order)) >= _FEWEST_ANSWERS - 1))
    return float(sure[order[enough[-1]]]) if len(enough) else 1.0


def train(
    texts: Sequence[str], labels: Sequence[str], *, seed: int, pieces: Pieces | None = None
) -> LinearText:
    """A model that knows how sure it is: fitted on all texts, calibrated on three folds by shop.

    Raises TooLittleData.
    """
    given = np.array(labels, dtype=object)
    if len(given) < 4 * _FEWEST_ANSWERS:
        raise TooLittleData(
            f"{len(given)} labelled texts are too few to learn from; bring at least "
            f"{4 * _FEWEST_ANSWERS}."
        )
    pieces = pieces or Pieces.of(texts)
    model = fit(pieces, given, seed=seed)
    told, top, lead = crossed(pieces, given, folds_of(texts, _INNER_FOLDS, seed), seed=seed)
    return calibrate(model, told, top, lead, given)
