"""How much may be unpacked, and streams that hold to it."""

import io
import zlib
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from transactions.adapters.base import Refused

MEGABYTE = 1 << 20
MAX_UNPACKED = 512 * MEGABYTE
# Statements packed well come to a tenth or a twentieth of their size; zeros come to a thousandth.
MAX_RATIO = 100
# Under this size any ratio will do.
FREE = 8 * MEGABYTE
IN_MEMORY = 4 * MEGABYTE
BLOCK = 1 << 16


def check_ratio(unpacked: int, packed: int) -> None:
    """Refused where so much comes out of so little that it was made to exhaust."""
    if unpacked > MAX_UNPACKED or (unpacked > FREE and unpacked > MAX_RATIO * max(packed, 1)):
        raise too_large()


def too_large() -> Refused:
    return Refused(
        "packed_too_large",
        "Unpacked, this file is far larger than any statement, so it is not read. "
        "Bring in the file inside, or export a shorter period.",
    )


def damaged() -> Refused:
    return Refused(
        "packed_damaged",
        "The archive is cut off or damaged. Download it again, whole, or unpack it and bring in the file inside.",
    )


class Bounded(io.RawIOBase):
    """A stream of unpacked bytes that stops at the limits; `packed` tells how many bytes it came from."""

    def __init__(self, inner: BinaryIO, packed: Callable[[], int]) -> None:
        self.inner, self.packed = inner, packed
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            piece = self.inner.read(BLOCK if size is None or size < 0 else min(size, 4 * BLOCK))
        except (EOFError, OSError, zlib.error, NotImplementedError, RuntimeError) as error:
            raise damaged() from error
        except Exception as error:  # zipfile's own kinds of damage
            if type(error).__module__ in ("zipfile", "gzip", "struct"):
                raise damaged() from error
            raise
        self.count += len(piece)
        check_ratio(self.count, self.packed())
        return piece


def seekable(stream: BinaryIO) -> BinaryIO:
    """The stream itself where one can go back in it, else a copy on the disk."""
    if getattr(stream, "seekable", lambda: False)():
        return stream
    kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed with its last reader
    size = 0
    while piece := stream.read(4 * BLOCK):
        size += len(piece)
        if size > MAX_UNPACKED:
            raise too_large()
        kept.write(piece)
    kept.seek(0)
    return cast(BinaryIO, kept)
