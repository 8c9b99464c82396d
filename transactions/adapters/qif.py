"""QIF, the Quicken Interchange Format: a letter at the start of each line says what the line is.

A record ends with "^"; "!Type:" and "!Account" say what the next ones are. The format states neither
the order of its days nor the decimal mark, so both are found from the records as for tables.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from transactions.adapters.base import (
    Detection,
    Evidence,
    Layout,
    Line,
    NotATransaction,
    Option,
    Refused,
    Reject,
    Row,
    Stated,
)
from transactions.adapters.dayorder import country_points, decide
from transactions.adapters.encodings import TooLong, Unended, physical_lines
from transactions.adapters.ofx_rows import CUT, joined_text
from transactions.adapters.ofx_tokens import beginning
from transactions.adapters.sample import Sample
from transactions.amounts import AmountError, is_blank, parse_amount
from transactions.days import DayError, parse_day

MAX_LINES = 5_000  # of one record
_RAW = 2_000
_SAMPLED = 5_000

_LISTS = frozenset(
    {"cat", "class", "memorized", "security", "prices", "budget", "invitem", "template", "tag",
     "bill", "invoice", "tax"}
)  # fmt: skip
_TRADES = frozenset({"invst", "401(k)/403(b)"})
_HEADER = re.compile(r"\s*!(?:Type:|Account\b|Option:|Clear:)", re.IGNORECASE)
_BARE = re.compile(r"\s*D\s*[0-9][0-9 .,/'’-]{4,12}\s*$")
_OPENING = re.compile(r"opening balance|anfangssaldo|solde (?:initial|d.ouverture)", re.IGNORECASE)
_SPACED = re.compile(r"\s+")
_COMMA = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:[.' ][0-9]{3})+),[0-9]{1,2}")
_DOT = re.compile(r"[+-]?(?:[0-9]*|[0-9]{1,3}(?:[,' ][0-9]{3})+)\.[0-9]{1,2}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass
class Record:
    """The lines of one record by their letters, and which list it stands in."""

    line: int
    kind: str  # "payment", "account", "trade", "list"
    account: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""
    cut: bool = False  # the file ends inside it

    def first(self, letter: str) -> str:
        return next((value for name, value in self.lines if name == letter), "")

    @property
    def raw(self) -> str:
        text = " | ".join(f"{name}{value}" for name, value in self.lines)
        return _UNSTORABLE.sub("\ufffd", text[:_RAW])


def looks_like_qif(head: bytes) -> bool:
    """Whether the file begins as QIF files do, whatever its encoding."""
    start = beginning(head).lstrip()
    if _HEADER.match(start):
        return True
    lines = start.splitlines()[:40]
    if not lines or not _BARE.match(lines[0]):
        return False
    return any(re.match(r"[TU]\s*[-+.,0-9]", at) for at in lines) and "^" in {
        x.strip() for x in lines
    }


class Qif:
    """Bank, card and cash accounts; lists of categories and the like are passed over."""

    name = "QIF"
    label = "QIF"
    reads_plainly = False

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        if not looks_like_qif(sample.head):
            return None
        encoding = sample.encoding
        found: list[Record] = []
        for record in records(BytesIO(sample.head), encoding):
            found.append(record)
            if len(found) > _SAMPLED:
                break
        payments = [r for r in found if r.kind == "payment"]
        if not payments and sample.complete:
            raise _nothing(any(r.kind == "trade" for r in found))
        days = [d for d in (day_text(r.first("D")) for r in payments) if d]
        texts = [r.first("P") or r.first("M") for r in payments if r.first("D").strip()]
        mark, mark_evidence = _decimal_mark(payments)
        country = country_points(decimal=mark, delimiter=",", texts=texts, currency="")
        order, day_evidence, decided = decide(days, texts=texts, country=country)
        layout = Layout(
            adapter=self.name,
            encoding=encoding,
            date_order=order,
            decimal=mark,
            described=True,
        )
        kinds = list(dict.fromkeys(r.account for r in payments if r.account))
        evidence = (
            Evidence("Kind", "QIF", "its lines begin with the letters of QIF"),
            sample.encoding_evidence,
            _accounts_found(kinds),
            day_evidence,
            mark_evidence,
            Evidence("Sign", "minus is money out", "QIF states each amount so", field="sign"),
        )
        first = tuple(days[:1])
        detection = Detection(self.name, layout, 1.0, evidence, first, label="QIF file")
        if not decided:
            raise Refused(
                "ambiguous_dates",
                f"Days like “{days[0]}” can be read day first or month first, and nothing in the "
                "file says which; choose the day order.",
                detection,
            )
        return detection

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        layout.check()
        payments = trades = 0
        reader = _Reader(layout)
        for record in records(stream, layout.encoding):
            payments += record.kind == "payment"
            trades += record.kind == "trade"
            yield from reader.read(record)
        if not payments:
            raise _nothing(bool(trades))


def _nothing(trades: bool) -> Refused:
    if trades:
        return Refused(
            "investments",
            "This is a file of an investment account: it holds purchases and sales of securities "
            "and no payments, so there is nothing to bring in.",
        )
    return Refused("no_rows", "This QIF file holds no transactions.")


def records(stream: BinaryIO, encoding: str) -> Iterator[Record]:
    """Every record in file order, with the account that it stands under.

    Raises Refused (damaged) where a record goes on for more than MAX_LINES lines.
    """
    kind, account = "payment", ""
    record: Record | None = None
    for number, line in enumerate(physical_lines(stream, encoding), start=1):
        text = str(line).rstrip("\r").removeprefix("\ufeff")
        if not text.strip("\x1a \t\0"):
            continue
        if text.lstrip().startswith("!"):
            if record is not None:
                yield record
                record = None
            kind = _kind_of(text, kind)
            continue
        if text.strip() == "^":
            if record is not None:
                account = _named(record, account)
                yield record
                record = None
            continue
        if record is None:
            record = Record(number, kind, account)
        if len(record.lines) >= MAX_LINES:
            raise Refused(
                "damaged",
                f"The record that begins in line {record.line} does not end, so the file is damaged. "
                "Export it again.",
            )
        value = text.lstrip()
        record.lines.append((value[0], value[1:].strip()))
        if isinstance(line, TooLong):
            record.problem = "line_too_long"
        elif _UNSTORABLE.search(value):
            record.problem = "nul_byte" if "\0" in value else "encoding"
        record.cut = isinstance(line, Unended)
    if record is not None:
        _named(record, account)
        yield record


def _kind_of(header: str, before: str) -> str:
    name, _, what = header.strip()[1:].partition(":")
    what = what.strip().casefold()
    if name.strip().casefold() == "account":
        return "account"
    if name.strip().casefold() != "type":
        return before  # !Option and !Clear say nothing of the records
    if what in _LISTS:
        return "list"
    return "trade" if what in _TRADES else "payment"


def _named(record: Record, account: str) -> str:
    """The account of the records that follow. Quicken names it in an opening balance too."""
    if record.kind == "account":
        return _UNSTORABLE.sub("\ufffd", record.first("N")[:200]) or account
    if record.kind == "payment" and _is_opening(record):
        named = _UNSTORABLE.sub("\ufffd", _other_account(record.first("L"))[:200])
        record.account = account or named
        return record.account
    return account


def _is_opening(record: Record) -> bool:
    return bool(_OPENING.fullmatch(record.first("P")) and _other_account(record.first("L")))


def _other_account(category: str) -> str:
    found = re.fullmatch(r"\[(.*)\](?:/.*)?", category)
    return found[1].strip() if found else ""


def day_text(cell: str) -> str:
    """The day without Quicken's spaces, its apostrophe turned into a slash: 1/ 2' 4 is 1/2/04."""
    plain = _SPACED.sub("", cell).replace("’", "'")
    plain = re.sub(r"'([0-9])$", r"'0\1", plain)
    return plain.replace("'", "/")[:40]


def _decimal_mark(payments: Sequence[Record]) -> tuple[str, Evidence]:
    names = {".": "dot: 1,284.07", ",": "comma: 1.284,07"}
    cells = [r.first("T") or r.first("U") for r in payments]
    commas = sum(_COMMA.fullmatch(c) is not None for c in cells)
    dots = sum(_DOT.fullmatch(c) is not None for c in cells)
    mark = "," if commas > dots else "."
    against = min(commas, dots)
    why = (
        f"{against} of {len(cells)} amounts speak against it" if against
        else "no value fits both ways" if commas + dots
        else "no amount has decimals"
    )  # fmt: skip
    other = "," if mark == "." else "."
    option = (Option(other, names[other]),)
    return mark, Evidence("Decimal mark", names[mark], why, not against, "decimal", option)


def _accounts_found(names: Sequence[str]) -> Evidence:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    if len(names) > 1:
        return Evidence("Accounts", shown, "the file names them")
    why = "the file names it" if names else "QIF files need not say it"
    return Evidence("Account", shown or "none named", why)


_PROBLEMS = {
    "line_too_long": ("A line is longer than 100,000 characters.", "Check the file's line breaks."),
    "nul_byte": ("The record holds a zero byte, so it is damaged.", "Type the record anew."),
    "encoding": (
        "The record holds bytes that are no letters in the encoding of this file.",
        "Save the file as UTF-8, or choose another encoding.",
    ),
}


class _Reader:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.turn = -1 if layout.sign == "reversed" else 1

    def read(self, record: Record) -> Iterator[Row]:
        if record.problem and record.kind == "payment":
            reason, fix = _PROBLEMS[record.problem]
            yield Reject(record.line, "", "", record.problem, reason, fix, record.raw)
        elif record.cut and record.kind == "payment":
            yield Reject(record.line, "", "", "cut_off", *CUT, record.raw)
        elif record.kind == "payment":
            yield self.payment(record)
        elif record.kind == "account":
            yield self.stated(record)
        else:
            why = (
                "is a trade of securities, no payment"
                if record.kind == "trade"
                else "is an entry of a list, no payment"
            )
            yield NotATransaction(record.line, record.raw, why)

    def payment(self, record: Record) -> Row:
        day_cell, figure = record.first("D"), record.first("T") or record.first("U")
        try:
            booked_on = self.day(day_cell)
        except DayError as error:
            return self.reject(record, "D", day_cell, error)
        splits = list(_splits(record))
        try:
            amount = self.amount(figure, splits)
        except AmountError as error:
            return self.reject(record, "T", figure, error)
        if _is_opening(record):
            return Stated(record.line, record.account, "", booked_on, amount, True, record.raw)
        own = record.first("L")
        categories = {s.category for s in splits} if splits else {own}
        category = categories.pop() if len(categories) == 1 else ""
        other = _other_account(category)
        text = joined_text(record.first("P"), record.first("M"))
        parts = " / ".join(filter(None, (joined_text(s.words, s.memo) for s in splits)))
        text = " · ".join(filter(None, (text, parts)))
        number = record.first("N")
        fallback = "Transfer" if other else number or category
        return Line(
            line=record.line,
            booked_on=booked_on,
            value_on=None,
            amount=amount,
            text=text or fallback,
            counterparty=other,
            reference=number,
            category="Own transfer" if other else _path(category),
            account=record.account,
            currency="",
            balance=None,
            provider_id="",
            status="posted",
        )

    def amount(self, figure: str, splits: "Sequence[_Split]") -> Decimal:
        """The amount stated, else what its parts come to."""
        if is_blank(figure) and splits:
            parts = (parse_amount(s.figure, self.layout.decimal) for s in splits)
            return sum(parts, Decimal(0)) * self.turn
        return parse_amount(figure, self.layout.decimal) * self.turn

    def stated(self, record: Record) -> Row:
        """An account's own record: its name, sometimes with a balance and its day."""
        try:
            amount = parse_amount(record.first("$"), self.layout.decimal) * self.turn
            day = self.day(record.first("/"))
        except (AmountError, DayError):
            return NotATransaction(record.line, record.raw, "names an account")
        if record.problem or record.cut:
            return NotATransaction(record.line, record.raw, "names an account")
        name = record.first("N")[:200]
        return Stated(record.line, name, "", day, amount, False, record.raw)

    def day(self, cell: str) -> date:
        return parse_day(day_text(cell), self.layout.date_order)

    def reject(
        self, record: Record, letter: str, value: str, error: DayError | AmountError
    ) -> Reject:
        return Reject(
            record.line, letter, value[:200], error.code, error.reason, error.fix, record.raw
        )


@dataclass
class _Split:
    category: str
    memo: str = ""
    figure: str = ""

    @property
    def words(self) -> str:
        return _other_account(self.category) or _path(self.category)


def _splits(record: Record) -> Iterator[_Split]:
    split: _Split | None = None
    for letter, value in record.lines:
        if letter == "S":
            if split is not None:
                yield split
            split = _Split(value)
        elif split is not None and letter == "E":
            split.memo = value
        elif split is not None and letter == "$":
            split.figure = value
    if split is not None:
        yield split


def _path(category: str) -> str:
    """The category less its class: Food:Groceries/House is Food:Groceries."""
    return category.split("/")[0].strip() if not category.startswith("[") else ""
