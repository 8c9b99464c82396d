"""An Excel workbook (.xlsx, .xlsm) as text: its sheets, the ones with payments, their rows as CSV lines.

Read by our own reader of the format and not by openpyxl, which hands numbers on as floats: an amount must be the
digits that stand in the file. Line n of the text is row n of the first sheet that is read; further sheets follow
under it. Hidden rows are read (a filter hides, it takes nothing out); hidden sheets are not. Formulas count by the
value that was saved with them; nothing outside the file is ever followed.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, cast

from transactions.adapters.base import Evidence, Option, Refused
from transactions.adapters.packed import archives, sheet_xml
from transactions.adapters.packed.bounds import BLOCK, MEGABYTE, too_large
from transactions.adapters.packed.cell_text import Cells, kinds_of, line
from transactions.adapters.table import is_transaction
from transactions.adapters.words import fold

MAX_SHEETS = 60
JUDGED_ROWS = 300
MERGES_WITHIN = 80  # rows in which a header may be merged
MAX_MERGES = 400
# A sheet longer than this is not searched for merged cells, which stand behind its rows.
MERGES_UP_TO = 32 * MEGABYTE
PART_BYTES = 16 * MEGABYTE
_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"'
)


def is_document(stream: BinaryIO) -> bool:
    """Whether a zip file is an office document, a workbook or not, and no archive of files."""
    names = set(archives.archive(stream).namelist())
    return "[Content_Types].xml" in names or "mimetype" in names


@dataclass
class Sheet:
    number: int  # from 1, in the order of the workbook
    name: str
    part: str
    hidden: bool
    width: int = 0
    header: tuple[str, ...] = ()  # the row above the first payment, folded
    payments: int = 0  # among the rows judged
    filled: int = 0
    merged: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)


class Workbook:
    """One workbook open for reading."""

    def __init__(self, stream: BinaryIO) -> None:
        self.archive = archives.archive(stream)
        names = set(self.archive.namelist())
        if "[Content_Types].xml" not in names or not any(n.endswith("workbook.xml") for n in names):
            raise _no_workbook(names)
        main = next((n for n in names if n.lower() == "xl/workbook.xml"), "")
        self.main = main or min((n for n in names if n.endswith("workbook.xml")), key=len)
        self.folder = posixpath.dirname(self.main)
        self.sheets = self._sheets()
        strings = self._part_of("sharedStrings")
        self.strings = sheet_xml.Strings(lambda: self._open(strings) if strings else None)
        styles = self._part_of("styles")
        kinds = kinds_of(self._tags(styles)) if styles else []
        self.cells = Cells(self.strings, kinds, from_1904=self.from_1904)
        if not self.sheets:
            raise Refused("no_rows", "The workbook has no sheets with rows.")

    def choose(self, wanted: str = "") -> tuple[list[Sheet], str]:
        """The sheets to read and why: the one of the number wanted, else those that hold payments under one header.

        Sheets for months or years that have the same names of columns are read one after the other.
        """
        self.strings.limit = sheet_xml.LOOKED_STRINGS
        shown = [s for s in self.sheets if not s.hidden] or self.sheets
        for sheet in shown[:MAX_SHEETS]:
            self._judge(sheet)
        named = [s for s in self.sheets if str(s.number) == wanted]
        if named:
            self._judge(named[0])
            return named[:1], "as you chose"
        best = max(shown[:MAX_SHEETS], key=lambda s: (s.payments, s.filled))
        if not best.payments:
            return [best], "no sheet looks like a list of payments; this one has most in it"
        alike = [
            s
            for s in shown[:MAX_SHEETS]
            if s.payments and s.header == best.header and s.width == best.width
        ]
        if len(alike) > 1 and best.header:
            return (
                alike,
                "they have the same columns; the rows of each follow those of the one before",
            )
        if len(self.sheets) == 1:
            return [best], "the only one"
        return [best], "it has most rows that look like payments"

    def evidence(self, chosen: Sequence[Sheet], why: str) -> Evidence:
        names = ", ".join(f"“{sheet.name[:40]}”" for sheet in chosen[:6])
        more = f" and {len(chosen) - 6} more" if len(chosen) > 6 else ""
        only = chosen[0].number if len(chosen) == 1 else None
        others = tuple(
            Option(str(s.number), s.name + (" (hidden)" if s.hidden else ""))
            for s in self.sheets[:MAX_SHEETS]
            if s.number != only
        )
        what = "Sheet" if len(chosen) == 1 else "Sheets"
        return Evidence(what, names + more, why, bool(chosen[0].payments), "sheet", others)

    def numbered(self, numbers: Sequence[int]) -> list[Sheet]:
        """The sheets of these numbers, ready to be read."""
        if not all(1 <= number <= len(self.sheets) for number in numbers):
            raise sheet_xml.broken()
        found = [self.sheets[number - 1] for number in numbers]
        for sheet in found:
            self._judge(sheet)
        return found

    def text(self, sheets: Sequence[Sheet]) -> BinaryIO:
        """The rows of the sheets as a CSV file in UTF-8 with commas."""
        width = max(sheet.width for sheet in sheets)
        return cast(BinaryIO, _Text(self._lines(sheets, width)))

    def _lines(self, sheets: Sequence[Sheet], width: int) -> Iterator[str]:
        for sheet in sheets:
            last = 0
            for number, texts in self._texts(sheet):
                yield from ("" for _ in range(number - last - 1))
                last = number
                yield line((texts + [""] * width)[: max(width, len(texts))])

    def _texts(self, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
        """Row numbers and cells up to the last filled one; merged cells filled where a header needs it."""
        text = self.cells.text
        carried: dict[tuple[int, int], str] = {}
        for number, cells in sheet_xml.rows(self._open(sheet.part), sheet.name):
            texts: list[str] = []
            for cell in cells:
                if cell.column == len(texts):
                    texts.append(text(cell))
                else:
                    texts += [""] * (cell.column + 1 - len(texts))
                    texts[cell.column] = text(cell)
            if number <= MERGES_WITHIN and sheet.merged:
                self._merge(sheet, number, texts, carried)
            while texts and not texts[-1]:
                texts.pop()
            yield number, texts

    @staticmethod
    def _merge(
        sheet: Sheet, number: int, texts: list[str], carried: dict[tuple[int, int], str]
    ) -> None:
        for column, (top, bottom) in sheet.merged.get(number, {}).items():
            if number == top:
                carried[top, column] = texts[column] if column < len(texts) else ""
            elif number == bottom and carried.get((top, column)):
                texts += [""] * (column + 1 - len(texts))
                texts[column] = texts[column] or carried[top, column]

    def _judge(self, sheet: Sheet) -> None:
        if sheet.width:
            return
        sheet.merged = self._merges(sheet)
        sheet.width = 1
        above: list[str] = []
        for _number, texts in islice(self._texts(sheet), JUDGED_ROWS):
            sheet.width = max(sheet.width, len(texts))
            if not any(texts):
                continue
            sheet.filled += 1
            if is_transaction(texts):
                if not sheet.payments:
                    sheet.header = tuple(fold(name) for name in above)
                sheet.payments += 1
            else:
                above = texts

    def _merges(self, sheet: Sheet) -> dict[int, dict[int, tuple[int, int]]]:
        """Cells merged downwards near the top: by row, the column with its first and last row."""
        info = self.archive.getinfo(sheet.part)
        found: dict[int, dict[int, tuple[int, int]]] = {}
        if info.file_size > MERGES_UP_TO:
            return found
        stream, kept, count = archives.member(self.archive, info), b"", 0
        while block := stream.read(BLOCK):
            kept += block
            for left, top, right, bottom in _MERGE.findall(kept):
                count += 1
                first, last = int(top), int(bottom)
                if left == right and first < last <= MERGES_WITHIN and count < MAX_MERGES:
                    column = sheet_xml.column_of(left.decode())
                    if 0 <= column < sheet_xml.MAX_COLUMNS:
                        found.setdefault(first, {})[column] = (first, last)
                        found.setdefault(last, {})[column] = (first, last)
            kept = kept[-200:] if b"<" in kept[-200:] else b""
        return found

    def _sheets(self) -> list[Sheet]:
        targets = self._targets()
        found: list[Sheet] = []
        self.from_1904 = False
        for _parent, name, attributes in self._tags(self.main):
            if name == "workbookPr":
                self.from_1904 = attributes.get("date1904") in ("1", "true")
            elif name == "sheet" and len(found) < 1_000:
                by = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
                part = targets.get(by, "")
                title = attributes.get("name", "")[:100]
                if part and title and all(title != sheet.name for sheet in found):
                    hidden = attributes.get("state", "visible") != "visible"
                    found.append(Sheet(len(found) + 1, title, part, hidden))
        return found

    def _targets(self) -> dict[str, str]:
        """Sheets' parts by the id that the workbook names them by; links that lead outside are none."""
        links = f"{self.folder}/_rels/{posixpath.basename(self.main)}.rels".lstrip("/")
        found: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        if links not in self.archive.NameToInfo:
            return found
        for _parent, name, attributes in self._tags(links):
            if name != "Relationship" or attributes.get("TargetMode", "") == "External":
                continue
            target = attributes.get("Target", "")
            path = target[1:] if target.startswith("/") else posixpath.join(self.folder, target)
            path = posixpath.normpath(path)
            if path not in self.archive.NameToInfo:
                continue
            kind = attributes.get("Type", "").rpartition("/")[2]
            if kind == "worksheet":
                found[attributes.get("Id", "")] = path
            else:
                self.parts.setdefault(kind, path)
        return found

    def _part_of(self, kind: str) -> str:
        return self.parts.get(kind, "")

    def _open(self, part: str) -> BinaryIO:
        return archives.member(self.archive, self.archive.getinfo(part))

    def _tags(self, part: str) -> Iterator[tuple[str, str, dict[str, str]]]:
        info = self.archive.getinfo(part)
        if info.file_size > PART_BYTES:
            raise too_large()
        return sheet_xml.tags(archives.member(self.archive, info))


class _Text:
    """Lines as a stream of bytes."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.rest = lines, b""

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1, /) -> bytes:
        wanted = BLOCK if size is None or size < 0 else size
        pieces, length = [self.rest], len(self.rest)
        while length < wanted:
            some = list(islice(self.lines, 64))
            if not some:
                break
            piece = ("\n".join(some) + "\n").encode(errors="replace")
            pieces.append(piece)
            length += len(piece)
        whole = b"".join(pieces)
        self.rest = whole[wanted:]
        return whole[:wanted]


def _no_workbook(names: set[str]) -> Refused:
    if any(name.endswith("workbook.bin") for name in names):
        kind = "a binary Excel workbook (.xlsb)"
    elif "content.xml" in names:
        kind = "an OpenDocument file"
    else:
        kind = "an office document without a table"
    return Refused(
        "packed_kind",
        f"This is {kind}, which cannot be read. Open it, save the table as an Excel workbook (.xlsx) or as CSV, "
        "and bring that in.",
    )


__all__ = ["Sheet", "Workbook", "is_document"]
