"""Any delimited text file: its layout found from its content, and said piece by piece."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from transactions.adapters.base import Detection, Evidence, Layout, Option, Refused, Row
from transactions.adapters.columns import (
    Column,
    find_currency,
    find_days,
    find_texts,
    profile,
)
from transactions.adapters.dayorder import country_points, decide
from transactions.adapters.money import Money, decimal_mark, find_money
from transactions.adapters.reading import read_rows
from transactions.adapters.sample import Sample
from transactions.adapters.table import DELIMITER_NAMES, Table, find_table, no_rows
from transactions.amounts import SYMBOLS, is_blank

MAX_COLUMNS = 512


class GenericCsv:
    """Banks without an adapter of their own, and every spreadsheet saved as CSV."""

    name = "GENERIC_CSV"
    reads_plainly = True
    label = "CSV file"

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        table = find_table(sample)
        if not table.rows:
            raise no_rows(sample, table.delimiter, table.first_line - 1)
        if table.width > MAX_COLUMNS:
            raise Refused("too_wide", f"The file has {table.width} columns; at most {MAX_COLUMNS}.")
        return _Finding(sample, table).detection()

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        return read_rows(stream, layout)


class _Finding:
    """One detection under way: table, columns, then each question in turn."""

    def __init__(self, sample: Sample, table: Table) -> None:
        self.sample, self.table = sample, table
        self.columns = profile(table)
        self.rows = [cells for _, cells in table.rows[:2_000]]
        self.evidence: list[Evidence] = []

    def detection(self) -> Detection:
        booked, value = find_days(self.columns)
        if booked is None:
            raise self._no_day()
        taken = {booked} | ({value} if value is not None else set())
        currency_at = find_currency([c for c in self.columns if c.index not in taken])
        if currency_at is not None:
            taken.add(currency_at)
        amounts = [c for c in self.columns if c.index not in taken and c.amount_share >= 0.5]
        prefer = "," if self.table.delimiter == ";" else "."
        mark, mark_evidence = decimal_mark(amounts, prefer=prefer)
        words = [c.index for c in self.columns if c.index not in taken and c.amount_share < 0.5]
        money = find_money(self.columns, self.rows, mark, taken, words)
        if not money.columns.get("amount") and not money.columns.get("money_out"):
            raise Refused(
                "no_amount", "No column with amounts was found, so nothing can be read from it."
            )
        taken |= {i for at in money.columns.values() for i in at}
        roles = {"booked_on": (booked,), **money.columns}
        if value is not None:
            roles["value_on"] = (value,)
        if currency_at is not None:
            roles["currency"] = (currency_at,)
        free = taken - set(money.columns.get("direction", ()))
        texts = find_texts(self.columns, free)
        roles = {**texts, **roles}
        currency = money.currency or _symbol(amounts)
        layout = Layout(
            adapter=GenericCsv.name,
            encoding=self.sample.encoding,
            delimiter=self.table.delimiter,
            first_line=self.table.first_line,
            header=self.table.header,
            columns=roles,
            decimal=mark,
            sign=money.sign,
            directions=money.directions,
            out_negative=money.out_negative,
            in_negative=money.in_negative,
            currency=currency,
            amount_currencies=money.currencies,
        )
        layout = replace(
            layout, widths=widths(self.table, layout), continued=self._continued(layout)
        )
        order, order_evidence, decided = self._order(layout, currency_at)
        layout = replace(layout, date_order=order)
        self.evidence += [order_evidence, mark_evidence, *money.evidence]
        self.evidence += self._plain_evidence(layout)
        found = Detection(
            adapter=GenericCsv.name,
            layout=layout,
            score=0.8 if self.table.header else 0.6,
            evidence=tuple(self.evidence),
            first_values=first_values(self.columns),
            label=GenericCsv.label,
        )
        if not decided:
            raise Refused(
                "ambiguous_dates",
                f"Days like “{self.columns[booked].cells[0]}” can be read day first or month "
                "first, and nothing in the file says which; choose the day order.",
                found,
            )
        if money.unclear:
            raise Refused("ambiguous_sign", money.unclear, found)
        return found

    def _no_day(self) -> Refused:
        return Refused(
            "no_date", "No column with days was found, so no transactions can be read from it."
        )

    def _order(self, layout: Layout, currency_at: int | None) -> tuple[str, Evidence, bool]:
        at = layout.columns["booked_on"][0]
        text_at = layout.column("text")
        days, texts = [], []
        for _, cells in self.table.rows:
            if at < len(cells) and not is_blank(cells[at]):
                days.append(cells[at].strip())
                texts.append(cells[text_at] if text_at is not None and text_at < len(cells) else "")
        currency = layout.currency
        if currency_at is not None and not currency:
            currency = self.columns[currency_at].cells[0].upper()
        points = country_points(
            decimal=layout.decimal,
            delimiter=layout.delimiter,
            texts=texts,
            currency=currency,
        )
        return decide(days, country=points, texts=texts)

    def _continued(self, layout: Layout) -> bool:
        """Whether texts run on over a second row: row after row without day and amount."""
        texts = set(layout.columns.get("text", ()))
        known = {i for role, at in layout.columns.items() for i in at if role != "text"}
        following = 0
        for cells in self.rows:
            filled = {i for i, c in enumerate(cells) if c.strip()}
            following += bool(filled) and filled <= texts and not filled & known
        return following >= 2 and following * 5 >= len(self.rows)

    def _plain_evidence(self, layout: Layout) -> list[Evidence]:
        table = self.table
        start = f"line {table.header_line or table.first_line}"
        before = f"after {table.before} lines of other text" if table.before else "at the top"
        named = "its names are on that line" if table.header else "the file has no header"
        delimiter = DELIMITER_NAMES[table.delimiter]
        others = tuple(Option(d, n) for d, n in DELIMITER_NAMES.items() if d != table.delimiter)
        found = [
            self.sample.encoding_evidence,
            Evidence(
                "Delimiter", delimiter, f"it gives {table.width} columns", True, "delimiter", others
            ),
            Evidence("Starts at", start, f"{before}; {named}", field="header_line"),
        ]
        account = layout.column("account")
        if account is not None:
            names = dict.fromkeys(self.columns[account].cells)
            count = f"{len(names)} found" if len(names) > 1 else "one found"
            found.append(Evidence("Account", count, f"in “{layout.name_of(account)}”"))
        if layout.currency:
            found.append(Evidence("Currency", layout.currency, "named beside the amounts"))
        return found


def widths(table: Table, layout: Layout) -> tuple[int, ...]:
    """The numbers of cells a row may have: that of the header, and shorter ones that the file uses
    again and again (some programs leave out empty cells at the end)."""
    counts: dict[int, int] = {}
    for _, cells in table.rows:
        counts[len(cells)] = counts.get(len(cells), 0) + 1
    needed = max(
        (i for r in ("booked_on", "amount", "money_out") for i in layout.columns.get(r, ())),
        default=0,
    )
    total = sum(counts.values())
    used = {
        width
        for width, count in counts.items()
        if needed < width < table.width and count >= 2 and count * 10 >= total
        and _are_rows(table, layout, width)
    }  # fmt: skip
    return tuple(sorted(used | {table.width}))


def _are_rows(table: Table, layout: Layout, width: int) -> bool:
    day = layout.columns["booked_on"][0]
    money = [i for r in ("amount", "money_out", "money_in") for i in layout.columns.get(r, ())]
    short = [cells for _, cells in table.rows if len(cells) == width][:200]
    good = sum(
        not is_blank(c[day]) and any(i < width and not is_blank(c[i]) for i in money) for c in short
    )
    return good * 10 >= len(short) * 9


def first_values(columns: list[Column]) -> tuple[str, ...]:
    return tuple(column.cells[0][:80] if column.cells else "" for column in columns)


def _symbol(amounts: list[Column]) -> str:
    """The currency whose sign stands beside the amounts, if it is one sign with one meaning."""
    signs = {
        symbol
        for column in amounts
        for cell in column.cells[:200]
        for symbol in SYMBOLS
        if SYMBOLS[symbol] and symbol in cell
    }
    codes = {SYMBOLS[symbol] for symbol in signs}
    return next(iter(codes)) if len(codes) == 1 else ""


__all__ = ["GenericCsv", "Money", "first_values", "widths"]
