"""Whole files made at random: each row is one of three things, and only Refused is ever raised."""

import csv
import io
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transactions.adapters import Layout, Line, NotATransaction, Refused, Reject, detect, rows

BEASTLY = st.sampled_from(
    [
        "", " ", "\0", '"', '""', "1e3000000", "NaN", "-Infinity", "1_000", "9" * 30, "-1.00", "12,50",
        "31/02/2024", "2024-08-01", "08/01/24", "20240801", "0", "=cmd()", "\u202e", "\ufeff", "’",
        "CR", "EUR", "£1.00", "(1.00)", "Total", "é", "😀", "\u2028", "\x0b", "\x1c", "Date", "Amount",
    ]
)  # fmt: skip
CELL = st.one_of(BEASTLY, st.text(max_size=12), st.dates().map(str), st.decimals(places=2).map(str))
FILE = st.builds(
    lambda rows, delimiter, end: end.join(delimiter.join(row) for row in rows),
    st.lists(st.lists(CELL, min_size=1, max_size=7), max_size=25),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
ENCODING = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250", "latin-1"])
SLOW = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def _check(content: bytes) -> None:
    try:
        found = detect(content)
    except Refused as refusal:
        assert refusal.message.endswith(".")
        assert refusal.code
        if refusal.detection is None:
            return
        found = refusal.detection
    layout = Layout.from_json(found.layout.to_json())
    last = 0
    for row in rows(io.BytesIO(content), layout):
        assert isinstance(row, Line | NotATransaction | Reject)
        assert row.line > last  # each line gives one row at most, in order
        last = row.line
        if isinstance(row, Line):
            assert row.amount.is_finite()
            assert abs(row.amount) < Decimal(10) ** 15
            assert date(1900, 1, 1) <= row.booked_on < date(2200, 1, 1)
            assert "\0" not in row.text
            row.text.encode()


@SLOW
@given(FILE, ENCODING)
def test_any_table_of_text(text: str, encoding: str) -> None:
    _check(text.encode(encoding, errors="replace"))


@SLOW
@given(st.binary(max_size=2000))
def test_any_bytes(content: bytes) -> None:
    _check(content)


@SLOW
@given(st.lists(st.lists(CELL, min_size=3, max_size=4), max_size=12), st.binary(max_size=30))
def test_any_rows_under_a_good_header(cells: list[list[str]], noise: bytes) -> None:
    good = "Date,Description,Amount,Balance\n2024-08-01,BREAD,-3.20,96.80\n"
    text = good + "\n".join(",".join(row) for row in cells)
    _check(text.encode(errors="replace") + noise)


LEDGER = st.lists(
    st.tuples(
        st.dates(date(1990, 1, 1), date(2079, 12, 31)),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30),
        st.decimals(-(10**9), 10**9, places=2),
    ),
    min_size=3,
    max_size=30,
)


@SLOW
@given(LEDGER, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-16"]))
def test_well_written_file_gives_back_every_row(
    ledger: list[tuple[date, str, Decimal]], delimiter: str, encoding: str
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["Date", "Description", "Amount"])
    writer.writerows(ledger)
    content = stream.getvalue().encode(encoding)
    found = detect(content)
    read = list(rows(io.BytesIO(content), found.layout))
    assert not [r for r in read if isinstance(r, Reject)]
    turn = -1 if found.layout.sign == "reversed" else 1
    got = [(r.booked_on, r.amount * turn) for r in read if isinstance(r, Line)]
    stated = [(r.line, r.why) for r in read if isinstance(r, NotATransaction)]
    assert len(got) + len(stated) == len(ledger)
    if not stated:
        assert got == [(day, amount) for day, _, amount in ledger]


@SLOW
@given(LEDGER, st.data())
def test_damage_to_one_row_costs_one_row(
    ledger: list[tuple[date, str, Decimal]], data: st.DataObject
) -> None:
    lines = [f"{d},ROW {n},{a}" for n, (d, _, a) in enumerate(ledger)]
    content = "\n".join(["Date,Description,Amount", *lines, ""]).encode()
    layout = detect(content).layout
    whole = [r for r in rows(io.BytesIO(content), layout) if isinstance(r, Line)]
    at = data.draw(st.integers(0, len(lines) - 1))
    damage = data.draw(st.sampled_from(['"', "\0", ",,,x", '"x', "\udcff"]))
    cut = data.draw(st.integers(0, len(lines[at])))
    lines[at] = lines[at][:cut] + damage + lines[at][cut:]
    broken = "\n".join(["Date,Description,Amount", *lines, ""]).encode(errors="surrogateescape")
    read = list(rows(io.BytesIO(broken), layout))
    assert [r.line for r in read] == list(range(2, len(lines) + 2))
    others = [r for r in read if isinstance(r, Line) and r.line != at + 2]
    assert others == [r for r in whole if r.line != at + 2]
