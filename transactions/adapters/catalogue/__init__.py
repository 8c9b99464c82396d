"""Layouts of known banks' exports, kept as data: layouts.csv, one line each.

What columns stand for by their place, the delimiter, the lines before and after, the order of days, how signs are
written. The facts were gathered by bank2ynab (MIT licence) and by the import configurations of Firefly III (Creative
Commons); the file says for each layout where it is from. A file is held against them by what it holds, never by its
name, and only where its own content leaves a question open; a person may also choose one by the bank's name.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LAYOUTS = Path(__file__).with_name("layouts.csv")
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
SIGNED_SIDES = "two_columns_signed"  # the column of money out itself carries minus signs


@dataclass(frozen=True)
class Known:
    """One layout: `columns` holds a role for each place, "-" for one without."""

    key: str
    bank: str
    country: str
    delimiter: str
    lines_before: int  # the line of names is the last of them
    lines_after: int
    days: str  # dmy, mdy, ymd; "" where it isn't known
    written: str
    sign: str
    out_negative: bool
    in_and_out: tuple[str, ...]  # the words for money in and money out
    columns: tuple[str, ...]
    source: str

    @property
    def title(self) -> str:
        return f"{self.bank} ({self.country.upper()})" if self.country else self.bank

    def places(self, role: str) -> tuple[int, ...]:
        return tuple(at for at, found in enumerate(self.columns) if found == role)


@lru_cache(maxsize=1)
def layouts() -> Sequence[Known]:
    """Every layout of the catalogue, by country and bank."""
    with LAYOUTS.open(newline="", encoding="utf-8") as file:
        found = [_known(row) for row in csv.DictReader(file)]
    return tuple(sorted(found, key=lambda k: (k.country or "zz", k.bank.casefold(), k.key)))


def by_key(key: str) -> Known | None:
    return next((known for known in layouts() if known.key == key), None)


def _known(row: dict[str, str]) -> Known:
    return Known(
        key=row["key"],
        bank=row["bank"],
        country=row["country"],
        delimiter=_DELIMITERS[row["delimiter"]],
        lines_before=int(row["lines_before"]),
        lines_after=int(row["lines_after"]),
        days=row["days"],
        written=row["written"],
        sign="two_columns" if row["sign"] == SIGNED_SIDES else row["sign"],
        out_negative=row["sign"] == SIGNED_SIDES,
        in_and_out=tuple(row["in_and_out"].split("/")) if row["in_and_out"] else (),
        columns=tuple(row["columns"].split()),
        source=row["source"],
    )
