"""One call for the night: segments of a whole bank, continued from the night before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.segments.calc.clustering import (
    SegmentModel,
    coordinates,
    fit_segments,
    nearest,
)
from analytics.segments.calc.features import FEATURES, Feature, FloatArray, rescale
from analytics.segments.calc.matching import STAY_MARGIN, Move, move_drivers, settle
from analytics.segments.calc.rfm import IntArray
from analytics.segments.calc.wording import SegmentWords, word_segments


@dataclass(frozen=True, eq=False)
class LastNight:
    """What the last published run left: its model, who was where, and their raw features.

    Attributes
    ----------
    model : SegmentModel
    keys : ndarray of shape (m,), int64
        Customer ids.
    segment : ndarray of shape (m,), int64
        Segment id of each.
    raw : ndarray of shape (m, n_features), optional
        Raw features of each, for the drivers of moves.
    """

    model: SegmentModel
    keys: IntArray
    segment: IntArray
    raw: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class SegmentResult:
    """Tonight's segmentation, row by row as the features given.

    Attributes
    ----------
    model : SegmentModel
        With names; give it back tomorrow.
    segment : ndarray of shape (n,), int64
        Segment id of each customer.
    coordinates : ndarray of shape (n, 2)
        For the picture.
    words : tuple of SegmentWords
        Name, description and size of each segment.
    moves : tuple of Move
        Customers who were in another segment last night, by key. Newcomers are not moves.
    """

    model: SegmentModel
    segment: IntArray
    coordinates: FloatArray
    words: tuple[SegmentWords, ...]
    moves: tuple[Move, ...]


def segment_customers(
    raw: FloatArray,
    keys: NDArray[Any],
    *,
    seed: int,
    features: Sequence[Feature] = FEATURES,
    last: LastNight | None = None,
    refresh: bool = False,
    margin: float = STAY_MARGIN,
) -> SegmentResult:
    """Segment all customers of a bank; the same input as last night changes nothing.

    Parameters
    ----------
    raw : ndarray of shape (n, n_features)
        Raw features, see `features.customer_features`; row order does not matter.
    keys : ndarray of shape (n,)
        Customer ids, distinct integers.
    seed : int
        For the sample and the starts.
    features : sequence of Feature
        Columns and their words.
    last : LastNight, optional
        The last published run. Ignored when it was made from other features.
    refresh : bool
        Make scaling and picture anew (say once a quarter).
    margin : float
        See `matching.settle`.

    Returns
    -------
    SegmentResult

    Raises
    ------
    TooFewCustomers, ValueError
        As `clustering.fit_segments`.
    """
    names = np.asarray(keys).astype(np.int64)
    columns = tuple(feature.name for feature in features)
    if last is not None and last.model.features != columns:
        last = None
    model = fit_segments(
        raw,
        names,
        features=columns,
        log=[feature.log for feature in features],
        seed=seed,
        previous=last.model if last else None,
        refresh=refresh,
    )
    scaled = model.scaling.apply(raw)
    found = _rows_of(names, last.keys) if last else np.full(len(names), -1)
    before = np.where(found >= 0, last.segment[found], 0) if last and len(last.keys) else found * 0
    segment = settle(nearest(scaled, model.centers)[1], model.ids, before, margin=margin)
    kept = dict(zip(last.model.ids, last.model.names, strict=False)) if last else {}
    words = word_segments(scaled, segment, ids=model.ids, features=features, kept_names=kept)
    model = replace(model, names=tuple(one.name for one in words))
    moves = _moves(raw, scaled, names, segment, before, found, model, last) if last else ()
    return SegmentResult(model, segment, coordinates(model, raw), words, moves)


def _rows_of(keys: IntArray, known: IntArray) -> IntArray:
    """Row of each key among the known ones, -1 where it is none of them."""
    if len(known) == 0:
        return np.full(len(keys), -1)
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known[order], keys), len(known) - 1)
    row = order[place]
    result: IntArray = np.where(known[row] == keys, row, -1)
    return result


def _moves(
    raw: FloatArray,
    scaled: FloatArray,
    keys: IntArray,
    segment: IntArray,
    before: IntArray,
    found: IntArray,
    model: SegmentModel,
    last: LastNight,
) -> tuple[Move, ...]:
    old_centers = rescale(last.model.centers, last.model.scaling, model.scaling)
    old = dict(zip(last.model.ids, old_centers, strict=True))
    new = dict(zip(model.ids, model.centers, strict=True))
    rows = np.flatnonzero((before != 0) & (before != segment))
    rows = rows[np.argsort(keys[rows], kind="stable")]
    was = None if last.raw is None else model.scaling.apply(last.raw[found[rows]])
    moves = []
    for place, row in enumerate(rows):
        source, target = int(before[row]), int(segment[row])
        drivers = move_drivers(
            features=model.features,
            old_centroid=old.get(source, new.get(source, np.zeros(scaled.shape[1]))),
            new_centroid=new[target],
            after=scaled[row],
            raw_after=raw[row],
            before=None if was is None else was[place],
            raw_before=None if last.raw is None else last.raw[found[row]],
        )
        moves.append(Move(int(keys[row]), source, target, drivers))
    return tuple(moves)
