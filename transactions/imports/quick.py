"""The rows of a large plain file by what their cells were found to mean before.

The first row with a cell is read by its adapter and staged like any other (`Staging.one`); what came of
the cell is remembered, and rows whose cells are all known are put together from that. Whatever is out of
the ordinary – a damaged row, a total, an odd amount, an account nobody knows – takes the first road again,
so there is one place that decides what a row is.
"""

from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from transactions.adapters import Line, RawRows
from transactions.adapters.records import Record
from transactions.amounts import plain_figure
from transactions.imports.copytext import NULL, safe, sign_of

if TYPE_CHECKING:
    from transactions.imports.staging import Place, Staging, Words
    from transactions.rules.matching import Book

_REMEMBERED = 100_000
_LONGEST = 200


def quick_texts(
    staging: "Staging", raw: RawRows, told: Callable[[int], None], *, every: int
) -> Iterator[str]:
    """The lines of all rows that go in, in COPY's text format; verdicts are noted in `staging`.

    `told` hears how many rows are read, each time `every` more are.
    """
    return _Memory(staging, raw).texts(told, every)


class _Memory:
    def __init__(self, staging: "Staging", raw: RawRows) -> None:
        self.staging, self.raw = staging, raw
        layout = raw.layout
        self.day_at = layout.columns["booked_on"][0]
        self.amount_at = layout.columns["amount"][0]
        self.text_at = layout.columns["text"][0]
        self.days: dict[str, tuple[date, str, bytes]] = {}
        self.value_days: dict[str, str] = {}
        # By account's rules and sign of the amount; by the text's cell, or by text and category.
        self.words: dict[int, dict[int, dict[str | tuple[str, str], Words]]] = {}
        self.places: dict[tuple[str, str, str], Place] = {}  # customer, account, currency
        self.statuses: dict[str, str] = {}

    def texts(self, told: Callable[[int], None], every: int) -> Iterator[str]:
        staging, raw, layout = self.staging, self.raw, self.raw.layout
        day_at, amount_at, text_at, mark = self.day_at, self.amount_at, self.text_at, layout.decimal
        account_at, currency_at = layout.column("account"), layout.column("currency")
        customer_at = layout.column("customer")
        category_at, status_at = layout.column("category"), layout.column("status")
        value_at, balance_at = layout.column("value_on"), layout.column("balance")
        party_at, reference_at = layout.column("counterparty"), layout.column("reference")
        more = any(at is not None for at in (value_at, balance_at, party_at, reference_at))
        days, places, statuses = self.days, self.places, self.statuses
        book: Book | None = None
        going, neither, coming = self.words_by(book)
        width, verdicts, hash_of = raw.width, staging.verdicts, sha256
        customer = account = currency = category = ""
        at_customer: str | None = None
        at_account: str | None = None
        at_currency: str | None = None
        place: Place | None = None
        status: str | None = "posted"
        for n, record in enumerate(raw.records):
            if not n % every:
                told(n)
            line, cells, _, problem = record
            if problem or len(cells) != width:
                yield from self.slowly(n, record)
                continue
            figure = plain_figure(cells[amount_at], mark)
            day = days.get(cells[day_at])
            if category_at is not None:
                category = cells[category_at]
            if account_at is not None:
                account = cells[account_at]
            if customer_at is not None:
                customer = cells[customer_at]
            if currency_at is not None:
                currency = cells[currency_at]
            if status_at is not None:
                status = statuses.get(cells[status_at])
            if (
                place is None
                or account != at_account
                or customer != at_customer
                or currency != at_currency
            ):
                place = places.get((customer, account, currency))
                at_customer, at_account, at_currency = customer, account, currency
                if place is not None and place[2].book is not book:
                    book = place[2].book
                    going, neither, coming = self.words_by(book)
            if not figure or day is None or place is None or status is None:
                yield from self.slowly(n, record)
                continue
            met = going if figure[0] == "-" else coming if figure != "0" else neither
            key = (cells[text_at], category) if category else cells[text_at]
            known = met.get(key) or self.words_of(book, cells[text_at], category, sign_of(figure))
            if known is None:
                yield from self.slowly(n, record)
                continue
            value, balance, party, reference = NULL, NULL, "", ""
            if more:
                if value_at is not None:
                    value = self.value_days.get(cells[value_at], "")
                    if not value:
                        yield from self.slowly(n, record)
                        continue
                if balance_at is not None and cells[balance_at]:
                    balance = plain_figure(cells[balance_at], mark)
                    if not balance:
                        yield from self.slowly(n, record)
                        continue
                    staging.has_balances = True
                if party_at is not None:
                    party = safe(cells[party_at].strip())
                if reference_at is not None:
                    reference = safe(cells[reference_at].strip())
            booked_on, day_text, hashed_day = day
            words, decided, tail = known
            account_id, named, group = place
            named.rows += 1
            staging.last_day = booked_on
            print_ = hash_of(hashed_day + figure.encode() + tail).digest()[:16].hex()
            if booked_on != group.day:
                group.go_to(booked_on)
            equal = group.seen.get(print_, -1) + 1
            group.seen[print_] = equal
            verdicts += b"n"
            yield (
                f"{n}\t{balance}\t{equal}\t{account_id}\t{day_text}\t{value}\t{figure}\t{words}\t{party}\t"
                f"{reference}\t{decided}\t{status}\t\t{print_}\t{line}\n"
            )

    def words_by(self, book: "Book | None") -> list[dict[str | tuple[str, str], "Words"]]:
        """What texts came to under these rules, by sign: out, neither, in."""
        by_sign = self.words.setdefault(id(book), {-1: {}, 0: {}, 1: {}})
        return [by_sign[sign] for sign in (-1, 0, 1)]

    def words_of(self, book: "Book | None", cell: str, category: str, sign: int) -> "Words | None":
        """What a new text comes to, remembered; None for one that needs more of its row."""
        text = self.raw.text(cell)
        if not text or len(cell) + len(category) >= _LONGEST:
            return None
        made = self._made(book, text, category.strip(), sign)
        if made is None:
            return None
        known = self.words[id(book)][sign]
        if len(known) >= _REMEMBERED:
            known.clear()
        known[(cell, category) if category else cell] = made
        return made

    def _made(self, book: "Book | None", text: str, category: str, sign: int) -> "Words | None":
        if book is None:
            return self.staging.new_words(text, category, sign)
        # The other side's name may decide: such rows are read whole.
        if self.raw.layout.column("counterparty") is not None:
            return None
        return self.staging.ruled_words(book, text, category, sign)

    def slowly(self, n: int, record: Record) -> Iterator[str]:
        """One row as its adapter reads it, remembered where it is a line that goes in."""
        row = self.raw.read(record)
        text = self.staging.one(n, row, record[2])
        if text:
            yield text
            if isinstance(row, Line) and len(record[1]) == self.raw.width:
                self.remember(record[1], row)

    def remember(self, cells: list[str], row: Line) -> None:
        layout, staging = self.raw.layout, self.staging

        def cell(role: str) -> str:
            at = layout.column(role)
            return "" if at is None else cells[at]

        if max(map(len, cells)) < _LONGEST:
            if len(self.days) + len(self.value_days) >= _REMEMBERED:
                self.days.clear()
                self.value_days.clear()
            self.days[cells[self.day_at]] = row.booked_on, *staging.day(row.booked_on)
            if row.value_on is not None:
                self.value_days[cell("value_on")] = row.value_on.isoformat()
            self.statuses[cell("status")] = row.status
            place = staging.place(row.account, row.currency)
            if isinstance(place, tuple):
                self.places[cell("customer"), cell("account"), cell("currency")] = place
