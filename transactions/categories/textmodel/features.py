"""What counts in a text: pieces of letters, words, its shape, and the known names in it.

Each piece becomes the number of a bucket (CRC-32, so a model holds numbers and no text). Blocks are weighed and
brought to one length apart from each other, so that a long text of letters does not drown a known name.
"""

import re
from itertools import pairwise
from zlib import crc32

from transactions.categories.categorise import keyword_hits, searchable
from transactions.categories.clean import readable
from transactions.categories.reference import first_level
from transactions.categories.textmodel import brands

BITS = 18
_MASK = (1 << BITS) - 1
# Raise it when a piece is made otherwise: a model made before is not asked any more.
VERSION = 1
# How much each block weighs: pieces of letters, words, shape, known names.
WEIGHTS = (1.0, 1.0, 0.3, 0.5)
BLOCKS = len(WEIGHTS)
# Each block has buckets of its own, one range after another.
SIZE = BLOCKS << BITS
_SHORTEST, _LONGEST = 2, 5
# Remittance texts can be long; a shop's name stands at the front.
_KEPT = 160
_DIGIT = re.compile(r"\d")


def plain(text: str) -> str:
    """The text as the pieces are cut from it; equal for texts that differ in digits alone."""
    return _DIGIT.sub("0", searchable(readable(text[: 4 * _KEPT])[:_KEPT]))


def blocks(text: str) -> tuple[list[int], ...]:
    """The buckets of each block, each once; any block but the third can be empty."""
    whole = searchable(readable(text[: 4 * _KEPT])[:_KEPT])
    digitless = _DIGIT.sub("0", whole)
    size = len(digitless)
    letters = {
        digitless[at : at + length]
        for length in range(_SHORTEST, _LONGEST + 1)
        for at in range(size - length + 1)
    }
    words = digitless.split()
    held = {*words, *map("%s %s".__mod__, pairwise(words))}
    if words:
        held.add("^" + words[0])
    digits = sum(map(str.isdigit, whole))
    shape = {f"words {min(len(words), 12)}", f"digits {digits // 2}", f"length {size // 8}"}
    cut = (letters, held, shape, _known(text, whole))
    return tuple(_buckets(pieces, block << BITS) for block, pieces in enumerate(cut))


def _buckets(pieces: set[str], first: int) -> list[int]:
    return sorted({first | crc32(piece.encode()) & _MASK for piece in pieces})


def _known(text: str, whole: str) -> set[str]:
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
    for place, hit in enumerate(keyword_hits(text)[0]):
        first = first_level(hit.code)
        found |= {f"word {hit.code}", f"word in {first}", f"word {hit.tier} in {first}"}
        if not place:
            found.add(f"first {hit.code}")
    return found
