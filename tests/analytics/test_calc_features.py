"""Features of a customer and their scaling."""

import numpy as np
import pytest

from analytics.segments.calc.features import (
    FEATURES,
    Scaling,
    customer_features,
    fit_scaling,
    rescale,
)

NAN = float("nan")


def test_hand_worked_features() -> None:
    made = customer_features(
        recency_days=[4, 0],
        payments=[[2, 4], [NAN, 3]],
        income=[[1000, 3000], [NAN, 0]],
        expenses=[[600, 1000], [NAN, 50]],
        by_category=[[1200, 400, 0], [60, -10, 0]],
    )
    assert [feature.name for feature in FEATURES] == [
        "recency_days",
        "payments_per_month",
        "spending_per_month",
        "income_per_month",
        "savings_ratio",
        "spending_swing_ratio",
        "main_category_ratio",
        "category_count",
    ]
    # Spent 800 a month of 2000, 200 from the mean each month, three quarters on one category.
    assert made[0].tolist() == [4, 3, 800, 2000, 0.6, 0.25, 0.75, 2]
    # One month only; spends without income; a category below zero is no spending.
    assert made[1].tolist() == [0, 3, 50, 0, -1, 0, 1, 1]


def test_customer_with_nothing_but_transfers_has_plain_zeros() -> None:
    made = customer_features(
        recency_days=[9], payments=[[1]], income=[[0]], expenses=[[0]], by_category=np.zeros((1, 0))
    )
    assert made[0].tolist() == [9, 1, 0, 0, 0, 0, 0, 0]


def test_features_of_different_customers_are_refused() -> None:
    one = np.ones((1, 2))
    with pytest.raises(ValueError, match="same customers"):
        customer_features(
            recency_days=[1, 2], payments=one, income=one, expenses=one, by_category=one
        )
    with pytest.raises(ValueError, match="no recency"):
        customer_features(
            recency_days=[NAN], payments=one, income=one, expenses=one, by_category=one
        )


def test_scaled_sample_has_mean_zero_and_spread_one() -> None:
    raw = np.random.default_rng(1).lognormal(3, 1, (500, 2))
    scaling = fit_scaling(raw, [True, False])
    bent = np.column_stack([np.log1p(raw[:, 0]), raw[:, 1]])
    assert scaling.center == pytest.approx(bent.mean(axis=0))
    assert scaling.apply(raw)[:, 0].mean() == pytest.approx(0, abs=0.02)
    assert scaling.apply(raw)[:, 0].std() == pytest.approx(1, abs=0.05)


def test_extreme_customer_is_cut_and_constant_column_counts_for_nothing() -> None:
    scaling = fit_scaling(np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]]), [False, False])
    assert scaling.spread[0] == 1.0
    far = scaling.apply(np.array([[0.1, 1e9], [0.1, -1e9]]))
    np.testing.assert_allclose(far, [[0, 3], [0, -3]], atol=1e-12)


def test_rescaled_point_is_the_same_customer() -> None:
    old = Scaling((False, True), (10.0, 1.0), (2.0, 0.5))
    new = Scaling((False, True), (0.0, 0.0), (1.0, 1.0))
    raw = np.array([[12.0, np.e - 1]])
    np.testing.assert_allclose(rescale(old.apply(raw), old, new), [[12.0, 1.0]])
    with pytest.raises(ValueError, match="different features"):
        rescale(raw, old, Scaling((True, True), (0.0, 0.0), (1.0, 1.0)))


def test_missing_values_and_foreign_columns_are_refused() -> None:
    scaling = fit_scaling(np.ones((2, 2)), [False, False])
    with pytest.raises(ValueError, match="not the ones"):
        scaling.apply(np.ones((2, 3)))
    with pytest.raises(ValueError, match="missing"):
        scaling.apply(np.array([[1.0, NAN]]))
    with pytest.raises(ValueError, match="needs rows"):
        fit_scaling(np.ones((0, 2)), [False, False])
    with pytest.raises(ValueError, match="missing"):
        fit_scaling(np.array([[1.0, NAN]]), [False, False])
