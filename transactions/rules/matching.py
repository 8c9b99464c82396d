"""Rules and learned merchants of one account, made ready to be asked of many payments.

Texts are asked once each however often they come; of a payment itself only amount and day are asked, and
only where a rule whose words fit wants to know them. Arriving rows and history go through the same code.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from transactions.categories import keywords
from transactions.categories.categorise import keyword_hits, searchable
from transactions.categories.clean import clean_text, merchant_key
from transactions.rules.conditions import Conditions, Word
from transactions.rules.decisions import LEARNED, RULE, Base, Outcome

LEARNED_CONFIDENCE = 97
# Longer texts are looked at this far: a line's own length never decides how long an import takes.
TEXT_LENGTH = 2_000

Texts = tuple[str, str, str]  # as received, cleaned, the other side's name; each searchable
Test = Callable[[Texts], bool]


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule as it is asked, saved or not (pk 0)."""

    pk: int
    conditions: Conditions
    category_id: int | None
    rename_to: str = ""


@dataclass(frozen=True, slots=True)
class LearnedSpec:
    """One merchant and direction: the category, and its kind, which says if it fits the other direction."""

    pk: int
    key: str
    sign: int
    category_id: int
    kind: str


def learned_key(raw_text: str, counterparty: str) -> str:
    """The key of the merchant behind a payment: of the other side's name where there is one.

    A word for money back is no part of a name: a shop's refund is of the same shop.
    """
    key = merchant_key((counterparty or raw_text)[:TEXT_LENGTH])
    words = key.split()
    kept = [word for word in words if word not in _refund_words()]
    return key if len(kept) in (0, len(words)) else " ".join(kept)


@lru_cache(maxsize=1)
def _refund_words() -> frozenset[str]:
    return frozenset(searchable(word).strip() for word in keywords.refund_words())


@lru_cache(maxsize=20_000)
def texts_of(raw_text: str, counterparty: str) -> Texts:
    raw = raw_text[:TEXT_LENGTH]
    party = searchable(counterparty[:TEXT_LENGTH]) if counterparty else ""
    return searchable(raw), searchable(clean_text(raw)), party


class _Rule:
    """A rule with its words turned into tests."""

    __slots__ = ("days", "least", "most", "needs_row", "sign", "spec", "weekdays", "words")

    def __init__(self, spec: RuleSpec) -> None:
        asked = spec.conditions
        self.spec = spec
        self.sign = asked.sign
        self.words = _all_words(asked)
        self.least, self.most = asked.least, asked.most
        self.weekdays, self.days = frozenset(asked.weekdays), asked.days
        self.needs_row = asked.needs_row

    def fits_row(self, amount: Decimal, booked_on: date) -> bool:
        size = abs(amount)
        if self.least is not None and size < self.least:
            return False
        if self.most is not None and size > self.most:
            return False
        if self.weekdays and booked_on.weekday() not in self.weekdays:
            return False
        if self.days:
            first, last = self.days
            day = booked_on.day
            return first <= day <= last if first <= last else day >= first or day <= last
        return True


def _all_words(asked: Conditions) -> Test | None:
    tests = [_test(word) for word in asked.words]
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]
    if asked.any_word:
        return lambda texts: any(test(texts) for test in tests)
    return lambda texts: all(test(texts) for test in tests)


def _test(word: Word) -> Test:
    fits = _way(word)
    if word.place == "party":
        return lambda texts: bool(texts[2]) and fits(texts[2])
    return lambda texts: fits(texts[0]) or fits(texts[1]) or bool(texts[2] and fits(texts[2]))


def _way(word: Word) -> Callable[[str], bool]:
    plain = searchable(word.what).strip()
    if word.way == "word":
        return lambda text: f" {plain} " in text
    if word.way == "starts":
        return lambda text: text.startswith(f" {plain}")
    if word.way == "is":
        return lambda text: text == f" {plain} "
    if word.way == "fits":
        return _wildcard(word.what)
    return lambda text: plain in text


def _wildcard(pattern: str) -> Callable[[str], bool]:
    """Parts in their order, each sought once behind the one before: no going back, so linear."""
    first, *others = [searchable(part).strip() for part in pattern.split("*")]

    def fits(text: str) -> bool:
        bare = text.strip()
        if not others:
            return bare == first
        if not bare.startswith(first):
            return False
        at, end = len(first), len(bare) - len(others[-1])
        for part in others[:-1]:
            found = bare.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return at <= end and bare.endswith(others[-1])

    return fits


class Reading:
    """What a book says of one distinct text; where amount or day matter, row by row."""

    __slots__ = ("_base", "_book", "_fitting", "_learned", "settled")

    def __init__(
        self, book: "Book", fitting: Sequence[_Rule], learned: LearnedSpec | None, base: Base | None
    ) -> None:
        self._book, self._fitting, self._learned, self._base = book, fitting, learned, base
        self.settled: Outcome | None = None
        if not any(rule.needs_row for rule in fitting):
            self.settled = self._decide(fitting)

    def outcome(self, amount: Decimal, booked_on: date) -> Outcome:
        if self.settled is not None:
            return self.settled
        return self._decide([r for r in self._fitting if r.fits_row(amount, booked_on)])

    def fits_rule(self, pk: int, amount: Decimal, booked_on: date) -> bool:
        """Whether this rule's conditions hold, first or not."""
        return any(
            r.spec.pk == pk and (not r.needs_row or r.fits_row(amount, booked_on))
            for r in self._fitting
        )

    def fits_learned(self, pk: int) -> bool:
        return self._learned is not None and self._learned.pk == pk

    def _decide(self, rules: Iterable[_Rule]) -> Outcome:
        """The first rule that gives a category gives it, the first that gives a name gives that."""
        base = self._base or Base(None, "none", 0)
        category: int | None = None
        decision: dict[str, object] = {}
        named: RuleSpec | None = None
        for rule in rules:
            if category is None and rule.spec.category_id is not None:
                category = rule.spec.category_id
                decision[RULE] = rule.spec.pk
            if named is None and rule.spec.rename_to:
                named = rule.spec
        origin, confidence = RULE, 100
        if category is None and self._learned is not None:
            category, origin = self._learned.category_id, LEARNED
            confidence = LEARNED_CONFIDENCE
            decision[LEARNED] = self._learned.pk
        if category is None:
            category, origin, confidence = base
        if named is not None:
            decision["named"] = named.pk
        if not decision:
            return Outcome(category, origin, confidence, None)
        if self._base is not None:
            decision["base"] = list(self._base)
        name = named.rename_to if named else None
        return Outcome(category, origin, confidence, decision, name)


class Book:
    """What is to be said of one account's payments: rules in their order, learned merchants below."""

    def __init__(
        self,
        rules: Iterable[RuleSpec],
        learned: Iterable[LearnedSpec],
        *,
        account_id: int | None = None,
        within: Mapping[int, frozenset[int]] | None = None,
        expenses: frozenset[int] = frozenset(),
    ) -> None:
        """Parameters: `within` by category itself and all below it; `expenses` the expense categories."""
        self._within = within or {}
        self._expenses = expenses
        self._rules = [
            _Rule(spec)
            for spec in rules
            if not spec.conditions.accounts or account_id in spec.conditions.accounts
        ]
        self._learned: dict[tuple[str, int], LearnedSpec] = {}
        for one in learned:
            self._learned[one.key, one.sign] = one

    def __bool__(self) -> bool:
        return bool(self._rules or self._learned)

    def read(self, raw_text: str, counterparty: str, sign: int, base: Base | None) -> Reading:
        """What it says of payments with these texts; `sign` is -1, 0 or 1."""
        fitting: list[_Rule] = []
        if self._rules:
            texts = texts_of(raw_text, counterparty)
            for rule in self._rules:
                if rule.sign and rule.sign != sign:
                    continue
                if rule.words is not None and not rule.words(texts):
                    continue
                without = rule.spec.conditions.without
                if without and not (base and base.category_id in self._below(without)):
                    continue
                fitting.append(rule)
        learned = self._of_merchant(raw_text, counterparty, sign, base) if self._learned else None
        return Reading(self, fitting, learned, base)

    def _below(self, category_id: int) -> frozenset[int]:
        return self._within.get(category_id, frozenset([category_id]))

    def _of_merchant(
        self, raw_text: str, counterparty: str, sign: int, base: Base | None
    ) -> LearnedSpec | None:
        key = learned_key(raw_text, counterparty)
        known = self._learned.get((key, sign or -1))
        if known is not None:
            return known
        other = self._learned.get((key, -sign)) if sign else None
        if other is None:
            return None
        if other.kind == "transfer":
            return other
        # Money back from a shop lowers what was spent there, but only where something says it is that:
        # a person one pays may pay back, too, and that is no refund.
        if sign > 0 and other.kind == "expense":
            is_refund = (base and base.category_id in self._expenses) or keyword_hits(raw_text)[1]
            return other if is_refund else None
        return None
