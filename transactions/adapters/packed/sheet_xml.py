"""The XML of a workbook's parts as a stream of rows or tags; a hostile part costs nothing.

A document type, and so every entity and outside file, is refused; the length of a text, the numbers of columns
and rows and the depth are bounded. Names are taken without their namespace: both dialects of the format read alike.
"""

import re
from array import array
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from transactions.adapters.base import Refused
from transactions.adapters.packed.bounds import BLOCK, too_large

MAX_COLUMNS = 512
MAX_ROWS = 1_048_576
MAX_TEXT = 100_000  # characters of a cell; the format's own limit is 32,767
MAX_DEPTH = 64
MAX_TOKEN = 1 << 20
MAX_STRINGS = 2_000_000
# While a person waits to hear what the file is; a worker that reads it may take longer.
LOOKED_STRINGS = 400_000
MAX_STRING_BYTES = 64 << 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Cell(NamedTuple):
    """One filled cell: its column from 0, its kind as the format names it, style and written value."""

    column: int
    kind: str  # n, s, str, inlineStr, b, e, d
    style: int
    value: str
    formula: str


class SheetRow(NamedTuple):
    number: int
    cells: list[Cell]


class _Walker:
    """Feeds a part to expat within bounds; subclasses collect into `done`."""

    def __init__(self) -> None:
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._unsafe
        parser.EntityDeclHandler = self._unsafe
        parser.ExternalEntityRefHandler = self._unsafe
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._finish
        parser.CharacterDataHandler = self._characters
        self.names: dict[str, str] = {}
        self.parts: list[str] | None = None
        self.length = self.depth = self.stuck = 0
        self.moved = False

    def feed(self, stream: BinaryIO) -> Iterator[None]:
        """Comes back after each block."""
        while block := stream.read(BLOCK):
            self.moved = False
            self._parse(block, False)
            self.stuck = 0 if self.moved else self.stuck + len(block)
            if self.stuck > MAX_TOKEN:
                raise _hostile()
            yield
        self._parse(b"", True)
        yield

    def _parse(self, block: bytes, final: bool) -> None:
        try:
            self.parser.Parse(block, final)
        except expat.ExpatError as error:
            raise broken() from error

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.moved = True
        self.depth += 1
        if self.depth > MAX_DEPTH or len(self.names) > 2_000:
            raise _hostile()
        local = self.names.get(name)
        if local is None:
            local = self.names[name] = name.rpartition(":")[2]
        self.start(local, attributes)

    def _finish(self, name: str) -> None:
        self.moved = True
        self.depth -= 1
        self.end(self.names[name])

    def _characters(self, data: str) -> None:
        self.moved = True
        if self.parts is not None:
            self.length += len(data)
            if self.length > MAX_TEXT:
                raise _hostile()
            self.parts.append(data)

    def _unsafe(self, *_: object) -> int:
        raise Refused(
            "unsafe_xml",
            "The workbook brings rules of its own (a document type), which no statement needs;"
            " it is not read, so that it can do no harm.",
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, name: str) -> None:
        raise NotImplementedError


class _Tags(_Walker):
    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[str, str, dict[str, str]]] = []
        self.path: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.done.append((self.path[-1] if self.path else "", name, attributes))
        self.path.append(name)

    def end(self, name: str) -> None:
        self.path.pop()


def tags(stream: BinaryIO) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each element's parent, name and attributes, in order."""
    walker = _Tags()
    for _ in walker.feed(stream):
        yield from walker.done
        walker.done = []


class Strings(_Walker):
    """The workbook's shared texts, read on as far as they are asked for; packed tight in memory."""

    def __init__(self, open_part: Callable[[], BinaryIO | None]) -> None:
        super().__init__()
        self._open = open_part
        self._reading: Iterator[None] | None = None
        self._ended = False
        self._text = bytearray()
        self._ends = array("I")
        self._aside = 0
        self.limit = MAX_STRINGS

    def __getitem__(self, index: int) -> str:
        """The text of that number; "" where there is none."""
        while index >= len(self._ends) and not self._ended:
            self._read_on()
        if not 0 <= index < len(self._ends):
            return ""
        start = self._ends[index - 1] if index else 0
        return self._text[start : self._ends[index]].decode(errors="replace")

    def _read_on(self) -> None:
        if self._reading is None:
            part = self._open()
            self._reading = iter(()) if part is None else self.feed(part)
        if next(self._reading, self) is self:
            self._ended = True

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.parts, self.length = [], 0
            self._pieces: list[str] = []
        elif name == "rPh":
            self._aside += 1
        elif name == "t":
            self.parts = []

    def end(self, name: str) -> None:
        if name == "t":
            if not self._aside:
                self._pieces += self.parts or ()
            self.parts = None
        elif name == "rPh":
            self._aside -= 1
        elif name == "si":
            self._text += unescaped("".join(self._pieces)).encode(errors="replace")
            self._ends.append(len(self._text))
            self.parts = None
            if len(self._ends) > self.limit or len(self._text) > MAX_STRING_BYTES:
                raise too_large()


class _Rows(_Walker):
    def __init__(self, sheet: str) -> None:
        super().__init__()
        self.sheet = sheet
        self.done: list[SheetRow] = []
        self.number = 0
        self.cells: list[Cell] = []
        self.column = -1
        self.kind, self.style, self.value, self.formula = "n", 0, "", ""
        self.inline: list[str] = []
        self.aside = 0
        self.columns: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            place = attributes.get("r")
            self.column = self.column + 1 if place is None else self._column(place)
            self.kind = attributes.get("t", "n")
            style = attributes.get("s", "0")
            self.style = int(style) if style.isascii() and style.isdigit() and len(style) < 7 else 0
            self.value = self.formula = ""
            self.inline = []
            self.length = 0
        elif name in ("v", "f", "t"):
            self.parts = []
        elif name == "row":
            place = attributes.get("r", "")
            following = self.number + 1
            number = (
                int(place) if place.isascii() and place.isdigit() and len(place) < 9 else following
            )
            self.number = max(number, following)
            if self.number > MAX_ROWS:
                raise too_large()
            self.cells, self.column = [], -1
        elif name == "rPh":
            self.aside += 1

    def end(self, name: str) -> None:
        if name == "v":
            self.value, self.parts = "".join(self.parts or ()), None
        elif name == "c":
            self._close()
        elif name == "t":
            if not self.aside:
                self.inline += self.parts or ()
            self.parts = None
        elif name == "f":
            self.formula, self.parts = "".join(self.parts or ()), None
        elif name == "row":
            self.done.append(SheetRow(self.number, self.cells))
        elif name == "rPh":
            self.aside -= 1

    def _close(self) -> None:
        if self.inline and not self.value:
            self.kind, self.value = "inlineStr", "".join(self.inline)
        if not self.value and not self.formula:
            return
        if not 0 <= self.column < MAX_COLUMNS:
            raise Refused(
                "too_wide",
                f"The sheet “{self.sheet[:40]}” has cells beyond column {MAX_COLUMNS}; no statement has so many.",
            )
        self.cells.append(Cell(self.column, self.kind, self.style, self.value, self.formula))

    def _column(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        found = self.columns.get(letters)
        if found is None:
            found = self.columns[letters] = column_of(letters)
        return found


def rows(stream: BinaryIO, sheet: str) -> Iterator[SheetRow]:
    """Each row of a sheet that the file writes down, in order, its filled cells; memory stays flat."""
    walker = _Rows(sheet)
    for _ in walker.feed(stream):
        yield from walker.done
        walker.done = []


def column_of(letters: str) -> int:
    """The column's number from 0; -1 where the letters are none."""
    if not 1 <= len(letters) <= 3 or not (letters.isascii() and letters.isalpha()):
        return -1
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def unescaped(text: str) -> str:
    """Characters that XML can't hold stand as _x000D_ in this format."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def broken() -> Refused:
    return Refused(
        "packed_damaged",
        "The workbook is damaged. Open it in your spreadsheet program, save it anew as .xlsx, and bring that in.",
    )


def _hostile() -> Refused:
    return Refused(
        "packed_too_large",
        "A text or an element of the workbook is far longer than any in a statement, so it is not read.",
    )
