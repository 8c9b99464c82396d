"""How a file is read, as its pages show it: each column with its first value, each thing found with
what it rests on, the first lines as received."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cards import cut_card_numbers
from transactions import adapters
from transactions.adapters import Layout, Line
from transactions.adapters.encodings import NAMES, physical_lines
from transactions.adapters.packed import SHEET
from transactions.adapters.records import records
from transactions.adapters.table import DELIMITER_NAMES
from transactions.amounts import AmountError, read_amount
from transactions.categories.clean import clean_text
from transactions.days import DayError, parse_day
from transactions.imports import reading
from transactions.imports.accounts import mask
from transactions.imports.bulk.covering import covered
from transactions.models import BankAccount, ImportBatch

HEAD_BYTES = 65_536
_MONEY = ("amount", "money_out", "money_in")
SHOWN_LINES = 12
SHOWN_WIDTH = 400

ROLES: Mapping[str, str | Promise] = {
    "booked_on": gettext_lazy("Booked on"),
    "value_on": gettext_lazy("Value on"),
    "amount": gettext_lazy("Amount"),
    "money_out": gettext_lazy("Money out"),
    "money_in": gettext_lazy("Money in"),
    "direction": gettext_lazy("In or out"),
    "text": gettext_lazy("Text"),
    "counterparty": gettext_lazy("Other party"),
    "reference": gettext_lazy("Reference"),
    "category": gettext_lazy("Category"),
    "account": gettext_lazy("Account"),
    "customer": gettext_lazy("Customer"),
    "currency": gettext_lazy("Currency"),
    "balance": gettext_lazy("Stated balance"),
    "provider_id": gettext_lazy("Bank’s id"),
    "status": gettext_lazy("Status"),
}


def roles_of(batch: ImportBatch) -> dict[str, str | Promise]:
    """What a column of this file may be: whose a row is, only where that isn't known already."""
    return {role: words for role, words in ROLES.items() if role != "customer" or batch.is_bulk}


DAY_ORDERS: Mapping[str, str | Promise] = {
    "dmy": gettext_lazy("day, month, year"),
    "mdy": gettext_lazy("month, day, year"),
    "ymd": gettext_lazy("year, month, day"),
}
DECIMALS: Mapping[str, str | Promise] = {
    ".": gettext_lazy("dot: 1,284.07"),
    ",": gettext_lazy("comma: 1.284,07"),
}
SIGNS: Mapping[str, str | Promise] = {
    "signed": gettext_lazy("minus is money out"),
    "reversed": gettext_lazy("plus is money out"),
    "direction": gettext_lazy("a column says in or out"),
    "two_columns": gettext_lazy("one column for money out, one for money in"),
    "unmarked_out": gettext_lazy("money in is marked, the rest is money out"),
}
_ONE_BYTE = ("utf-8", "cp1252", "cp1250", "iso8859-15", "iso8859-2", "cp1251", "cp1253", "cp1254",
             "cp1257", "mac-roman", "cp850", "cp852")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understood:
    """What a cell was taken for; one of the fields is filled. `way` is out, in or empty."""

    day: date | None = None
    amount: Decimal | None = None
    currency: str = ""
    way: str = ""
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ColumnShown:
    index: int
    name: str
    role: str
    role_name: str | Promise
    first: str
    understood: Understood


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found in the file. `control` is how it can be changed: select, flip, line or nothing."""

    what: str
    found: str
    why: str
    sure: bool
    field: str = ""
    control: str = ""
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RawLine:
    number: int
    text: str
    is_header: bool


# Fields of things that named formats find without offering another reading.
_FIELDS = {"Sign": "sign", "Day order": "date_order", "Starts at": "header_line"}


class FileShown:
    """The beginning of one kept file, read by the mapping it has now."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.layout: Layout | None
        try:
            self.layout = Layout.from_json(batch.layout) if batch.layout else None
        except ValueError:
            self.layout = None
        self._head: bytes | None = None

    @property
    def is_sheet(self) -> bool:
        """Whether rows are those of a workbook: its letters are never in doubt."""
        return self.layout is not None and any(s.startswith(SHEET) for s in self.layout.within)

    @property
    def head(self) -> bytes:
        if self._head is None:
            file = self.batch.file
            self._head = reading.text_head(file, self.layout, HEAD_BYTES) if file else b""
        return self._head

    def first_line(self, layout: Layout | None = None) -> Line | None:
        """The first payment that can be read, by this mapping or another."""
        layout = layout or self.layout
        if layout is None:
            return None
        try:
            found = adapters.rows(BytesIO(self.head), replace(layout, within=()))
            return next((row for row in found if isinstance(row, Line)), None)
        except (adapters.Refused, ValueError, LookupError):
            return None

    def cells(self, limit: int = 500) -> list[tuple[int, list[str]]]:
        """Rows under the header as received: line number and cells."""
        if self.layout is None or self.layout.described:
            return []
        width = len(self.layout.header) or max(self.layout.widths, default=1)
        found = records(
            physical_lines(BytesIO(self.head), self.layout.encoding),
            delimiter=self.layout.delimiter,
            quote=self.layout.quote,
            widths={width, *self.layout.widths},
            first_line=self.layout.first_line,
        )
        rows: list[tuple[int, list[str]]] = []
        for number, cells, _raw, problem in found:
            if not problem:
                rows.append((number, (cells + [""] * width)[:width]))
            if len(rows) >= limit:
                break
        return rows

    def columns(self) -> list[ColumnShown]:
        """Every column of the file, what it was taken for, and its first value."""
        layout = self.layout
        if layout is None or layout.described:
            return []
        line = self.first_line()
        rows = self.cells(200)
        own = next((cells for number, cells in rows if line and number == line.line), None)
        role_of = {at: role for role, places in layout.columns.items() for at in places}
        width = len(layout.header) or max(layout.widths, default=0)
        kept = [str(value) for value in self.batch.detection.get("first_values", [])]
        shown = []
        for index in range(width):
            role = role_of.get(index, "")
            first = own[index].strip() if own else ""
            taken = line if first else None
            if not first:
                first = next((c[index].strip() for _n, c in rows if c[index].strip()), "")
                first = first or (kept[index] if index < len(kept) else "")
            understood = self._understood(layout, index, role, first, taken) if first else None
            name = layout.header[index].strip() if index < len(layout.header) else ""
            shown.append(
                ColumnShown(
                    index=index,
                    name=name or _("Column %(n)d") % {"n": index + 1},
                    role=role,
                    role_name=ROLES.get(role, _("Ignored")),
                    first=self._said(mask(first) if role == "account" else first[:60]),
                    understood=understood or Understood(text=_("empty") if role else ""),
                )
            )
        return shown

    def _said(self, text: str) -> str:
        plain = cut_card_numbers(text)
        return covered(plain) if self.batch.is_bulk else plain

    def _understood(
        self, layout: Layout, index: int, role: str, first: str, line: Line | None
    ) -> Understood:
        if role in ("booked_on", "value_on"):
            try:
                return Understood(day=parse_day(first, layout.date_order))
            except DayError as error:
                return Understood(problem=error.reason)
        if role in ("amount", "money_out", "money_in", "balance"):
            currency = self.currency(index, line)
            if line is not None and role != "balance":
                way = "out" if line.amount < 0 else "in" if line.amount > 0 else ""
                return Understood(amount=line.amount, currency=currency, way=way)
            return _money(layout, role, first, currency)
        if role == "text":
            return Understood(text=clean_text(cut_card_numbers(first)))
        if role == "account":
            account = self.batch.account
            return Understood(text=str(account) if account else mask(first))
        if role == "direction":
            return Understood(text=self._direction(layout, first))
        return Understood(text=self._said(first[:60]) if role else "")

    def currency(self, index: int | None = None, line: Line | None = None) -> str:
        """The currency of an amount: the row's, the column's, the account's."""
        layout = self.layout
        if line is not None and line.currency:
            return line.currency
        if layout is not None and index is not None and layout.amount_currencies:
            places = layout.columns.get("amount", ())
            if index in places:
                return layout.amount_currencies[places.index(index)]
        if layout is not None and layout.currency:
            return layout.currency
        if self.batch.account is None:  # one may be asked for, and made once the file can be read
            return str(self.batch.choices.get("new_account", {}).get("currency", ""))
        return self.batch.account.currency

    def currencies_taken(self) -> list[tuple[str, str]]:
        """Currency and name of each account whose currency stands in for one that the file doesn't name."""
        layout, line = self.layout, self.first_line()
        if layout is None or layout.currency or layout.column("currency") is not None:
            return []
        if any(layout.amount_currencies) or line is None or line.currency:
            return []
        places = [at for role in _MONEY for at in layout.columns.get(role, ())]
        if any(_names_currency(layout, cells[at]) for _n, cells in self.cells(50) for at in places):
            return []
        planned = {int(pk) for pk in self.batch.basis.get("accounts", {})}
        own = self.batch.account
        if own is not None and planned <= {own.pk}:
            accounts = [own]
        else:
            accounts = list(BankAccount.objects.filter(pk__in=planned).order_by("id"))
        return [(account.currency, str(account)) for account in accounts]

    @staticmethod
    def _direction(layout: Layout, first: str) -> str:
        turn = layout.directions.get(first.strip().casefold(), 0)
        return _("money in") if turn > 0 else _("money out") if turn < 0 else first[:60]

    def found(self) -> list[Found]:
        """What was detected, each with its evidence as it stands now and how it can be changed."""
        layout = self.layout
        if layout is None:
            return []
        chosen = self.batch.choices.get("format", {})
        first = self.first_day()
        shown = []
        for evidence in self.batch.detection.get("evidence", []):
            field = str(evidence.get("field", ""))
            # A format that describes itself says what may be read otherwise, and nothing else may.
            if not layout.described:
                field = _FIELDS.get(evidence["what"], field)
            why = str(evidence["why"])
            if field in chosen or (field == "sign" and _was_turned(self.batch, evidence)):
                why = _("as you chose")
            shown.append(_as_found(layout, evidence, field, why, first))
        return shown + self._unsaid(layout, {f.field for f in shown if f.field}, first)

    def _unsaid(self, layout: Layout, said: set[str], first: str) -> list[Found]:
        """What a known kind of file or a saved mapping settles without looking; it can be wrong."""
        why = (
            _("as your saved mapping says")
            if self.batch.detection.get("saved")
            else _("as files of this kind are written")
        )
        chosen = self.batch.choices.get("format", {})
        names = {"date_order": _("Day order"), "sign": _("Sign"), "decimal": _("Decimal mark")}
        return [
            _as_found(
                layout,
                {"what": what, "found": "", "sure": True},
                field,
                _("as you chose") if field in chosen else why,
                first,
            )
            for field, what in names.items()
            if field not in said and not layout.described
        ]

    def first_day(self) -> str:
        """The first filled cell of the day column, as received."""
        if self.layout is not None and self.layout.described:
            return next(iter(self.batch.detection.get("first_values", [])), "")
        at = self.layout.column("booked_on") if self.layout else None
        if at is None:
            return ""
        return next((c[at].strip() for _n, c in self.cells(50) if c[at].strip()), "")

    def lines(self) -> list[RawLine]:
        """The file's first lines with the one that names the columns marked; card numbers are cut."""
        layout = self.layout
        encoding = layout.encoding if layout else "utf-8"
        header = layout.first_line - 1 if layout and layout.header else 0
        wanted = max(SHOWN_LINES, header + 6)
        shown = []
        for number, text in enumerate(physical_lines(BytesIO(self.head), encoding), 1):
            plain = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in str(text))
            shown.append(RawLine(number, self._said(plain[:SHOWN_WIDTH]), number == header))
            if number >= wanted:
                break
        return shown


def _names_currency(layout: Layout, cell: str) -> bool:
    """Whether an amount is written with its currency, such as € 4.20."""
    try:
        return bool(read_amount(cell.strip(), layout.decimal).currency)
    except AmountError:
        return False


def _money(layout: Layout, role: str, first: str, currency: str) -> Understood:
    """An amount that stands in another row than the first payment: by its own cell alone."""
    try:
        value = read_amount(first, layout.decimal).value
    except AmountError as error:
        return Understood(problem=error.reason)
    if role == "money_out":
        return Understood(amount=-abs(value), currency=currency, way="out")
    if role == "money_in":
        return Understood(amount=abs(value), currency=currency, way="in")
    return Understood(amount=value, currency=currency)


def _was_turned(batch: ImportBatch, evidence: Mapping[str, Any]) -> bool:
    said = batch.choices.get("flipped") or batch.choices.get("answered")
    return bool(said) or evidence.get("why") == "as you chose"


def _as_found(
    layout: Layout, evidence: Mapping[str, Any], field: str, why: str, first: str
) -> Found:
    what, found, sure = str(evidence["what"]), str(evidence["found"]), bool(evidence["sure"])
    if field == "sign":
        words = two_columns(layout) if layout.sign == "two_columns" else str(SIGNS[layout.sign])
        return Found(what, words, why, sure, "sign", "flip")
    if field == "date_order":
        others = [(o, _day_option(o, first)) for o in DAY_ORDERS if o != layout.date_order]
        now = str(DAY_ORDERS[layout.date_order])
        return Found(what, now, why, sure, field, "select", "", tuple(others))
    if field == "decimal":
        marks = [(m, str(words)) for m, words in DECIMALS.items() if m != layout.decimal]
        return Found(
            what, str(DECIMALS[layout.decimal]), why, sure, field, "select", "", tuple(marks)
        )
    if field == "encoding":
        names = [(n, NAMES[n]) for n in _ONE_BYTE if n != layout.encoding]
        return Found(
            what, NAMES.get(layout.encoding, found), why, sure, field, "select", "", tuple(names)
        )
    if field == "delimiter":
        marks = [(m, n) for m, n in DELIMITER_NAMES.items() if m != layout.delimiter]
        now = DELIMITER_NAMES.get(layout.delimiter, found)
        return Found(what, now, why, sure, field, "select", "", tuple(marks))
    if field in ("sheet", "catalogue") and evidence.get("options"):
        given = tuple((str(value), str(words)) for value, words in evidence["options"])
        return Found(what, found, why, sure, field, "select", "", given)
    if field == "header_line":
        line = str(max(1, layout.first_line - (1 if layout.header else 0)))
        return Found(what, found, why, sure, field, "line", line)
    return Found(what, found, why, sure)


def two_columns(layout: Layout) -> str:
    """Which column is money out and which money in, by their names or numbers."""

    def names(role: str) -> str:
        return ", ".join(f"“{layout.name_of(at)}”" for at in layout.columns.get(role, ()))

    out, back = names("money_out"), names("money_in")
    if out and back:
        return _("%(out)s is money out, %(in)s money in") % {"out": out, "in": back}
    return (
        _("%(out)s is money out") % {"out": out} if out else _("%(in)s is money in") % {"in": back}
    )


def _day_option(order: str, first: str) -> str:
    words = str(DAY_ORDERS[order])
    try:
        day = parse_day(first, order)
    except DayError:
        return _("%(order)s (doesn’t fit “%(cell)s”)") % {"order": words, "cell": first[:20]}
    return f"{words}: {first[:20]} = {day.isoformat()}"
