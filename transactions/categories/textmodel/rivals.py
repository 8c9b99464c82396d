"""What a text model is measured against: the commonest label, learnt keyword rules, and a plain LinearSVC.

Each takes training texts and labels and answers for test texts; only commands and tests import this.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

Array = np.ndarray[Any, Any]
_RULES = 300
_WORD = re.compile(r"[^\W\d_]{3,}")


def majority(texts: Sequence[str], labels: Array, asked: Sequence[str]) -> Array:
    """The commonest label of the training side, for every text."""
    (best, _n), *_rest = Counter(labels.tolist()).most_common(1)
    return np.array([best] * len(asked), dtype=object)


def rules(texts: Sequence[str], labels: Array, asked: Sequence[str]) -> Array:
    """300 rules "a text with this word is that", learnt on the training side; the surest rule decides.

    A word becomes a rule where its commonest label leads in at least two texts; rules are ordered by how many
    texts they are right in less those they are wrong in. Without a rule the commonest label stands.
    """
    by_word: dict[str, Counter[str]] = defaultdict(Counter)
    for text, label in zip(texts, labels, strict=True):
        for word in set(_WORD.findall(text.casefold())):
            by_word[word][label] += 1
    made = []
    for word, counts in by_word.items():
        label, n = counts.most_common(1)[0]
        if n > 1:
            made.append((2 * n - counts.total(), n / counts.total(), word, label))
    made = sorted(made, reverse=True)[:_RULES]
    label_of = {word: (share, gain, label) for gain, share, word, label in made}
    fallback = majority(texts, labels, asked)
    found = fallback.copy()
    for place, text in enumerate(asked):
        hits = [label_of[word] for word in _WORD.findall(text.casefold()) if word in label_of]
        if hits:
            found[place] = max(hits)[2]
    return found


def reference(texts: Sequence[str], labels: Array, asked: Sequence[str]) -> Array:
    """TF-IDF over pieces of two to five letters and over words, and a LinearSVC, as scikit-learn has them."""
    machine = make_pipeline(
        make_union(TfidfVectorizer(analyzer="char", ngram_range=(2, 5)), TfidfVectorizer()),
        LinearSVC(random_state=0),
    )
    answers: Array = machine.fit(texts, labels).predict(asked)
    return answers
