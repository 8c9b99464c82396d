"""The first part of a file, looked at once and shared by every adapter that judges it."""

from collections.abc import Mapping
from functools import cached_property
from io import BytesIO

from transactions.adapters.base import Evidence
from transactions.adapters.encodings import NAMES, find_encoding, physical_lines

HEAD_BYTES = 1 << 20
SAMPLE_LINES = 20_000


class Sample:
    """`head` is the beginning of the file, `complete` whether it is all of it; `choices` are what a
    person has said of it (see `detect`)."""

    def __init__(
        self,
        head: bytes,
        *,
        name: str = "",
        complete: bool = True,
        choices: Mapping[str, str] | None = None,
    ) -> None:
        self.head, self.name, self.complete = head, name, complete
        self.choices = choices or {}
        self.table: object = None  # what find_table() found, or its refusal

    @cached_property
    def _encoding(self) -> tuple[str, Evidence]:
        found, evidence = find_encoding(self.head, complete=self.complete)
        chosen = self.choices.get("encoding", found)
        if chosen == found or chosen not in NAMES:
            return found, evidence
        return chosen, evidence._replace(found=NAMES[chosen], why="as you chose")

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
