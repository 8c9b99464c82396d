"""Segments of a whole bank, from night to night."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.segments.calc.clustering import (
    SegmentModel,
    TooFewCustomers,
    coordinates,
    fit_segments,
    model_from_json,
    principal_axes,
    sample_rows,
)
from analytics.segments.calc.features import FEATURES, FloatArray
from analytics.segments.calc.renewal import LastNight, SegmentResult, segment_customers
from analytics.segments.calc.rfm import IntArray
from benchmarks.bench_segments import berka_features, berka_lines, synthetic_features


def clumps(each: int = 60, seed: int = 2) -> FloatArray:
    """Five well-parted kinds of customers with two features."""
    centers = np.array([[0, 0], [10, 0], [0, 10], [10, 10], [5, 20]], dtype=float)
    noise = np.random.default_rng(seed).normal(0, 0.5, (5, each, 2))
    return (centers[:, None, :] + noise).reshape(-1, 2)


def fit(raw: FloatArray, keys: IntArray | None = None, **more: object) -> SegmentModel:
    names = np.arange(1, len(raw) + 1) if keys is None else keys
    return fit_segments(raw, names, features=["x", "y"], log=[False, False], seed=1, **more)  # type: ignore[arg-type]


def test_five_kinds_of_customers_are_found() -> None:
    model = fit(clumps())
    raw = np.asarray(model.scaling.spread) * model.centers + np.asarray(model.scaling.center)
    assert len(model.ids) == 5 and model.silhouette > 0.8
    assert sorted(np.round(raw).tolist()) == [[0, 0], [0, 10], [5, 20], [10, 0], [10, 10]]


def test_two_kinds_still_make_four_segments() -> None:
    assert len(fit(clumps()[:120]).ids) == 4


def test_row_order_does_not_matter() -> None:
    raw, keys = clumps(), np.arange(1, 301)
    order = np.random.default_rng(9).permutation(300)
    assert fit(raw[order], keys[order]) == fit(raw, keys)


def test_few_customers_make_fewer_segments_and_too_few_none() -> None:
    few = clumps(5)  # 25 customers
    assert len(fit(few).ids) == 2
    with pytest.raises(TooFewCustomers, match=r"19 .*need 20") as caught:
        fit(few[:19])
    assert (caught.value.customers, caught.value.needed) == (19, 20)


def test_customers_who_all_look_alike_make_no_segments() -> None:
    with pytest.raises(TooFewCustomers, match="1 that differ"):
        fit(np.ones((50, 2)))


def test_bad_input_is_refused() -> None:
    raw = clumps()
    with pytest.raises(ValueError, match="stands twice"):
        fit(raw, np.ones(300, dtype=np.int64))
    with pytest.raises(ValueError, match="One row per key"):
        fit(raw[:, :1])
    with pytest.raises(ValueError, match="missing"):
        fit(np.where(raw > 9, np.nan, raw))


def test_model_survives_json() -> None:
    model = replace(fit(clumps()), names=("a", "b", "c", "d", "e"))
    assert model_from_json(json.loads(json.dumps(model.to_json()))) == model


def test_sample_hardly_changes_with_one_percent_newcomers() -> None:
    before = set(sample_rows(np.arange(10_000), 1_000, 1).tolist())
    after = set(sample_rows(np.arange(10_100), 1_000, 1).tolist())
    assert len(before) == 1_000 and len(before & after) >= 970
    assert before != set(sample_rows(np.arange(10_000), 1_000, 2).tolist())


def test_axes_are_the_widest_directions_at_right_angles() -> None:
    random = np.random.default_rng(4)
    points = random.normal(0, 1, (500, 3)) * [1.0, 9.0, 3.0]
    first, second = (np.array(axis) for axis in principal_axes(points))
    assert abs(first[1]) > 0.99 and first[1] > 0 and abs(second[2]) > 0.99
    assert first @ second == pytest.approx(0, abs=1e-12) and first @ first == pytest.approx(1)


def test_second_night_keeps_ids_scaling_and_number() -> None:
    raw = clumps()
    first = fit(raw)
    assert fit(raw, previous=first) == first
    again = fit(raw + np.random.default_rng(5).normal(0, 0.1, raw.shape), previous=first)
    assert again.ids == first.ids and again.scaling == first.scaling
    assert np.abs(again.centers - first.centers).max() < 0.05


def test_refreshed_scaling_keeps_the_ids() -> None:
    raw = clumps()
    first = fit(raw)
    again = fit(raw * 1.5 + 3, previous=first)  # all move: the old ids mean places
    fresh = fit(raw + np.array([0.3, 0.2]), previous=first, refresh=True)
    assert fresh.ids == first.ids and fresh.scaling != first.scaling
    assert set(again.ids) - set(first.ids)


def test_number_of_segments_changes_only_for_a_clear_gain() -> None:
    even = np.random.default_rng(5).uniform(0, 1, (400, 2))
    four = fit(even, k_max=4)
    alone = fit(even)
    assert len(alone.ids) != 4 and alone.silhouette - four.silhouette < 0.05
    assert len(fit(even, previous=four).ids) == 4
    assert len(fit(clumps(), previous=fit(clumps(), k_max=4)).ids) == 5


def test_new_kind_of_customers_gets_an_id_never_used() -> None:
    raw = clumps()
    first = fit(raw[:240])  # four kinds
    assert first.ids == (1, 2, 3, 4)
    more = fit(raw, previous=first, refresh=True)
    assert sorted(more.ids) == [1, 2, 3, 4, 5] and more.last_id == 5
    back = fit(raw[:240], previous=more, refresh=True)
    assert 5 not in back.ids and back.last_id == 5
    assert 6 in fit(raw, previous=back, refresh=True).ids


def test_a_night_of_many_customers_is_the_same_on_one_sample() -> None:
    raw, keys = synthetic_features(12_000, 8), np.arange(1, 12_001)
    first = segment_customers(raw, keys, seed=1)
    assert first.model.fitted_on == 10_000 and (np.bincount(first.segment)[1:] >= 10).all()
    assert np.array_equal(first.coordinates, coordinates(first.model, raw))
    last = LastNight(first.model, keys, first.segment, raw)
    second = segment_customers(raw, keys, seed=1, last=last)
    assert second.moves == () and second.model == first.model and second.words == first.words


def test_other_features_start_afresh() -> None:
    raw, keys = synthetic_features(300, 8), np.arange(1, 301)
    first = segment_customers(raw, keys, seed=1)
    fewer = segment_customers(
        raw[:, :4],
        keys,
        seed=1,
        features=FEATURES[:4],
        last=LastNight(first.model, keys, first.segment, raw),
    )
    assert fewer.moves == () and fewer.model.features == tuple(f.name for f in FEATURES[:4])


@pytest.fixture(scope="module")
def lines(data: Path) -> pd.DataFrame:
    return berka_lines(data)


@pytest.fixture(scope="module")
def berka(lines: pd.DataFrame) -> tuple[IntArray, FloatArray, SegmentResult]:
    keys, raw = berka_features(lines)
    return keys, raw, segment_customers(raw, keys, seed=1)


def test_berka_has_four_segments_or_more_with_names_of_their_own(
    berka: tuple[IntArray, FloatArray, SegmentResult],
) -> None:
    keys, _, found = berka
    assert len(keys) == 790 and 4 <= len(found.words) <= 8
    assert len({one.name for one in found.words}) == len(found.words)
    assert sum(one.customers for one in found.words) == 790
    assert all(one.customers >= 10 and one.description.endswith(".") for one in found.words)


def test_same_data_change_nothing(berka: tuple[IntArray, FloatArray, SegmentResult]) -> None:
    keys, raw, found = berka
    order = np.random.default_rng(1).permutation(790)
    last = LastNight(found.model, keys, found.segment, raw)
    again = segment_customers(raw[order], keys[order], seed=1, last=last)
    assert again.moves == () and again.model == found.model
    assert np.array_equal(again.segment, found.segment[order])


@pytest.mark.parametrize("seed", range(5))
def test_one_percent_new_rows_leave_ninety_five_percent_in_place(
    lines: pd.DataFrame, berka: tuple[IntArray, FloatArray, SegmentResult], seed: int
) -> None:
    keys, raw, found = berka
    random = np.random.default_rng(seed)
    new = lines.sample(frac=0.01, random_state=seed)
    factor = random.lognormal(0, 1, len(new))
    new = new.assign(amount=new["amount"] * factor, day=pd.Timestamp("1994-03-30"))
    newcomers = new.index[: len(new) // 10]
    new.loc[newcomers, "account_id"] = 900_000 + np.arange(len(newcomers)) // 3
    ids, changed = berka_features(pd.concat([lines, new], ignore_index=True))
    last = LastNight(found.model, keys, found.segment, raw)
    tonight = segment_customers(changed, ids, seed=1, last=last)
    was = dict(zip(keys.tolist(), found.segment.tolist(), strict=True))
    now = dict(zip(ids.tolist(), tonight.segment.tolist(), strict=True))
    kept = [key for key in was if now[key] == was[key]]
    assert len(kept) >= 0.95 * len(was)
    assert {move.key for move in tonight.moves} == set(was) - set(kept)
    assert all(len(move.drivers) == 3 and move.old == was[move.key] for move in tonight.moves)
    assert [one.name for one in tonight.words] == [one.name for one in found.words]


def test_customer_who_changes_habits_moves_for_that_reason(
    berka: tuple[IntArray, FloatArray, SegmentResult],
) -> None:
    keys, raw, found = berka
    sizes = np.bincount(found.segment)
    source, target = int(sizes.argmax()), int(found.model.ids[-1])
    row = int(np.flatnonzero(found.segment == source)[0])
    twin = int(np.flatnonzero(found.segment == target)[0])
    changed = raw.copy()
    changed[row] = raw[twin]
    last = LastNight(found.model, keys, found.segment, raw)
    moves = segment_customers(changed, keys, seed=1, last=last).moves
    own = [move for move in moves if move.key == keys[row]]
    assert [(move.old, move.new) for move in own] == [(source, target)]
    strongest = own[0].drivers[0]
    column = [feature.name for feature in FEATURES].index(strongest.feature)
    assert (strongest.before, strongest.after) == (raw[row, column], raw[twin, column])
    assert 0 < sum(driver.share for driver in own[0].drivers) <= 1
