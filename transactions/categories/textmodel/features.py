"""What counts in a text: pieces of letters, words, its shape, and the known names in it.

Each piece becomes the number of a bucket, so a model holds numbers and no text. Blocks are weighed and
brought to one length apart from each other, so that a long text of letters does not drown a known name.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Union
from zlib import crc32

from transactions.categories.categorise import hits_in, searchable
from transactions.categories.clean import readable
from transactions.categories.reference import first_level
from transactions.categories.textmodel import brands

if TYPE_CHECKING:
    import numpy as np

Buckets = Union[Sequence[int], "np.ndarray[Any, Any]"]
BITS = 18
_MASK = (1 << BITS) - 1
# Raise it when a piece is made otherwise: a model made before is not asked any more.
VERSION = 1
# How much each block weighs: pieces of letters, words, shape, known names.
WEIGHTS = (1.0, 1.0, 0.15, 0.5)
BLOCKS = len(WEIGHTS)
# Each block has buckets of its own, one range after another.
SIZE = BLOCKS << BITS
_SHORTEST, _LONGEST = 2, 5
_STEP, _MIX, _SHIFT = 0x01000193, 0x9E3779B1, 32 - BITS
# Remittance texts can be long; a shop's name stands at the front.
_KEPT = 72
_DIGITS = str.maketrans("123456789", "000000000")


def plain(text: str) -> str:
    """The text as the pieces are cut from it; equal for texts that differ in digits alone."""
    return searchable(readable(text[: 4 * _KEPT])[:_KEPT]).translate(_DIGITS)


def blocks(text: str) -> tuple["Buckets", ...]:
    """The buckets of each block; pieces of letters as often as they come, the others once each."""
    whole = searchable(readable(text[: 4 * _KEPT])[:_KEPT])
    digitless = whole.translate(_DIGITS)
    words = digitless.split()
    held = {*words, *map("%s %s".__mod__, pairwise(words))}
    if words:
        held.add("^" + words[0])
    digits = digitless.count("0")
    shape = {f"words {min(len(words), 12)}", f"digits {digits // 2}", f"length {len(whole) // 8}"}
    cut = (held, shape, _known(whole))
    rest = (_buckets(pieces, (block + 1) << BITS) for block, pieces in enumerate(cut))
    return _letters(digitless), *rest


def _letters(text: str) -> "Buckets":
    """Buckets of all pieces of two to five letters: rolling sums over the code points, mixed once."""
    import numpy as np

    letters = np.frombuffer(text.encode("utf-32-le"), "<u4")
    sums, made = letters, []
    for length in range(2, _LONGEST + 1):
        if len(letters) < length:
            break
        # Wraps around at 32 bits, the same everywhere.
        sums = sums[:-1] * _STEP + letters[length - 1 :]
        if length >= _SHORTEST:
            made.append(sums)
    if not made:
        return []
    mixed: Buckets = ((np.concatenate(made) * _MIX) >> _SHIFT).astype(np.intp)
    return mixed


@lru_cache(maxsize=100_000)
def _bucket(piece: str) -> int:
    return crc32(piece.encode()) & _MASK


def _buckets(pieces: set[str], first: int) -> Buckets:
    # In one order, so that sums of floats come out the same in every process.
    return sorted(first + bucket for bucket in map(_bucket, pieces))


def _known(whole: str) -> set[str]:
    """What the list of names and the keywords say of it, by category and by its first level."""
    found: set[str] = set()
    hits = brands.hits(whole)
    longest = max((size for _, size, _ in hits), default=0)
    for start, size, codes in hits:
        for code in codes:
            found |= {f"name {code}", f"name in {first_level(code)}"}
            if start <= 1:
                found.add(f"begins {code}")
            if size == longest:
                found.add(f"longest {code}")
    for place, hit in enumerate(hits_in(whole)[0]):
        first = first_level(hit.code)
        found |= {f"word {hit.code}", f"word in {first}", f"word {hit.tier} in {first}"}
        if not place:
            found.add(f"first {hit.code}")
    return found
