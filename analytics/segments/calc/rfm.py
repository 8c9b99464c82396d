"""Recency, frequency and monetary value in fifths: what the night's SQL must give, restated.

Production scores with `ntile(5)` in the database; this is the reference that tests compare it with.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def ntile(values: ArrayLike, keys: ArrayLike, groups: int = 5) -> IntArray:
    """Group number of each value, like SQL's `ntile(groups) over (order by value, key)`.

    Parameters
    ----------
    values : array of shape (n,)
        Ranked ascending.
    keys : array of shape (n,)
        Break ties, so that the answer does not depend on row order; distinct.
    groups : int, >= 1
        Groups asked for.

    Returns
    -------
    ndarray of shape (n,), int64
        1 for the smallest values. Groups differ by at most one member, the first ones are larger;
        with fewer rows than groups the last numbers are not given. Equal values may be parted.

    Raises
    ------
    ValueError
        If the arrays differ in length, a value is NaN, a key repeats or `groups` < 1.
    """
    amounts, names = np.asarray(values, dtype=np.float64), np.asarray(keys)
    if amounts.shape != names.shape or amounts.ndim != 1:
        raise ValueError("Values and keys must be flat arrays of one length.")
    if np.isnan(amounts).any():
        raise ValueError("A value to rank is missing.")
    if groups < 1:
        raise ValueError("There must be at least one group.")
    if np.unique(names).size != names.size:
        raise ValueError("A key stands twice.")
    n = amounts.size
    order = np.lexsort((names, amounts))
    size, larger = divmod(n, groups)
    place = np.arange(n)
    edge = larger * (size + 1)
    within = np.where(place < edge, place // (size + 1), larger + (place - edge) // max(size, 1))
    result = np.empty(n, dtype=np.int64)
    result[order] = within + 1
    return result


def rfm_scores(
    recency_days: ArrayLike, frequency: ArrayLike, monetary: ArrayLike, keys: ArrayLike
) -> IntArray:
    """RFM scores from 1 (worst fifth) to 5 (best fifth).

    Parameters
    ----------
    recency_days : array of shape (n,)
        Days since the last payment; fewer is better.
    frequency, monetary : arrays of shape (n,)
        Payments, and money spent in one currency; more is better.
    keys : array of shape (n,)
        Customer ids, break ties.

    Returns
    -------
    ndarray of shape (n, 3), int64
        Columns recency, frequency, monetary.

    Raises
    ------
    ValueError
        As `ntile`.
    """
    recent = -np.asarray(recency_days, dtype=np.float64)
    return np.column_stack([ntile(part, keys) for part in (recent, frequency, monetary)])


def rfm_group(recency: int, frequency: int) -> str:
    """The built-in segment of a customer's recency and frequency scores (1-5 each)."""
    if recency >= 4:
        return "Regulars" if frequency >= 3 else "New or returning"
    if recency == 3:
        return "Steady" if frequency >= 3 else "Occasional"
    return "Slipping away" if frequency >= 3 else "Dormant"
