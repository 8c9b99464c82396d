"""Things that are small to send and large to take; how much memory and time a refusal costs."""

import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.busy import is_busy

MEGABYTE = 2**20


@dataclass
class Cost:
    seconds: float = 0.0
    megabytes: float = 0.0


@contextmanager
def cost() -> Iterator[Cost]:
    """Seconds, and how far the process's memory rose above where it stood (Linux).

    By the clock; on a machine with more to do than processors, those of this process.
    """
    found, status = Cost(), Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    before = _kilobytes(status, "VmRSS")
    clock = time.process_time if is_busy() else time.perf_counter
    start = clock()
    try:
        yield found
    finally:
        found.seconds = clock() - start
        found.megabytes = max(_kilobytes(status, "VmHWM") - before, 0) / 1024


def _kilobytes(status: Path, name: str) -> int:
    line = next(x for x in status.read_text().splitlines() if x.startswith(name))
    return int(line.split()[1])


class Endless(io.RawIOBase):
    """A request's body that never ends; counts what was taken of it."""

    def __init__(self, head: bytes = b"", fill: bytes = b"0") -> None:
        self.head, self.fill, self.taken = head, fill, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = 65_536 if size is None or size < 0 else size
        piece, self.head = self.head[:size], self.head[size:]
        piece += self.fill * (size - len(piece))
        self.taken += len(piece)
        return piece[:size]


def zip_of_zeros(megabytes: int) -> bytes:
    """A few kilobytes that unpack to many megabytes."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as file,
    ):
        for _ in range(megabytes):
            file.write(b"0" * MEGABYTE)
    return packed.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(12))
    + b"]><OFX>&m;</OFX>"
)
# OFX by its first lines, so that its own reader meets the entities.
OFX_LAUGHS = LAUGHS.replace(
    b'<?xml version="1.0"?>', b'<?xml version="1.0"?><?OFX OFXHEADER="200"?>'
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><OFX>&x;</OFX>'
)
