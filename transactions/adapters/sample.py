"""The first part of a file, looked at once and shared by every adapter that judges it."""

from functools import cached_property
from io import BytesIO

from transactions.adapters.base import Evidence
from transactions.adapters.encodings import find_encoding, physical_lines

HEAD_BYTES = 1 << 20
SAMPLE_LINES = 20_000


class Sample:
    """`head` is the beginning of the file, `complete` whether it is all of it."""

    def __init__(self, head: bytes, *, name: str = "", complete: bool = True) -> None:
        self.head, self.name, self.complete = head, name, complete
        self.table: object = None  # what find_table() found, or its refusal

    @cached_property
    def _encoding(self) -> tuple[str, Evidence]:
        return find_encoding(self.head, complete=self.complete)

    @property
    def encoding(self) -> str:
        return self._encoding[0]

    @property
    def encoding_evidence(self) -> Evidence:
        return self._encoding[1]

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines, without the last one where the head may end inside it."""
        return self.lines_in(self.encoding)

    def lines_in(self, encoding: str) -> list[str]:
        lines = list(physical_lines(BytesIO(self.head), encoding))
        if not self.complete and len(lines) > 1:
            lines.pop()
        return lines[:SAMPLE_LINES]
