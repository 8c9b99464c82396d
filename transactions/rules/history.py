"""What rules would make of lines that are there already: the same reading for previews and for runs.

Lines are read by account and day in pieces and asked of the account's book. What a person chose stays;
parts of a split are what a person made of them, and stay too.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from transactions.categories.clean import clean_text
from transactions.models import Transaction
from transactions.rules.books import Shelf, merged_into
from transactions.rules.decisions import LEARNED, RULE, Base, Outcome, base_of, is_by
from transactions.rules.matching import Book, Reading

if TYPE_CHECKING:
    from transactions.rules.acting import Doer

PIECE = 5_000
SHOWN = 8

# Counts on transaction_account_day.
_COLUMNS = """
select id, account_id, booked_on, amount, raw_text, counterparty, clean_text, category_id, category_origin,
       confidence, decision
from transactions_transaction
"""
_READ_BATCH = f"""
{_COLUMNS}
where account_id = %(account)s and batch_id = %(batch)s and not is_split and parent_id is null
order by booked_on, id
"""
_READ = f"""
{_COLUMNS}
where account_id = %(account)s and (booked_on, id) > (%(day)s, %(id)s)
  and (booked_on, id) <= (%(last_day)s, %(last_id)s)
  and not is_split and parent_id is null
order by booked_on, id limit %(n)s
"""
Place = tuple[date, int]  # where a line stands in its account: day and key
FIRST: Place = (date(1, 1, 1), 0)
LAST: Place = (date(9999, 12, 31), 2**62)
_EMPTY = Book([], [])


class Line(NamedTuple):
    """A line of the ledger as far as rules ask."""

    pk: int
    account_id: int
    booked_on: date
    amount: Decimal
    raw_text: str
    counterparty: str
    clean_text: str
    category_id: int | None
    origin: str
    confidence: int
    decision: dict[str, Any] | None


class Standing(NamedTuple):
    """What rules may change of a line."""

    category_id: int | None
    origin: str
    confidence: int
    decision: dict[str, Any] | None
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    line: Line
    after: Standing

    @property
    def before(self) -> Standing:
        return standing(self.line)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose say is looked at: one rule's, one learned merchant's, or (kind "") everything."""

    kind: str = ""
    pk: int = 0

    def as_json(self) -> dict[str, int]:
        return {self.kind: self.pk} if self.kind else {}

    @classmethod
    def of(cls, stored: dict[str, int]) -> "Scope":
        for kind in (RULE, LEARNED):
            if kind in stored:
                return cls(kind, stored[kind])
        return cls()

    def concerns(self, decision: dict[str, Any] | None) -> bool:
        return not self.kind or is_by(decision, self.kind, self.pk)


@dataclass(slots=True)
class Counts:
    """Of the lines looked at: those it fits, those that change, and why the others don't."""

    rows: int = 0
    fits: int = 0
    changes: int = 0
    stays: int = 0  # a person chose another category
    earlier: int = 0  # a rule before it decides
    tagged: int = 0
    split: int = 0
    last: deque[Change] = field(default_factory=lambda: deque(maxlen=SHOWN))

    @property
    def already(self) -> int:
        return max(self.fits - self.changes - self.stays - self.earlier, 0)


class Judge:
    """Asks the books of many lines, in any number of pieces, and counts."""

    def __init__(self, shelf: Shelf, scope: Scope, doer: "Doer | None" = None) -> None:
        self.shelf, self.scope, self.counts, self.doer = shelf, scope, Counts(), doer
        self._merged = merged_into()
        self._known: dict[tuple[Any, ...], Reading] = {}

    def changes(self, lines: Iterable[Line], counts: Counts | None = None) -> list[Change]:
        """The lines that would stand otherwise; `counts` other than the judge's own where asked again."""
        counts = self.counts if counts is None else counts
        found = []
        for line in lines:
            counts.rows += 1
            base = self._base(line)
            reading = self._reading(line, base)
            outcome = reading.outcome(line.amount, line.booked_on)
            fits = self._fits(reading, line)
            if self.doer is not None:
                self.doer.consider(line, reading)
            counts.fits += fits
            if not self.scope.concerns(outcome.decision) and not self.scope.concerns(line.decision):
                counts.earlier += fits and line.origin != Transaction.Origin.PERSON
                counts.stays += fits and line.origin == Transaction.Origin.PERSON
                continue
            after = _after(line, outcome)
            if line.origin == Transaction.Origin.PERSON:
                counts.stays += fits and outcome.category_id != line.category_id
            if after != standing(line):
                found.append(Change(line, after))
                counts.changes += 1
                counts.last.append(found[-1])
        return found

    def _base(self, line: Line) -> Base | None:
        base = base_of(line.decision, line.category_id, line.origin, line.confidence)
        if base is not None and base.category_id in self._merged:
            return base._replace(category_id=self._merged[base.category_id])
        return base

    def _reading(self, line: Line, base: Base | None) -> Reading:
        sign = (line.amount > 0) - (line.amount < 0)
        key = line.account_id, line.raw_text, line.counterparty, sign, base
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= 50_000:
                self._known.clear()
            book = self.shelf.of(line.account_id) or _EMPTY
            known = self._known[key] = book.read(line.raw_text, line.counterparty, sign, base)
        return known

    def _fits(self, reading: Reading, line: Line) -> bool:
        if self.scope.kind == RULE:
            return reading.fits_rule(self.scope.pk, line.amount, line.booked_on)
        return self.scope.kind == LEARNED and reading.fits_learned(self.scope.pk)


def standing(line: Line) -> Standing:
    return Standing(line.category_id, line.origin, line.confidence, line.decision, line.clean_text)


def _after(line: Line, outcome: Outcome) -> Standing:
    named = (line.decision or {}).get("named")
    text = line.clean_text
    if outcome.name is not None:
        text = outcome.name
    elif named is not None:
        text = clean_text(line.raw_text)
    if line.origin != Transaction.Origin.PERSON:
        return Standing(
            outcome.category_id, outcome.origin, outcome.confidence, outcome.decision, text
        )
    # The category is the person's; only the name follows.
    decision = {k: v for k, v in (line.decision or {}).items() if k != "named"}
    if outcome.name is not None and outcome.decision:
        decision["named"] = outcome.decision["named"]
    return Standing(line.category_id, line.origin, line.confidence, decision or None, text)


def pieces(account_id: int, size: int = PIECE) -> Iterator[list[Line]]:
    """All lines of an account, `size` at a time, oldest first."""
    after = FIRST
    while lines := read(account_id, after, size):
        yield lines
        after = lines[-1].booked_on, lines[-1].pk


def read(
    account_id: int, after: Place = FIRST, size: int | None = PIECE, until: Place = LAST
) -> list[Line]:
    """The next lines behind one place and not behind another; `size` None takes all of them."""
    params: dict[str, Any] = {
        "account": account_id, "day": after[0], "id": after[1], "n": size,
        "last_day": until[0], "last_id": until[1],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_READ, params)
        return [Line._make((*row[:10], _object(row[10]))) for row in cursor.fetchall()]


def _object(value: Any) -> dict[str, Any] | None:
    """Django leaves jsonb of plain cursors as text."""
    found: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return found


def lines_of_batch(account_id: int, batch_id: int) -> list[Line]:
    """The whole lines that an import brought into an account."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_BATCH, {"account": account_id, "batch": batch_id})
        return [Line._make((*row[:10], _object(row[10]))) for row in cursor.fetchall()]


def preview(
    account_ids: Iterable[int], shelf: Shelf, scope: Scope, doer: "Doer | None" = None
) -> Counts:
    """What a run would do now, with the newest lines that would change."""
    judge = Judge(shelf, scope, doer)
    for account_id in account_ids:
        for lines in pieces(account_id):
            judge.changes(lines)
            if doer is not None:
                wanted = doer.take()
                judge.counts.tagged += len(wanted.tags)
                judge.counts.split += len(wanted.splits)
    judge.counts.last = deque(
        sorted(judge.counts.last, key=lambda change: change.line.booked_on, reverse=True)
    )
    return judge.counts
