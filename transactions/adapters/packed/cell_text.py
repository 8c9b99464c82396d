"""A cell's written value as text: exact figures, days by the number format. No float is ever made.

The format keeps numbers as binary fractions and writes them with up to 17 digits: 1284.07 may stand there as
1284.0699999999999. Fifteen digits are what a spreadsheet shows and what its numbers can hold, so a longer one is
rounded to them in decimal, which gives back what was typed.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from transactions.adapters.packed.sheet_xml import Cell, Strings, unescaped

_EXACT = Context(prec=15, rounding=ROUND_HALF_EVEN)
_WIDE = Context(prec=40)
_MAX_EXPONENT = 30
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?"
)
# Number formats that the format knows without writing them down: days, and times of day.
_DAYS = frozenset({14, 15, 16, 17, 22, *range(27, 32), 34, 35, 36, *range(50, 59)})
_TIMES = frozenset({18, 19, 20, 21, 32, 33, 45, 46, 47})
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_LETTERS = re.compile(r"[dmyhs]+|General", re.IGNORECASE)
_SECONDS = 86_400
_LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NEVER = re.compile("[\0-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def kind_of(format_id: int, code: str) -> str:
    """What numbers of this format are: "day", "time" or "" for a number."""
    if not code:
        return "day" if format_id in _DAYS else "time" if format_id in _TIMES else ""
    letters = {
        c for found in _LETTERS.findall(_QUOTED.sub("", code.split(";")[0])) for c in found.lower()
    }
    if "g" in letters:  # General
        return ""
    if letters & set("dy"):
        return "day"
    if letters & set("hs"):
        return "time"
    return "day" if "m" in letters else ""


class Cells:
    """Cells of one workbook as text."""

    def __init__(self, strings: Strings, kinds: list[str], *, from_1904: bool) -> None:
        self.strings, self.kinds, self.from_1904 = strings, kinds, from_1904

    def text(self, cell: Cell) -> str:
        """What a CSV export of this cell would say, days as 2026-11-25, figures with a dot."""
        value = cell.value
        if not value and cell.formula:
            # Never worked out: the row must not look as if the cell were empty.
            return f"={cell.formula[:200]}"
        if cell.kind == "s":
            stripped = value.strip()
            known = stripped.isascii() and stripped.isdigit() and len(stripped) < 10
            return self.strings[int(stripped)] if known else ""
        if cell.kind == "n":
            return self._number(cell)
        if cell.kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if cell.kind == "d":
            return value.strip().removesuffix("T00:00:00")
        return unescaped(value)  # str, inlineStr, and e: #REF! stays to be rejected

    def _number(self, cell: Cell) -> str:
        written = cell.value.strip()
        number = figure(written)
        if number is None:
            return written
        kind = self.kinds[cell.style] if 0 <= cell.style < len(self.kinds) else ""
        if kind and (day := moment(number, from_1904=self.from_1904, is_time=kind == "time")):
            return day
        return plain(number)


def figure(written: str) -> Decimal | None:
    """The number as typed; None where it is none or beyond all amounts."""
    if not _NUMBER.fullmatch(written):
        return None
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    if number and not -_MAX_EXPONENT <= number.adjusted() <= _MAX_EXPONENT:
        return None
    return _EXACT.plus(number) if len(number.as_tuple().digits) > 15 else number


def plain(number: Decimal) -> str:
    """Without an exponent and without zeros at the end; three decimals get a fourth, so that no reader
    takes the dot for one between thousands."""
    text = f"{number:f}"
    whole, dot, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) in (1, 3):
        decimals += "0"
    return f"{whole}.{decimals}" if dot and decimals else whole


def moment(number: Decimal, *, from_1904: bool, is_time: bool) -> str:
    """The day that a serial number stands for, with the time where it has one; "" where it is none.

    Days count from 1 January 1900 as 1, with a 29 February 1900 that never was, or from 1 January 1904 as 0.
    """
    days = int(number)
    seconds = int(
        _WIDE.multiply(number - days, Decimal(_SECONDS)).to_integral_value(ROUND_HALF_EVEN)
    )
    if seconds == _SECONDS:
        days, seconds = days + 1, 0
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if is_time and days == 0:
        return clock
    if not 0 <= days < 120_000 or number < 0 or (days == 60 and not from_1904):
        return ""
    if from_1904:
        start = date(1904, 1, 1)
    else:
        start = date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    day = (start + timedelta(days)).isoformat()
    return f"{day} {clock}" if seconds else day


def line(texts: Iterable[str]) -> str:
    """Cells as one line of a CSV file; line ends inside a cell become spaces, so that a row is a line."""
    return ",".join(map(_quoted, texts))


def _quoted(text: str) -> str:
    if text.isalnum():
        return text
    text = _NEVER.sub("\ufffd", _LINE_ENDS.sub(" ", text))
    if '"' in text or "," in text or ";" in text or "\t" in text or "|" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def kinds_of(styles: Iterable[tuple[str, str, Mapping[str, str]]]) -> list[str]:
    """What each cell style makes of numbers, from the elements of the styles part."""
    codes: dict[int, str] = {}
    kinds: list[str] = []
    for parent, name, attributes in styles:
        number = attributes.get("numFmtId", "")
        format_id = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        if name == "numFmt" and len(codes) < 10_000:
            codes[format_id] = attributes.get("formatCode", "")[:255]
        elif name == "xf" and parent == "cellXfs" and len(kinds) < 100_000:
            kinds.append(kind_of(format_id, codes.get(format_id, "")))
    return kinds
