"""G10 import_fuzz for tables: whole files made and damaged at random, in every encoding, packing and workbook.

Rows in = rows read + rejected + not transactions: of a file whose rows are known, each is one of the three. A long
mutation run over the real exports is in the nightly tier, ten minutes a parser (FUZZ_SECONDS); FUZZ_KEEP
names a file for one that fails.
"""

import codecs
import gzip
import io
import os
import random
import time
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.guards import Guard
from tests.security.bombs import cost
from tests.transactions.made_xlsx import DAY, N, Raw, n, workbook, zipped
from transactions.adapters import (
    Layout,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Stated,
    detect_file,
    rows,
)

SEED = int(os.environ.get("FUZZ_SEED", "20261125"))
SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SLOWEST, MEGABYTES = 5.0, 256.0
BEASTLY = (
    "", " ", "\0", '"', '""', "1e3000000", "-1E+999999999", "NaN", "-Infinity", "9" * 400, "-1.00", "12,50", "1.234,56",
    "31/02/2024", "2024-08-01", "08/01/24", "20240801", "0", "=cmd()", "+1", "@x", "\u202e", "\ufeff", "😀", "\u2028",
    "\x0b", "\x1c", "\x85", "CR", "EUR", "(1.00)", "Total", "Date", "Amount", "é", "x" * 5_000, "\ud800", "|", "\t",
)  # fmt: skip
ENDS = ("\n", "\r\n", "\r", "\n\r\n", "\r\r\n")
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "cp1250",
    "mac-roman",
)


def table_file(rng: random.Random) -> tuple[bytes, int | None]:
    """A table with a header; the number of its rows where nothing in it can hide one, else None."""
    delimiter = rng.choice(",;\t|")
    lines, known = [], True
    header = ["Date", "Text", "Amount", "Balance"][: rng.choice((3, 4))]
    count = rng.randrange(1, 40)
    for at in range(count):
        day = f"2024-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        cells = [day, f"SHOP {at}", f"{rng.randrange(-9999, 9999)}.0{at % 9}", "1.00"]
        cells = cells[: len(header)]
        if rng.random() < 0.3:
            cells[rng.randrange(len(cells))] = rng.choice(BEASTLY)
            known = False
        if rng.random() < 0.1:
            cells = cells[: rng.randrange(len(cells) + 1)] + [rng.choice(BEASTLY)] * rng.randrange(
                3
            )
            known = False
        lines.append(delimiter.join(cells))
    mixed = rng.random() < 0.3
    end = rng.choice(ENDS[:3])
    text = delimiter.join(header) + end
    text += "".join(line + (rng.choice(ENDS) if mixed else end) for line in lines)
    encoding = rng.choice(ENCODINGS)
    body = text.encode(encoding, errors="replace")
    if rng.random() < 0.2:
        body = rng.choice((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\0", b"\xff")) + body
        known = False
    return body, count if known else None


def book_file(rng: random.Random) -> tuple[bytes, int | None]:
    """A workbook of one or two sheets with any kind of cell."""
    known = True
    sheets: dict[str, list[list[str]]] = {}
    total = 0
    for name in ("Jan", "Feb")[: rng.choice((1, 1, 2))]:
        table: list[list[str]] = [["Date", "Text", "Amount"]]
        for at in range(rng.randrange(1, 30)):
            day = n(str(45000 + rng.randrange(900)), DAY)
            amount = n(f"{rng.randrange(-9999, 9999)}.{rng.randrange(99):02}")
            row: list[str] = [day, f"SHOP {at}", amount]
            if rng.random() < 0.2:
                row[rng.randrange(3)] = _odd(rng)
                known = False
            table.append(row)
        total += len(table) - 1
        sheets[name] = table
    known = known and len(sheets) == 1
    return workbook(sheets, from_1904=rng.random() < 0.2), total if known else None


def _odd(rng: random.Random) -> str:
    written = rng.choice(
        ("1e3000000", "-1E-400", "NaN", "", "9" * 60, "0.1", "45505.999999999", "-1", "1E15", "x")
    )
    text = "".join(
        c for c in rng.choice(BEASTLY) if c.isprintable() and not "\ud800" <= c <= "\udfff"
    )
    shared = rng.choice(("0", "99999", "-1", "x"))
    return rng.choice((
        n(written, rng.randrange(9)), N(written), text[:300] or "y", Raw(f'<c r="@" t="s"><v>{shared}</v></c>'),
        Raw('<c r="@" t="b"><v>2</v></c>'), Raw('<c r="@" t="e"><v>#N/A</v></c>'),
        Raw('<c r="@" t="d"><v>2024-02-31</v></c>'), Raw('<c r="@" t="zzz" s="-5"><v>1</v></c>'),
        Raw('<c r="AAA1"><v>1</v></c>'), Raw('<c r="1A"><v>1</v></c>'), Raw('<c r="@"><f>NOW()</f></c>'),
        Raw('<c r="@" t="inlineStr"><is><t>_xD800_</t></is></c>'), Raw("<c><is/></c>"),
    ))  # fmt: skip


def damaged(rng: random.Random, content: bytes) -> bytes:
    """A few bytes changed, taken away, doubled, put elsewhere, or the end cut off."""
    body = bytearray(content)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(body) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            body[at:at] = rng.randbytes(3)
        elif kind == 1:
            del body[at : at + rng.randrange(1, 40)]
        elif kind == 2:
            body[at:at] = body[at : at + 200]
        elif kind == 3:
            body[at : at + 4] = rng.randbytes(4)
        elif kind == 4:
            body[at:at] = rng.choice(BEASTLY).encode("utf-8", errors="replace")
        else:
            del body[at:]
    return bytes(body)


def repacked(rng: random.Random, content: bytes) -> bytes:
    kind = rng.randrange(6)
    if kind == 0:
        return gzip.compress(content, 1)
    return zipped({"a.csv": content}) if kind == 1 else content


def check(content: bytes, expected: int | None = None) -> int:
    """Reads the file as an import would; nothing but a sentence stops it. The number of its rows."""
    started = time.perf_counter()
    try:
        found = detect_file(io.BytesIO(content))
    except Refused as refusal:
        assert refusal.message.endswith(".") and refusal.code
        if refusal.detection is None:
            return 0
        found = refusal.detection
    layout = Layout.from_json(found.layout.to_json())
    last = count = 0
    try:
        for row in rows(io.BytesIO(content), layout):
            assert isinstance(row, Line | NotATransaction | Reject | Stated)
            assert row.line > last
            last, count = row.line, count + 1
            if isinstance(row, Line):
                assert row.amount.is_finite() and abs(row.amount) < Decimal(10) ** 15
                assert date(1900, 1, 1) <= row.booked_on < date(2200, 1, 1)
                assert "\0" not in row.text
                (row.text + row.account + row.counterparty + row.provider_id).encode()
            if isinstance(row, Reject):
                assert row.code and row.reason and row.fix
                (row.raw + row.value).encode()
    except Refused as refusal:
        assert refusal.message.endswith(".") and refusal.code
    else:
        assert expected is None or count == expected, f"{count} rows of {expected}"
    assert time.perf_counter() - started < SLOWEST
    return count


@pytest.mark.parametrize("count", [pytest.param(300, id="fast"),
                                   pytest.param(10_000, marks=pytest.mark.nightly, id="10000")])  # fmt: skip
@pytest.mark.parametrize("make", [table_file, book_file])
@pytest.mark.guard("G10")
def test_any_whole_file(
    make: Callable[[random.Random], tuple[bytes, int | None]], count: int, guard: Guard
) -> None:
    read = 0
    with cost() as taken:
        for number in range(count):
            rng = random.Random(f"{SEED} {make.__name__} {number}")
            content, expected = make(rng)
            try:
                read += check(repacked(rng, content), expected)
                check(damaged(rng, content))
            except Exception as error:
                raise AssertionError(f"file {number} of seed {SEED}: {error!r}") from error
    assert taken.megabytes <= MEGABYTES and read > count
    reached = f"0 crashes of {make.__name__}s, each row one verdict, + {taken.megabytes:.0f} MB"
    guard("G10", reached=reached, n=2 * count, seed=SEED)


KINDS = {
    "csv": ("csv_us", "csv_eu", "csv_uk", "csv_ca", "csv_generic", "malformed"),
    "ofx": ("ofx",), "qif": ("qif",), "camt": ("camt",), "mt940": ("mt940",), "xlsx": (),
}  # fmt: skip


def seeds_of(kind: str, data: Path) -> list[bytes]:
    if kind == "xlsx":
        return [book_file(random.Random(f"{SEED} {at}"))[0] for at in range(20)]
    found = [f for folder in KINDS[kind] for f in sorted((data / "exports" / folder).iterdir())]
    return [f.read_bytes()[:60_000] for f in found]


@pytest.mark.parametrize("seconds", [pytest.param(1.0, id="fast"),
                                     pytest.param(SECONDS, marks=pytest.mark.nightly, id="long")])  # fmt: skip
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.guard("G10")
def test_real_exports_changed_at_random(
    kind: str, seconds: float, data: Path, guard: Guard
) -> None:
    """Files grow by mutation: what was read with rows is changed further."""
    rng = random.Random(f"{SEED} {kind}")
    pool = seeds_of(kind, data)
    whole = tuple(pool)
    done = 0
    with cost() as taken:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            content = damaged(rng, rng.choice(pool))
            if kind == "xlsx" and rng.random() < 0.5:
                content = _inside(rng, rng.choice(whole))
            try:
                count = check(content)
            except Exception as error:
                if kept := os.environ.get("FUZZ_KEEP"):
                    Path(kept).write_bytes(content)
                raise AssertionError(f"{kind} file {done} of seed {SEED}: {error!r}") from error
            if count and len(content) < 100_000 and rng.random() < 0.05:
                pool[rng.randrange(len(pool))] = content
            done += 1
    assert done and taken.megabytes <= MEGABYTES
    guard("G10", reached=f"0 crashes of changed {kind} files in {seconds:.0f} s", n=done, seed=SEED)


def _inside(rng: random.Random, content: bytes) -> bytes:
    """One part of a workbook damaged, the archive whole."""

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(parts))
    parts[name] = damaged(rng, parts[name])
    return zipped(parts)
