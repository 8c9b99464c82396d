"""Raw rows to finished ledger lines in COPY's text format: the one Python loop over a file.

It works on distinct texts, days and accounts, not on rows: cleaning, categories, hashing of texts and
escaping are done once each. A row then costs a few look-ups and one SHA-256.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from sys import intern
from typing import Any

from accounts.cards import cut_card_numbers
from transactions.adapters import (
    ROLES,
    Layout,
    Line,
    NotATransaction,
    RawRows,
    Reject,
    Row,
    Stated,
)
from transactions.categories.categorise import Categoriser
from transactions.categories.clean import cleaned
from transactions.fingerprints import amount_text, day_part, text_part
from transactions.imports import verdict_codes as codes
from transactions.imports.accounts import AccountFinder, Misplaced, NamedAccount
from transactions.imports.copytext import NULL, escape, safe, sign_of, storable
from transactions.imports.quick import quick_texts
from transactions.rules.books import Shelf
from transactions.rules.decisions import Base, Outcome
from transactions.rules.matching import Book, Reading

# Rows handed on at a time, and rows to a kept chunk.
BLOCK_ROWS, CHUNK_ROWS = 1_024, 8_192
_CACHE_LIMIT = 100_000
RAW_LIMIT = 2_000
# Balances kept of a file that states them as rows of their own.
_STATED_KEPT = 10_000

# Columns of the staging table in the order of the lines made here. From `occurrence` on they are the
# ledger's own, so that a kept line less its first two cells is a line for the ledger.
COLUMNS = (
    "n", "balance", "occurrence", "account_id", "booked_on", "value_on", "amount", "raw_text",
    "clean_text", "counterparty", "reference", "category_id", "category_origin", "confidence", "decision",
    "status",
    "provider_id", "fingerprint", "line",
)  # fmt: skip
LEDGER_COLUMNS = COLUMNS[2:]
REJECT_COLUMNS = (
    "batch_id", "line", "verdict", "code", '"column"', "value", "reason", "fix", "raw",
)  # fmt: skip

# Of one distinct text: both texts escaped, the category columns, the fingerprint's part.
Words = tuple[str, str, bytes]


class _Days:
    """One account: its rules, how far its days have come, and the prints of the present one.

    Equal rows are of one day, so where an account's days run one way a day's prints are all it takes
    to number them.
    """

    __slots__ = ("book", "day", "ordered", "seen", "step")

    def __init__(self, book: Book | None) -> None:
        self.book = book
        self.day: date | None = None
        self.seen: dict[str, int] = {}
        self.step = 0
        self.ordered = True

    def go_to(self, day: date) -> None:
        if self.day is not None:
            step = 1 if day > self.day else -1
            self.ordered &= self.step in (0, step)
            self.step = step
        self.day, self.seen = day, {}


Place = tuple[str, NamedAccount, _Days]


class Staging:
    """One file on its way into the staging table.

    After `blocks()` is used up: `verdicts` holds one character a row (new, rejected or no transaction),
    `chunks` the same lines compressed and `chunk_starts` the row each begins at, `digest` the hash over
    them, `named` the accounts named, `falls` whether the days run backwards.
    """

    def __init__(
        self,
        *,
        batch_id: int,
        finder: AccountFinder,
        categoriser: Categoriser,
        category_ids: dict[str, int],
        layout: Layout | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self.shelf = shelf
        self.batch_id = batch_id
        self.finder = finder
        self.categoriser = categoriser
        self.category_ids = category_ids
        self.layout = layout
        self.verdicts = bytearray()
        self.chunks: list[bytes] = []
        self.chunk_starts: list[int] = []
        self.digest = sha256()
        self.account_ids: set[int] = set()
        self.has_ids = False
        self.has_balances = False
        self.stated: list[Stated] = []
        self.first_day: date | None = None
        self.last_day: date | None = None
        self._day_texts: dict[date, tuple[str, bytes]] = {}
        self._known: dict[tuple[str, str, int], Words] = {}
        # By account's book, text, category, direction and other side: finished, or to be asked row by row.
        self._ruled: dict[tuple[int, str, str, int, str], Words | Reading] = {}
        self.named: dict[tuple[str, str], NamedAccount] = {}
        self._places: dict[tuple[str, str], Place | Misplaced] = {}
        self._days: dict[int, _Days] = {}
        self._rejects = zlib.compressobj(1)
        self._reject_parts: list[bytes] = []
        self._met: dict[str, tuple[str, str, bytes]] = {}
        self._pieces: list[bytes] = []
        # Packing and hashing need no interpreter, so they run beside the reading.
        self._packer = ThreadPoolExecutor(1)
        self._packed: list[Future[bytes]] = []
        self.rejected = 0

    def blocks(self, rows: Iterable[Row] | RawRows, told: Callable[[int], None]) -> Iterator[bytes]:
        """COPY text for the staging table, block by block; `told` hears how many rows are read."""
        if isinstance(rows, RawRows):
            texts = quick_texts(self, rows, told, every=CHUNK_ROWS)
        else:
            texts = self._texts(rows, told)
        while block := list(islice(texts, BLOCK_ROWS)):
            yield self._finish(block)
        self._close_chunk()
        self.chunks = [packed.result() for packed in self._packed]
        self._packer.shutdown()
        told(len(self.verdicts))

    def _finish(self, block: list[str]) -> bytes:
        data = "".join(block).encode()
        if not self._pieces:
            self.chunk_starts.append(int(block[0].partition("\t")[0]))
        self._pieces.append(data)
        if len(self._pieces) * BLOCK_ROWS >= CHUNK_ROWS:
            self._close_chunk()
        return data

    def _close_chunk(self) -> None:
        if self._pieces:
            self._packed.append(self._packer.submit(self._pack, b"".join(self._pieces)))
            self._pieces = []

    def _pack(self, chunk: bytes) -> bytes:
        # In the packer's one thread, so chunk after chunk.
        self.digest.update(chunk)
        return zlib.compress(chunk, 1)

    def _texts(self, rows: Iterable[Row], told: Callable[[int], None]) -> Iterator[str]:
        for n, row in enumerate(rows):
            if not n % CHUNK_ROWS:
                told(n)
            if text := self.one(n, row):
                yield text

    def one(self, n: int, row: Row, raw: str = "") -> str:
        """The line of one row, or "" where it doesn't go in; its verdict is noted. `raw` as received."""
        if not isinstance(row, Line):
            self.verdicts += self._aside(row)
            return ""
        (line, booked_on, value_on, amount, text, counterparty, reference, category, account,
         currency, balance, provider_id, status) = row  # fmt: skip
        place = self.place(account, currency)
        if isinstance(place, Misplaced):
            self.named[account, currency].rows += 1
            self._reject(self._misplaced(row, place, raw))
            self.verdicts += b"r"
            return ""
        account_id, named, group = place
        named.rows += 1
        day, hashed_day = self.day(booked_on)
        figure = str(amount)
        # The common figures need no more than this; `amount_text` knows the rest.
        if "E" in figure or figure[-1] == "0" or figure[0] == "+":
            figure = amount_text(amount)
        if group.book is None:
            words, decided, tail = self.words(text, category, sign_of(figure))
        else:
            words, decided, tail = self._ruled_row(group.book, row, sign_of(figure))
        if provider_id:
            self.has_ids = True
            print_ = sha256(b"p\x1f" + provider_id.encode()).digest()[:16].hex()
        else:
            print_ = sha256(hashed_day + figure.encode() + tail).digest()[:16].hex()
        if booked_on != group.day:
            group.go_to(booked_on)
        equal = group.seen.get(print_, -1) + 1
        group.seen[print_] = equal
        self.verdicts += b"n"
        self.has_balances |= balance is not None
        return (
            f"{n}\t{NULL if balance is None else amount_text(balance)}\t{equal}\t{account_id}\t{day}\t"
            f"{NULL if value_on is None else value_on.isoformat()}\t{figure}\t{words}\t"
            f"{safe(counterparty) if counterparty else ''}\t{safe(reference) if reference else ''}\t"
            f"{decided}\t{status}\t{safe(provider_id)}\t{print_}\t{line}\n"
        )

    # What is the same for many rows

    def place(self, account: str, currency: str) -> Place | Misplaced:
        return self._places.get((account, currency)) or self._place(account, currency)

    def day(self, day: date) -> tuple[str, bytes]:
        known = self._day_texts.get(day)
        if known is None:
            known = self._day_texts[day] = day.isoformat(), day_part(day)
            self.first_day = self.first_day or day
        self.last_day = day
        return known

    def words(self, text: str, category: str, sign: int) -> Words:
        known = self._known.get((text, category, sign))
        if known is None:
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            known = self._known[text, category, sign] = self.new_words(text, category, sign)
        return known

    def new_words(self, text: str, category: str, sign: int) -> Words:
        """All that one distinct text costs: cleaned, put in a category, made ready for the hash."""
        raw, words, tail = self._met_text(text)
        category_id, origin, confidence = self._base(raw, category, sign)
        at = NULL if category_id is None else category_id
        # A few dozen for all texts: kept once each.
        return words, intern(f"{at}\t{origin}\t{confidence}\t{NULL}"), tail

    def _met_text(self, text: str) -> tuple[str, str, bytes]:
        met = self._met.get(text)
        if met is None:
            if len(self._met) >= _CACHE_LIMIT:
                self._met.clear()
            raw = storable(cut_card_numbers(text))
            words = f"{escape(raw)}\t{escape(cleaned(raw))}"
            met = self._met[text] = raw, words, text_part(raw)
        return met

    def _base(self, raw: str, category: str, sign: int) -> Base:
        decision = self.categoriser.decide_anew(raw, category, sign)
        category_id = self.category_ids.get(decision.code or "")
        if category_id is None:
            return Base(None, "none", 0)
        return Base(category_id, decision.origin, round(decision.confidence * 100))

    # Accounts with rules or learned merchants

    def ruled_words(
        self, book: Book, text: str, category: str, sign: int, party: str = ""
    ) -> Words | None:
        """As `words`, by the account's book; None where amount or day of each row have a say."""
        found = self._ruled_text(book, text, category, sign, party)
        return None if isinstance(found, Reading) else found

    def _ruled_row(self, book: Book, row: Line, sign: int) -> Words:
        found = self._ruled_text(book, row.text, row.category, sign, row.counterparty)
        if isinstance(found, Reading):
            return self._words_of(row.text, found.outcome(row.amount, row.booked_on))
        return found

    def _ruled_text(
        self, book: Book, text: str, category: str, sign: int, party: str
    ) -> Words | Reading:
        key = id(book), text, category, sign, party
        known = self._ruled.get(key)
        if known is None:
            if len(self._ruled) >= _CACHE_LIMIT:
                self._ruled.clear()
            raw = self._met_text(text)[0]
            reading = book.read(raw, party, sign, self._base(raw, category, sign))
            settled = reading.settled
            known = reading if settled is None else self._words_of(text, settled)
            self._ruled[key] = known
        return known

    def _words_of(self, text: str, outcome: Outcome) -> Words:
        raw, words, tail = self._met_text(text)
        if outcome.name is not None:
            words = f"{escape(raw)}\t{escape(outcome.name)}"
        at = NULL if outcome.category_id is None else outcome.category_id
        decision = NULL if outcome.decision is None else escape(json.dumps(outcome.decision))
        decided = f"{at}\t{outcome.origin}\t{outcome.confidence}\t{decision}"
        return words, intern(decided), tail

    # Rows that do not go in

    def _aside(self, row: NotATransaction | Reject | Stated) -> bytes:
        if isinstance(row, Reject):
            self._reject(row)
            return b"r"
        if isinstance(row, Stated) and len(self.stated) < _STATED_KEPT:
            self.stated.append(row)
        return b"-"

    def _place(self, name: str, currency: str) -> Place | Misplaced:
        found = self.finder.find(name, currency)
        account = None if isinstance(found, Misplaced) else found
        named = self.named[name, currency] = NamedAccount(name, currency, account)
        if isinstance(found, Misplaced):
            self._places[name, currency] = found
            return found
        self.account_ids.add(found.pk)
        if found.pk not in self._days:
            self._days[found.pk] = _Days(self.shelf.of(found.pk) if self.shelf else None)
        place = str(found.pk), named, self._days[found.pk]
        self._places[name, currency] = place
        return place

    def stated_of(self) -> dict[int, list[Stated]]:
        """The balances that the file states as rows of their own, by account; asked at the end.

        An account of the file that no row went to is asked for by its name, not by the order of names.
        """
        found: dict[int, list[Stated]] = {}
        for row in self.stated:
            place = self._places.get((row.account, row.currency))
            if place is None:
                place = next(
                    (p for (name, _), p in self._places.items() if name == row.account), None
                )
            if isinstance(place, tuple):
                found.setdefault(int(place[0]), []).append(row)
            elif place is None and row.account:
                account = self.finder.find(row.account, row.currency)
                if not isinstance(account, Misplaced):
                    found.setdefault(account.pk, []).append(row)
        return found

    @property
    def falls(self) -> bool:
        """Whether the days run backwards, from the first row to the last."""
        return bool(self.first_day and self.last_day and self.first_day > self.last_day)

    @property
    def is_numbered(self) -> bool:
        """Whether equal rows are numbered rightly; else `tables.number` does it."""
        return not self.has_ids and all(days.ordered for days in self._days.values())

    def _misplaced(self, row: Line, why: Misplaced, received: str) -> Reject:
        at = self.layout.column(why.role) if self.layout else None
        column = self.layout.name_of(at) if self.layout and at is not None else ""
        if self.layout and self.layout.described:
            column = ROLES[why.role]
        parts = [
            row.booked_on.isoformat(),
            amount_text(row.amount),
            row.text,
            self.finder.shown(row.account),
        ]
        raw = received or " · ".join(part for part in parts if part)
        return Reject(row.line, column, why.value, why.code, why.reason, why.fix, raw)

    def _reject(self, row: Reject) -> None:
        self.rejected += 1
        covered = self.finder.covered
        fields = (
            str(self.batch_id), str(row.line), codes.NAMES[codes.REJECTED], row.code[:40],
            escape(cut_card_numbers(row.column)[:80]), escape(covered(cut_card_numbers(row.value))[:200]),
            escape(cut_card_numbers(row.reason)[:300]), escape(cut_card_numbers(row.fix)[:300]),
            escape(covered(cut_card_numbers(row.raw))[:RAW_LIMIT]),
        )  # fmt: skip
        line = "\t".join(fields) + "\n"
        self._reject_parts.append(self._rejects.compress(line.encode()))

    def reject_blocks(self) -> Iterator[bytes]:
        """COPY text of the rejected rows; held compressed, for two COPYs can't run at once."""
        self._reject_parts.append(self._rejects.flush())
        opened = zlib.decompressobj()
        for part in self._reject_parts:
            if part and (data := opened.decompress(part)):
                yield data


def plain_row(line: str) -> dict[str, Any]:
    """One COPY line back as values by column, for the preview's first rows."""
    values = [None if cell == NULL else _unescape(cell) for cell in line.split("\t")]
    row: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
    for name in ("amount", "balance"):
        row[name] = None if row[name] is None else Decimal(row[name])
    for name in ("booked_on", "value_on"):
        row[name] = None if row[name] is None else date.fromisoformat(row[name])
    for name in ("n", "line", "occurrence", "account_id", "category_id", "confidence"):
        row[name] = None if row[name] is None else int(row[name])
    row["decision"] = None if row["decision"] is None else json.loads(row["decision"])
    return row


_UNESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def _unescape(cell: str) -> str:
    if "\\" not in cell:
        return cell
    return re.sub(r"\\[\\tnr]", lambda found: _UNESCAPES[found[0]], cell)
