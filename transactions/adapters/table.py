"""Where the table in a text file is: its delimiter, its header, the lines before it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import islice

from transactions.adapters.base import Refused
from transactions.adapters.encodings import physical_lines
from transactions.adapters.records import PROBLEMS, records, split_line
from transactions.adapters.sample import Sample
from transactions.adapters.words import heading
from transactions.amounts import fits, is_blank
from transactions.days import looks_like_day, orders_fitting

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
JUDGED_ROWS = 400
HEADER_WITHIN = 80  # records
PROFILED_ROWS = 2_000

Cells = list[str]


@dataclass(frozen=True)
class Table:
    """Rows of a sample under their header, in file order; `rows` holds (line, cells)."""

    delimiter: str
    quote: str
    header: tuple[str, ...]
    header_line: int  # 0 where there is none
    first_line: int
    width: int
    rows: list[tuple[int, Cells]]
    before: int  # lines before the header, or before the first row, that hold something


@lru_cache(maxsize=16384)
def is_amount(cell: str) -> bool:
    """Whether a cell may be an amount, whichever its decimal mark."""
    return len(cell) <= 64 and (fits(cell, ".") or fits(cell, ","))


@lru_cache(maxsize=16384)
def is_day(cell: str) -> bool:
    """Whether a cell may be a day; six digits alone are too little to say so."""
    if re.fullmatch("[0-9]{6}", cell.strip()):
        return False
    return bool(orders_fitting(cell)) or looks_like_day(cell)


def is_transaction(cells: Cells) -> bool:
    """Whether a row holds a day and, in another cell, an amount."""
    days = [i for i, cell in enumerate(cells) if is_day(cell)]
    return bool(days) and any(
        is_amount(cell) and (i not in days or len(days) > 1) for i, cell in enumerate(cells)
    )


def find_table(sample: Sample) -> Table:
    """The table of the sample, looked for once; Refused where there is none with days and amounts."""
    if sample.table is None:
        try:
            sample.table = _find_table(sample)
        except Refused as refusal:
            sample.table = refusal
    if isinstance(sample.table, Refused):
        raise sample.table
    assert isinstance(sample.table, Table)
    return sample.table


def _find_table(sample: Sample) -> Table:
    best: tuple[tuple[int, int], str] | None = None
    chosen = sample.choices.get("delimiter", "")
    for delimiter in (chosen,) if chosen in DELIMITERS else DELIMITERS:
        judged = list(islice(_rows(sample.lines, delimiter), JUDGED_ROWS + HEADER_WITHIN))
        good = sum(len(cells) > 1 and is_transaction(cells) for _, cells in judged)
        hits = max((_header_hits(cells) for _, cells in judged[:HEADER_WITHIN]), default=0)
        score = (good, hits)
        if best is None or score > best[0]:
            best = score, delimiter
    assert best is not None
    (good, hits), delimiter = best
    found = list(_rows(sample.lines, delimiter))
    if not found:
        raise Refused("empty", "The file is empty.")
    if not good and not hits:
        raise _nothing_found(sample, found, delimiter)
    line = sample.choices.get("header_line", "")
    return _below_header(found, delimiter, int(line) if line.isdecimal() else 0)


def _rows(lines: list[str], delimiter: str) -> Iterator[tuple[int, Cells]]:
    widths = Counter(
        len(cells)
        for cells in (split_line(line, delimiter) for line in lines[:JUDGED_ROWS])
        if cells and len(cells) > 1
    )
    if not widths:
        return ((n, [line]) for n, line in enumerate(lines[:HEADER_WITHIN], 1) if line.strip())
    found = records(lines, delimiter=delimiter, quote='"', widths=set(widths))
    return ((number, cells) for number, cells, _, problem in found if not problem)


def _header_hits(cells: Cells) -> int:
    """How surely a record is a header: weights of its headings, 0 unless a day and an amount are
    among them."""
    if len(cells) < 2 or any(is_day(c) or (is_amount(c) and not c.isalpha()) for c in cells):
        return 0
    kinds = [heading(c) for c in cells]
    if len({c.strip() for c in cells if c.strip()}) < 2:
        return 0
    has_day = any(k.kind.startswith("day") for k in kinds)
    has_amount = any(k.kind in ("amount", "money_out", "money_in") for k in kinds)
    return sum(k.weight for k in kinds) if has_day and has_amount else 0


def _below_header(found: list[tuple[int, Cells]], delimiter: str, chosen: int) -> Table:
    flags = [is_transaction(cells) for _, cells in found[: JUDGED_ROWS + HEADER_WITHIN]]
    hits = [_header_hits(cells) for _, cells in found[:HEADER_WITHIN]]
    at = max(range(len(hits)), key=lambda i: (hits[i], -i)) if any(hits) else None
    if at is not None and sum(flags[:at]) > sum(flags[at:]):
        at = None
    at = next((i for i, (line, _) in enumerate(found) if line == chosen), at)
    first = flags.index(True) if True in flags else None
    if at is None:
        assert first is not None
        width = _usual_width(found, flags)
        if first and _weak_header(found[first - 1][1], found[first][1], width):
            at = first - 1
    if at is None:
        assert first is not None
        start = _back_to_first(found, first, width)
        return Table(
            delimiter, '"', (), 0, found[start][0], width, found[start : start + 20_000], start
        )
    names = tuple(name.strip().strip("\ufeff") for name in found[at][1])
    rows = found[at + 1 :]
    width = len(names)
    usual = _usual_width(found, flags) if True in flags else width
    while width > usual and not names[width - 1]:
        width -= 1  # a header that ends in a stray delimiter
    header_line = found[at][0]
    first_line = header_line + 1 + sum("\n" in cell for cell in found[at][1])
    return Table(delimiter, '"', names[:width], header_line, first_line, width, rows, at)


def _usual_width(found: list[tuple[int, Cells]], flags: list[bool]) -> int:
    widths = Counter(len(cells) for (_, cells), good in zip(found, flags, strict=False) if good)
    return widths.most_common(1)[0][0]


def _weak_header(names: Cells, row: Cells, width: int) -> bool:
    """A header in words we do not know: all names, above the first day and amount."""
    if abs(len(names) - width) > 1 or len(names) < 2:
        return False
    if any(is_day(n) or (is_amount(n) and any(c.isdigit() for c in n)) for n in names):
        return False
    for name, cell in zip(names, row, strict=False):
        if (is_day(cell) or is_amount(cell)) and not any(c.isalpha() for c in name):
            return False
    return all(len(n) < 60 for n in names)


def _back_to_first(found: list[tuple[int, Cells]], first: int, width: int) -> int:
    """Rows above the first good one that have its shape, only damaged, belong to the table."""
    row = found[first][1]
    while first and len(found[first - 1][1]) == width:
        above = found[first - 1][1]
        alike = any(
            (is_day(a) and is_day(r)) or (is_amount(a) and is_amount(r) and not is_blank(a))
            for a, r in zip(above, row, strict=False)
        )
        if not alike:
            break
        first -= 1
    return first


def no_rows(sample: Sample, delimiter: str, header_line: int) -> Refused:
    """Nothing can be read under a header: there is nothing, or what is there is damaged, and how."""
    lines = physical_lines(BytesIO(sample.head), sample.encoding)
    found = records(lines, delimiter=delimiter, quote='"', widths=set(), first_line=header_line + 1)
    for number, _cells, _raw, problem in found:
        if problem:
            reason, fix = PROBLEMS[problem]
            return Refused("damaged_rows", f"No row can be read. Line {number}: {reason} {fix}")
    return Refused("no_rows", "The file has a header but no rows under it.")


def _nothing_found(sample: Sample, found: list[tuple[int, Cells]], delimiter: str) -> Refused:
    cells = [c for _, row in found[:HEADER_WITHIN] for c in row]
    named = [heading(c) for c in found[0][1]]
    if len(found) == 1 and sum(n.weight > 1 for n in named) > 1:
        return no_rows(sample, delimiter, found[0][0])
    if not any(is_day(c) for c in cells):
        return Refused(
            "no_date", "No column with days was found, so no transactions can be read from it."
        )
    return Refused(
        "no_amount", "No column with amounts was found, so no transactions can be read from it."
    )
