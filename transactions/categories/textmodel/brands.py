"""Names that many people know and what they sell, from two public lists.

A name alone proves little ("Next", "Gap", "Boss" are words too), so these are evidence for the model, which
learns how far to trust them; the keyword list decides by itself.
"""

from functools import lru_cache
from pathlib import Path

import ahocorasick

LIST = Path(__file__).with_name("brands.txt")


def names() -> dict[str, tuple[str, ...]]:
    """Codes by name, in the spelling of `categorise.searchable`."""
    found: dict[str, list[str]] = {}
    for line in LIST.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        code, _, listed = line.partition(": ")
        for name in listed.split(";"):
            found.setdefault(name, []).append(code)
    return {name: tuple(codes) for name, codes in found.items()}


@lru_cache(maxsize=1)
def _automaton() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    spellings: dict[str, tuple[str, ...]] = {}
    for name, codes in names().items():
        spellings[name] = codes
        # "Love s" and "Loves": the index leaves the apostrophe's gap in some names.
        if " s " in f"{name} ":
            spellings.setdefault(f"{name} ".replace(" s ", "s ").strip(), codes)
    for name, codes in spellings.items():
        automaton.add_word(f" {name} ", (len(name), codes))
    automaton.make_automaton()
    return automaton


def hits(plain: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Where known names begin in a `searchable` text, how long they are, and their codes."""
    return [(end - size - 1, size, codes) for end, (size, codes) in _automaton().iter(plain)]
