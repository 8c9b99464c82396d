"""From the bytes of a file to raw ledger lines: recognise the format, then read its rows.

A new format is one module with a class like those below, and one line in ADAPTERS. The banks' own
formats are asked before the generic one, which takes whatever is left and looks like a table.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO, cast

from transactions.adapters import mended
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
from transactions.adapters.catalogue import fitting
from transactions.adapters.chase import Chase
from transactions.adapters.discover import DiscoverCard
from transactions.adapters.foreign import refuse_other_formats
from transactions.adapters.generic_csv import GenericCsv
from transactions.adapters.mt940 import Mt940
from transactions.adapters.ofx import Ofx
from transactions.adapters.own_export import OwnExport
from transactions.adapters.packed import SHEET, Looked, is_packed, look, opened
from transactions.adapters.packed.archives import Joined
from transactions.adapters.qif import Qif
from transactions.adapters.reading import RawRows
from transactions.adapters.sample import HEAD_BYTES, Sample
from transactions.adapters.saved import by_saved_layout

# Formats that say what they are in their first lines: asked before anything looks for a table.
_DESCRIBED: tuple[Adapter, ...] = (Ofx(), Qif(), Camt(), Mt940())
_TABLES: tuple[Adapter, ...] = (OwnExport(), Chase(), DiscoverCard(), CapitalOne(), GenericCsv())
_MENDED = mended.Mended()
ADAPTERS: dict[str, Adapter] = {
    adapter.name: adapter for adapter in (*_TABLES, *_DESCRIBED, _MENDED)
}


def detect(
    head: bytes,
    *,
    name: str = "",
    saved: Sequence[Layout] = (),
    only: str | None = None,
    complete: bool | None = None,
    choices: Mapping[str, str] | None = None,
    layout_of: Callable[[str], Layout | None] | None = None,
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
        encoding, delimiter, header_line (as found anew with them), date_order, decimal, sign; or
        catalogue, the key of a known layout (adapters.catalogue) to read it by.
    layout_of : the mapping of an earlier import by its id, for its rejected rows brought in again.

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
    if import_id := mended.import_of(head):
        layout = layout_of(import_id) if layout_of is not None else None
        if layout is None or layout.described:
            raise mended.unknown()
        return _MENDED.detection(sample, layout)
    try:
        found = _find(sample, saved, only)
    except Refused as refusal:
        if refusal.detection is None or not _answered(refusal, sample.choices):
            raise
        found = refusal.detection
    return _as_chosen(found, sample.choices)


def detect_file(
    stream: BinaryIO,
    *,
    name: str = "",
    saved: Sequence[Layout] = (),
    only: str | None = None,
    choices: Mapping[str, str] | None = None,
    layout_of: Callable[[str], Layout | None] | None = None,
) -> Detection:
    """How to read a whole file, plain or packed (gzip, zip, Excel); parameters as `detect` has them.

    Of a plain file only the head is taken from the stream. Choices may also name the `sheet`. Raises
    Refused as `detect` does, and as `packed.look` does.
    """
    head = _full(stream, HEAD_BYTES + 1)
    if not is_packed(head):
        complete = len(head) <= HEAD_BYTES
        return detect(
            head[:HEAD_BYTES],
            name=name,
            saved=saved,
            only=only,
            complete=complete,
            choices=choices,
            layout_of=layout_of,
        )
    whole = BytesIO(head) if len(head) <= HEAD_BYTES else Joined(head, stream)
    inside = look(cast(BinaryIO, whole), limit=HEAD_BYTES, choices=choices or {})
    try:
        found = detect(
            inside.head,
            name=name,
            saved=saved,
            only=only,
            complete=inside.complete,
            choices=choices,
            layout_of=layout_of,
        )
    except Refused as refusal:
        if refusal.detection is not None:
            refusal.detection = _within(refusal.detection, inside)
        raise
    return _within(found, inside)


def _within(found: Detection, inside: Looked) -> Detection:
    evidence, label = found.evidence, found.label
    if any(step.startswith(SHEET) for step in inside.within):
        label = "Excel workbook" if label == GenericCsv.label else label
        # Of a sheet there is no encoding to choose, nor a delimiter.
        evidence = tuple(e for e in evidence if e.field not in ("encoding", "delimiter"))
    layout = replace(found.layout, within=inside.within)
    return replace(found, layout=layout, evidence=(*inside.evidence, *evidence), label=label)


def _full(stream: BinaryIO, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


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
    if key := sample.choices.get("catalogue", ""):
        return fitting.chosen(sample, key)
    if known := by_saved_layout(sample, saved):
        return known
    for adapter in _TABLES:
        try:
            if found := adapter.detect(sample, saved):
                return found
        except Refused as refusal:
            if settled := fitting.settle(sample, refusal):
                return settled
            raise
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
    return adapter.rows(opened(stream, layout.within), layout)


def raw_rows(stream: BinaryIO, layout: Layout) -> RawRows | None:
    """The same rows unread, where their cells can be remembered; else None and nothing is read."""
    adapter = ADAPTERS.get(layout.adapter)
    if adapter is None or not adapter.reads_plainly or not RawRows.may_read(layout):
        return None
    return RawRows(opened(stream, layout.within), layout)


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
    "detect_file",
    "raw_rows",
    "rows",
]
