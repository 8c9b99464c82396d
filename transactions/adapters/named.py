"""Formats known by the names of their columns: what the bank adapters share.

A shape is a set of headings with what each means; a file fits by having them, in any order. The
sign is the bank's own convention; the order of the days too, unless the rows contradict it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from transactions.adapters.base import SIGNS, Detection, Evidence, Layout, Refused, Row
from transactions.adapters.columns import profile
from transactions.adapters.dayorder import decide
from transactions.adapters.generic_csv import first_values, widths
from transactions.adapters.reading import read_rows
from transactions.adapters.sample import Sample
from transactions.adapters.table import Table, find_table
from transactions.adapters.words import fold


@dataclass(frozen=True)
class Shape:
    """One export of a bank: headings (folded) to roles; `""` marks a heading without a role."""

    label: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    sign: str = "signed"
    directions: Mapping[str, int] = field(default_factory=dict)
    convention: str = ""  # shown as the reason for the sign
    currency: str = ""

    def columns(self, header: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
        """The columns by role if the header fits: all required names, no unknown one."""
        names = [fold(name) for name in header]
        if any(name not in names for name in self.required):
            return None
        known = {**self.required, **self.optional, "": ""}
        if any(name not in known for name in names):
            return None
        columns: dict[str, tuple[int, ...]] = {}
        for at, name in enumerate(names):
            if role := known[name]:
                columns.setdefault(role, (at,))
        return columns


class NamedFormat:
    """An adapter that knows its bank's exports by their headings."""

    name = ""
    label = ""
    reads_plainly = True
    shapes: tuple[Shape, ...] = ()

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        try:
            table = find_table(sample)
        except Refused:
            return None
        for shape in self.shapes:
            columns = shape.columns(table.header) if table.header else None
            if columns and table.rows:
                return self.found(sample, table, shape, columns)
        return None

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        return read_rows(stream, layout)

    def found(
        self, sample: Sample, table: Table, shape: Shape, columns: Mapping[str, tuple[int, ...]]
    ) -> Detection:
        layout = Layout(
            adapter=self.name,
            encoding=sample.encoding,
            delimiter=table.delimiter,
            first_line=table.first_line,
            header=table.header,
            columns=dict(columns),
            sign=shape.sign,
            directions=shape.directions,
            currency=shape.currency,
        )
        at = columns["booked_on"][0]
        days = [
            cells[at].strip() for _, cells in table.rows if at < len(cells) and cells[at].strip()
        ]
        order, order_evidence, _ = decide(days, prior="mdy")
        layout = replace(layout, date_order=order, widths=widths(table, layout))
        kind = Evidence("Kind", shape.label, "the names of its columns are those of this export")
        sign = Evidence("Sign", SIGNS[shape.sign], shape.convention or "as this bank writes it")
        return Detection(
            adapter=self.name,
            layout=layout,
            score=1.0,
            evidence=(kind, order_evidence, sign, sample.encoding_evidence),
            first_values=first_values(profile(table)),
            label=shape.label,
        )
