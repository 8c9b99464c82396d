"""K-means fitted on a sample, with a floor on the number of segments and a memory of last night."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analytics.segments.calc.features import FloatArray, Scaling, fit_scaling, rescale
from analytics.segments.calc.matching import match_segments
from analytics.segments.calc.rfm import IntArray

SAMPLE = 10_000
SILHOUETTE_SAMPLE = 2_000
FEWEST_PER_SEGMENT = 10
SMALLEST_K, LARGEST_K = 4, 8
# Last night's number of segments stays unless another one is clearly better.
K_MARGIN = 0.05
# Of several numbers about as good as the best, the smallest is easiest to explain.
K_TIE = 0.01


class TooFewCustomers(ValueError):
    """Fewer customers, or fewer different ones, than two segments need."""

    def __init__(self, customers: int, needed: int) -> None:
        super().__init__(
            f"Not enough customers yet: {customers} that differ, segments need {needed}."
        )
        self.customers = customers
        self.needed = needed


@dataclass(frozen=True)
class SegmentModel:
    """A fitted segmentation in plain numbers.

    Attributes
    ----------
    features : tuple of str
        Columns, in order.
    scaling : Scaling
        From raw to scaled features.
    ids : tuple of int
        Id of each segment, kept from night to night; never given twice.
    centroids : tuple of tuple of float
        In scaled space, one per id.
    axes : tuple of two tuples of float
        Directions of the two-dimensional picture, in scaled space.
    silhouette : float
        -1..1, how well the segments are parted, on a sample.
    seed, fitted_on : int
        Random seed, and customers in the sample.
    last_id : int
        Largest id ever given, so that a retired one does not come back as another segment.
    names : tuple of str
        Name of each segment; "" until named.
    """

    features: tuple[str, ...]
    scaling: Scaling
    ids: tuple[int, ...]
    centroids: tuple[tuple[float, ...], ...]
    axes: tuple[tuple[float, ...], tuple[float, ...]]
    silhouette: float
    seed: int
    fitted_on: int
    last_id: int
    names: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A dict of numbers, texts and lists."""
        return asdict(self)

    @property
    def centers(self) -> FloatArray:
        """Centroids as an array of shape (k, n_features)."""
        return np.asarray(self.centroids, dtype=np.float64)


def model_from_json(stored: Mapping[str, Any]) -> SegmentModel:
    """Read back what `SegmentModel.to_json` wrote; KeyError or TypeError on anything else."""
    scaling = stored["scaling"]
    first, second = stored["axes"]
    return SegmentModel(
        features=tuple(stored["features"]),
        scaling=Scaling(tuple(scaling["log"]), tuple(scaling["center"]), tuple(scaling["spread"])),
        ids=tuple(stored["ids"]),
        centroids=tuple(tuple(row) for row in stored["centroids"]),
        axes=(tuple(first), tuple(second)),
        silhouette=stored["silhouette"],
        seed=stored["seed"],
        fitted_on=stored["fitted_on"],
        last_id=stored["last_id"],
        names=tuple(stored["names"]),
    )


def sample_rows(keys: IntArray, size: int, seed: int) -> IntArray:
    """Rows of a sample that hardly changes when customers join or leave.

    Parameters
    ----------
    keys : ndarray of shape (n,), int64
        Customer ids, distinct.
    size : int, >= 1
        Largest sample.
    seed : int
        Another seed, another sample.

    Returns
    -------
    ndarray of shape (min(n, size),), int64
        Row numbers in the order of their keys: those whose scrambled key is smallest, so neither
        row order nor a newcomer changes the others' place.

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators (the mixer).
    """
    with np.errstate(over="ignore"):
        mixed = keys.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    chosen = np.argsort(mixed, kind="stable")[:size]
    return chosen[np.argsort(keys[chosen], kind="stable")]


def _kmeans(sample: FloatArray, start: int | FloatArray, seed: int) -> FloatArray:
    """Centroids from a number of segments (best of four starts) or from given centroids."""
    from sklearn.cluster import KMeans

    fresh = isinstance(start, int)
    model = KMeans(
        n_clusters=start if isinstance(start, int) else len(start),
        init="k-means++" if fresh else start,
        n_init=4 if fresh else 1,
        random_state=seed,
        algorithm="lloyd",
        # To the very end: a fit that stops early would move on tomorrow with the same data.
        tol=0.0,
    )
    return np.asarray(model.fit(sample).cluster_centers_, dtype=np.float64)


def _quality(sample: FloatArray, centroids: FloatArray) -> tuple[float, int]:
    """Silhouette on the sample's first rows by key, and the size of the smallest segment."""
    from sklearn.metrics import silhouette_score

    labels = nearest(sample, centroids)[0]
    counts = np.bincount(labels, minlength=len(centroids))
    step = max(1, len(sample) // SILHOUETTE_SAMPLE)
    some, marks = sample[::step], labels[::step]
    if np.unique(marks).size < 2 or np.unique(marks).size >= len(some):
        return -1.0, int(counts.min())
    return float(silhouette_score(some, marks)), int(counts.min())


def nearest(scaled: FloatArray, centroids: FloatArray) -> tuple[IntArray, FloatArray]:
    """Index of the nearest centroid of each row, and the distances to all of them.

    Parameters
    ----------
    scaled : ndarray of shape (n, n_features)
    centroids : ndarray of shape (k, n_features)

    Returns
    -------
    index : ndarray of shape (n,), int64
        The first one on a tie.
    distance : ndarray of shape (n, k)
        Euclidean.
    """
    distance = np.empty((len(scaled), len(centroids)))
    for column, centroid in enumerate(centroids):
        gap = scaled - centroid
        distance[:, column] = np.sqrt(np.einsum("ij,ij->i", gap, gap))
    return distance.argmin(axis=1).astype(np.int64), distance


def _possible(customers: int, distinct: int, k_min: int, k_max: int) -> range:
    most = min(customers // FEWEST_PER_SEGMENT, distinct, k_max)
    if most < 2:
        raise TooFewCustomers(min(customers, distinct), 2 * FEWEST_PER_SEGMENT)
    return range(min(k_min, most), most + 1)


def _choose_k(sample: FloatArray, ks: range, seed: int) -> tuple[FloatArray, float]:
    """The smallest k about as good as the best among those without tiny segments."""
    tried = [(k, _kmeans(sample, k, seed)) for k in ks]
    scored = [(k, found, *_quality(sample, found)) for k, found in tried]
    whole = [one for one in scored if one[3] >= FEWEST_PER_SEGMENT] or scored[:1]
    best = max(one[2] for one in whole)
    _, found, silhouette, _ = next(one for one in whole if one[2] >= best - K_TIE)
    # By position, so that ids do not depend on which start won.
    return found[np.lexsort(np.round(found.T[::-1], 6))], silhouette


def principal_axes(sample: FloatArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The two directions along which a sample varies most.

    Parameters
    ----------
    sample : ndarray of shape (n, n_features), n_features >= 2
        Scaled features.

    Returns
    -------
    two tuples of n_features floats
        Of length 1, at right angles; the largest entry of each is positive, so that the picture
        does not flip from night to night.

    References
    ----------
    Jolliffe, Principal component analysis, 2nd edition, chapter 1.
    """
    centered = sample - sample.mean(axis=0)
    _, vectors = np.linalg.eigh(centered.T @ centered)
    two = vectors[:, ::-1][:, :2].T
    for axis in two:
        if axis[np.abs(axis).argmax()] < 0:
            axis *= -1
    return tuple(two[0].tolist()), tuple(two[1].tolist())


def coordinates(model: SegmentModel, raw: FloatArray) -> FloatArray:
    """Where each customer stands in the picture; shape (n, n_features) to (n, 2)."""
    result: FloatArray = model.scaling.apply(raw) @ np.asarray(model.axes).T
    return result


def fit_segments(
    raw: FloatArray,
    keys: NDArray[Any],
    *,
    features: Sequence[str],
    log: Sequence[bool],
    seed: int,
    previous: SegmentModel | None = None,
    refresh: bool = False,
    k_min: int = SMALLEST_K,
    k_max: int = LARGEST_K,
    sample_size: int = SAMPLE,
) -> SegmentModel:
    """Find segments, keeping last night's where they still hold.

    Parameters
    ----------
    raw : ndarray of shape (n, n_features), n_features >= 2
        Raw features, see `features.customer_features`; row order does not matter.
    keys : ndarray of shape (n,)
        Customer ids, distinct integers.
    features, log : sequences, one entry per column
        Names, and whether the column is bent by a logarithm.
    seed : int
        For the sample and the starts.
    previous : SegmentModel, optional
        Last night's. Its scaling, axes and number of segments stay, and the search starts from its
        centroids, unless a fresh fit parts customers better by 0.05 of silhouette.
    refresh : bool
        Make scaling and axes anew; ids still follow the nearest old centroid.
    k_min, k_max : int
        Numbers of segments tried. With fewer than ten customers for each of `k_min`, fewer.
    sample_size : int
        Customers fitted on at most.

    Returns
    -------
    SegmentModel
        `names` is empty; a segment that continues an old one has its id, a new one the next free.

    Raises
    ------
    TooFewCustomers
        If there are fewer than twenty customers, or they all look alike.
    ValueError
        If a value is missing, a key repeats, or the arrays do not fit together.
    """
    names = np.asarray(keys).astype(np.int64)
    if raw.ndim != 2 or raw.shape != (len(names), len(features)) or len(features) < 2:
        raise ValueError("One row per key and one column per feature, at least two, are needed.")
    if np.unique(names).size != names.size:
        raise ValueError("A customer stands twice.")
    if len(names) < 2 * FEWEST_PER_SEGMENT:
        raise TooFewCustomers(len(names), 2 * FEWEST_PER_SEGMENT)
    if previous is not None and previous.features != tuple(features):
        previous = None
    picked = raw[sample_rows(names, sample_size, seed)]
    kept = previous is not None and not refresh
    scaling = previous.scaling if previous and kept else fit_scaling(picked, log)
    # Rounded, so that a last bit of a logarithm does not differ from machine to machine.
    sample = np.round(scaling.apply(picked), 9)
    ks = _possible(len(sample), len(np.unique(sample, axis=0)), k_min, k_max)
    # One thread: several add up in an order that differs from run to run.
    with threadpool_limits(limits=1):
        found, silhouette = _choose_k(sample, ks, seed)
        if previous and kept and len(previous.ids) in ks:
            warm = _kmeans(sample, previous.centers, seed)
            if np.abs(warm - previous.centers).max() < 1e-6:
                warm = previous.centers
            held, smallest = _quality(sample, warm)
            if smallest >= FEWEST_PER_SEGMENT and held >= silhouette - K_MARGIN:
                found, silhouette = warm, held
        axes = previous.axes if previous and kept else principal_axes(sample)
    found = np.round(found, 9)
    ids, last = tuple(range(1, len(found) + 1)), len(found)
    if previous:
        old = rescale(previous.centers, previous.scaling, scaling)
        ids, last = _continued_ids(match_segments(old, found), previous)
    return SegmentModel(
        features=tuple(features),
        scaling=scaling,
        ids=ids,
        centroids=tuple(tuple(row.tolist()) for row in found),
        axes=axes,
        silhouette=silhouette,
        seed=seed,
        fitted_on=len(sample),
        last_id=last,
    )


def _continued_ids(matches: IntArray, previous: SegmentModel) -> tuple[tuple[int, ...], int]:
    """Old ids where matched, fresh ones elsewhere, and the largest id given so far."""
    last = previous.last_id
    ids = []
    for match in matches:
        if match < 0:
            last += 1
        ids.append(last if match < 0 else previous.ids[match])
    return tuple(ids), last
