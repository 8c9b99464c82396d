"""The first guess at a line's category: rules, what was learned, the source's word, keywords, a model.

One `Categoriser` serves a whole file and remembers each distinct line, so a text is searched once
however often it comes. A person's own choice is not asked for here: it always stands above this.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal, Protocol

import ahocorasick

from transactions.categories import keywords
from transactions.categories.clean import merchant_key
from transactions.categories.reference import (
    BY_CODE,
    SOURCE_WORDS,
    counterpart,
    first_level,
    kind_of,
    source_match,
)

Origin = Literal["rule", "learned", "source", "keyword", "model", "none"]

_ORDER_VERSION = "2"  # Raise it when the order or the rules of `Categoriser` change.
THRESHOLD = 0.6

_TIER_CONFIDENCE = {3: 0.95, 2: 0.9, 1: 0.7}
_LEARNED_CONFIDENCE = 0.97
# The bank says itself what one of its merchants sells.
_MERCHANT_CONFIDENCE = 0.95
# A generic word of one or two letters is half luck.
_SHORT_WORD = 3
_SHORT_CONFIDENCE = 0.6


@dataclass(frozen=True, slots=True)
class Decision:
    """A category or none, where it came from, and how sure it is (0–1)."""

    code: str | None
    origin: Origin
    confidence: float


@dataclass(frozen=True, slots=True)
class KeywordHit:
    """One entry of the keyword list found in a text."""

    code: str
    tier: int
    length: int


@dataclass(frozen=True, slots=True)
class TextRule:
    """A bank's rule: lines whose text contains `contains` (whatever the case) are `code`.

    `amount_sign` narrows it to money in (1) or out (-1); 0 means both.
    """

    contains: str
    code: str
    amount_sign: int = 0


class Guess(Protocol):
    """What a text model answers: a category's code and how likely it is right."""

    @property
    def label(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class Guesser(Protocol):
    """A text model whose labels are category codes; it is believed from `threshold` on."""

    @property
    def threshold(self) -> float: ...
    def guess(self, text: str) -> Guess: ...


NOTHING = Decision(None, "none", 0.0)
# A few hundred for all texts: made once each.
_decision = lru_cache(maxsize=4096)(Decision)
_ASCII_WORDS = {
    code: None if chr(code) == "'" else chr(code).casefold() if chr(code).isalnum() else " "
    for code in range(128)
}


def searchable(text: str) -> str:
    """The text as keywords are looked for in it: no case, accents or signs, one space around
    each word, one at either end."""
    if text.isascii():  # most texts; the same answer in a tenth of the time
        return f" {' '.join(text.translate(_ASCII_WORDS).split())} "
    plain = unicodedata.normalize("NFKD", text).casefold().replace("'", "").replace("’", "")
    words = "".join(
        mark if mark.isalnum() else " " for mark in plain if not unicodedata.combining(mark)
    )
    return f" {' '.join(words.split())} "


def _pattern(entry: str) -> str:
    word = entry.strip()
    return searchable(word)[:-1] if word.endswith("*") else searchable(word)


@lru_cache(maxsize=1)
def _automaton() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    # Weakest first: a stronger entry of the same words takes the place of a weaker one.
    for tier, code, entry in keywords.entries():
        pattern = _pattern(entry)
        automaton.add_word(pattern, KeywordHit(code, tier, len(pattern)))
    for word in keywords.refund_words():
        automaton.add_word(searchable(word), None)
    automaton.make_automaton()
    return automaton


@lru_cache(maxsize=1)
def rules_version() -> str:
    """A short hash over the keywords, the maps and the order: part of an import's plan."""
    parts = [_ORDER_VERSION, *(f"{t} {c} {e}" for t, c, e in keywords.entries())]
    parts += keywords.refund_words()
    parts += [f"{word} {match.code} {match.confidence}" for word, match in SOURCE_WORDS.items()]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]


def keyword_hits(text: str) -> tuple[tuple[KeywordHit, ...], bool]:
    """All keywords in the text, strongest first, and whether it speaks of a refund."""
    return hits_in(searchable(text))


def hits_in(plain: str) -> tuple[tuple[KeywordHit, ...], bool]:
    """`keyword_hits` of a text that is `searchable` already."""
    found: list[tuple[int, KeywordHit]] = []
    refund = False
    for end, hit in _automaton().iter(plain):
        if hit is None:
            refund = True
        else:
            found.append((end, hit))
    hits = [hit for _, hit in found] if len(found) < 2 else _outermost(found)
    # Equal strength and length: the one that comes first in the text, which `sort` keeps.
    if len(hits) > 1:
        hits.sort(key=lambda hit: (-hit.tier, -hit.length))
    return tuple(hits), refund


def _outermost(found: list[tuple[int, KeywordHit]]) -> list[KeywordHit]:
    """Without the entries inside a longer one: in "transfer fee" the fee is meant, not the transfer."""
    return [
        hit
        for end, hit in found
        if not any(
            other.length > hit.length and far >= end and far - other.length <= end - hit.length
            for far, other in found
        )
    ]


def _fitting(code: str, amount_sign: int, *, refund: bool) -> str | None:
    """The code if it can stand on money moving that way, its counterpart, or None."""
    kind = kind_of(code)
    if kind == "transfer" or amount_sign == 0:
        return code
    if kind == "income":
        return code if amount_sign > 0 else counterpart(code, amount_sign)
    if amount_sign < 0:
        return code
    return code if refund else counterpart(code, amount_sign)


def _confidence(hit: KeywordHit) -> float:
    short = hit.tier == 1 and hit.length - 2 < _SHORT_WORD
    return _SHORT_CONFIDENCE if short else _TIER_CONFIDENCE[hit.tier]


class Categoriser:
    """Decides for many lines with one set of rules and one memory of learned merchants.

    `learned` maps `merchant_key(text)` to a code, and so does `merchants`, which the bank named itself;
    unknown codes raise ValueError at once. Rules are asked in the order given; `model` is asked last, for
    what nothing else decides. Decisions are kept per (text, source category, direction) and
    dropped at 200,000 of them, so memory stays flat.
    """

    def __init__(
        self,
        learned: Mapping[str, str] | None = None,
        rules: Iterable[TextRule] = (),
        *,
        threshold: float = THRESHOLD,
        merchants: Mapping[str, str] | None = None,
        model: Guesser | None = None,
    ) -> None:
        self._learned = dict(learned or {})
        self._merchants = dict(merchants or {})
        # The words of the known keys by their first.
        self._known_words: dict[str, list[frozenset[str]]] = {}
        for key in {*self._learned, *self._merchants}:
            if words := searchable(key).split():
                self._known_words.setdefault(words[0], []).append(frozenset(words))
        self._model = model
        self._rules = [(searchable(rule.contains).strip(), rule) for rule in rules]
        self._threshold = threshold
        self._decided: dict[tuple[str, str, int], Decision] = {}
        unknown = {rule.code for _, rule in self._rules} | set(self._learned.values())
        unknown |= set(self._merchants.values())
        unknown -= set(BY_CODE)
        if unknown:
            raise ValueError(f"Unknown category codes: {', '.join(sorted(unknown))}")

    def decide(self, text: str, source_category: str = "", amount_sign: int = 0) -> Decision:
        """The category of a line with this raw text, source category and direction (-1, 0, 1).

        Money in never gets an expense category unless the text or the source says refund, and
        money out never an income one; below the threshold the answer is none.
        """
        sign = (amount_sign > 0) - (amount_sign < 0)
        key = (text, source_category, sign)
        known = self._decided.get(key)
        if known is None:
            if len(self._decided) >= 200_000:
                self._decided.clear()
            known = self._decided[key] = self.decide_anew(text, source_category, sign)
        return known

    def decide_anew(self, text: str, source_category: str, sign: int) -> Decision:
        """As `decide`, for callers that remember the answers themselves; `sign` is -1, 0 or 1."""
        plain = searchable(text)
        if self._rules:
            for contains, rule in self._rules:
                if rule.amount_sign in (0, sign) and contains in plain:
                    return _decision(rule.code, "rule", 1.0)
        hits, refund = hits_in(plain)
        key = ""
        if self._known_words and self._may_be_known(text, plain):
            key = merchant_key(text)
        learned = self._learned.get(key) if key else None
        if learned is not None:
            code = _fitting(learned, sign, refund=refund)
            if code is not None:
                return _decision(code, "learned", _LEARNED_CONFIDENCE)
        decision = self._from_source(source_category, sign, hits, refund=refund)
        if decision is None and key:
            decision = self._from_merchants(key, sign, refund=refund)
        if decision is None:
            decision = self._from_keywords(hits, sign, refund=refund)
        if decision.confidence >= self._threshold:
            return decision
        return self._from_model(text, sign, refund=refund) if self._model else NOTHING

    def _may_be_known(self, text: str, plain: str) -> bool:
        """False where no known key's words all stand in the text, so that its key needn't be made."""
        if "&" in text:
            return True  # An entity hides a letter from `searchable`, and never from the key.
        words = plain.split()
        for word in words:
            for key in self._known_words.get(word, ()):
                if key.issubset(words):
                    return True
        return False

    def _from_merchants(self, key: str, sign: int, *, refund: bool) -> Decision | None:
        known = self._merchants.get(key)
        code = _fitting(known, sign, refund=refund) if known else None
        return _decision(code, "keyword", _MERCHANT_CONFIDENCE) if code else None

    def _from_model(self, text: str, sign: int, *, refund: bool) -> Decision:
        assert self._model
        guess = self._model.guess(text)
        if guess.confidence < self._model.threshold or guess.label not in BY_CODE:
            return NOTHING
        code = _fitting(guess.label, sign, refund=refund)
        return _decision(code, "model", round(guess.confidence, 2)) if code else NOTHING

    def _from_source(
        self, source_category: str, sign: int, hits: tuple[KeywordHit, ...], *, refund: bool
    ) -> Decision | None:
        source = source_match(source_category) if source_category else None
        if source is None:
            return None
        # A card's own "Groceries" on money in is a refund: the source filed it there itself.
        code = _fitting(source.code, sign, refund=True)
        if code is None:
            return None
        vague = source.confidence < _TIER_CONFIDENCE[1]
        for hit in hits:
            finer = _fitting(hit.code, sign, refund=refund or kind_of(code) == "expense")
            if finer is None:
                continue
            inside = first_level(finer) == code and finer != code
            if inside or (vague and hit.tier > 1):
                return _decision(finer, "source" if inside else "keyword", _confidence(hit))
            if hit.tier == 3 and kind_of(finer) == "transfer" and kind_of(code) != "transfer":
                # "Payment Thank You" filed under a spending word is still no spending.
                return _decision(finer, "keyword", _confidence(hit))
        return _decision(code, "source", source.confidence)

    @staticmethod
    def _from_keywords(hits: tuple[KeywordHit, ...], sign: int, *, refund: bool) -> Decision:
        for hit in hits:
            code = _fitting(hit.code, sign, refund=refund)
            if code is not None:
                return _decision(code, "keyword", _confidence(hit))
        if refund and sign > 0:
            return _decision("reimbursement", "keyword", _TIER_CONFIDENCE[1])
        return NOTHING
