"""What every source format hands on: raw ledger lines, and how the file was understood.

Adapters are pure reading: bytes in, one result per row out, no database. Lines of the file are
counted from 1 as received; amounts are signed from the owner's side (money in is positive).
"""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from transactions.adapters.words import fold

if TYPE_CHECKING:
    from transactions.adapters.sample import Sample


class Line(NamedTuple):
    """One transaction as the source states it."""

    line: int
    booked_on: date
    value_on: date | None
    amount: Decimal
    text: str
    counterparty: str
    reference: str
    category: str
    account: str
    currency: str
    balance: Decimal | None
    provider_id: str
    status: str


class NotATransaction(NamedTuple):
    """A row under the header that is none: a stated balance, a total, a note, a second text row."""

    line: int
    raw: str
    why: str


class Reject(NamedTuple):
    """A row that should be a transaction and cannot be read."""

    line: int
    column: str
    value: str
    code: str
    reason: str
    fix: str
    raw: str


class Stated(NamedTuple):
    """A balance that the file states for an account at the end of a day; `opening` at its start."""

    line: int
    account: str
    currency: str
    day: date
    amount: Decimal
    opening: bool
    raw: str


Row = Line | NotATransaction | Reject | Stated

# Parts customer and account in a line's `account` where a column names the customer.
CUSTOMER_MARK = "\x1e"

# What a column may stand for, with the words the import wizard shows.
ROLES: Mapping[str, str] = {
    "booked_on": "Booked on",
    "value_on": "Value on",
    "amount": "Amount",
    "money_out": "Money out",
    "money_in": "Money in",
    "direction": "In or out",
    "text": "Text",
    "counterparty": "Other party",
    "reference": "Reference",
    "category": "Category",
    "account": "Account",
    "customer": "Customer",
    "currency": "Currency",
    "balance": "Stated balance",
    "provider_id": "Bank's id",
    "status": "Status",
}

# How the sign of an amount is to be read.
SIGNS: Mapping[str, str] = {
    "signed": "minus is money out",
    "reversed": "plus is money out",
    "direction": "a column says in or out",
    "two_columns": "one column for money out, one for money in",
    "unmarked_out": "money in is marked, the rest is money out",
}


@dataclass(frozen=True)
class Layout:
    """How to read one kind of file; saved as JSON it is a bank's or a person's mapping."""

    adapter: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    first_line: int = 1  # physical line of the first row under the header
    header: tuple[str, ...] = ()  # names as in the file; empty where the file has none
    widths: tuple[int, ...] = ()  # numbers of cells that a row may have
    columns: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # role to column indexes
    date_order: str = "ymd"
    decimal: str = "."
    sign: str = "signed"
    directions: Mapping[str, int] = field(default_factory=dict)  # cell, casefolded, to +1 or -1
    out_negative: bool = False  # the money-out column itself carries minus signs
    in_negative: bool = False
    currency: str = ""  # for rows that name none
    amount_currencies: tuple[str, ...] = ()  # one per amount column, where they differ
    continued: bool = False  # a row without day and amount continues the text above it
    described: bool = False  # the format itself says what each value is: there are no columns
    within: tuple[str, ...] = ()  # the way to the text in a packed file (see adapters.packed)

    def to_json(self) -> dict[str, Any]:
        stored = asdict(self)
        stored["columns"] = {role: list(at) for role, at in self.columns.items()}
        for name in ("header", "widths", "amount_currencies", "within"):
            stored[name] = list(stored[name])
        stored["directions"] = dict(self.directions)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Layout":
        """The layout of a saved mapping; ValueError names what is wrong with it."""
        known = {f.name for f in fields(cls)}
        if unknown := set(stored) - known:
            raise ValueError(f"unknown layout fields: {', '.join(sorted(unknown))}")
        values = dict(stored)
        try:
            for name in ("header", "widths", "amount_currencies", "within"):
                if name in values:
                    values[name] = tuple(values[name])
            if "columns" in values:
                values["columns"] = {role: tuple(at) for role, at in values["columns"].items()}
            layout = cls(**values)
            layout.check()
        except (AttributeError, LookupError, TypeError) as error:
            raise ValueError(f"the saved mapping is damaged: {error}") from error
        return layout

    def check(self) -> None:
        """Raise ValueError unless the layout is complete enough to read by."""
        if unknown := set(self.columns) - set(ROLES):
            raise ValueError(f"unknown column roles: {', '.join(sorted(unknown))}")
        if self.sign not in SIGNS or self.decimal not in (".", ",") or len(self.delimiter) != 1:
            raise ValueError("sign, decimal mark or delimiter is not one of the known ones")
        if self.date_order not in ("dmy", "mdy", "ymd"):
            raise ValueError("the day order must be dmy, mdy or ymd")
        codecs.lookup(self.encoding)
        if self.described:
            if self.columns:
                raise ValueError("a format that describes itself has no columns")
            return
        if not self.columns.get("booked_on"):
            raise ValueError("no column holds the day")
        wanted = ("money_out", "money_in") if self.sign == "two_columns" else ("amount",)
        if not any(self.columns.get(role) for role in wanted):
            raise ValueError("no column holds the amount")
        if self.sign == "direction" and not self.columns.get("direction"):
            raise ValueError("no column says in or out")
        width = len(self.header) or max(self.widths, default=0)
        if any(not 0 <= i < width for at in self.columns.values() for i in at):
            raise ValueError("a column lies outside the rows of the file")

    def signature(self) -> str:
        """What marks files of this kind, the same for every file: delimiter, names, or width.

        Of a format that describes itself, its name.
        """
        if self.described:
            return sha256(self.adapter.encode()).hexdigest()
        shape = [fold(name) for name in self.header] or [str(width) for width in self.widths]
        return sha256("\x1f".join([self.delimiter, *shape]).encode()).hexdigest()

    def name_of(self, index: int) -> str:
        """The column's name as in the file, or its number where it has none."""
        if index < len(self.header) and self.header[index].strip():
            return self.header[index].strip()
        return f"column {index + 1}"

    def column(self, role: str) -> int | None:
        """The first column of a role."""
        at = self.columns.get(role, ())
        return at[0] if at else None

    def flipped(self) -> "Layout":
        """The same layout with money in and money out exchanged."""
        if self.sign == "direction":
            return replace(self, directions={word: -s for word, s in self.directions.items()})
        if self.sign == "two_columns":
            swapped = dict(self.columns)
            swapped["money_out"] = self.columns.get("money_in", ())
            swapped["money_in"] = self.columns.get("money_out", ())
            return replace(
                self,
                columns=swapped,
                out_negative=self.in_negative,
                in_negative=self.out_negative,
            )
        return replace(self, sign="signed" if self.sign == "reversed" else "reversed")


class Option(NamedTuple):
    """Another reading a person may choose: the value for the layout field, and its words."""

    value: str
    words: str


class Evidence(NamedTuple):
    """One thing found in the file, shown in the wizard with what it rests on."""

    what: str  # "Day order"
    found: str  # "day.month.year"
    why: str  # "all rows fit; month first fails on 941"
    sure: bool = True
    field: str = ""  # the layout field that `options` are values for
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Detection:
    """The adapter and layout found, how well they fit (0 to 1), and why."""

    adapter: str
    layout: Layout
    score: float
    evidence: tuple[Evidence, ...] = ()
    first_values: tuple[str, ...] = ()  # of each column, from its first filled row
    label: str = ""  # "Chase checking"
    saved: bool = False  # a saved mapping was used


class Refused(Exception):
    """The file cannot be read: one sentence in the user's words, and a code for programs.

    `detection` is the best guess where only one question is open (the day order, say), so that a
    person can answer it.
    """

    def __init__(self, code: str, message: str, detection: Detection | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.detection = code, message, detection


class Adapter(Protocol):
    """One source format: recognises a file by its content and reads its rows."""

    name: str
    label: str
    # Whether `rows` is what the layout says of each record, and nothing more: then cells can be remembered.
    reads_plainly: bool

    def detect(self, sample: "Sample", saved: Sequence[Layout]) -> Detection | None: ...

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]: ...
