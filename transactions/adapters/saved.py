"""Mappings kept from earlier files: a file with the same header is read as the person once said."""

from collections.abc import Sequence
from dataclasses import replace

from transactions.adapters.base import Detection, Evidence, Layout, Refused
from transactions.adapters.columns import profile
from transactions.adapters.generic_csv import first_values, widths
from transactions.adapters.sample import Sample
from transactions.adapters.table import Table, find_table
from transactions.adapters.words import fold
from transactions.days import orders_fitting


def by_saved_layout(sample: Sample, saved: Sequence[Layout]) -> Detection | None:
    """The saved mapping that fits the file, its first line and encoding taken from this file."""
    if not saved:
        return None
    try:
        table = find_table(sample)
    except Refused:
        return None
    for layout in saved:
        if not layout.described and _fits(table, layout):
            return _detection(sample, table, layout)
    return None


def _fits(table: Table, layout: Layout) -> bool:
    if table.delimiter != layout.delimiter:
        return False
    if [fold(n) for n in table.header] != [fold(n) for n in layout.header]:
        return False
    if table.header:
        return True
    day = layout.columns["booked_on"][0]
    if table.width not in layout.widths:
        return False
    filled = [
        cells[day] for _, cells in table.rows[:200] if day < len(cells) and cells[day].strip()
    ]
    good = sum(layout.date_order in orders_fitting(cell) for cell in filled)
    return bool(filled) and good * 10 >= len(filled) * 8


def _detection(sample: Sample, table: Table, layout: Layout) -> Detection:
    merged = replace(
        layout,
        encoding=sample.encoding,
        first_line=table.first_line,
        header=table.header,
        within=(),
    )
    merged = replace(merged, widths=tuple(sorted({*widths(table, merged), *layout.widths})))
    why = (
        "its columns have the names of the mapping"
        if table.header
        else "its columns have its shape"
    )
    return Detection(
        adapter=layout.adapter,
        layout=merged,
        score=1.0,
        evidence=(
            Evidence("Kind", "a saved mapping", why),
            sample.encoding_evidence,
            Evidence("Starts at", f"line {table.header_line or table.first_line}", "found anew"),
        ),
        first_values=first_values(profile(table)),
        label="saved mapping",
        saved=True,
    )
