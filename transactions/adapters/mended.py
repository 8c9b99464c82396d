"""The rejected rows of an import, downloaded with what is wrong in each, mended, and brought in again.

Five columns say which line it was and why it was left out; the file's own columns follow under their own names.
The first heading names the import, so that the rows are read as that file was read, whatever a few rows alone would
look like: its columns, its order of days, its signs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from transactions.adapters.base import Detection, Evidence, Layout, Refused, Row
from transactions.adapters.columns import profile
from transactions.adapters.generic_csv import first_values
from transactions.adapters.reading import read_rows
from transactions.adapters.records import records, split_line
from transactions.adapters.sample import Sample
from transactions.adapters.table import DELIMITER_NAMES, DELIMITERS, Table
from transactions.amounts import fits
from transactions.csv_cells import as_it_was, harmless

REASONS = ("Column", "Code", "Reason", "Fix")
EXTRA = 1 + len(REASONS)
MAX_CELLS = 600
_MARK = re.compile(r"Line \(import ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)")
_MARK_BYTES = re.compile(rb'^[^\w(]{0,6}Line \(import ([0-9a-f-]{36})\)"?')


def heading(import_id: str, layout: Layout) -> list[str]:
    """The names of the columns of a file to mend."""
    width = len(layout.header) or max(layout.widths, default=0)
    names = [harmless(layout.name_of(at)) for at in range(width)]
    return [f"Line (import {import_id})", *REASONS, *names]


def cells_of(raw: str, layout: Layout) -> list[str]:
    """The row as received in cells that no spreadsheet runs; in one cell where it can't be parted."""
    parted = None
    if "\n" in raw:
        width = len(layout.header) or max(layout.widths, default=0)
        found = records(
            raw.split("\n"), delimiter=layout.delimiter, quote=layout.quote, widths={width}
        )
        whole = [cells for _, cells, _, problem in found if not problem]
        parted = whole[0] if len(whole) == 1 else None
    else:
        parted = split_line(raw, layout.delimiter, layout.quote)
    if parted is None or len(parted) > MAX_CELLS:
        return [harmless(raw)]
    return [cell if fits(cell, layout.decimal) else harmless(cell) for cell in parted]


def import_of(head: bytes) -> str:
    """The id of the import whose rejected rows a file that starts so holds; "" for any other file."""
    found = _MARK_BYTES.match(head[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe"))
    return found[1].decode() if found else ""


def import_of_layout(layout: Layout) -> str:
    """The same of a mapping found for such a file."""
    found = (
        _MARK.match(layout.header[0]) if layout.header and layout.adapter == Mended.name else None
    )
    return found[1] if found else ""


def unknown() -> Refused:
    return Refused(
        "mended_unknown",
        "These are rejected rows of an import that is not here, or not this customer's. Mend them in the bank's own "
        "file and bring that in.",
    )


class Mended:
    name = "MENDED"
    reads_plainly = False
    label = "Rejected rows, mended"

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        return None  # by `detection` alone, which knows the import

    def detection(self, sample: Sample, layout: Layout) -> Detection:
        """The rows read by the layout of their import, in whatever delimiter a program saved them."""
        first = sample.lines[0] if sample.lines else ""
        delimiter = max(DELIMITERS, key=first.count)
        names = tuple(
            as_it_was(n.strip()) for n in split_line(first.lstrip("\ufeff"), delimiter) or ()
        )
        width = len(layout.header) or max(layout.widths, default=0)
        if len(names) < EXTRA + width:
            raise Refused(
                "mended_changed",
                "Columns of this file with rejected rows are gone. Download it again and change only the cells that "
                "are wrong.",
            )
        rows = [
            (n, cells)
            for n, cells, _, problem in records(
                sample.lines, delimiter=delimiter, quote='"', widths={EXTRA + width}, first_line=2
            )
            if not problem
        ]
        table = Table(delimiter, '"', names[: EXTRA + width], 1, 2, EXTRA + width, rows, 0)
        found = replace(
            layout,
            adapter=self.name,
            encoding=sample.encoding,
            delimiter=delimiter,
            quote='"',
            first_line=2,
            header=table.header,
            widths=(table.width,),
            columns={
                role: tuple(at + EXTRA for at in places) for role, places in layout.columns.items()
            },
            continued=False,
            within=(),
        )
        return Detection(
            adapter=self.name,
            layout=found,
            score=1.0,
            evidence=(
                Evidence("Kind", "rejected rows of an earlier import", "its first line says so"),
                Evidence("Reading", "as that file was read", "its mapping is kept with it"),
                sample.encoding_evidence,
                Evidence("Delimiter", DELIMITER_NAMES[delimiter], f"it gives {len(names)} columns"),
            ),
            first_values=first_values(profile(table)),
            label=self.label,
        )

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        return read_rows(stream, layout, cell=as_it_was)
