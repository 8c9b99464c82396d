"""A linear model over bucketed pieces of text: numbers in, a label and how sure it is out.

Nothing here but NumPy, imported when the first text is asked for: a web process starts without it.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Any

from transactions.categories.textmodel import features

if TYPE_CHECKING:
    import numpy as np

_REMEMBERED = 100_000


class ModelUnreadable(ValueError):
    """Kept numbers that are no model, or one whose pieces were made by another version."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A label, how likely it is right (0–1), and what its lead over the next was."""

    label: str
    confidence: float


@dataclass(eq=False)
class LinearText:
    """Scores of a text = the sum over its blocks of (weights of its pieces ÷ length of the block).

    `rows` (features.SIZE, int32) leads from a bucket to a row of `weights` (n_rows, n_labels + 1, float32), row 0
    being all zeros; the last column is the square of a piece's own weight, whose root sums to the length.
    `sure` = (a, b, c): confidence = logistic(a · best score + b · lead + c). `threshold` is the confidence
    from which the answers were at least 95 % right on texts of other shops.
    """

    labels: list[str]
    rows: "np.ndarray[Any, Any]"
    weights: "np.ndarray[Any, Any]"
    intercepts: "np.ndarray[Any, Any]"
    sure: tuple[float, float, float] = (0.0, 0.0, 0.0)
    threshold: float = 1.0
    _known: dict[str, Guess] = field(default_factory=dict, repr=False)

    def scores(self, texts: Sequence[str]) -> "np.ndarray[Any, Any]":
        """(n_texts, n_labels), float32."""
        import numpy as np

        found = np.empty((len(texts), len(self.labels)), np.float32)
        for place, text in enumerate(texts):
            found[place] = self._scores(text)
        return found

    def _scores(self, text: str) -> "np.ndarray[Any, Any]":
        import numpy as np

        parts = [part for part in features.blocks(text) if len(part)]
        starts = [0]
        for part in parts[:-1]:
            starts.append(starts[-1] + len(part))
        buckets = np.concatenate(parts)
        sums = np.add.reduceat(self.weights.take(self.rows.take(buckets), 0), starts)
        lengths = np.sqrt(sums[:, -1:])
        lengths[lengths == 0] = 1
        scores: np.ndarray[Any, Any] = (sums[:, :-1] / lengths).sum(0) + self.intercepts
        return scores

    def guess(self, text: str) -> Guess:
        """The most likely label; texts that differ in digits alone are looked at once."""
        key = features.plain(text)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._guess(text)
        return known

    def forget_texts(self) -> None:
        """Drops the answers remembered, for a measurement from cold."""
        self._known.clear()

    def _guess(self, text: str) -> Guess:
        scores = self._scores(text).tolist()
        best = max(range(len(scores)), key=scores.__getitem__)
        top = scores[best]
        lead = top - max((s for at, s in enumerate(scores) if at != best), default=top)
        a, b, c = self.sure
        return Guess(
            self.labels[best], 1 / (1 + exp(-max(-30.0, min(30.0, a * top + b * lead + c))))
        )

    def packed(self) -> bytes:
        """Plain numbers, compressed: a head in JSON, then the arrays as little-endian bytes."""
        import numpy as np

        used = np.flatnonzero(self.rows).astype("<u4")
        # In the order of the rows, so that the rows need no numbers of their own.
        used = used[np.argsort(self.rows[used])]
        head = json.dumps({
            "features": features.VERSION, "labels": self.labels, "rows": len(used),
            "intercepts": [float(x) for x in self.intercepts],
            "sure": list(self.sure), "threshold": self.threshold,
        }).encode()  # fmt: skip
        body = used.tobytes() + self.weights[1:].astype("<f4").tobytes()
        return struct.pack("<I", len(head)) + head + zlib.compress(body, 6)

    @classmethod
    def unpacked(cls, kept: bytes) -> "LinearText":
        """The model that `packed` wrote. Raises ModelUnreadable."""
        import numpy as np

        try:
            (size,) = struct.unpack_from("<I", kept)
            head = json.loads(kept[4 : 4 + size])
            if head["features"] != features.VERSION:
                raise ModelUnreadable("This model's texts were cut otherwise; train it anew.")
            n, width = int(head["rows"]), len(head["labels"]) + 1
            body = zlib.decompress(kept[4 + size :])
            if len(body) != 4 * n * (1 + width):
                raise ModelUnreadable("The model's numbers are not complete; train it anew.")
            rows = np.zeros(features.SIZE, np.int32)
            rows[np.frombuffer(body, "<u4", n)] = np.arange(1, n + 1, dtype=np.int32)
            weights = np.zeros((n + 1, width), np.float32)
            weights[1:] = np.frombuffer(body, "<f4", offset=4 * n).reshape(n, width)
            a, b, c = map(float, head["sure"])
            return cls(
                [str(label) for label in head["labels"]], rows, weights,
                np.array(head["intercepts"], np.float32), (a, b, c), float(head["threshold"]),
            )  # fmt: skip
        except (struct.error, zlib.error, KeyError, TypeError, IndexError, ValueError) as error:
            if isinstance(error, ModelUnreadable):
                raise
            raise ModelUnreadable("This is no model of ours; train it anew.") from error
