"""Segments of a large bank: fitting on a sample against fitting on all, and a second night.

Run: `python -m benchmarks.bench_segments`. Every figure is a ratio of two things measured in turn
in this one run; all use one thread.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analytics.segments.calc.clustering import fit_segments, nearest
from analytics.segments.calc.features import FEATURES, FloatArray, customer_features
from analytics.segments.calc.renewal import LastNight, segment_customers
from analytics.segments.calc.rfm import IntArray, rfm_scores

REPO = Path(__file__).resolve().parent.parent
SLACK = 1.25
CUSTOMERS = 100_000
KS = range(4, 9)

Row = tuple[str, float, float]


def data_folder() -> Path:
    """Where the real data lies; it may be absent."""
    return Path(os.environ.get("COUNTERFOIL_DATA", REPO.parent / "shared" / "data"))


def berka_lines(folder: Path) -> pd.DataFrame:
    """Lines of the 790 Berka accounts up to 1994-03-31: account_id, day, amount, inflow, what."""
    lines = pd.read_csv(folder / "berka" / "trans_1993_1994.asc.gz", sep=";")
    lines["day"] = pd.to_datetime(lines["date"].astype(str), format="%y%m%d")
    lines["inflow"] = lines["type"] == "PRIJEM"
    lines["what"] = lines["k_symbol"].fillna(lines["operation"]).fillna("other")
    return lines[["account_id", "day", "amount", "inflow", "what"]]


def berka_features(lines: pd.DataFrame) -> tuple[IntArray, FloatArray]:
    """Account ids and the eight features over the twelve months to March 1994."""
    lines = lines.assign(month=lines["day"].dt.to_period("M"))
    months = pd.period_range("1993-04", "1994-03", freq="M")
    ids = np.sort(lines["account_id"].unique())
    first = lines.groupby("account_id")["month"].min().reindex(ids)
    before = np.array([[month < begun for month in months] for begun in first])

    def monthly(part: pd.DataFrame) -> FloatArray:
        cells = part.groupby(["account_id", "month"])["amount"].sum().unstack()
        values = cells.reindex(index=ids, columns=months).fillna(0.0).to_numpy(dtype=np.float64)
        return np.where(before, np.nan, values)

    spent = lines[~lines["inflow"]]
    last = spent.groupby("account_id")["day"].max().reindex(ids)
    quiet = (pd.Timestamp("1994-03-31") - last).dt.days.fillna(500)
    split = spent.groupby(["account_id", "what"])["amount"].sum().unstack().reindex(ids).fillna(0.0)
    return ids.astype(np.int64), customer_features(
        recency_days=quiet.to_numpy(dtype=np.float64),
        payments=monthly(lines.assign(amount=1.0)),
        income=monthly(lines[lines["inflow"]]),
        expenses=monthly(spent),
        by_category=split.to_numpy(dtype=np.float64),
    )


def synthetic_features(customers: int, columns: int, seed: int = 7) -> FloatArray:
    """Five overlapping kinds of customers, skewed like money is."""
    random = np.random.default_rng(seed)
    kinds = random.normal(0, 1.3, (5, columns))
    drawn = kinds[random.choice(5, customers, p=[0.35, 0.25, 0.2, 0.12, 0.08])]
    return np.exp(drawn + random.normal(0, 0.55, (customers, columns)))


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The quickest of some rounds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def choose_on_all_rows(scaled: FloatArray) -> tuple[int, FloatArray]:
    """k by silhouette with every fit on all rows: the plain way to do it."""
    step = len(scaled) // 2_000
    best = (-1.0, 0, scaled[:1])
    for k in KS:
        fit = KMeans(k, n_init=4, random_state=1, tol=0.0).fit(scaled)
        found = float(silhouette_score(scaled[::step], fit.labels_[::step]))
        best = max(best, (found, k, fit.cluster_centers_), key=lambda one: one[0])
    return best[1], best[2]


def sampling() -> list[Row]:
    """P19: time and quality of the fit on a sample, for 100,000 customers and six features."""
    raw = synthetic_features(CUSTOMERS, 6)
    keys = np.arange(CUSTOMERS)
    names, log = [f"f{i}" for i in range(6)], [True] * 6
    with threadpool_limits(limits=1):
        model = fit_segments(raw, keys, features=names, log=log, seed=1)
        ours = seconds(lambda: fit_segments(raw, keys, features=names, log=log, seed=1), 2)
        few = seconds(
            lambda: fit_segments(raw[:10_000], keys[:10_000], features=names, log=log, seed=1), 2
        )
        scaled = model.scaling.apply(raw)
        begun = time.perf_counter()
        k, centers = choose_on_all_rows(scaled)
        plain = time.perf_counter() - begun
        some = np.random.default_rng(2).choice(CUSTOMERS, 4_000, replace=False)
        quality = [
            float(silhouette_score(scaled[some], nearest(scaled[some], one)[0]))
            for one in (model.centers, centers)
        ]
    print(f"{'k = 4..8 by silhouette, 100,000 x 6':44}{'seconds':>9}{'k':>4}{'silhouette':>12}")
    print(f"{'fitted on 10,000':44}{ours:9.2f}{len(model.ids):4}{quality[0]:12.3f}")
    print(f"{'fitted on all':44}{plain:9.2f}{k:4}{quality[1]:12.3f}")
    print(f"{'fitted on 10,000 of 10,000':44}{few:9.2f}")
    return [
        ("P19 k-means on all / on a sample, time", plain / ours, 4.0 / SLACK),
        ("P19 silhouette on a sample - on all + 0.01, >= 0", quality[0] - quality[1] + 0.01, 0.0),
        ("P19 time for 10,000 / for 100,000 customers", few / ours, 1 / 1.5 / SLACK),
    ]


def nights() -> list[Row]:
    """A first and a second night over 100,000 customers and all eight features."""
    raw, keys = synthetic_features(CUSTOMERS, len(FEATURES)), np.arange(1, CUSTOMERS + 1)
    begun = time.perf_counter()
    first = segment_customers(raw, keys, seed=1)
    once = time.perf_counter() - begun
    last = LastNight(first.model, keys, first.segment, raw)
    changed = raw.copy()
    touched = np.random.default_rng(3).choice(CUSTOMERS, CUSTOMERS // 100, replace=False)
    changed[touched] *= np.random.default_rng(4).uniform(0.5, 2, (len(touched), len(FEATURES)))
    second = segment_customers(changed, keys, seed=1, last=last)
    same = segment_customers(raw, keys, seed=1, last=last)
    ranks = seconds(lambda: rfm_scores(raw[:, 0], raw[:, 1], raw[:, 2], keys), 2)
    kept = 1 - len(second.moves) / CUSTOMERS
    print(f"\n{'one night, 100,000 customers, 8 features':44}{once:9.2f} s")
    print(f"{'RFM reference, 100,000 customers':44}{ranks:9.2f} s")
    print(f"{'moves with the same data':44}{len(same.moves):9}")
    print(f"{'moves after 1 % of customers changed':44}{len(second.moves):9}")
    return [
        ("D4 same data, share that keeps its segment", 1 - len(same.moves) / CUSTOMERS, 1.0),
        ("D4 1 % changed, share that keeps its segment", kept, 0.95),
    ]


def main() -> list[Row]:
    """Print the tables; (name, ratio, goal) each, met when ratio >= goal (speed: 25 % slack)."""
    rows = sampling() + nights()
    folder = data_folder()
    if (folder / "berka").is_dir():
        keys, raw = berka_features(berka_lines(folder))
        found = segment_customers(raw, keys, seed=1)
        print(f"\nBerka, 790 accounts, silhouette {found.model.silhouette:.3f}")
        for one in found.words:
            print(f"{one.customers:6}  {one.name}: {one.description}")
    else:
        print(f"No real data at {folder}: Berka not segmented. Set COUNTERFOIL_DATA.")
    print()
    for name, ratio, goal in rows:
        print(f"{name:60}{ratio:9.3f}  ≥ {goal:7.3f}  {'met' if ratio >= goal else 'MISSED'}")
    return rows


if __name__ == "__main__":
    main()
