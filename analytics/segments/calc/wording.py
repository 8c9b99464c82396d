"""A name and a sentence for each segment, from what sets its customers apart; no figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.segments.calc.features import Feature, FloatArray
from analytics.segments.calc.rfm import IntArray

CLEARLY = 0.8
SOMEWHAT = 0.3
MOST_TRAITS = 3


@dataclass(frozen=True)
class Trait:
    """How far a segment's mean lies from the bank's in one feature, in standard deviations."""

    feature: str
    distance: float


@dataclass(frozen=True)
class SegmentWords:
    """What a page says about a segment: id, name, sentence, members and traits, strongest first."""

    id: int
    name: str
    description: str
    customers: int
    traits: tuple[Trait, ...]


def _joined(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def _phrase(trait: Trait, words: Mapping[str, Feature]) -> str:
    feature = words[trait.feature]
    return feature.many if trait.distance > 0 else feature.few


def describe(traits: Sequence[Trait], words: Mapping[str, Feature]) -> str:
    """One sentence: what is clearly so first, what is somewhat so after it."""
    clearly = [t for t in traits if abs(t.distance) >= CLEARLY][:MOST_TRAITS]
    room = MOST_TRAITS - len(clearly)
    somewhat = [t for t in traits if SOMEWHAT <= abs(t.distance) < CLEARLY][:room]
    strong, mild = (_joined([_phrase(t, words) for t in part]) for part in (clearly, somewhat))
    if strong and mild:
        return f"Customers who clearly stand out: they {strong}; to a lesser degree they {mild}."
    if strong:
        return f"Customers who clearly stand out: they {strong}."
    if mild:
        return f"Customers near the middle of the bank who {mild} a little more than most."
    return "Customers in the middle of the bank, with nothing that sets them apart."


def name_candidates(traits: Sequence[Trait], words: Mapping[str, Feature]) -> list[str]:
    """Names from short to long: the strongest trait, then with what the others add."""
    marked = [t for t in traits if abs(t.distance) >= SOMEWHAT]
    if not marked:
        return ["Middle of the bank"]
    first = words[marked[0].feature]
    name = first.many_name if marked[0].distance > 0 else first.few_name
    found = [name]
    for number in range(2, min(len(marked), MOST_TRAITS) + 1):
        found.append(f"{name} who {_joined([_phrase(t, words) for t in marked[1:number]])}")
    return found


def word_segments(
    scaled: FloatArray,
    membership: IntArray,
    *,
    ids: Sequence[int],
    features: Sequence[Feature],
    kept_names: Mapping[int, str] | None = None,
) -> tuple[SegmentWords, ...]:
    """Name and describe every segment.

    Parameters
    ----------
    scaled : ndarray of shape (n, n_features)
        Scaled features of all customers.
    membership : ndarray of shape (n,), int64
        Segment id of each.
    ids : sequence of int
        Segments to word, also those without customers.
    features : sequence of n_features Feature
        Their words.
    kept_names : mapping of id to str, optional
        Names from earlier nights; they stay, whatever the traits are now.

    Returns
    -------
    tuple of SegmentWords, in the order of `ids`
        Names are unique. Descriptions follow the traits of tonight.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    if scaled.shape != (len(membership), len(features)):
        raise ValueError("One row per customer and one column per feature are needed.")
    words = {feature.name: feature for feature in features}
    kept = {one: name for one, name in (kept_names or {}).items() if name}
    taken = {kept[one] for one in ids if one in kept}
    middle = scaled.mean(axis=0) if len(scaled) else np.zeros(len(features))
    result = []
    for one in ids:
        members = scaled[membership == one]
        gap = members.mean(axis=0) - middle if len(members) else np.zeros(len(features))
        # Rounded, so that the order does not hang on a last bit; the feature's place breaks ties.
        order = np.argsort(-np.round(np.abs(gap), 6), kind="stable")
        traits = tuple(Trait(features[i].name, float(gap[i])) for i in order)
        name = kept.get(one, "") or _free_name(name_candidates(traits, words), taken)
        taken.add(name)
        result.append(SegmentWords(one, name, describe(traits, words), len(members), traits))
    return tuple(result)


def _free_name(candidates: Sequence[str], taken: set[str]) -> str:
    for name in candidates:
        if name not in taken:
            return name
    number = 2
    while f"{candidates[-1]} ({number})" in taken:
        number += 1
    return f"{candidates[-1]} ({number})"
