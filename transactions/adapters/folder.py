"""A folder of customers: `customers/<Name>.csv`, `profiles.csv`, `products.csv`, found and read.

Pure reading: who is in it, where their lines are, what is known of them. Column names are taken by
synonyms, whatever their case. What is amiss is said in `notes` and costs nobody else their file.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from transactions.adapters.base import Refused
from transactions.adapters.encodings import find_encoding
from transactions.adapters.words import fold, phrases

MAX_TABLE_BYTES = 20_000_000
_ENDINGS = (".csv", ".txt", ".ofx", ".qfx", ".qif", ".xlsx")

_PROFILE = {
    "name": "name|full name|customer|customer name|fullname|client|client name|person",
    "reference": "reference|customer id|id|customer reference|client id|number|customer number",
    "age_bracket": "age bracket|age|age group|age range|age band",
    "location": "location|city|town|region|place|state|address|home",
    "employment_status": "employment status|employment|occupation|job|job status|work|profession",
    "branch": "branch|branch name|office",
    "email": "email|e mail|mail|email address",
    "created_at": "created at|created|created on|customer since|since|joined|joined on|opened",
    "currency": "currency|ccy",
    "accounts": "accounts|products|holdings|products held|existing products",
}
_PRODUCT = {
    "code": "code|product code|product id|id|key|sku",
    "name": "name|product|product name|title",
    "kind": "kind|type|category|product type|group",
    "description": "description|details|text|summary|about",
}


@dataclass(frozen=True)
class CustomerFile:
    """One customer of the folder: the file of their lines, and their profile row if there is one."""

    name: str
    path: Path | None  # None for a profile without a file
    profile: Mapping[str, str]


@dataclass(frozen=True)
class Folder:
    """All that a folder holds."""

    path: Path
    customers: tuple[CustomerFile, ...]
    products: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]


def read_folder(path: Path) -> Folder:
    """Customers in the order of their names, products in the order of the file.

    Raises
    ------
    Refused
        no_folder, or no_customers where the folder holds no customer's file and no profile.
    """
    if not path.is_dir():
        raise Refused("no_folder", "There is no such folder.")
    notes: list[str] = []
    entries = {entry.name.casefold(): entry for entry in path.iterdir()}
    files = _customer_files(entries.get("customers"), notes)
    profiles = _by_name(_table(entries.get("profiles.csv"), _PROFILE, notes), notes)
    products = [
        row for row in _table(entries.get("products.csv"), _PRODUCT, notes) if _has_name(row)
    ]
    customers = []
    for key in sorted({*files, *profiles}):
        profile = profiles.get(key, {})
        file = files.get(key)
        name = profile.get("name") or (file.stem.replace("_", " ") if file else key)
        customers.append(CustomerFile(" ".join(name.split()), file, profile))
        if file is None:
            notes.append(
                f"profiles.csv has a row for “{name}” but customers has no file of theirs."
            )
        elif not profile and profiles:
            notes.append(f"customers/{file.name} has no row in profiles.csv.")
    if not customers:
        raise Refused(
            "no_customers",
            "The folder holds no customers: it needs customers/<Name>.csv (or .ofx, .qif), with a profiles.csv "
            "beside the customers folder.",
        )
    return Folder(path, tuple(customers), tuple(products), tuple(notes))


def _customer_files(folder: Path | None, notes: list[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    if folder is None or not folder.is_dir():
        return found
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        file = Path(entry.path)
        # A link could lead out of the folder, to any file the server can read.
        if entry.is_symlink() or not entry.is_file() or file.suffix.lower() not in _ENDINGS:
            if not entry.name.startswith("."):
                notes.append(
                    f"customers/{entry.name} was passed over: it is no OFX, QIF, CSV or Excel file."
                )
            continue
        key = fold(file.stem)
        if key in found:
            notes.append(
                f"customers/{file.name} was passed over: {found[key].name} comes before it."
            )
            continue
        found[key] = file
    return found


def _table(path: Path | None, roles: Mapping[str, str], notes: list[str]) -> list[dict[str, str]]:
    """The rows of a small table, keyed by role; columns of no role keep their folded name."""
    if path is None or path.is_symlink() or not path.is_file():
        return []
    raw = path.read_bytes()[: MAX_TABLE_BYTES + 1]
    if len(raw) > MAX_TABLE_BYTES or b"\0" in raw or not raw.strip():
        notes.append(f"{path.name} was passed over: it is empty, damaged or too large.")
        return []
    try:
        encoding, _ = find_encoding(raw, complete=True)
    except Refused as refusal:
        notes.append(f"{path.name} was passed over: {refusal.message}")
        return []
    text = raw.decode(encoding, errors="replace")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    rows = list(_rows(text, delimiter, roles))
    if not rows:
        notes.append(f"{path.name} has no rows.")
    return rows


def _rows(text: str, delimiter: str, roles: Mapping[str, str]) -> Iterator[dict[str, str]]:
    known = {phrase: role for role, text in roles.items() for phrase in phrases(text)}
    header: list[str] | None = None
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            if header is None:
                folded = [fold(name) for name in cells]
                header = [known.get(name, name.replace(" ", "_")) for name in folded]
                continue
            row: dict[str, str] = {}
            for role, cell in zip(header, cells, strict=False):
                if role and cell.strip():
                    row.setdefault(role, cell.strip())
            if row:
                yield row
    except csv.Error:
        return


def _has_name(row: Mapping[str, str]) -> bool:
    return bool(row.get("name") or row.get("code"))


def _by_name(rows: list[dict[str, str]], notes: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows, start=1):
        key = fold(row.get("name", ""))
        if not key:
            notes.append(f"Row {number} of profiles.csv has no name and was passed over.")
        elif key in found:
            notes.append(f"profiles.csv has two rows for “{row['name']}”; the first one counts.")
        else:
            found[key] = row
    return found
