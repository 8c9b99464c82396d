"""From a bank's raw line to the words a person reads, and to a key for its merchant.

Only the display text and the key are made here. The raw text is stored beside them untouched, so
cutting too much costs a nicer name, never information.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from transactions.categories.places import CITIES, STATES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = re.compile(r"<\s*/?\s*(?:br|p|b|i|span|div)\b[^>]{0,40}>", re.IGNORECASE)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e"
    "\u2060-\u2064\u2066-\u2069\ufeff]"
)

# What the bank or the card reader puts before the merchant's name.
_PREFIXES = re.compile(
    r"(?:"
    r"(?:pos|card|debit card|visa debit|check ?card|contactless|mastercard|visa)"
    r" (?:purchase|payment|transaction)s?(?: to| at| -|:)?"
    r"|(?:recurring )?(?:purchase|payment) authori[sz]ed on \d{1,2}[/.]\d{1,2}"
    r"|(?:recurring )?debit card|direct debit(?: to)?|(?:karte|card) \d{4}"
    r"|kartenzahlung|lastschrift|paiement (?:par )?carte|achat cb|carte \d{2}[/.]\d{2}"
    r"|betaalautomaat|pos"
    r"|(?:sq|tst|pp|paypal|sp|iz|zettle_|sumup|cko|py|in|dd|fs|bb|u r) ?\*"
    r")[ \-:]*",
    re.IGNORECASE,
)

# A word of digits and marks that no one knows the merchant by: card tails, dates, phone numbers,
# account numbers, amounts, order codes. Matched against one word at a time, so the cost is linear.
_REFERENCE = re.compile(
    r"[x*#]{2,}-?\d{2,}"
    r"|#?\(?\d{4,}\)?"
    r"|#\d+"
    r"|\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?"
    r"|\d{4}-\d{2}-\d{2}"
    r"|\d[\d.,]*[.,]\d{2}"
    r"|\+?\(?\d{2,4}\)?[.-]\d{3}[.-]?\d{3,4}"
    r"|[a-z]{2}\d{2}[a-z0-9]{10,30}"
    r"|(?=[^\d]*\d[^\d]*\d)[\w-]{9,}",
    re.IGNORECASE,
)
# Words that announce a reference: they go together with the word after them when it has a digit.
_LABELS = _words(
    """
    ref reference auth code trace conf confirmation txn trn mandate mandat eref mref kref
    invoice order card cardnr terminal seq no nr number id ppd web ccd tel arc branch eur
    usd gbp czk chf cad
    """
)
_WEB_TAIL = re.compile(r"[\w-]+\.(?:com|co\.uk|net|org|de|fr|eu)(?:/\S*)?", re.IGNORECASE)
_EDGE_MARKS = " -–:;,.*/#|_'\""
_COUNTRIES = _words(
    """
    US USA GB GBR UK DE DEU FR FRA CZ CZE ZA ZAF IE IRL NL NLD ES ESP IT ITA AT CH BE
    """
)
# Words that do not tell one merchant from another.
_KEY_NOISE = _words(
    """
    store stores shop inc llc ltd limited gmbh plc co corp pty company sa ag bv kg oy ab the
    www com net org de uk us usa
    """
)
_TOKENS = re.compile(r"[^\W_]+(?:'[^\W_]+)?", re.UNICODE)
_SMALL_WORDS = _words(
    """
    of and the de la le du der die das von van to for at in on und et
    """
)


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


def readable(raw: str) -> str:
    """The raw text with entities undone, marks unified and white space collapsed; no word lost."""
    text = raw
    # Some exporters escape twice ("&amp;amp;"); three rounds are enough and cannot loop.
    for _ in range(3):
        if "&" not in text:
            break
        undone = html.unescape(text)
        if undone == text:
            break
        text = undone
    text = unicodedata.normalize("NFKC", text)
    if "<" in text:
        text = _TAGS.sub(" ", text)
    if not text.isprintable():
        text = _INVISIBLE.sub(" ", text)
    return " ".join(text.split())


def _without_place(text: str) -> str:
    """Cut a trailing country, US state and city, when at least one word is left before them."""
    last = text[text.rfind(" ") + 1 :]
    if last not in _COUNTRIES and last not in STATES and last.casefold() not in _CITY_ENDS:
        return text
    words = text.split()
    if len(words) > 2 and words[-1] in _COUNTRIES:
        words.pop()
    had_state = len(words) > 1 and words[-1] in STATES
    if had_state:
        words.pop()
    for length in _CITY_ENDS.get(words[-1].casefold(), ()) if words else ():
        if len(words) > length and " ".join(words[-length:]).casefold() in CITIES:
            # A city alone can be part of a name ("Bank of Boston"); "of" and "in" say so.
            if had_state or words[-length - 1].casefold() not in _SMALL_WORDS:
                del words[-length:]
            break
    return " ".join(words)


def _without_references(words: list[str]) -> list[str]:
    kept: list[str] = []
    labels = 0
    for word in words:
        if word.isalpha():
            kept.append(word)
            labels = labels + 1 if word.casefold() in _LABELS else 0
            continue
        if "*" in word:
            name, _, tail = word.partition("*")
            if name and len(tail) >= 4 and any(mark.isdigit() for mark in tail):
                word = name
        bare = word.rstrip(":.,")
        if bare.casefold() in _LABELS:
            kept.append(word)
            labels += 1
            continue
        has_digit = bare.isdigit() or any(mark.isdigit() for mark in bare)
        if (has_digit and labels and kept) or (has_digit and _REFERENCE.fullmatch(bare)):
            # At most the two label words right before ("PPD ID: 123"), never the first word.
            for _ in range(min(labels, 2, len(kept) - 1)):
                kept.pop()
            labels = 0
            continue
        if kept and "." in word and _WEB_TAIL.fullmatch(word):
            continue
        labels = 0
        kept.append(word.replace("*", " ").strip() if "*" in word else word)
    return kept


def _strip(raw: str) -> str:
    text = readable(raw[: 4 * _LONGEST])[:_LONGEST]
    shorter = text
    # "POS PURCHASE SQ *NAME" carries two of them.
    for _ in range(2):
        prefix = _PREFIXES.match(shorter)
        if prefix is None:
            break
        shorter = shorter[prefix.end() :]
    shorter = _without_place(shorter)
    shorter = " ".join(word for word in _without_references(shorter.split()) if word)
    shorter = _without_place(shorter).strip(_EDGE_MARKS)
    if shorter[:1].isalpha() or any(mark.isalpha() for mark in shorter):
        return shorter
    return text


_stripped = lru_cache(maxsize=_CACHED)(_strip)


@lru_cache(maxsize=_CACHED)
def _title(word: str, position: int) -> str:
    lower = word.casefold()
    if position and lower in _SMALL_WORDS:
        return lower
    if len(word) <= 3 and not any(vowel in lower for vowel in "aeiouy"):
        return word
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


@lru_cache(maxsize=_CACHED)
def merchant_key(raw: str) -> str:
    """A key equal for the lines of one merchant: "STARBUCKS STORE 12345 SEATTLE WA" → "starbucks".

    At most 80 characters; falls back to the readable text when nothing but references is there.
    """
    words = [word.casefold() for word in _TOKENS.findall(_stripped(raw).replace("’", "'"))]
    has_name = any(word.isalpha() for word in words)
    kept = [
        word.replace("'", "")
        for place, word in enumerate(words)
        if word not in _KEY_NOISE
        # "7 Eleven" and "24 Hour Fitness" begin with their number; later numbers are branches.
        and (
            not any(mark.isdigit() for mark in word) or (place == 0 and len(word) <= 2 and has_name)
        )
    ]
    return " ".join(kept or words)[:80].strip() or _stripped(raw).casefold()[:80].strip()
