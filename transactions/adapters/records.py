"""Physical lines to records of cells, one damaged line never costing the lines after it.

Python's csv reader takes everything up to the next quotation mark into one cell, so a single stray
mark would swallow whole rows without an error. Here a line stands alone unless it proves that it
goes on: the joined lines must close every quotation mark, give a row of a known width, and none of
the lines taken in may itself look like a row.
"""

import csv
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from transactions.adapters.encodings import MAX_LINE, TooLong

# A line no longer than this, in ASCII and without zero bytes, has no problem: what is left of a line that
# was too long is longer.
CERTAIN = 199
MAX_JOINED_LINES = 40
MAX_JOINED_LENGTH = 32_768

Record = tuple[int, list[str], str, str]  # line number, cells, raw text, problem code or ""

# The sentences of each problem: what is wrong, and how to mend it.
PROBLEMS = {
    "nul_byte": (
        "The line holds a zero byte, so it is damaged.",
        "Remove it and type the row anew.",
    ),
    "encoding": (
        "The line holds bytes that are no letters in the encoding of this file.",
        "Save the file as UTF-8, or choose another encoding.",
    ),
    "line_too_long": (
        "The line is longer than 100,000 characters.",
        "Check the file's line breaks.",
    ),
    "quote": (
        "A quotation mark is opened and not closed, or stands inside a cell.",
        "Write a mark inside a cell twice, or remove it.",
    ),
}

_BROKEN = re.compile("[\udc80-\udcff]")


def split_line(line: str, delimiter: str, quote: str = '"') -> list[str] | None:
    """The cells of one line, or None where its quotation marks do not add up."""
    if quote not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader((line,), delimiter=delimiter, quotechar=quote, strict=True))
    except (csv.Error, StopIteration):
        return None


def records(
    lines: Iterable[str],
    *,
    delimiter: str,
    quote: str,
    widths: Collection[int],
    first_line: int = 1,
    wide: bool = False,
) -> Iterator[Record]:
    """Every line that is not blank, as (line, cells, raw, problem), from line `first_line` on."""
    source = iter(lines)
    for _ in islice(source, first_line - 1):
        pass
    ahead: deque[str] = deque()
    number = first_line - 1
    while True:
        if ahead:
            line = ahead.popleft()
        else:
            try:
                line = next(source)
            except StopIteration:
                return
        number += 1
        if not line or line.isspace():
            continue
        if (len(line) > CERTAIN or not line.isascii() or "\0" in line) and (
            problem := _problem(line, wide)
        ):
            yield number, [], line, problem
            continue
        cells = line.split(delimiter) if quote not in line else split_line(line, delimiter, quote)
        if cells is not None:
            if any(cells):
                yield number, cells, line, ""
            continue
        joined = _join(line, source, ahead, delimiter, quote, widths)
        if joined is not None:
            cells, raw, taken = joined
            yield number, cells, raw, ""
            number += taken
            continue
        loose = _loosely(line, delimiter, quote)
        if len(loose) in widths:
            yield number, loose, line, ""
        else:
            yield number, loose, line, "quote"


def _problem(line: str, wide: bool) -> str:
    if len(line) > MAX_LINE or isinstance(line, TooLong):
        return "line_too_long"
    if "\0" in line:
        return "nul_byte"
    if not line.isascii() and (_BROKEN.search(line) or (wide and "\ufffd" in line)):
        return "encoding"
    return ""


def _join(
    line: str,
    source: Iterator[str],
    ahead: "deque[str]",
    delimiter: str,
    quote: str,
    widths: Collection[int],
) -> tuple[list[str], str, int] | None:
    """The record that starts on `line` and ends some lines later, if there is one for certain.

    Lines read too far are left in `ahead`.
    """
    if line.count(quote) % 2 == 0:
        return None
    raw, taken = line, 0
    while taken < MAX_JOINED_LINES and len(raw) < MAX_JOINED_LENGTH:
        if taken == len(ahead):
            try:
                ahead.append(next(source))
            except StopIteration:
                return None
        following = ahead[taken]
        if "\0" in following or len(following) > MAX_LINE or _BROKEN.search(following):
            return None
        alone = split_line(following, delimiter, quote)
        if alone is not None and len(alone) in widths and len(alone) > 1:
            return None
        raw, taken = f"{raw}\n{following}", taken + 1
        if following.count(quote) % 2:
            cells = _whole(raw, delimiter, quote)
            if cells is None or len(cells) not in widths:
                return None
            for _ in range(taken):
                ahead.popleft()
            return cells, raw, taken
    return None


def _whole(raw: str, delimiter: str, quote: str) -> list[str] | None:
    try:
        found = list(
            csv.reader(
                [f"{part}\n" for part in raw.split("\n")],
                delimiter=delimiter,
                quotechar=quote,
                strict=True,
            )
        )
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _loosely(line: str, delimiter: str, quote: str) -> list[str]:
    try:
        return next(csv.reader((line,), delimiter=delimiter, quotechar=quote))
    except (csv.Error, StopIteration):
        return []
