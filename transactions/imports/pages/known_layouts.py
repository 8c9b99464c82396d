"""The layouts of known banks' exports that are offered where a file leaves its reading open."""

from collections.abc import Sequence
from dataclasses import dataclass

from transactions.adapters.catalogue import layouts
from transactions.adapters.catalogue.fitting import fitting
from transactions.adapters.sample import Sample
from transactions.imports.pages.understood import FileShown, Found
from transactions.models import ImportBatch

# Refusals that another layout may answer.
_OPEN = ("no_date", "no_amount", "no_rows", "ambiguous_dates", "ambiguous_sign")
FITTING = 12

Choice = tuple[str, str]  # key and name


@dataclass(frozen=True, slots=True)
class Offered:
    """Layouts to choose from: those whose columns this file has, then all others."""

    fitting: Sequence[Choice]
    others: Sequence[Choice]
    chosen: str


def offered(shown: FileShown, found: Sequence[Found]) -> Offered | None:
    """None where the file says by itself how it is to be read."""
    batch, layout = shown.batch, shown.layout
    if shown.is_sheet or (layout is not None and layout.described):
        return None
    chosen = str(batch.choices.get("format", {}).get("catalogue", ""))
    refused = batch.state == ImportBatch.State.REFUSED and batch.refused_code in _OPEN
    unsure = layout is not None and (not layout.header or not all(f.sure for f in found))
    if not (refused or unsure or chosen) or not shown.head:
        return None
    fits = [fit.known for fit in fitting(Sample(shown.head, complete=False))][:FITTING]
    keys = {known.key for known in fits}
    return Offered(
        fitting=[(known.key, known.title) for known in fits],
        others=[(known.key, known.title) for known in layouts() if known.key not in keys],
        chosen=chosen,
    )
