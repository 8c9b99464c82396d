"""Rows of a delimited file by its layout: the one loop that all table formats share.

It is written for speed where rows are plain (one look-up per distinct day, one pattern per amount)
and takes its time only for rows that are not: those are told apart as rejected, or as no
transaction at all (totals, notes, second text rows), and each says why.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from transactions.adapters.base import CUSTOMER_MARK, Layout, Line, NotATransaction, Reject, Row
from transactions.adapters.directions import (
    balance_row,
    note_row,
    status_of,
    summary_row,
)
from transactions.adapters.encodings import Unended, physical_lines
from transactions.adapters.records import PROBLEMS, Record
from transactions.adapters.records import records as split_records
from transactions.adapters.rowmoney import RowError, filled_amounts, money_reader
from transactions.adapters.words import CURRENCIES
from transactions.amounts import AmountError, fits, is_blank, parse_amount, read_amount
from transactions.days import DayError, looks_like_day, parse_day

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_DIGIT = re.compile("[0-9]")
# Distinct texts kept per file that are known to state no balance.
_REMEMBERED, _REMEMBERED_LENGTH = 32_768, 200
# How an amount begins that names no currency before it.
_FIGURES = "-0123456789"


class _Continuation(NotATransaction):
    """A second row of text for the transaction above it."""

    more: str = ""


def read_rows(
    stream: BinaryIO, layout: Layout, *, cell: Callable[[str], str] | None = None
) -> Iterator[Row]:
    """Every row under the header, once each, in file order; memory stays flat.

    `cell` is put to each cell before it is read.
    """
    layout.check()
    reader = _Reader(layout)
    records = reader.records(stream)
    if cell is not None:
        records = ((n, [cell(c) for c in cells], raw, why) for n, cells, raw, why in records)
    found = reader.read(records)
    return _join_text(found) if layout.continued else found


class RawRows:
    """Records of a file, to be read one by one by a caller that remembers what cells mean."""

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        layout.check()
        self.layout = layout
        self._reader = _Reader(layout)
        self.width = self._reader.width
        self.records = self._reader.records(stream)

    @staticmethod
    def may_read(layout: Layout) -> bool:
        """Whether each cell means the same in every row: one signed amount, one text, no ids."""
        at = layout.columns
        return (
            layout.sign == "signed"
            and len(at.get("text", ())) == 1
            and not (layout.amount_currencies or layout.continued or at.get("provider_id"))
        )

    @staticmethod
    def text(cell: str) -> str:
        """The text of a row with this text cell; "" where more of the row must be looked at."""
        text = cell.strip()
        return "" if balance_row(text) else text

    def read(self, record: Record) -> Row:
        """What `read_rows` makes of this record: always one row."""
        return next(self._reader.read((record,)))


def _join_text(found: Iterator[Row]) -> Iterator[Row]:
    held: Line | None = None
    after: list[Row] = []
    for row in found:
        if isinstance(row, _Continuation) and held is not None:
            held = held._replace(text=f"{held.text} {row.more}".strip())
            after.append(
                NotATransaction(row.line, row.raw, f"continues the text of line {held.line}")
            )
            continue
        if held is not None:
            yield held
            yield from after
        held, after = (row, []) if isinstance(row, Line) else (None, [])
        if held is None:
            yield NotATransaction(*row) if isinstance(row, _Continuation) else row
    if held is not None:
        yield held
        yield from after


class _Reader:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.width = len(layout.header) or max(layout.widths, default=0)
        self.widths = frozenset(layout.widths or (self.width,))
        self.days: dict[str, date] = {}
        self.currencies: dict[str, str] = {"": layout.currency}
        self.money = money_reader(layout)

    def read(self, records: Iterable[Record]) -> Iterator[Row]:
        layout, order = self.layout, self.layout.date_order
        booked_at = layout.columns["booked_on"][0]
        value_at, balance_at = layout.column("value_on"), layout.column("balance")
        texts = layout.columns.get("text", ())
        text_at = texts[0] if len(texts) == 1 else None
        party_at, reference_at = layout.column("counterparty"), layout.column("reference")
        category_at, account_at = layout.column("category"), layout.column("account")
        id_at, status_at = layout.column("provider_id"), layout.column("status")
        currency_at, customer_at = layout.column("currency"), layout.column("customer")
        per_currency = bool(layout.amount_currencies)
        roles = ("amount", "money_out", "money_in")
        money_at = tuple(at for role in roles for at in layout.columns.get(role, ()))
        days, money, width, decimal = self.days, self.money, self.width, layout.decimal
        said: dict[str, str] = {}
        make = tuple.__new__
        for number, cells, raw, problem in records:
            if problem or len(cells) != width:
                other = self._mend(number, cells, raw, problem)
                if other is not None:
                    yield other
                    continue
                cells = cells[:width] + [""] * (width - len(cells))
            try:
                booked = days.get(cells[booked_at])
                if booked is None:
                    booked = days[cells[booked_at]] = parse_day(cells[booked_at], order)
                amount = money(cells)
            except (DayError, RowError) as error:
                yield self._unread(number, cells, raw, error)
                continue
            text = said.get(cells[text_at]) if text_at is not None else None
            if text is None:
                own = self._text(cells)
                text = own or self._fallback(cells)
                if balance_row(text):
                    yield NotATransaction(number, raw, "states a balance")
                    continue
                if own and text_at is not None and len(cells[text_at]) < _REMEMBERED_LENGTH:
                    if len(said) >= _REMEMBERED:
                        said.clear()
                    said[cells[text_at]] = own
            status = "posted" if status_at is None else status_of(cells[status_at])
            if status == "void":
                yield NotATransaction(
                    number, raw, "never took place: " + cells[status_at or 0].strip()
                )
                continue
            currency = layout.currency
            if currency_at is not None or per_currency:
                try:
                    currency = self._currency(cells, currency_at)
                except RowError as error:
                    yield self._reject(number, cells, raw, error)
                    continue
            if any(not cells[at][-1:].isdigit() or cells[at][0] not in _FIGURES for at in money_at):
                try:
                    currency = self._in_amount(cells, money_at, currency)
                except RowError as error:
                    yield self._reject(number, cells, raw, error)
                    continue
            # Past the class's own constructor: half the time, once a row.
            yield make(
                Line,
                (
                    number,
                    booked,
                    None if value_at is None else self._other_day(cells[value_at]),
                    amount,
                    text,
                    "" if party_at is None else cells[party_at].strip(),
                    "" if reference_at is None else cells[reference_at].strip(),
                    "" if category_at is None else cells[category_at].strip(),
                    self._account(cells, account_at, customer_at)
                    if customer_at is not None
                    else ""
                    if account_at is None
                    else cells[account_at].strip("' \t"),
                    currency,
                    None if balance_at is None else _balance(cells[balance_at], decimal),
                    "" if id_at is None else cells[id_at].strip(),
                    status,
                ),
            )

    def records(self, stream: BinaryIO) -> Iterator[Record]:
        layout = self.layout
        return split_records(
            physical_lines(stream, layout.encoding),
            delimiter=layout.delimiter,
            quote=layout.quote,
            widths=self.widths | {self.width},
            first_line=layout.first_line,
            wide=layout.encoding.startswith(("utf-16", "utf-32")),
        )

    # The other cells

    def _account(self, cells: list[str], account_at: int | None, customer_at: int) -> str:
        account = "" if account_at is None else cells[account_at].strip("' \t")
        return f"{cells[customer_at].strip()}{CUSTOMER_MARK}{account}"

    def _text(self, cells: list[str]) -> str:
        parts = [cells[at].strip() for at in self.layout.columns.get("text", ())]
        return " ".join(dict.fromkeys(part for part in parts if part))

    def _fallback(self, cells: list[str]) -> str:
        for role in ("counterparty", "reference", "category"):
            at = self.layout.column(role)
            if at is not None and cells[at].strip():
                return cells[at].strip()
        return ""

    def _other_day(self, cell: str) -> date | None:
        found = self.days.get(cell)
        if found is None:
            try:
                found = self.days[cell] = parse_day(cell, self.layout.date_order)
            except DayError:
                return None
        return found

    def _currency(self, cells: list[str], at: int | None) -> str:
        if at is None:
            nth = filled_amounts(self.layout, cells)[0][0]
            return self.layout.amount_currencies[nth]
        cell = cells[at].strip()
        known = self.currencies.get(cell)
        if known is None:
            known = cell.upper()
            if known not in CURRENCIES:
                raise RowError(
                    at, "currency_unknown", f"“{cell[:40]}” is no currency code.", "Type its code."
                )
            self.currencies[cell] = known
        return known

    def _in_amount(self, cells: list[str], money_at: tuple[int, ...], currency: str) -> str:
        """The row's currency, where an amount's own cell may name it ("USD -4.20")."""
        for at in money_at:
            try:
                named = read_amount(cells[at], self.layout.decimal).currency
            except AmountError:
                continue  # what the amount is, has been decided
            if named and currency and named != currency:
                raise RowError(
                    at,
                    "currency_differs",
                    f"The amount is in {named}, the row in {currency}.",
                    f"Bring amounts in {named} in by a file of their own.",
                )
            currency = named or currency
        return currency

    # Rows that are not plain

    def _mend(self, number: int, cells: list[str], raw: str, problem: str) -> Row | None:
        """None where the row can be read after all, its cells cut or filled up to the width."""
        if problem:
            reason, fix = PROBLEMS[problem]
            if problem == "quote" and isinstance(raw, Unended):
                reason, fix = _CUT
            return Reject(number, "", "", problem, reason, fix, _storable(raw))
        if len(cells) > self.width and not any(cells[self.width :]):
            return None
        if len(cells) in self.widths:
            return None
        blank = cells + [""] * (self.width - len(cells))
        day = blank[self.layout.columns["booked_on"][0]]
        if not looks_like_day(day) and any(summary_row(c) for c in cells):
            return self._no_transaction(number, blank, raw)
        if not any(looks_like_day(c) or self._is_money(c) for c in cells) and not (
            len(cells) == 1 and self._parted_otherwise(cells[0])
        ):
            return self._no_transaction(number, blank, raw)
        if isinstance(raw, Unended) and len(cells) < self.width:
            reason, fix = _CUT
        elif len(cells) > self.width:
            reason = f"The row has {len(cells)} cells, the file {self.width}."
            fix = "Put the cell that holds the delimiter in quotation marks."
        else:
            reason = f"The row has {len(cells)} cells, the file {self.width}."
            fix = "Fill in the missing cells."
        return Reject(number, "", "", "cell_count", reason, fix, _storable(raw))

    def _parted_otherwise(self, line: str) -> bool:
        """Whether a row was written with another delimiter than the file's."""
        for delimiter in ",;\t|":
            cells = [cell.strip(' "') for cell in line.split(delimiter)]
            if delimiter != self.layout.delimiter and abs(len(cells) - self.width) <= 1:
                day = any(looks_like_day(c) for c in cells)
                return day and any(self._is_money(c) for c in cells)
        return False

    def _is_money(self, cell: str) -> bool:
        return _DIGIT.search(cell) is not None and fits(cell, self.layout.decimal)

    def _unread(
        self, number: int, cells: list[str], raw: str, error: DayError | RowError
    ) -> NotATransaction | Reject:
        layout = self.layout
        day_at = layout.columns["booked_on"][0]
        day = cells[day_at].strip()
        money_at = [
            i for r in ("amount", "money_out", "money_in") for i in layout.columns.get(r, ())
        ]
        no_money = all(is_blank(cells[i]) for i in money_at)
        summary = any(summary_row(c) for c in cells if c)
        if isinstance(error, RowError):
            text = self._text(cells) or self._fallback(cells)
            if error.code == "amount_missing" and (summary or note_row(text)):
                why = "states a balance or total" if summary else "is a note"
                return NotATransaction(number, raw, why)
            return self._reject(number, cells, raw, error)
        if error.code in ("date_missing", "date_format") and not looks_like_day(day):
            if summary or no_money or not any(_nearly_money(cells[i]) for i in money_at):
                return self._no_transaction(number, cells, raw)
            if status_of(day) == "pending":
                return NotATransaction(number, raw, "is still pending and has no day yet")
        fix = error.fix
        value_at = layout.column("value_on")
        other = self._other_day(cells[value_at]) if value_at is not None else None
        if other is not None:
            fix = f"Take the other day of the row, {other.isoformat()}."
        return self._reject(number, cells, raw, RowError(day_at, error.code, error.reason, fix))

    def _no_transaction(self, number: int, cells: list[str], raw: str) -> NotATransaction:
        header = self.layout.header
        if header and [c.strip() for c in cells] == [h.strip() for h in header]:
            return NotATransaction(number, raw, "repeats the header")
        if any(summary_row(c) for c in cells if c):
            return NotATransaction(number, raw, "states a balance or total")
        if self.layout.continued:
            filled = {i for i, c in enumerate(cells) if c.strip()}
            texts = set(self.layout.columns.get("text", ()))
            if filled and filled <= texts:
                found = _Continuation(number, raw, "is a second line of text")
                found.more = self._text(cells)
                return found
        return NotATransaction(number, raw, "has no day and no amount")

    def _reject(self, number: int, cells: list[str], raw: str, error: RowError) -> Reject:
        return Reject(
            number,
            self.layout.name_of(error.index),
            _storable(cells[error.index].strip())[:200],
            error.code,
            error.reason,
            error.fix,
            _storable(raw),
        )


_CUT = (
    "The file ends inside this row, so it was cut off here.",
    "Export or copy the file again, whole.",
)


def _nearly_money(cell: str) -> bool:
    """Whether a cell was meant as an amount: digits, and few letters among them."""
    return _DIGIT.search(cell) is not None and sum(c.isalpha() for c in cell) <= 4


def _balance(cell: str, mark: str) -> Decimal | None:
    if not cell:
        return None
    try:
        return parse_amount(cell, mark)
    except AmountError:
        return None


def _storable(raw: str) -> str:
    """The text as the database can keep it: no zero bytes, no half characters."""
    return _UNSTORABLE.sub("\ufffd", raw)
