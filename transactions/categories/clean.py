"""From a bank's raw line to the words a person reads, and to a key for its merchant.

Only the display text and the key are made here. The raw text is stored beside them untouched, so
cutting too much costs a nicer name, never information.
"""

import html
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from transactions.categories import patterns
from transactions.categories.places import CITIES, STATES
from transactions.categories.textmodel import brands


def _lengths(cities: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """By a city's last word, how many words the cities have that end in it, longest first."""
    found: dict[str, set[int]] = {}
    for city in cities:
        words = city.split()
        found.setdefault(words[-1], set()).add(len(words))
    return {last: tuple(sorted(lengths, reverse=True)) for last, lengths in found.items()}


_CITY_ENDS = _lengths(CITIES)
# Longer lines are remittance texts; a merchant's name stands at their front.
_LONGEST = 200
_CACHED = 50_000


def _unescaped(text: str) -> str:
    # Some exporters escape twice ("&amp;amp;"); three rounds are enough and cannot loop.
    for _ in range(3):
        if "&" not in text:
            break
        undone = html.unescape(text)
        if undone == text:
            break
        text = undone
    return text


def readable(raw: str) -> str:
    """The raw text with entities undone, marks unified and white space collapsed; no word lost."""
    text = unicodedata.normalize("NFKC", _unescaped(raw))
    if "<" in text:
        text = patterns.TAGS.sub(" ", text)
    if not text.isprintable():
        text = patterns.INVISIBLE.sub(" ", text)
    return " ".join(text.split())


def _without_place(text: str) -> str:
    """Cut a trailing country, US state and city, when at least one word is left before them."""
    last = text[text.rfind(" ") + 1 :]
    if last not in patterns.COUNTRIES and last not in STATES and last.casefold() not in _CITY_ENDS:
        return text
    words = text.split()
    if len(words) > 2 and words[-1] in patterns.COUNTRIES:
        words.pop()
    had_state = len(words) > 1 and words[-1] in STATES
    if had_state:
        words.pop()
    for length in _CITY_ENDS.get(words[-1].casefold(), ()) if words else ():
        if len(words) > length and " ".join(words[-length:]).casefold() in CITIES:
            # A city alone can be part of a name ("Bank of Boston"); "of" and "in" say so.
            if had_state or words[-length - 1].casefold() not in patterns.SMALL_WORDS:
                del words[-length:]
            break
    return " ".join(words)


def _without_references(words: list[str]) -> list[str]:
    kept: list[str] = []
    labels = 0
    for word in words:
        if word.isalpha():
            kept.append(word)
            labels = labels + 1 if word.casefold() in patterns.LABELS else 0
            continue
        if "*" in word:
            name, _, tail = word.partition("*")
            if name and len(tail) >= 4 and any(mark.isdigit() for mark in tail):
                word = name
        bare = word.rstrip(":.,")
        if bare.casefold() in patterns.LABELS:
            kept.append(word)
            labels += 1
            continue
        has_digit = bare.isdigit() or any(mark.isdigit() for mark in bare)
        if (has_digit and labels and kept) or (has_digit and patterns.REFERENCE.fullmatch(bare)):
            # At most the two label words right before ("PPD ID: 123"), never the first word.
            for _ in range(min(labels, 2, len(kept) - 1)):
                kept.pop()
            labels = 0
            continue
        if kept and "." in word and patterns.WEB_TAIL.fullmatch(word):
            continue
        labels = 0
        kept.append(word.replace("*", " ").strip() if "*" in word else word)
    return kept


def _may_have_tail(text: str) -> bool:
    last = text[text.rfind(" ") + 1 :]
    if last.isalpha():
        return last.lower() in patterns.TAIL_WORDS
    return last[-1:] in patterns.TAIL_MARKS or any(map(str.isdigit, last))


def _strip(raw: str) -> str:
    text = readable(raw[: 4 * _LONGEST])[:_LONGEST]
    shorter = text
    # "POS PURCHASE 13.83 UBER *TRIP" carries two of them.
    for _ in range(3):
        if shorter[:2].lower() not in patterns.PREFIX_STARTS and not shorter[:1].isdigit():
            break
        prefix = patterns.PREFIXES.match(shorter)
        if prefix is None or prefix.end() == len(shorter):
            break
        shorter = shorter[prefix.end() :]
    for _ in range(2):
        if not _may_have_tail(shorter):
            break
        tail = patterns.TAILS.search(shorter, max(1, len(shorter) - patterns.TAIL_LONGEST))
        if tail is None:
            break
        shorter = shorter[: tail.start()]
    shorter = _without_place(shorter)
    shorter = " ".join(word for word in _without_references(shorter.split()) if word)
    shorter = _without_place(shorter).strip(patterns.EDGE_MARKS)
    if shorter[:1].isalpha() or any(mark.isalpha() for mark in shorter):
        return shorter
    return text


@lru_cache(maxsize=_CACHED)
def _title(word: str, position: int) -> str:
    lower = word.casefold()
    if position and lower in patterns.SMALL_WORDS:
        return lower
    if len(word) <= 3 and not any(vowel in lower for vowel in "aeiouy"):
        return word
    if len(word) > 5 and lower.startswith("mc"):
        return "Mc" + word[2:3] + word[3:].lower()
    if "-" in word[1:-1]:
        return "-".join(part[:1] + part[1:].lower() for part in word.split("-"))
    return word[:1] + word[1:].lower()


def cleaned(raw: str) -> str:
    """The line as a person would write it: "STARBUCKS STORE 12345 SEATTLE WA" → "Starbucks Store".

    Never empty unless `raw` is blank; text in mixed case keeps its case. For callers with a memory of
    their own; `clean_text` is the same and remembers.
    """
    text = _strip(raw)
    if text.upper() == text:
        return " ".join(_title(word, place) for place, word in enumerate(text.split()))
    return text


clean_text = lru_cache(maxsize=_CACHED)(cleaned)


def _merchant(raw: str) -> str:
    """The words of the merchant alone: like `_strip`, and less of place, legal form and columns."""
    text = raw[: 4 * _LONGEST]
    if "<" in text or "&" in text:
        # What was bought stands on lines of its own below the shop's.
        text = patterns.TAGS.split(_unescaped(text), maxsplit=1)[0].strip() or text
    if "  " in text:
        text = _first_column(text)
    town = _town_before_card(text)
    lower = text.lower()
    # A look for the letters that all of them have spares most texts the search.
    told = text[-1:] == ")" or any(sign in lower for sign in patterns.ENDING_SIGNS)
    ending = patterns.ENDINGS.search(text, 3) if told else None
    if ending:
        text = text[: ending.start()]
    stripped = _strip(text)
    words = stripped.split()
    if len(words) > 1 and words[-1] == town:
        words.pop()
    words = _without_town_of_chain(words, text)
    kept = [word for word in words if word.casefold().strip(".,") not in patterns.LEGAL] or words
    # "Coffee shop" in small letters is what somebody typed.
    while len(kept) > 1 and kept[-1].upper().strip(".") == kept[-1].strip(".") and (
        kept[-1].casefold().strip(".") in patterns.SELLERS
    ):  # fmt: skip
        kept.pop()
    if len(kept) > 1 and kept[-1] in patterns.BANK_CODES:
        kept.pop()
    if len(kept) > 1 and kept[-1].isupper() and kept[-1] in patterns.COUNTRIES:
        kept.pop()
    return " ".join(kept).strip(patterns.EDGE_MARKS) or stripped


def _town_before_card(text: str) -> str:
    """One bank writes "NAME TOWN (Card )"."""
    before, mark, _ = text.rpartition("(Card )")
    return before.split()[-1] if mark and before.strip() else ""


def _first_column(text: str) -> str:
    """A line of fixed columns without its later ones: name, town, country or kind of shop."""
    columns = [column for column in text.split("  ") if column.strip()]
    last = columns[-1].strip() if columns else ""
    head = columns[0] if columns else text
    if len(columns) > 1 and len(last) == 3 and (
        last in patterns.COUNTRIES or last in patterns.BANK_CODES
    ):  # fmt: skip
        return f"{head} {columns[1]}" if last in patterns.BANK_CODES else head
    # Some cut the name at twenty letters and write the town right behind.
    rest = text[20:].strip().casefold()
    if len(head) >= 3 and any(rest.startswith(city) for city in _LONG_CITIES):
        return text[:20]
    return text


_LONG_CITIES = ("new york", "los angeles", "san francisco", "chicago", "brooklyn")


@lru_cache(maxsize=1)
def _chains() -> frozenset[str]:
    return frozenset(brands.names())


def _without_town_of_chain(words: list[str], text: str) -> list[str]:
    """Cut all words behind a known chain's name, where the line ended in a US state: they are a town."""
    told = text.split()
    if len(words) < 2 or told[-1] not in STATES or "*" in text:
        return words
    if any(" ".join(told[-n - 1 : -1]).casefold() in CITIES for n in (1, 2, 3)):
        return words  # a town that is known: it is cut already
    plain = [word.casefold().replace("'", "").replace("&", "").strip() for word in words]
    for n in range(min(4, len(words) - 1), 0, -1):
        if " ".join(filter(None, plain[:n])) in _chains() and len(words) - n <= 4:
            return words[:n]
    return words


@lru_cache(maxsize=_CACHED)
def merchant_name(raw: str) -> str:
    """The merchant as a person would write it: "STARBUCKS STORE 12345 SEATTLE WA" → "Starbucks".

    Never empty unless `raw` is blank; text in mixed case keeps its case.
    """
    words = _merchant(raw).split()
    if len(words) == 1 and (web := patterns.WEB_NAME.fullmatch(words[0])):
        words = [web[1]]
    text = " ".join(words)
    if text.upper() == text:
        # "TRADER JOE S": the apostrophe is what card files lose.
        text = patterns.LOST_APOSTROPHE.sub("'S", text)
        text = " ".join(_title(word, place) for place, word in enumerate(text.split()))
    return text


@lru_cache(maxsize=_CACHED)
def merchant_key(raw: str) -> str:
    """A key equal for the lines of one merchant: "STARBUCKS STORE 12345 SEATTLE WA" → "starbucks".

    At most 80 characters; falls back to the readable text when nothing but references is there.
    """
    merchant = _merchant(raw)
    words = [word.casefold() for word in patterns.TOKENS.findall(merchant.replace("’", "'"))]
    first = words[0] if words else ""
    kept = [
        word if word.isalpha() else word.replace("'", "")
        for word in words
        if word not in patterns.KEY_NOISE
        # "7 Eleven" and "24 Hour Fitness" begin with their number; later numbers are branches.
        and (
            word.isalpha()
            or patterns.DIGIT.search(word) is None
            or (word is first and len(word) <= 2 and any(map(str.isalpha, words)))
        )
    ]
    return " ".join(kept or words)[:80].strip() or merchant.casefold()[:80].strip()
