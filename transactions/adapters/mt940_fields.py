"""The fields of an MT940 or MT942 file with their lines, and what :60: to :65: and :61: say.

Decided here:
- The booking day of :61: is its entry date, in the year that lies nearest to the value date (so 30
  December beside 2 January is of the year before); without one it is the value date.
- Banks that count 30 days to every month write 29 or 30 February as a value date. It is the end of
  that month, so the last day of February is taken, and the detection says so. As a booking day no
  such day exists: where no entry date stands beside it, the row is rejected.
- Two digits of a year are 1980 to 2079, as everywhere in this product.
- C and RD are money in, D and RC money out; EC and ED (expected) are pending. The letter behind the mark
  is the third one of the currency and no part of it.
- An amount has one comma; a dot with at most two digits behind it is read as one.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import BinaryIO, NamedTuple

from transactions.adapters.base import Refused
from transactions.adapters.encodings import TooLong, physical_lines
from transactions.amounts import AmountError, parse_amount
from transactions.days import DayError, parse_day

MAX_LINES, MAX_TEXT = 400, 30_000  # of one field; a real one has six lines
_TAG = re.compile(
    r":(20|21|25P?|28C?|13D?|34F|60[FM]?|61|86|62[FM]?|64|65|90[CD]|NS):(.*)", re.DOTALL
)
# A row whose tag is damaged: else it would go into the text of the row above it.
_NEARLY = re.compile(
    r":?[0-9A-Za-z]{1,3}:(?=[0-9]{6}(?:[0-9]{4})?R?[CD][A-Z]?[0-9]+,[0-9]{0,2}[NFS][A-Z0-9]{3})"
)
_HEADING = re.compile(r":?9[0-9]{2}:?\s*|:9[0-9]{2}:.*", re.DOTALL)
_END = re.compile(r"-(?:\}.*|XXX)?", re.DOTALL)
_BROKEN = re.compile("[\ud800-\udfff]")
_CONTROL = "".join(map(chr, (*range(1, 9), *range(11, 32)))) + "\ufeff"
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9.,]+)\s*")
_DATES = re.compile(r"([0-9]{6})([0-9]{4})?(.*)", re.DOTALL)
_MARK = re.compile(r"(R?[CD]|E[CD])([A-Z])?(.*)", re.DOTALL)
_AMOUNT = re.compile(r"[0-9.,]+")
_TYPE = re.compile(r"([NFS][A-Z0-9]{3})(.*)", re.DOTALL)
_COMMA = re.compile(r"[0-9]+(?:,[0-9]*)?|,[0-9]+")
_DOT = re.compile(r"[0-9]+\.[0-9]{0,2}")


class Field(NamedTuple):
    """A tag with its text, by physical lines; `trouble` is the code of what is wrong with a line."""

    line: int
    tag: str
    lines: list[str]
    trouble: str


class Entry(NamedTuple):
    """What :61: states."""

    booked_on: date
    value_on: date
    amount: Decimal
    pending: bool
    kind: str
    reference: str
    bank_reference: str


class Balance(NamedTuple):
    """What :60: to :65: state."""

    day: date
    currency: str
    amount: Decimal


class Unreadable(Exception):
    """A part of a field that cannot be read: the parts of a rejection."""

    def __init__(self, column: str, value: str, code: str, reason: str, fix: str) -> None:
        super().__init__(code)
        self.parts = column, value[:200], code, reason, fix


def fields(stream: BinaryIO, encoding: str) -> Iterator[Field]:
    """Every known field in file order, whatever stands around the messages; memory stays flat."""
    current: Field | None = None
    for number, line in enumerate(_lines(stream, encoding), start=1):
        text = line.strip(_CONTROL)
        if text.startswith("{"):
            if current:
                yield current
            current = None
            at = text.rfind("{4:")
            text = text[at + 3 :] if at >= 0 else ""
        text = text.removesuffix("-}")
        if not text.strip():
            continue
        found = _TAG.match(text)
        if found or _END.fullmatch(text.rstrip()) or _HEADING.fullmatch(text):
            if current and not (found or text.startswith(("-", ":"))):
                # A line of three digits, as “940”, is a heading between messages alone.
                current = _longer(current, text, line)
                continue
            if current:
                yield current
            current = Field(number, found[1], [], "") if found else None
            if current and found:
                current = _longer(current, found[2], line)
        elif _NEARLY.match(text):
            if current:
                yield current
            current = _longer(Field(number, "61", [], "unknown_field"), text, line)
        elif current:
            current = _longer(current, text, line)
    if current:
        yield current


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    try:
        yield from physical_lines(stream, encoding)
    except UnicodeError as error:  # of UTF-16 alone; elsewhere a bad byte costs its row
        raise Refused(
            "encoding", "The file is not in the encoding chosen for it; choose another."
        ) from error


def _longer(field: Field, text: str, line: str) -> Field:
    trouble = field.trouble
    if trouble == "line_too_long":
        return field
    if isinstance(line, TooLong):
        trouble = "line_too_long"
    elif "\0" in line:
        trouble = trouble or "nul_byte"
    elif not line.isascii() and _BROKEN.search(line):
        trouble = trouble or "encoding"
    if len(field.lines) >= MAX_LINES or sum(map(len, field.lines)) + len(text) > MAX_TEXT:
        trouble = "line_too_long"
    else:
        field.lines.append(text)
    return field if trouble == field.trouble else field._replace(trouble=trouble)


def read_balance(text: str) -> Balance | None:
    """The signed balance of :60:, :62:, :64: or :65:, or None where it cannot be read."""
    found = _BALANCE.fullmatch(text)
    if found is None:
        return None
    try:
        day, _ = _value_day(found[2])
        amount = _figure(found[4])
    except Unreadable:
        return None
    return Balance(day, found[3], amount if found[1] == "C" else -amount)


def read_entry(text: str) -> Entry:
    """The first line of :61:.

    Raises
    ------
    Unreadable
        With code date_format, date_impossible, direction_missing, direction_unknown, amount_missing,
        amount_format, amount_precision or amount_size.
    """
    dates = _DATES.fullmatch(text.strip())
    if dates is None:
        raise Unreadable(
            "value date", text.strip()[:6], "date_format",
            "The row does not begin with a day of six digits.", "Write it as 241231",
        )  # fmt: skip
    booked_on, value_on = _days(dates[1], dates[2] or "")
    mark = _MARK.fullmatch(dates[3])
    if mark is None:
        raise Unreadable(
            "debit/credit mark", dates[3][:2],
            "direction_unknown" if dates[3][:1].isalpha() else "direction_missing",
            "Nothing says whether the money came in or went out.",
            "Write C for money in or D for money out behind the day.",
        )  # fmt: skip
    stated = _AMOUNT.match(mark[3])
    amount = _figure(stated[0] if stated else mark[3][:20])
    rest = mark[3][stated.end() :] if stated else ""
    typed = _TYPE.fullmatch(rest)
    reference, _, bank_reference = (typed[2] if typed else rest).partition("//")
    return Entry(
        booked_on,
        value_on,
        amount if mark[1] in ("C", "RD", "EC") else -amount,
        mark[1].startswith("E"),
        typed[1] if typed else "",
        reference.strip(),
        bank_reference.strip(),
    )


def _figure(text: str) -> Decimal:
    figure = re.sub("^0+(?=[0-9])", "", text)
    try:
        if _COMMA.fullmatch(figure):
            return parse_amount(figure, ",")
        if _DOT.fullmatch(figure):
            return parse_amount(figure, ".")
    except AmountError as error:
        raise Unreadable("amount", text, error.code, error.reason, error.fix) from error
    raise Unreadable(
        "amount", text, "amount_format" if text.strip() else "amount_missing",
        f"“{text[:40]}” is not an amount of this format." if text.strip()
        else "There is no amount.", "Write it as 1234,56",
    )  # fmt: skip


def _value_day(digits: str) -> tuple[date, bool]:
    """The day of YYMMDD, and whether it exists: 29 and 30 February become the last of the month."""
    try:
        return parse_day(digits), True
    except DayError as error:
        if digits[2:] not in ("0229", "0230"):
            raise Unreadable(
                "value date", digits, "date_impossible",
                f"“{digits}” is no day when read as year, month, day.", "Write a day that exists.",
            ) from error  # fmt: skip
        year = parse_day(f"{digits[:2]}0201").year
        return date(year, 2, calendar.monthrange(year, 2)[1]), False


def _days(value: str, entry: str) -> tuple[date, date]:
    """Booking day and value day."""
    value_on, exists = _value_day(value)
    if not entry:
        if not exists:
            raise Unreadable(
                "value date", value, "date_impossible",
                "That February had no such day, and the row has no entry date beside it.",
                f"If the last day of the month is meant, write {value_on:%y%m%d}",
            )  # fmt: skip
        return value_on, value_on
    near = []
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            near.append(date(year, int(entry[:2]), int(entry[2:])))
        except ValueError:
            continue
    if not near:
        raise Unreadable(
            "entry date", entry, "date_impossible", "No year has such a day.",
            f"Take the value date of the row, {value_on:%m%d}",
        )  # fmt: skip
    return min(near, key=lambda day: abs((day - value_on).days)), value_on
