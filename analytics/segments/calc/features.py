"""What segments are made of: eight features per customer, and how they are scaled.

Amounts are float64 in the bank's currency; a customer whose money is in another one is left out by
the caller, never added.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
FARTHEST = 3.0


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix and the plain words for having much or little of it.

    `many` and `few` finish "Customers who ..."; `many_name` and `few_name` can name a segment.
    """

    name: str
    unit: str
    log: bool
    many: str
    few: str
    many_name: str
    few_name: str


FEATURES: tuple[Feature, ...] = (
    Feature(
        "recency_days",
        "days",
        True,
        "have not paid anything for long",
        "paid something just lately",
        "Quiet accounts",
        "Active lately",
    ),
    Feature(
        "payments_per_month",
        "count",
        True,
        "pay often",
        "pay rarely",
        "Frequent payers",
        "Rare payers",
    ),
    Feature(
        "spending_per_month",
        "money",
        True,
        "spend much",
        "spend little",
        "Big spenders",
        "Small spenders",
    ),
    Feature(
        "income_per_month",
        "money",
        True,
        "have much coming in",
        "have little coming in",
        "High incomes",
        "Modest incomes",
    ),
    Feature(
        "savings_ratio",
        "ratio",
        False,
        "keep much of what comes in",
        "spend all that comes in, or more",
        "Savers",
        "Stretched budgets",
    ),
    Feature(
        "spending_swing_ratio",
        "ratio",
        False,
        "spend unevenly from month to month",
        "spend evenly from month to month",
        "Uneven spenders",
        "Steady spenders",
    ),
    Feature(
        "main_category_ratio",
        "ratio",
        False,
        "spend mostly on one thing",
        "spread their spending",
        "Single-purpose spenders",
        "Spread-out spenders",
    ),
    Feature(
        "category_count",
        "count",
        False,
        "buy in many categories",
        "buy in few categories",
        "All-round shoppers",
        "Few-category shoppers",
    ),
)


def _mean_known(matrix: FloatArray) -> FloatArray:
    known = ~np.isnan(matrix)
    total = np.where(known, matrix, 0.0).sum(axis=1)
    result: FloatArray = total / np.maximum(known.sum(axis=1), 1)
    return result


def customer_features(
    *,
    recency_days: ArrayLike,
    payments: ArrayLike,
    income: ArrayLike,
    expenses: ArrayLike,
    by_category: ArrayLike,
) -> FloatArray:
    """The eight columns of FEATURES for every customer.

    Parameters
    ----------
    recency_days : array of shape (n,)
        Days from the last payment to the business day, >= 0.
    payments, income, expenses : arrays of shape (n, n_months)
        Payments counted, income and expenses (shown positive) per month; NaN before a customer's
        first month.
    by_category : array of shape (n, n_categories)
        Expenses per first-level category over the same months.

    Returns
    -------
    ndarray of shape (n, 8), float64
        Savings ratio is cut to -1..1 and is -1 for someone who spends without income, 0 for someone
        with neither; spending swing = standard deviation / mean of monthly expenses, cut to 0..3;
        main category ratio is the largest category's share of the categories above zero.

    Raises
    ------
    ValueError
        If the arrays describe different numbers of customers or a recency is missing.
    """
    recency = np.asarray(recency_days, dtype=np.float64)
    count, inflow, outflow, split = (
        np.asarray(part, dtype=np.float64) for part in (payments, income, expenses, by_category)
    )
    if any(part.ndim != 2 or len(part) != len(recency) for part in (count, inflow, outflow, split)):
        raise ValueError("All features must describe the same customers.")
    if not np.isfinite(recency).all():
        raise ValueError("A customer without any payment has no recency; leave them out.")
    earned, spent = _mean_known(inflow), _mean_known(outflow)
    ratio = np.where(spent > 0, -1.0, 0.0)
    ratio = np.divide(earned - spent, earned, out=ratio, where=earned > 0)
    swing = np.sqrt(_mean_known((outflow - spent[:, None]) ** 2))
    swing = np.divide(swing, spent, out=np.zeros_like(spent), where=spent > 0)
    above = np.maximum(split, 0.0)
    total = above.sum(axis=1)
    largest = above.max(axis=1, initial=0.0)
    main = np.divide(largest, total, out=np.zeros_like(total), where=total > 0)
    return np.column_stack(
        [
            recency,
            _mean_known(count),
            spent,
            earned,
            np.clip(ratio, -1, 1),
            np.clip(swing, 0, 3),
            main,
            (above > 0).sum(axis=1).astype(np.float64),
        ]
    )


@dataclass(frozen=True)
class Scaling:
    """From raw features to comparable ones; plain numbers, fit for JSON.

    Attributes
    ----------
    log : tuple of bool
        Columns taken as sign(x) * log(1 + |x|) first: money and counts are skewed.
    center, spread : tuple of float
        Mean and standard deviation of each column after that; spread > 0.
    """

    log: tuple[bool, ...]
    center: tuple[float, ...]
    spread: tuple[float, ...]

    def apply(self, raw: FloatArray) -> FloatArray:
        """Scale rows; one extreme customer must not own an axis, so values are cut at +-3.

        Parameters
        ----------
        raw : ndarray of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_features)
            Standard deviations from the mean, -3..3.

        Raises
        ------
        ValueError
            If the number of columns differs or a value is missing.
        """
        if raw.ndim != 2 or raw.shape[1] != len(self.center):
            raise ValueError("The features are not the ones this scaling was made for.")
        if not np.isfinite(raw).all():
            raise ValueError("A feature is missing or not a number.")
        scaled = (_bent(raw, self.log) - np.asarray(self.center)) / np.asarray(self.spread)
        cut: FloatArray = np.clip(scaled, -FARTHEST, FARTHEST)
        return cut


def _bent(raw: FloatArray, log: Sequence[bool]) -> FloatArray:
    return np.where(np.asarray(log), np.sign(raw) * np.log1p(np.abs(raw)), raw)


def fit_scaling(raw: FloatArray, log: Sequence[bool]) -> Scaling:
    """Mean and spread of each column of a sample.

    Parameters
    ----------
    raw : ndarray of shape (n, n_features), n >= 1
        No missing values.
    log : sequence of bool, one per column
        Columns to bend by a logarithm first.

    Returns
    -------
    Scaling
        A column that never varies gets spread 1 and so counts for nothing.

    Raises
    ------
    ValueError
        If there are no rows, a value is missing or `log` has another length.
    """
    if raw.ndim != 2 or raw.shape[0] == 0 or raw.shape[1] != len(log):
        raise ValueError("A scaling needs rows, and one mark per column.")
    if not np.isfinite(raw).all():
        raise ValueError("A feature is missing or not a number.")
    bent = _bent(raw, log)
    center, spread = bent.mean(axis=0), bent.std(axis=0)
    # A sum of equal numbers may miss their multiple by a hair: that is no spread.
    spread = np.where(spread > 1e-9 * np.maximum(np.abs(center), 1.0), spread, 1.0)
    return Scaling(tuple(bool(b) for b in log), tuple(center.tolist()), tuple(spread.tolist()))


def rescale(centroids: FloatArray, old: Scaling, new: Scaling) -> FloatArray:
    """Points of one scaled space in another one, so that their distances can be compared.

    Parameters
    ----------
    centroids : ndarray of shape (k, n_features)
        In the space of `old`.
    old, new : Scaling
        With the same columns bent.

    Returns
    -------
    ndarray of shape (k, n_features)

    Raises
    ------
    ValueError
        If the two scalings bend different columns.
    """
    if old.log != new.log:
        raise ValueError("The two scalings are of different features.")
    bent = centroids * np.asarray(old.spread) + np.asarray(old.center)
    result: FloatArray = (bent - np.asarray(new.center)) / np.asarray(new.spread)
    return result
