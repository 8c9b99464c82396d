"""Files that hold their text packed: gzip, a zip archive with one file in it, an Excel workbook.

What is inside is handed on as the bytes of a text file, so that every adapter reads it as if it had been
uploaded by itself. `Layout.within` keeps the way in: "gzip", "zip:2" for the second file of an archive, then
"sheet:1" for each sheet that is read: numbers, since names may hold what no mapping should keep. Sizes are bounded
before anything is unpacked and again while it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from transactions.adapters.base import Evidence, Refused
from transactions.adapters.packed import archives, workbook
from transactions.adapters.packed.bounds import seekable

GZIP, ZIP, SHEET = "gzip", "zip:", "sheet:"
_GZIP_START, _ZIP_START = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Looked:
    """The beginning of the text inside, whether it is all of it, the way in, and what to tell of it."""

    head: bytes
    complete: bool
    within: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def is_packed(head: bytes) -> bool:
    """Whether a file that starts so holds its text packed."""
    return head.startswith((_GZIP_START, *_ZIP_START))


def look(stream: BinaryIO, *, limit: int, choices: Mapping[str, str]) -> Looked:
    """What is inside a packed file, its first `limit` bytes.

    Parameters: `choices` may give the number of the `sheet` to read.

    Raises
    ------
    Refused
        packed_locked, packed_many, packed_empty, packed_nested, packed_too_large, packed_damaged,
        packed_kind (an office document that is no workbook), no_rows (a workbook without rows).
    """
    found = seekable(stream)
    within: list[str] = []
    evidence: list[Evidence] = []
    if _start(found).startswith(_GZIP_START):
        within.append(GZIP)
        evidence.append(Evidence("Packed", "gzip", "its first bytes say so"))
        archives.check_gzip(found)
        found = _one_level_down(archives.open_gzip(found))
    elif not workbook.is_document(found):
        number, name = archives.only_member(found)
        within.append(f"{ZIP}{number}")
        evidence.append(Evidence("Packed", f"“{name}” in a zip archive", "the one file in it"))
        archives.check_member(found, number)
        found = _one_level_down(archives.open_member(found, number))
    if _start(found).startswith(_ZIP_START):
        book = workbook.Workbook(found)
        chosen, why = book.choose(choices.get("sheet", ""))
        within += [f"{SHEET}{sheet.number}" for sheet in chosen]
        evidence.append(book.evidence(chosen, why))
        found = book.text(chosen)
    head = _full(found, limit + 1)
    return Looked(head[:limit], len(head) <= limit, tuple(within), tuple(evidence))


def opened(stream: BinaryIO, within: Sequence[str]) -> BinaryIO:
    """The text inside, by the way that `look` found; the stream itself where there is none."""
    sheets = []
    for step in within:
        if step == GZIP:
            stream = archives.open_gzip(stream)
        elif step.startswith(ZIP):
            stream = archives.open_member(seekable(stream), _number(step))
        elif step.startswith(SHEET):
            sheets.append(_number(step))
    if not sheets:
        return stream
    book = workbook.Workbook(seekable(stream))
    return book.text(book.numbered(sheets))


def _one_level_down(inner: BinaryIO) -> BinaryIO:
    """What was packed, seekable where it is a workbook; an archive in an archive is refused."""
    start = _full(inner, 4)
    inner = cast(BinaryIO, archives.Joined(start, inner))
    if start.startswith(_GZIP_START):
        raise _nested()
    if not start.startswith(_ZIP_START):
        return inner
    found = seekable(inner)
    if not workbook.is_document(found):
        raise _nested()
    return found


def _number(step: str) -> int:
    digits = step.partition(":")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0


def _nested() -> Refused:
    return Refused(
        "packed_nested",
        "Inside this archive is another one. Unpack it and bring in the file that holds the payments.",
    )


def _start(stream: BinaryIO) -> bytes:
    if not stream.seekable():
        return stream.peek(4) if isinstance(stream, archives.Joined) else b""
    stream.seek(0)
    start = stream.read(4)
    stream.seek(0)
    return start


def _full(stream: BinaryIO, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
