"""Which column of a table names the customer: by what stands in it, then by what it is called."""

from dataclasses import replace
from io import BytesIO

from accounts.customers.models import Customer
from accounts.jobs import files
from accounts.jobs.models import StoredFile
from transactions.adapters import HEAD_BYTES, Evidence, Layout
from transactions.adapters.encodings import physical_lines
from transactions.adapters.records import records
from transactions.adapters.words import fold, vocabulary

LOOKED_AT = 500
# Enough of a column's values must be customers of the bank.
_SHARE = 0.5
_TAKEN = ("booked_on", "amount", "money_out", "money_in", "direction", "balance", "currency")
_WORDS = vocabulary(
    "customer customers client clients kunde kunden kundennummer kundennr kundenname klient cliente klant "
    "zakaznik kontoinhaber titulaire holder cif"
)
_ID_WORDS = vocabulary("reference ref id number no nr num code key cif kundennummer kundennr")


def with_customer(file: StoredFile, layout: Layout) -> tuple[Layout, Evidence | None]:
    """The layout with the column that names the customer, and why it is that one; as it was where none does."""
    if layout.described or layout.column("customer") is not None:
        return layout, None
    taken = {at for role in _TAKEN for at in layout.columns.get(role, ())}
    columns = [at for at in range(_width(layout)) if at not in taken]
    cells = _cells(file, layout)
    values = {at: {row[at].strip()[:40] for row in cells} - {""} for at in columns}
    wanted = set().union(*values.values()) if values else set()
    known = set(Customer.objects.filter(reference__in=wanted).values_list("reference", flat=True))
    shares = {at: len(v & known) / len(v) for at, v in values.items() if v}
    best = max(shares, key=lambda at: (shares[at], -at), default=None)
    if best is not None and shares[best] >= _SHARE:
        return _taken_as(layout, best, "its values are references of customers", sure=True)
    named = [at for at in columns if _named(layout, at) & _WORDS]
    if not named:
        return layout, None
    named.sort(key=lambda at: (-shares.get(at, 0), not _named(layout, at) & _ID_WORDS, at))
    return _taken_as(layout, named[0], "it is called so", sure=False)


def without_customer(layout: Layout) -> Layout:
    """The layout as it reads a file of one customer."""
    if "customer" not in layout.columns:
        return layout
    columns = {role: at for role, at in layout.columns.items() if role != "customer"}
    return replace(layout, columns=columns)


def _taken_as(layout: Layout, column: int, why: str, *, sure: bool) -> tuple[Layout, Evidence]:
    """What the column was taken for before, it is no more."""
    columns = {
        role: tuple(at for at in places if at != column) for role, places in layout.columns.items()
    }
    columns = {role: places for role, places in columns.items() if places}
    found = replace(layout, columns={**columns, "customer": (column,)}, adapter="GENERIC_CSV")
    return found, Evidence("Customer", f"“{layout.name_of(column)}”", why, sure)


def _named(layout: Layout, column: int) -> set[str]:
    return set(fold(layout.header[column]).split()) if column < len(layout.header) else set()


def _width(layout: Layout) -> int:
    return len(layout.header) or max(layout.widths, default=0)


def _cells(file: StoredFile, layout: Layout) -> list[list[str]]:
    width = _width(layout)
    found = records(
        physical_lines(BytesIO(files.head(file, HEAD_BYTES)), layout.encoding),
        delimiter=layout.delimiter,
        quote=layout.quote,
        widths={width, *layout.widths},
        first_line=layout.first_line,
    )
    rows: list[list[str]] = []
    for _number, cells, _raw, problem in found:
        if not problem:
            rows.append((cells + [""] * width)[:width])
        if len(rows) >= LOOKED_AT:
            break
    return rows
