"""Memory stays flat, and nothing a file can hold makes reading crawl."""

import io
import time
import tracemalloc
from collections.abc import Iterator

from transactions.adapters import Line, Reject, detect, rows


class _Endless(io.RawIOBase):
    """A file made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts, self.rest = parts, b""

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size:
            part = next(self.parts, b"")
            if not part:
                break
            self.rest += part
        out, self.rest = self.rest[:size], self.rest[size:]
        return out


def _lines(count: int) -> Iterator[bytes]:
    yield b"Date,Text,Amount\n"
    for n in range(count):
        yield b"2024-08-%02d,SHOP %d,-%d.50\n" % (1 + n % 28, n % 500, n % 900)


def test_memory_does_not_grow_with_the_file() -> None:
    head = b"".join(_lines(100))
    layout = detect(head).layout
    peaks = []
    for count in (10_000, 40_000):
        tracemalloc.start()
        read = sum(isinstance(r, Line) for r in rows(_Endless(_lines(count)), layout))  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read == count
    assert peaks[1] < peaks[0] + 2_000_000


def test_line_without_an_end_costs_one_reject() -> None:
    def parts() -> Iterator[bytes]:
        yield from _lines(50)
        for _ in range(400):
            yield b"x" * 50_000
        yield b"\n2024-08-01,AFTER,-1.00\n"

    layout = detect(b"".join(_lines(50))).layout
    tracemalloc.start()
    read = list(rows(_Endless(parts()), layout))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [r.code for r in read if isinstance(r, Reject)] == ["line_too_long"]
    assert isinstance(read[-1], Line)
    assert read[-1].line == 53
    assert peak < 10_000_000


def test_hostile_files_are_judged_quickly() -> None:
    hostile = [
        b'"' * 1_000_000,
        b'a,"\n' * 200_000,
        b",".join([b"1.50"] * 100_000) + b"\n2024-01-01,2.00\n",
        b"2024-01-01,x,1.00\n" + b'2024-01-01,"x,1.00\n' * 50_000,
        b"Date,Text,Amount\n" + b"2024-01-01," + b"balance " * 9_000 + b",1.00\n",
        ("Date,Text,Amount\n" + "ä" * 900_000).encode("cp1252"),
        b"Date,Amount\n" + b"01/02/2024," + b"1,1" * 100_000,
        b"1" * 1_000_000,
        b";" * 1_000_000,
    ]
    for content in hostile:
        started = time.process_time()
        try:
            found = detect(content[: 1 << 20])
        except Exception as error:
            assert type(error).__name__ == "Refused"
        else:
            for _ in rows(io.BytesIO(content), found.layout):
                pass
        assert time.process_time() - started < 5
