"""From the bytes of a file to raw ledger lines: recognise the format, then read its rows.

A new format is one module with a class like those below, and one line in ADAPTERS. The banks' own
formats are asked before the generic one, which takes whatever is left and looks like a table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from transactions.adapters.base import (
    CUSTOMER_MARK,
    ROLES,
    SIGNS,
    Adapter,
    Detection,
    Evidence,
    Layout,
    Line,
    NotATransaction,
    Option,
    Refused,
    Reject,
    Row,
    Stated,
)
from transactions.adapters.camt import Camt
from transactions.adapters.capital_one import CapitalOne
from transactions.adapters.chase import Chase
from transactions.adapters.discover import DiscoverCard
from transactions.adapters.foreign import refuse_other_formats
from transactions.adapters.generic_csv import GenericCsv
from transactions.adapters.mt940 import Mt940
from transactions.adapters.ofx import Ofx
from transactions.adapters.own_export import OwnExport
from transactions.adapters.qif import Qif
from transactions.adapters.reading import RawRows
from transactions.adapters.sample import HEAD_BYTES, Sample
from transactions.adapters.saved import by_saved_layout

# Formats that say what they are in their first lines: asked before anything looks for a table.
_DESCRIBED: tuple[Adapter, ...] = (Ofx(), Qif(), Camt(), Mt940())
_TABLES: tuple[Adapter, ...] = (OwnExport(), Chase(), DiscoverCard(), CapitalOne(), GenericCsv())
ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (*_TABLES, *_DESCRIBED)}


def detect(
    head: bytes,
    *,
    name: str = "",
    saved: Sequence[Layout] = (),
    only: str | None = None,
    complete: bool | None = None,
    choices: Mapping[str, str] | None = None,
) -> Detection:
    """How to read the file that starts with `head`, from its content.

    Parameters
    ----------
    head : the first HEAD_BYTES of the file, or all of it.
    name : the file's name; shown, never decisive.
    saved : mappings kept from earlier files; one whose header is this file's goes first.
    only : ask this adapter alone.
    complete : whether `head` is the whole file; by default yes where it is under HEAD_BYTES.
    choices : what a person has said of the file, by the `field` of the evidence they corrected:
        encoding, delimiter, header_line (as found anew with them), date_order, decimal, sign.

    Raises
    ------
    Refused
        With a code and one sentence: empty, binary, nul_bytes, no_adapter, no_date, no_amount,
        no_rows, too_wide, wrong_format, and what the formats that describe themselves are refused for;
        ambiguous_dates, ambiguous_sign. The last two carry the best guess as `detection`.
    """
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Refused("empty", "The file is empty.")
    if complete is None:
        complete = len(head) < HEAD_BYTES
    sample = Sample(head, name=name, complete=complete, choices=choices)
    try:
        found = _find(sample, saved, only)
    except Refused as refusal:
        if refusal.detection is None or not _answered(refusal, sample.choices):
            raise
        found = refusal.detection
    return _as_chosen(found, sample.choices)


# The layout field that answers a refusal.
_QUESTION = {"ambiguous_dates": "date_order", "ambiguous_sign": "sign"}


def _answered(refusal: Refused, choices: Mapping[str, str]) -> bool:
    """A sign said of one column of amounts is no answer to which of two is money out."""
    field = _QUESTION.get(refusal.code, "")
    if field == "sign" and refusal.detection and refusal.detection.layout.sign == "two_columns":
        return choices.get(field) == "two_columns"
    return field in choices


def _as_chosen(found: Detection, choices: Mapping[str, str]) -> Detection:
    changes = {name: choices[name] for name in ("date_order", "decimal", "sign") if name in choices}
    if not changes:
        return found
    try:
        layout = Layout.from_json({**found.layout.to_json(), **changes})
    except ValueError:  # no answer to the question: what was found stands
        return found
    evidence = tuple(
        e._replace(why="as you chose", sure=True) if e.field in changes else e
        for e in found.evidence
    )
    return replace(found, layout=layout, evidence=evidence)


def _find(sample: Sample, saved: Sequence[Layout], only: str | None) -> Detection:
    if only is not None:
        return _by_one(sample, saved, only)
    for adapter in _DESCRIBED:
        if found := adapter.detect(sample, saved):
            return found
    refuse_other_formats(sample.head)
    if known := by_saved_layout(sample, saved):
        return known
    for adapter in _TABLES:
        if found := adapter.detect(sample, saved):
            return found
    raise Refused("no_adapter", "No adapter reads this kind of file.")


def _by_one(sample: Sample, saved: Sequence[Layout], only: str) -> Detection:
    adapter = ADAPTERS.get(only)
    if adapter is None:
        raise Refused("no_adapter", f"There is no adapter called {only}.")
    if adapter in _TABLES:
        refuse_other_formats(sample.head)
    found = adapter.detect(sample, [layout for layout in saved if layout.adapter == only])
    if found is None:
        raise Refused("wrong_format", f"This is not a file of {adapter.label}.")
    return found


def rows(stream: BinaryIO, layout: Layout) -> Iterator[Row]:
    """Every row of the file under its header: a line, a reject, or no transaction."""
    adapter = ADAPTERS.get(layout.adapter)
    if adapter is None:
        raise Refused("no_adapter", f"There is no adapter called {layout.adapter}.")
    return adapter.rows(stream, layout)


def raw_rows(stream: BinaryIO, layout: Layout) -> RawRows | None:
    """The same rows unread, where their cells can be remembered; else None and nothing is read."""
    adapter = ADAPTERS.get(layout.adapter)
    if adapter is None or not adapter.reads_plainly or not RawRows.may_read(layout):
        return None
    return RawRows(stream, layout)


__all__ = [
    "ADAPTERS",
    "CUSTOMER_MARK",
    "HEAD_BYTES",
    "ROLES",
    "SIGNS",
    "Adapter",
    "Detection",
    "Evidence",
    "Layout",
    "Line",
    "NotATransaction",
    "Option",
    "RawRows",
    "Refused",
    "Reject",
    "Row",
    "Stated",
    "detect",
    "raw_rows",
    "rows",
]
