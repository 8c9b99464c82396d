"""Things that are small to send and large to take; how much memory and time a refusal costs."""

import io
import random
import struct
import time
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.busy import is_busy
from tests.transactions.made_xlsx import MAIN, workbook, zipped

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


def _zeros(gigabytes: int) -> bytes:
    """A raw deflate stream of zeros, a megabyte packed once and repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b"\0" * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (1024 * gigabytes)


def gzip_of_zeros(gigabytes: int) -> bytes:
    """Its end, with the sum of it all, is never reached."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + _zeros(gigabytes) + b"\x03\0" + b"\0" * 8


def zip_that_lies(gigabytes: int) -> bytes:
    """An archive whose one file says it is as long as what it is packed in."""
    body, name = _zeros(gigabytes) + b"\x03\0", b"export.csv"
    sizes = struct.pack("<HHHHLLLHH", 0, 8, 0, 0, 0, len(body), len(body), len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<H", 20) + sizes + name
    listed = (
        b"PK\x01\x02"
        + struct.pack("<HH", 20, 20)
        + sizes
        + struct.pack("<HHHLL", 0, 0, 0, 0, 0)
        + name
    )
    end = struct.pack("<HHHHLLH", 0, 0, 1, 1, len(listed), len(local) + len(body), 0)
    return local + body + listed + b"PK\x05\x06" + end


def zip_in_zip(depth: int) -> bytes:
    """An archive in an archive in an archive."""
    inner = zip_of_zeros(1)
    for n in range(depth):
        inner = zipped({f"{n}.zip": inner})
    return inner


def noise(megabytes: int) -> str:
    """Letters that pack to three quarters of their length."""
    return b64encode(random.Random(7).randbytes(megabytes * MEGABYTE * 3 // 4)).decode()


def _mixed(element: str, count: int) -> str:
    """Elements with one of a few short texts each, in no order."""
    rng = random.Random(7)
    some = ["".join(element % rng.choice("abcdefghij") for _ in range(1_000)) for _ in range(100)]
    return "".join(rng.choice(some) for _ in range(count // 1_000))


def book(sheet: str | bytes = "", strings: str | bytes = "", **parts: str | bytes) -> bytes:
    """A workbook with these parts in place of its own; "_" stands for "/" and ends in .xml."""
    changed: dict[str, str | bytes] = {k.replace("_", "/") + ".xml": v for k, v in parts.items()}
    if sheet:
        changed["xl/worksheets/sheet1.xml"] = sheet
    if strings:
        changed["xl/sharedStrings.xml"] = strings
    rows = [["Date", "Text", "Amount"], ["2024-08-01", "x", "soon"]]
    return workbook({"M": rows}, parts=changed)


SHEET, END = f'<worksheet xmlns="{MAIN}"><sheetData>', "</sheetData></worksheet>"
_CELL = "<c><v>1</v></c>"
_ROW = '<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>'
BOOKS: dict[str, Callable[[], bytes]] = {
    "a sheet of 300 MB": lambda: book(SHEET + " " * (300 * MEGABYTE) + END),
    "a sheet of a million rows": lambda: book(SHEET + _ROW * 1_000_000 + END),
    "a sheet with a row of 100,000 columns": lambda: book(SHEET + "<row>" + _CELL * 100_000 + "</row>" + END),
    "a sheet with a row of number 999999999": lambda: book(SHEET + '<row r="999999999"/>' * 3 + END),
    "a sheet whose one row is the last": lambda: book(SHEET + '<row r="1048576"><c><v>1</v></c></row>' + END),
    "a sheet of open elements": lambda: book(SHEET + "<a>" * 2_000_000),
    "a sheet with one tag of 60 MB": lambda: book(SHEET + "<row " + "a" * (60 * MEGABYTE) + "/>" + END),
    "a sheet with a cell of 60 MB": lambda: book(SHEET + "<row><c><v>" + "1" * (60 * MEGABYTE) + END),
    "a sheet with names without end": lambda: book(SHEET + "".join(f"<n{n}/>" for n in range(400_000)) + END),
    "a sheet of merged cells": lambda: book(
        SHEET + "</sheetData><mergeCells>" + '<mergeCell ref="A1:A80"/>' * 1_000_000 + "</mergeCells></worksheet>"
    ),
    "a billion laughs in a sheet": lambda: book(LAUGHS),
    "a billion laughs in shared texts": lambda: book(strings=LAUGHS),
    "an entity from outside in a workbook": lambda: book(xl_workbook=OUTSIDE),
    "shared texts without end": lambda: book(
        SHEET + '<row><c t="s"><v>99999999</v></c></row>' + END,
        f'<sst xmlns="{MAIN}">' + "<si/>" * 30_000_000,
    ),
    "a shared text of 60 MB": lambda: book(strings=f'<sst xmlns="{MAIN}"><si><t>' + "x" * (60 * MEGABYTE)),
    "styles of 40 MB": lambda: book(xl_styles="<styleSheet><cellXfs>" + "<xf/>" * (8 * MEGABYTE)),
    # Packed so badly that no ratio gives them away.
    "a tag of noise": lambda: book(SHEET + f'<row a="{noise(9)}"/>' + END),
    "a cell of noise": lambda: book(SHEET + f"<row><c><v>{noise(9)}</v></c></row>" + END),
    "a shared text of noise": lambda: book(strings=f'<sst xmlns="{MAIN}"><si><t>{noise(9)}</t></si></sst>'),
    "a comment of noise": lambda: book(SHEET + f"<!--{noise(9)}-->" + END),
    "three million shared texts, the last one asked for": lambda: book(
        SHEET + '<row><c t="s"><v>2999999</v></c></row>' + END,
        f'<sst xmlns="{MAIN}">' + _mixed("<si><t>%s</t></si>", 3_000_000) + "</sst>",
    ),
    "a list of files of noise": lambda: zipped({noise(1)[n : n + 900]: b"" for n in range(990)}),
    "a thousand sheets": lambda: workbook({f"S{n}": [["a", "b"]] for n in range(900)}),
    "an archive of 20,000 files": lambda: zipped({f"{n}": b"" for n in range(20_000)}),
    "4 GB in a gzip file": lambda: gzip_of_zeros(4),
    "4 GB in a zip that lies": lambda: zip_that_lies(4),
    "archives in archives": lambda: zip_in_zip(6),
}  # fmt: skip


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
