"""Files kept in the bank itself, streamed in and out a chunk at a time.

So any worker on any host reads them, one bank's backup has them, and nobody meets another bank's.
"""

import hashlib
import io
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, Protocol, cast

from django.db import transaction

from accounts.banks.tenancy import NoBank, current_bank, current_schema
from accounts.cards import cut_card_numbers
from accounts.jobs.errors import EmptyFile, FileTooLarge
from accounts.jobs.models import StoredChunk, StoredFile

CHUNK_BYTES = 2**20


class Readable(Protocol):
    """An open file, an upload, a pipe."""

    def read(self, size: int, /) -> bytes: ...


def store_file(stream: Readable, *, name: str, content_type: str, limit: int) -> StoredFile:
    """Keeps what `stream` holds; memory stays at a few chunks whatever its size.

    Raises EmptyFile, or FileTooLarge as soon as more than `limit` bytes have come; then nothing is
    kept.
    """
    digest = hashlib.sha256()
    size = 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        for piece in iter(lambda: _read_full(stream), b""):
            size += len(piece)
            if size > limit:
                raise FileTooLarge(limit)
            digest.update(piece)
            yield piece

    with transaction.atomic():
        file = StoredFile.objects.create(name=_plain_name(name), content_type=content_type[:100])
        for no, data in enumerate(_compressed(pieces())):
            StoredChunk.objects.create(file=file, no=no, data=data)
        if not size:
            raise EmptyFile
        file.size, file.sha256 = size, digest.hexdigest()
        file.save(update_fields=["size", "sha256"])
    return file


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Each piece compressed, in order; the next ones while the caller stores one."""
    with ThreadPoolExecutor(2) as packers:
        waiting: deque[Future[bytes]] = deque()
        for piece in pieces:
            waiting.append(packers.submit(zlib.compress, piece, 1))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def open_stored(file: StoredFile) -> BinaryIO:
    """The file's bytes as a buffered stream, read from the bank while they are asked for.

    Not seekable. Reading on after the bank was left raises NoBank: there the id is another file's.
    """
    return cast(BinaryIO, io.BufferedReader(_Chunks(file), CHUNK_BYTES))


def head(file: StoredFile, n: int = 262_144) -> bytes:
    """The first `n` bytes, fewer when the file is shorter."""
    with open_stored(file) as stream:
        return stream.read(n)


def _read_full(stream: Readable) -> bytes:
    """One whole chunk: pipes and uploads may give less than they are asked for."""
    pieces: list[bytes] = []
    wanted = CHUNK_BYTES
    while wanted and (piece := stream.read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _plain_name(name: str) -> str:
    """The last part of a path, without control characters; a browser may send a whole path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in last if c.isprintable()).strip()
    return cut_card_numbers(plain)[:200] or "file"


class _Chunks(io.RawIOBase):
    """Chunk after chunk, one indexed query each: no cursor stays open between reads."""

    def __init__(self, file: StoredFile) -> None:
        self.file_id = file.pk
        self.bank = current_bank()
        self.no = 0
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest and not self._next():
            return 0
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count

    def _next(self) -> bool:
        if current_schema() != self.bank:
            raise NoBank("A kept file is read inside its own bank.")
        chunk = StoredChunk.objects.filter(file_id=self.file_id, no=self.no)
        data = chunk.values_list("data", flat=True).first()
        if data is None:
            return False
        self.no += 1
        self.rest = memoryview(zlib.decompress(data))
        return True
