"""Tables as CSV: the same rows a page shows, plain numbers, formulas made harmless."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

from analytics.charts.table import Amount, Badge, Cell, Link, Table
from analytics.metrics.figures import Figure
from transactions.csv_cells import harmless
from transactions.plain_money import plain_number


def safe(value: Any) -> str:
    """A cell as text; text that looks like a formula gets an apostrophe, numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | date):
        return str(value)
    return harmless(str(value))


def plain(value: Cell) -> Any:
    """A table's cell without its dress: the exact number, the text."""
    if isinstance(value, Figure | Amount):
        currency = value.currency
        if isinstance(value.value, Decimal) and currency:
            return plain_number(value.value, currency)
        return value.value
    if isinstance(value, Link | Badge):
        return value.text
    return value


class _Echo:
    def write(self, text: str) -> str:
        return text


def stream(
    head: Iterable[str], rows: Iterable[Iterable[Any]], *, name: str
) -> StreamingHttpResponse:
    """A CSV download, row by row; `rows` hold plain values."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        # The mark tells spreadsheets that this is UTF-8.
        yield "\ufeff"
        yield writer.writerow([safe(label) for label in head])
        for row in rows:
            yield writer.writerow([safe(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def table_csv(table: Table, *, name: str) -> StreamingHttpResponse:
    """A table that a page shows, as it stands."""
    rows = [row.cells for row in table.rows] + ([table.total.cells] if table.total else [])
    return stream(
        [column.label for column in table.head],
        ([plain(value) for value in row] for row in rows),
        name=name,
    )
