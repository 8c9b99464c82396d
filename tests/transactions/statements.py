"""What the tests of the two statement formats share: the answers read by hand, sums, changed files."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import DATA
from transactions.adapters.base import (
    Adapter,
    Detection,
    Layout,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Row,
    Stated,
)
from transactions.adapters.sample import Sample

EXPORTS = DATA / "exports"
ANSWERS = {
    row["file"]: row
    for row in csv.DictReader(Path(__file__).with_name("answers.csv").open(newline=""))
    if row["file"].startswith(("camt/", "mt940/"))
}


def read(adapter: Adapter, content: bytes) -> tuple[Detection, list[Row]]:
    """The file as the adapter alone reads it; AssertionError where it does not know it."""
    found = adapter.detect(Sample(content), ())
    assert found is not None
    found.layout.check()
    return found, list(adapter.rows(BytesIO(content), found.layout))


def lines(rows: list[Row]) -> list[Line]:
    return [row for row in rows if isinstance(row, Line)]


def rejects(rows: list[Row]) -> list[tuple[int, str, str]]:
    return [(row.line, row.column, row.code) for row in rows if isinstance(row, Reject)]


def money(found: list[Line], sign: int) -> dict[str, Decimal]:
    """Sums by currency of the lines that go one way, without their sign."""
    sums: dict[str, Decimal] = {}
    for line in found:
        if line.amount * sign > 0:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + abs(line.amount)
    return sums


def answered_money(cell: str) -> dict[str, Decimal]:
    """A cell as “8.85”, or “EUR 800, PLN 10.00”; the key is "" where it names no currency."""
    parts = [part.split() for part in cell.split(", ")]
    return {part[0] if len(part) == 2 else "": Decimal(part[-1]) for part in parts}


def check_answer(file: str, rows: list[Row]) -> None:
    """Counts, days, sums and the statements' own balances against the answer read by hand."""
    answer = ANSWERS[file]
    found = lines(rows)
    assert rejects(rows) == []
    assert len(found) == int(answer["transactions"])
    others = [row for row in rows if isinstance(row, NotATransaction | Stated)]
    assert len(others) == int(answer["rows_not_transactions"])
    days = sorted(line.booked_on.isoformat() for line in found) or [""]
    assert (days[0], days[-1]) == (answer["first_date"], answer["last_date"])
    for column, sign in (("money_out", -1), ("money_in", 1)):
        mine, theirs = money(found, sign), answered_money(answer[column])
        if "" in theirs:
            assert sum(mine.values()) == theirs[""]
            assert len(mine) <= 1
        else:
            assert mine == theirs
    statements = list(balanced(rows))
    verdict = "none" if not statements else "equal" if all(statements) else "unequal"
    assert verdict == answer["sums"]


def check_refused(file: str, adapter: Adapter) -> None:
    """Refused with the answer's code, both when it is looked at and when it is read."""
    content = (EXPORTS / file).read_bytes()
    with pytest.raises(Refused) as refusal:
        read(adapter, content)
    assert refusal.value.code == ANSWERS[file]["refused"]
    assert refusal.value.message.endswith(".")
    with pytest.raises(Refused):
        list(adapter.rows(BytesIO(content), Layout(adapter=adapter.name, described=True)))


def changed(content: bytes, changes: Iterable[tuple[float, int, bytes]]) -> bytes:
    """The content with each change made in turn: where (as a share), how much is cut, what is put there."""
    for place, cut, put in changes:
        at = int(place * len(content))
        content = content[:at] + put + content[at + cut :]
    return content


def balanced(rows: list[Row]) -> Iterator[bool]:
    """Of each statement that states both balances, whether opening + rows = closing.

    A statement begins with its opening balance; the closing one stands before the rows (CAMT) or
    behind them (MT940).
    """
    begins = [n for n, row in enumerate(rows) if isinstance(row, Stated) and row.opening]
    for begin, end in pairwise([*begins, len(rows)]):
        opening, *rest = rows[begin:end]
        closing = next((row for row in rest if isinstance(row, Stated)), None)
        if isinstance(opening, Stated) and closing:
            total = sum((line.amount for line in lines(rest)), opening.amount)
            yield (closing.currency, closing.amount) == (opening.currency, total)
