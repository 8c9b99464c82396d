"""Which new segment is which old one, who moves, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
STAY_MARGIN = 0.1
DRIVERS = 3


def match_segments(old: FloatArray, new: FloatArray) -> IntArray:
    """The old segment that each new one continues.

    Parameters
    ----------
    old : ndarray of shape (k_old, n_features)
        Centroids of last night.
    new : ndarray of shape (k_new, n_features)
        Centroids of tonight, in the same scaled space.

    Returns
    -------
    ndarray of shape (k_new,), int64
        Index into `old`, each used at most once, the sum of distances least; -1 for a new segment.
        A match farther away than half the way from the old centroid to its nearest neighbour is
        none: there the customers would know the segment under another name.

    Raises
    ------
    ValueError
        If the two have different features.

    References
    ----------
    Kuhn (1955), The Hungarian method for the assignment problem.
    """
    if old.ndim != 2 or new.ndim != 2 or old.shape[1] != new.shape[1]:
        raise ValueError("Old and new segments must be described by the same features.")
    # Here, not at the top: only the night matches.
    from scipy.optimize import linear_sum_assignment

    distance = np.linalg.norm(new[:, None, :] - old[None, :, :], axis=2)
    between = np.linalg.norm(old[:, None, :] - old[None, :, :], axis=2)
    np.fill_diagonal(between, np.inf)
    reach = between.min(axis=1, initial=np.inf) / 2
    result = np.full(len(new), -1, dtype=np.int64)
    for row, column in zip(*linear_sum_assignment(distance), strict=True):
        if distance[row, column] <= reach[column]:
            result[row] = column
    return result


def settle(
    distance: FloatArray,
    ids: Sequence[int],
    before: IntArray,
    *,
    margin: float = STAY_MARGIN,
) -> IntArray:
    """Segment of each customer, who stays where they were unless another is clearly closer.

    Parameters
    ----------
    distance : ndarray of shape (n, k)
        To each segment's centroid.
    ids : sequence of k int
        Segment ids, in the order of the columns.
    before : ndarray of shape (n,), int64
        Last night's segment id, 0 for a newcomer.
    margin : float, >= 0
        0.1: the new segment must be more than a tenth closer than the old one.

    Returns
    -------
    ndarray of shape (n,), int64
        Segment ids. Newcomers and customers whose segment is gone go to the nearest.

    Raises
    ------
    ValueError
        If the shapes do not fit or `margin` is negative.
    """
    names = np.asarray(ids, dtype=np.int64)
    if distance.shape != (len(before), len(names)) or len(names) == 0:
        raise ValueError("Distances need one row per customer and one column per segment.")
    if margin < 0:
        raise ValueError("A margin is not negative.")
    best = distance.argmin(axis=1)
    rows = np.arange(len(before))
    same = before[:, None] == names[None, :]
    known = same.any(axis=1)
    own = np.where(known, same.argmax(axis=1), best)
    stays = distance[rows, best] >= distance[rows, own] * (1 - margin)
    settled: IntArray = names[np.where(known & stays, own, best)]
    return settled


@dataclass(frozen=True)
class Driver:
    """One reason for a move.

    Attributes
    ----------
    feature : str
        Name of the feature.
    before, after : float
        Its raw values; `before` is NaN when last night's is not known.
    share : float
        0-1, its part of all that pushed towards the new segment.
    """

    feature: str
    before: float
    after: float
    share: float


@dataclass(frozen=True)
class Move:
    """A customer who changed segment, with up to three drivers, the strongest first."""

    key: int
    old: int
    new: int
    drivers: tuple[Driver, ...]


def move_drivers(
    *,
    features: Sequence[str],
    old_centroid: FloatArray,
    new_centroid: FloatArray,
    after: FloatArray,
    raw_after: FloatArray,
    before: FloatArray | None = None,
    raw_before: FloatArray | None = None,
    count: int = DRIVERS,
) -> tuple[Driver, ...]:
    """The features that carried one customer from the old segment to the new one.

    "Nearer to the new than to the old centroid" is the sign of |x - old|^2 - |x - new|^2, which is
    linear in x; so each feature's change has an exact part in it, and the parts add up. When the
    customer's own values did not push that way (the segments themselves moved), the parts of the
    present position are given instead.

    Parameters
    ----------
    features : sequence of n_features str
        Names.
    old_centroid, new_centroid, after : ndarrays of shape (n_features,)
        Scaled.
    raw_after : ndarray of shape (n_features,)
        Raw values tonight.
    before, raw_before : ndarrays of shape (n_features,), optional
        Scaled and raw values of last night.
    count : int
        Drivers wanted.

    Returns
    -------
    tuple of Driver
        min(count, n_features) of them; a driver that did not push has share 0.
    """
    apart = new_centroid - old_centroid
    push = np.zeros(len(apart))
    if before is not None:
        push = 2 * (after - before) * apart
    if push.sum() <= 0:
        push = (after - old_centroid) ** 2 - (after - new_centroid) ** 2
    towards = np.maximum(push, 0.0)
    total = towards.sum()
    share = towards / total if total > 0 else towards
    # Stable, so that equal pushes keep the order of the features.
    order = np.argsort(-push, kind="stable")[:count]
    return tuple(
        Driver(
            features[i],
            float("nan") if raw_before is None else float(raw_before[i]),
            float(raw_after[i]),
            float(share[i]),
        )
        for i in order
    )
