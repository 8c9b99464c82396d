"""What a person says of how a file is read, put to the file; an answer may open the next question."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from transactions.adapters import Layout, Refused
from transactions.adapters.catalogue import by_key
from transactions.adapters.encodings import NAMES
from transactions.adapters.table import DELIMITERS, HEADER_WITHIN
from transactions.imports import services
from transactions.imports.errors import ImportProblem
from transactions.imports.pages.understood import DAY_ORDERS, DECIMALS
from transactions.imports.reading import layout_of
from transactions.imports.receive import refuse
from transactions.models import ImportBatch

# What may be said of each thing; anything else never came from a page.
_KNOWN: Mapping[str, Callable[[str], bool]] = {
    "encoding": NAMES.__contains__,
    "delimiter": DELIMITERS.__contains__,
    "date_order": DAY_ORDERS.__contains__,
    "decimal": DECIMALS.__contains__,
    # A number that no sheet of the workbook has is passed over when it is read.
    "sheet": lambda v: v.isascii() and v.isdigit() and len(v) < 5,
    "catalogue": lambda v: by_key(v) is not None,
    "header_line": lambda v: v.isascii() and v.isdigit() and 1 <= int(v[:4]) <= HEADER_WITHIN,
}
# Change nothing but the reading of cells, so the columns a person named stay named.
_IN_CELLS = ("date_order", "decimal")
# Said of columns that are gone once the file is cut into other ones.
_OF_COLUMNS = ("mapped", "flipped", "answered")


def read_otherwise(batch: ImportBatch, field: str, value: str) -> ImportBatch:
    """The file read with one thing said otherwise, added to what was said before.

    Where that opens the next question (first the order of days, then the sign) the batch is left in
    state REFUSED with it. Raises Refused where the file can't be read so, ImportProblem for a value
    that can't be meant or a batch beyond it; then nothing has changed.
    """
    known = _KNOWN.get(field)
    if known is None or not known(value):
        if field == "header_line":
            raise ImportProblem(
                _("Write the number of the line with the names, from 1 to %(n)d.")
                % {"n": HEADER_WITHIN}
            )
        raise ImportProblem(_("Choose one of the list."))
    said = {**batch.choices.get("format", {}), field: value}
    if field in _IN_CELLS and batch.state != ImportBatch.State.REFUSED:
        layout = layout_of(batch)
        changed = (
            replace(layout, date_order=value)
            if field == "date_order"
            else replace(layout, decimal=value)
        )
        return _read_by(batch, changed, said)
    try:
        with transaction.atomic():
            _forget_mapping(batch)
            return services.choose(batch, format_choices=said)
    except Refused as refused:
        if refused.detection is None:
            raise
        return _ask(batch, refused, said)


def turn(batch: ImportBatch, *, flip: bool) -> ImportBatch:
    """Money in and money out exchanged, or kept as guessed; said once, it isn't asked again."""
    layout = layout_of(batch)
    if flip:
        layout = layout.flipped()
    said = dict(batch.choices.get("format", {}))
    if layout.sign in ("signed", "reversed", "unmarked_out"):
        said["sign"] = layout.sign
    turned = bool(batch.choices.get("flipped")) != flip
    return _read_by(batch, layout, said, flipped=turned, answered=True)


def map_columns(batch: ImportBatch, layout: Layout) -> ImportBatch:
    """The columns as the person named them."""
    if layout == layout_of(batch) and batch.state != ImportBatch.State.REFUSED:
        return batch
    return _read_by(batch, layout, dict(batch.choices.get("format", {})), mapped=True)


def _read_by(
    batch: ImportBatch, layout: Layout, said: dict[str, str], **marks: bool
) -> ImportBatch:
    with transaction.atomic():
        batch = services.choose(batch, layout=layout)
        batch.choices = {**batch.choices, **marks, "format": said}
        batch.save(update_fields=["choices"])
    return batch


def _forget_mapping(batch: ImportBatch) -> None:
    """A file that is cut into columns anew has no columns named, nor signs turned, any more."""
    kept = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    kept.choices = {k: v for k, v in kept.choices.items() if k not in _OF_COLUMNS}
    kept.save(update_fields=["choices"])


def _ask(batch: ImportBatch, refused: Refused, said: dict[str, str]) -> ImportBatch:
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        batch.choices["format"] = said
        refuse(batch, refused)
        audit.record(
            act="import.chosen",
            subject=batch,
            after={"choices": batch.choices, "refused": batch.refused_code},
            customer_id=batch.customer_id,
        )
    return batch
