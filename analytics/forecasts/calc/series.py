"""Month cells become one matrix: a row per series, a column per month, ending at the same month.

Convention of the whole package: a series that began later is padded on the left with NaN; a quiet
month after its first one is 0. Values are float64 in the account's currency, one currency a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class TooLittleHistory(ValueError):
    """A series is shorter than its model needs; pages show it as "not enough data yet".

    Parameters
    ----------
    months : int
        Whole months the series has.
    needed : int
        Whole months the model needs.
    """

    def __init__(self, months: int, needed: int) -> None:
        super().__init__(
            f"Not enough data yet: {months} whole months of history, a forecast needs {needed}."
        )
        self.months = months
        self.needed = needed


@dataclass(frozen=True, eq=False)
class MonthlySeries:
    """A matrix of monthly values and what its rows and columns stand for.

    Attributes
    ----------
    keys : ndarray of shape (n_series,)
        Ids of the series, ascending.
    months : ndarray of shape (n_months,), datetime64[M]
        Consecutive months, the last one is the last month covered.
    values : ndarray of shape (n_series, n_months)
        float64; NaN before a series began.
    """

    keys: NDArray[np.generic]
    months: NDArray[np.datetime64]
    values: FloatArray


def monthly_series(
    keys: ArrayLike,
    months: ArrayLike,
    amounts: ArrayLike,
    *,
    through: date | str,
    at_most: int = 60,
) -> MonthlySeries:
    """Cells (series, month, amount) as a matrix; cells of one series and month are added.

    Parameters
    ----------
    keys : array of shape (n_cells,)
        Id of the series each cell belongs to, any order, integers or text.
    months : array of shape (n_cells,)
        Month of each cell; anything NumPy reads as datetime64, cut to the month.
    amounts : array of shape (n_cells,)
        Amount of each cell, one currency per series.
    through : date or text like "2026-03"
        Last month of the matrix. Give the last *whole* month: a running month looks like a slump.
    at_most : int, >= 1
        Months kept, counted back from `through`; older cells are left out.

    Returns
    -------
    MonthlySeries
        A series starts at its first cell; its quiet months from there to `through` are 0. A series
        whose cells are all older than the window is a row of zeros. Without cells: shape (0, 0).

    Raises
    ------
    ValueError
        If the arrays differ in length, an amount is not finite, or a cell lies after `through`.
    """
    names = np.asarray(keys)
    when = np.asarray(months, dtype="datetime64[M]").astype(np.int64)
    values = np.asarray(amounts, dtype=np.float64)
    if not names.shape == when.shape == values.shape or names.ndim != 1:
        raise ValueError("keys, months and amounts must be flat arrays of one length.")
    if not np.isfinite(values).all():
        raise ValueError("An amount is missing or not a number.")
    last = int(np.asarray(through, dtype="datetime64[M]").astype(np.int64))
    if names.size == 0:
        return MonthlySeries(names, np.zeros(0, dtype="datetime64[M]"), np.zeros((0, 0)))
    if int(when.max()) > last:
        raise ValueError("A cell lies after the last month covered.")
    if at_most < 1:
        raise ValueError("At least one month must be kept.")
    unique, row = np.unique(names, return_inverse=True)
    begins = np.full(unique.size, last, dtype=np.int64)
    np.minimum.at(begins, row, when)
    first = max(int(begins.min()), last - at_most + 1)
    width = last - first + 1
    column = when - first
    kept = column >= 0
    flat = np.bincount(
        row[kept] * width + column[kept], weights=values[kept], minlength=unique.size * width
    )
    matrix = flat.reshape(unique.size, width).astype(np.float64)
    matrix[np.arange(width)[None, :] < (begins - first)[:, None]] = np.nan
    columns = np.arange(first, last + 1).astype("datetime64[M]")
    return MonthlySeries(unique, columns, matrix)


def lengths_of(history: FloatArray) -> IntArray:
    """Months each series has; checks the shape that the whole package relies on.

    Parameters
    ----------
    history : ndarray of shape (n_series, n_months), float64
        NaN only on the left of each row.

    Returns
    -------
    ndarray of shape (n_series,), int64
        Count of the values that are not NaN.

    Raises
    ------
    ValueError
        If the array is not two-dimensional, holds an infinity, or a NaN after a value.
    """
    if history.ndim != 2:
        raise ValueError("History must have one row per series and one column per month.")
    if np.isinf(history).any():
        raise ValueError("History holds an infinite amount.")
    present = ~np.isnan(history)
    if history.shape[1] > 1 and (present[:, :-1] & ~present[:, 1:]).any():
        raise ValueError("History has a gap: a quiet month must be 0, not missing.")
    lengths: IntArray = present.sum(axis=1).astype(np.int64)
    return lengths


def blocks_by_length(lengths: IntArray, minimum: int) -> Iterator[tuple[int, IntArray]]:
    """(length, rows) for each distinct length >= `minimum`, so that models see full arrays."""
    for length in np.unique(lengths):
        if length >= max(minimum, 1):
            yield int(length), np.flatnonzero(lengths == length)


def mean_absolute_step(history: FloatArray) -> FloatArray:
    """Mean |this month - last month| of each series: the unit in which errors are measured.

    Parameters
    ----------
    history : ndarray of shape (n_series, n_months)
        NaN on the left allowed.

    Returns
    -------
    ndarray of shape (n_series,)
        >= 0; NaN for a series of fewer than two months.

    References
    ----------
    Hyndman and Koehler (2006), Another look at measures of forecast accuracy, section 3.
    """
    if history.shape[1] < 2:
        return np.full(history.shape[0], np.nan)
    steps = np.abs(np.diff(history, axis=1))
    known = ~np.isnan(steps)
    count = known.sum(axis=1)
    total = np.where(known, steps, 0.0).sum(axis=1)
    result: FloatArray = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return result


def require_history(lengths: Sequence[int] | IntArray, needed: int) -> None:
    """Raise TooLittleHistory for the shortest series below `needed` months, else return."""
    shortest = min((int(n) for n in lengths), default=needed)
    if shortest < needed:
        raise TooLittleHistory(shortest, needed)
