"""P9 and P10: how fast categories are decided, and how well on shops not seen.

Run: `python -m benchmarks.bench_categories [--rows 20000]`. P9: 200,000 rows of a file's texts, every stage with
a cold memory (a bank's merchants, what it learned, sources, keywords and a text model for the rest), as an
import asks, against 300 compiled regular expressions tried in turn for each row. Both in one process, in turn;
the quickest of the rounds counts, in seconds of CPU, for both are one thread's work. P10: five folds of the
labelled texts by shop (COUNTERFOIL_DATA) beside a TF-IDF LinearSVC and 300 learnt rules in the same folds; what
is printed is the difference.
"""

import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from transactions.categories import categorise, clean, keywords
from transactions.categories.textmodel import brands, features
from transactions.categories.textmodel.model import LinearText

ROWS = 200_000
DISTINCT = 22_000
RULES = 300
LEARNED = 200
ROUNDS = 3
GOAL = 100.0
# Points over the reference and over the rules (PERFORMANCE P10).
OVER_REFERENCE, OVER_RULES = 0.005, 0.20
DATA = Path(os.environ.get("COUNTERFOIL_DATA", "shared/data")) / "labels"
_PLACES = ("PORTLAND OR", "SEATTLE WA", "AUSTIN TX", "BOSTON MA", "DENVER CO", "MIAMI FL")
_MADE = ("VORN", "TALMO", "QUIRE", "DELBY", "HASK", "PELLON", "RUMBO", "SIVER")


def texts(rows: int, seed: int = 7) -> list[str]:
    """Bank lines with branch numbers; few come often. Real merchants' where the labelled texts are at hand,
    else half hold a known name and half one that no list has."""
    rng = random.Random(seed)
    distinct = max(rows * DISTINCT // ROWS, 10)
    if DATA.is_dir():
        from transactions.categories.textmodel import labelled

        real = [row.text for row in labelled.read_folder(DATA) if row.file.startswith("us_")]
        made = [f"{rng.choice(real)} #{n:05d}" for n in range(distinct)]
    else:
        known = [name.upper() for name in brands.names()]
        rng.shuffle(known)
        known = known[:2000]
        made = [
            f"{rng.choice(known) if n % 2 else f'{rng.choice(_MADE)}{n % 97} {rng.choice(_MADE)}'} "
            f"{n:05d} {rng.choice(_PLACES)}"
            for n in range(distinct)
        ]
    return [made[int(rng.random() ** 2 * distinct)] for _ in range(rows)]


def in_turn(rows: list[str]) -> int:
    """300 regular expressions tried one after the other on each row, as quick as `re` has them: no flags."""
    entries = [entry for _, _, entry in keywords.entries()][: RULES * 3 : 3]
    patterns = [re.compile(r"\b" + re.escape(entry.rstrip("*")) + r"\b") for entry in entries]
    hits = 0
    for row in rows:
        text = row.lower()
        for pattern in patterns:
            if pattern.search(text):
                hits += 1
                break
    return hits


def cascade(rows: list[str], model: LinearText | None) -> int:
    """All stages, nothing remembered from before."""
    for memory in (clean.clean_text, clean.merchant_key, clean.merchant_name, features._bucket):
        memory.cache_clear()
    if model:
        model.forget_texts()
    # What a person taught and what the bank named: a few hundred merchants that come in these lines.
    keys = sorted({clean.merchant_key(text) for text in rows[:LEARNED]})
    categoriser = categorise.Categoriser(
        learned=dict.fromkeys(keys[::2], "gifts"), merchants=dict.fromkeys(keys[1::2], "coffee"),
        model=model,
    )  # fmt: skip
    # An import keeps what it made of each distinct text itself.
    known: dict[str, categorise.Decision] = {}
    decided = 0
    for text in rows:
        decision = known.get(text)
        if decision is None:
            decision = known[text] = categoriser.decide_anew(text, "", -1)
        decided += decision.code is not None
    return decided


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    began = time.process_time()
    hits = work()
    return time.process_time() - began, hits


def speed(rows: int) -> list[tuple[str, float, float]]:
    lines = texts(rows)
    model = _model()
    # Lists are read and compiled once a process, not once a file.
    cascade(lines[:100], model)
    slow = fast = bare = float("inf")
    n_slow = n_fast = 0
    sample = lines[: max(rows // 10, 1)]
    for _ in range(ROUNDS):
        # A tenth of the rows in turn, times ten: it has no memory, so it grows straight.
        seconds, n_slow = _timed(lambda: in_turn(sample))
        slow = min(slow, seconds * len(lines) / len(sample))
        seconds, n_fast = _timed(lambda: cascade(lines, model))
        fast = min(fast, seconds)
        seconds, _ = _timed(lambda: cascade(lines, None))
        bare = min(bare, seconds)
    print(
        f"  {len(lines)} rows, {len(set(lines))} distinct: in turn {slow:.1f} s ({n_slow} of "
        f"{len(sample)} hit), all stages {fast:.2f} s ({n_fast} decided), without a model {bare:.2f} s "
        f"({slow / bare:.0f}x){'' if model else ' - no labelled texts at hand: no model'}"
    )
    return [("P9 categories of 200,000 rows, cold / 300 regexes in turn", slow / fast, GOAL)]


def _model() -> LinearText | None:
    if not DATA.is_dir():
        return None
    from transactions.categories.textmodel import learning

    return learning.learn(DATA, seed=0)[0]


def quality(folds: int | None = None) -> list[tuple[str, float, float]]:
    if not DATA.is_dir():
        print("  no labelled texts: set COUNTERFOIL_DATA to measure P10")
        return []
    from transactions.categories.textmodel import evaluation, labelled

    rows = [row for row in labelled.read_folder(DATA) if row.file.startswith("us_")]
    found = evaluation.in_folds(rows, seed=0, only=folds)
    mean = evaluation.mean
    mine = mean([m.model.accuracy for m in found]), mean([m.model.macro_f1 for m in found])
    told = {
        name: (mean([m.rivals[name].accuracy for m in found]),
               mean([m.rivals[name].macro_f1 for m in found]))
        for name in ("majority", "rules", "reference")
    }  # fmt: skip
    for name, (accuracy, macro) in {**told, "model": mine}.items():
        print(f"  {name:<10} accuracy {accuracy:.3f}  macro F1 {macro:.3f}")
    reference, rules = told["reference"], told["rules"]
    return [
        ("P10 accuracy over the reference", mine[0] - reference[0], OVER_REFERENCE),
        ("P10 macro F1 over the reference", mine[1] - reference[1], OVER_REFERENCE),
        ("P10 accuracy over rules", mine[0] - rules[0], OVER_RULES),
    ]


def main(rows: int = ROWS) -> list[tuple[str, float, float]]:
    return [*speed(rows), *quality(0 if rows < ROWS else None)]


if __name__ == "__main__":
    n = int(sys.argv[sys.argv.index("--rows") + 1]) if "--rows" in sys.argv else ROWS
    for name, ratio, goal in main(n):
        print(f"{name:<60} {ratio:8.3f}  goal {goal}")
