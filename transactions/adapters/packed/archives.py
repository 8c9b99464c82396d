"""gzip files and zip archives: what is in them, and one file of them as a stream."""

import gzip
import io
import struct
import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from transactions.adapters.base import Refused
from transactions.adapters.packed.bounds import BLOCK, Bounded, check_ratio, damaged, too_large

MAX_ENTRIES = 1_000
MAX_DIRECTORY = 1 << 19  # bytes of the list at the archive's end
MAX_NAME = 200
_END, _END_64_LOCATOR, _END_64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What an archive may hold beside the export.
_BESIDE = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
_ENDINGS = (
    ".csv", ".txt", ".tsv", ".ofx", ".qfx", ".qif", ".xml", ".sta", ".mt940", ".940", ".942", ".xlsx", ".xlsm",
)  # fmt: skip


class Joined(io.RawIOBase):
    """Bytes already taken from a stream, and the rest of it."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self.start, self.rest = start, rest

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        return self.start[:size]

    def read(self, size: int = -1, /) -> bytes:
        if self.start:
            size = len(self.start) if size is None or size < 0 else size
            piece, self.start = self.start[:size], self.start[size:]
            return piece
        return self.rest.read(size)


class _Counted(io.RawIOBase):
    def __init__(self, inner: BinaryIO) -> None:
        self.inner, self.count = inner, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece = self.inner.read(size)
        self.count += len(piece)
        return piece


def open_gzip(stream: BinaryIO) -> BinaryIO:
    """The text of a gzip file."""
    counted = _Counted(stream)
    inner = gzip.GzipFile(fileobj=counted, mode="rb")
    return cast(BinaryIO, Bounded(cast(BinaryIO, inner), lambda: counted.count))


def check_gzip(stream: BinaryIO) -> None:
    """Unpacks the file once, keeping nothing: Refused where it holds too much or is damaged."""
    _drain(open_gzip(stream))
    stream.seek(0)


def only_member(stream: BinaryIO) -> tuple[int, str]:
    """Number, from 1, and name of the one file in a zip archive that can hold payments; Refused where it
    isn't one."""
    entries = archive(stream).infolist()
    found = [i for i in entries if not i.is_dir() and not _is_beside(i.filename)]
    if not found:
        raise Refused(
            "packed_empty", "The archive is empty. Download it again and choose the new one."
        )
    fitting = [i for i in found if i.filename.lower().endswith(_ENDINGS)]
    chosen = found if len(found) == 1 else fitting
    if len(chosen) != 1:
        names = ", ".join(
            f"“{PurePosixPath(i.filename).name[:60]}”" for i in (fitting or found)[:4]
        )
        more = len(fitting or found) - 4
        raise Refused(
            "packed_many",
            f"The archive holds {len(found)} files ({names}{f' and {more} more' if more > 0 else ''}). "
            "Unpack it and bring them in one by one, so that each can be undone by itself.",
        )
    name = PurePosixPath(chosen[0].filename).name
    shown = "".join(c if c.isprintable() else "\ufffd" for c in name)[:MAX_NAME]
    return entries.index(chosen[0]) + 1, shown


def check_member(stream: BinaryIO, number: int) -> None:
    """Unpacks the member once, keeping nothing: Refused where it is locked, too much or damaged."""
    _drain(open_member(stream, number))


def open_member(stream: BinaryIO, number: int) -> BinaryIO:
    """One file of a zip archive as a stream; what its list says of it is checked before."""
    found = archive(stream)
    entries = found.infolist()
    if not 1 <= number <= len(entries):
        raise damaged()
    return member(found, entries[number - 1])


def member(found: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    if info.flag_bits & 1:
        raise Refused(
            "packed_locked",
            "The archive is locked with a password. Unpack it with the password and bring in the file inside.",
        )
    if info.compress_type not in _METHODS:
        raise Refused(
            "packed_kind",
            "The archive is packed in a way that is not read here. Unpack it and bring in the file inside.",
        )
    check_ratio(info.file_size, info.compress_size)
    try:
        inner = found.open(info)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise damaged() from error
    return cast(BinaryIO, Bounded(cast(BinaryIO, inner), lambda: info.compress_size))


def archive(stream: BinaryIO) -> zipfile.ZipFile:
    """The archive, its list read only where that is of a bearable length."""
    entries, size = _directory(stream)
    if entries > MAX_ENTRIES or size > MAX_DIRECTORY:
        raise too_large()
    try:
        stream.seek(0)
        return zipfile.ZipFile(stream)
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        OverflowError,
        struct.error,
        NotImplementedError,
    ) as error:
        raise damaged() from error


def _directory(stream: BinaryIO) -> tuple[int, int]:
    """Entries and bytes of the list at the end, as the end states them: read before zipfile reads it."""
    end = stream.seek(0, io.SEEK_END)
    start = max(0, end - 66_000)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise damaged()
    entries, size = struct.unpack_from("<HL", tail, at + 10)
    if at >= 20 and tail[at - 20 : at - 16] == _END_64_LOCATOR:
        (place,) = struct.unpack_from("<Q", tail, at - 12)
        if place + 56 > end:
            raise damaged()
        stream.seek(place)
        record = stream.read(56)
        if record[:4] == _END_64:
            entries_64, size_64 = struct.unpack_from("<QQ", record, 32)
            # Where both state the list, the longer one is what may be read.
            entries = max(entries_64, entries if entries != 0xFFFF else 0)
            size = max(size_64, size if size != 0xFFFFFFFF else 0)
    return entries, size


def _is_beside(name: str) -> bool:
    parts = [part for part in name.lower().replace("\\", "/").split("/") if part]
    return not parts or parts[0] in _BESIDE or parts[-1] in _BESIDE or parts[-1].startswith("._")


def _drain(stream: BinaryIO) -> None:
    while stream.read(4 * BLOCK):
        pass
