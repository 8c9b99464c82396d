"""The kept file of a batch, recognised and read by its adapter."""

import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO, cast
from uuid import UUID

from accounts.cards import cut_in
from accounts.customers.models import Customer
from accounts.jobs import files
from accounts.jobs.models import StoredFile
from transactions import adapters
from transactions.adapters import Detection, Layout, RawRows, Refused, Row
from transactions.adapters.mended import import_of_layout
from transactions.adapters.packed import is_packed, look, opened
from transactions.imports.bulk.columns import without_customer
from transactions.imports.errors import PlanMissing
from transactions.models import ImportBatch, ImportProfile
from transactions.plain_money import decimals_of


class Progress:
    """A stream that knows how much of the file has been read; memory stays flat.

    It asks the database for a piece of the file at a time; `before` is called before each.
    """

    def __init__(self, file: StoredFile) -> None:
        self.size = file.size
        self.done = 0
        self.before: Callable[[], None] = lambda: None
        self._stream = files.open_stored(file)
        self._piece = io.BytesIO()

    def read(self, size: int = -1, /) -> bytes:
        block = self._piece.read(size)
        if not block:
            self.before()
            self._piece = io.BytesIO(self._stream.read(files.CHUNK_BYTES))
            block = self._piece.read(size)
        self.done += len(block)
        return block

    def rows_expected(self, rows: int) -> int:
        """How many rows the whole file has, as far as the part read can tell."""
        return max(rows, rows * self.size // self.done) if self.done else rows


def recognise(
    file: StoredFile, *, customer: Customer | None, only: str | None = None, currency: str = ""
) -> Detection:
    """How the kept file is to be read, for an account in `currency`; raises adapters.Refused."""
    saved = saved_layouts(customer)
    found = recognise_by(file, customer=customer, saved=saved, only=only)
    if decimals_of(currency) != _THREE:
        return found
    # Three digits behind a mark are thousands, unless the currency itself has three decimals.
    for said in found.evidence:
        if said.field == "decimal" and not said.sure and said.options:
            choices = {"decimal": said.options[0].value}
            return recognise_by(file, customer=customer, saved=saved, only=only, choices=choices)
    return found


_THREE = 3


def recognise_by(
    file: StoredFile,
    *,
    customer: Customer | None,
    saved: Sequence[Layout] = (),
    only: str | None = None,
    choices: Mapping[str, str] | None = None,
) -> Detection:
    """The same by these mappings, and by what a person said of the file; raises adapters.Refused."""
    with files.open_stored(file) as stream:
        return adapters.detect_file(
            stream,
            name=file.name,
            saved=saved,
            only=only,
            choices=choices,
            layout_of=lambda import_id: _layout_of_import(import_id, customer),
        )


def import_mended(layout: Layout, customer: Customer | None) -> ImportBatch | None:
    """The import whose rejected rows a file holds, None for any other file or another's import."""
    return _import_by_id(import_of_layout(layout), customer)


def _layout_of_import(import_id: str, customer: Customer | None) -> Layout | None:
    batch = _import_by_id(import_id, customer)
    try:
        return Layout.from_json(batch.layout) if batch is not None else None
    except (ValueError, TypeError):
        return None


def _import_by_id(import_id: str, customer: Customer | None) -> ImportBatch | None:
    try:
        public_id = UUID(import_id)
    except ValueError:
        return None
    return ImportBatch.objects.filter(public_id=public_id, customer=customer).first()


def text_head(file: StoredFile, layout: Layout | None, size: int) -> bytes:
    """The first bytes of the file's text; of a packed file that of what is inside, if it can be read."""
    with files.open_stored(file) as stream:
        if layout is not None and layout.within:
            return opened(stream, layout.within).read(size)
        head = stream.read(size)
        if layout is not None or not is_packed(head):
            return head
    with files.open_stored(file) as stream:
        try:
            return look(stream, limit=size, choices={}).head
        except Refused:
            return b""


def saved_layouts(customer: Customer | None) -> list[Layout]:
    """The customer's saved mappings, then the bank's; one that no longer reads is passed over."""
    profiles = ImportProfile.objects.filter(customer=None)
    if customer is not None:
        profiles = profiles | ImportProfile.objects.filter(customer=customer)
    found = []
    for profile in sorted(profiles, key=lambda p: (p.customer_id is None, -p.pk)):
        try:
            layout = Layout.from_json(profile.layout)
            # A column that says whose the rows are means nothing in a file of one customer.
            found.append(layout if customer is None else without_customer(layout))
        except (ValueError, TypeError):
            continue
    return found


def describe(detection: Detection) -> dict[str, Any]:
    """What was found and why, as the batch keeps it and the pages show it."""
    said = {
        "adapter": detection.adapter,
        "label": detection.label,
        "score": detection.score,
        "saved": detection.saved,
        "evidence": [
            {**asdict_shallow(found), "options": [list(option) for option in found.options]}
            for found in detection.evidence
        ],
        "first_values": list(detection.first_values),
    }
    return dict(cut_in(said))


def asdict_shallow(found: Any) -> dict[str, Any]:
    """The fields of a NamedTuple or dataclass by name."""
    return found._asdict() if hasattr(found, "_asdict") else asdict(found)


def layout_of(batch: ImportBatch) -> Layout:
    """The batch's mapping; PlanMissing says that it can't be read by."""
    try:
        return Layout.from_json(cast("Mapping[str, Any]", batch.layout))
    except (ValueError, TypeError) as error:
        raise PlanMissing(
            "How this file is to be read is not settled yet; say what its columns are.",
            "layout_missing",
        ) from error


def open_rows(batch: ImportBatch) -> tuple[Iterator[Row], Progress]:
    """Every row of the batch's file, and how far the reading is."""
    progress, layout = _opened(batch)
    return adapters.rows(cast(BinaryIO, progress), layout), progress


def open_quick(batch: ImportBatch) -> tuple[Iterator[Row] | RawRows, Progress]:
    """The same, the rows unread where the layout lets their cells be remembered."""
    progress, layout = _opened(batch)
    stream = cast(BinaryIO, progress)
    return adapters.raw_rows(stream, layout) or adapters.rows(stream, layout), progress


def _opened(batch: ImportBatch) -> tuple[Progress, Layout]:
    if batch.file is None:
        raise PlanMissing("There is no file behind this import.", "file_missing")
    return Progress(batch.file), layout_of(batch)


def packed(verdicts: bytes) -> bytes:
    """One character a row, compressed as the batch keeps it."""
    return zlib.compress(verdicts, 9)


def verdicts_of(batch: ImportBatch) -> bytes:
    """The plan's verdicts, one character a row of the file."""
    return zlib.decompress(bytes(batch.verdicts)) if batch.verdicts else b""
