"""OFX and QIF files made and damaged at random: each block is one row, and only Refused is ever raised."""

import io
import os
import random
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guards import Guard
from transactions.adapters import (
    Layout,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Stated,
    detect,
    rows,
)

SEED = int(os.environ.get("FUZZ_SEED", "20241125"))
BEASTLY = (
    "", " ", "\0", "1e3000000", "NaN", "-Infinity", "9" * 30, "-1.00", "12,50", "1,234.56", "20240231",
    "20240801", "20240801120000[-5:EST]", "08/01/24", "1/ 2'24", "0", "&amp;amp;", "&#xD800;", "&a;",
    "\u202e", "\ufeff", "😀", "\u2028", "<", ">", "</", "<!", "<!--", "-->", "<![CDATA[", "]]>", "<?", "^",
    "!", "=cmd()", "x" * 25_000, "\udcff", "EUR", "é",
)  # fmt: skip
TAGS = (
    "OFX", "STMTTRN", "STMTRS", "CCSTMTRS", "INVSTMTRS", "BANKTRANLIST", "BANKACCTFROM", "ACCTID", "CURDEF",
    "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO", "PAYEE", "CURRENCY", "CURSYM", "LEDGERBAL", "BALAMT",
    "DTASOF", "AVAILBAL", "STATUS", "SEVERITY", "BUYSTOCK", "INVTRANLIST", "STMTTRNP", "A",
)  # fmt: skip
LETTERS = "DTUPMNLCSE$^!ANX/"


def ofx_file(rng: random.Random) -> str:
    """A statement of well-written payments with any tags and texts between, before and in them."""
    pieces = [
        rng.choice(
            ("OFXHEADER:100\nVERSION:102\n\n<OFX>", "<OFX>\n", "\n<OFX>\n<STMTRS><CURDEF>USD")
        )
    ]
    for _ in range(rng.randrange(25)):
        kind = rng.randrange(4)
        if kind == 0:
            amount = f"{rng.randrange(-9999, 9999) / Decimal(100):f}"
            pieces.append(
                f"<STMTTRN><DTPOSTED>20240801<TRNAMT>{amount}<FITID>{rng.randrange(9)}<NAME>B"
            )
            pieces.append("</STMTTRN>" if rng.random() < 0.8 else "")
        elif kind == 1:
            pieces.append(
                f"<{rng.choice(('', '/'))}{rng.choice(TAGS)}{rng.choice(('', '/', ' x', '>'))}>"
            )
        else:
            pieces.append(rng.choice(BEASTLY))
    return "".join(pieces)


def qif_file(rng: random.Random) -> str:
    lines = [
        rng.choice(("!Type:Bank", "!Account", "!Type:Invst", "!Type:Cat", "!Option:AutoSwitch"))
    ]
    for _ in range(rng.randrange(25)):
        if rng.random() < 0.3:
            lines += ["D2024-08-01", f"T{rng.randrange(-9999, 9999)}.05", "PX", "^"]
        elif rng.random() < 0.1:
            lines.append(rng.choice(("!Type:Bank", "!Account", "!Type:Oth L")))
        else:
            lines.append(rng.choice(LETTERS) + rng.choice(BEASTLY))
    return rng.choice(("\n", "\r\n", "\r")).join(lines)


_BLOCK = re.compile(r"<STMTTRNP?(?:\s[^<>]*)?/?>")


def check(content: bytes) -> int:
    """Every row that comes is whole; nothing but a sentence stops the reading. Counts payments."""
    payments = 0
    try:
        found = detect(content)
    except Refused as refusal:
        assert refusal.message.endswith(".") and refusal.code
        if refusal.detection is None:
            return payments
        found = refusal.detection
    layout = Layout.from_json(found.layout.to_json())
    last = 0
    try:
        for row in rows(io.BytesIO(content), layout):
            assert isinstance(row, Line | NotATransaction | Reject | Stated)
            assert row.line > last
            last = row.line
            payments += isinstance(row, Line | Reject)
            if isinstance(row, Line):
                assert row.amount.is_finite() and abs(row.amount) < Decimal(10) ** 15
                assert date(1900, 1, 1) <= row.booked_on < date(2200, 1, 1)
                assert "\0" not in row.text + row.account + row.reference + row.provider_id
                (row.text + row.account + row.counterparty + row.provider_id).encode()
            if isinstance(row, Reject):
                assert row.code and row.reason and row.fix
                (row.raw + row.value).encode()
    except Refused as refusal:
        assert refusal.message.endswith(".") and refusal.code
    return payments


def damaged(rng: random.Random, content: bytes) -> bytes:
    """A few bytes changed, taken away, doubled, or the end cut off."""
    body = bytearray(content)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(body) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            body[at:at] = bytes(rng.randrange(256) for _ in range(3))
        elif kind == 1:
            del body[at : at + rng.randrange(1, 40)]
        elif kind == 2:
            body[at:at] = body[at : at + 200]
        else:
            del body[at:]
    return bytes(body)


@pytest.mark.parametrize("count", [pytest.param(150, id="fast"),
                                   pytest.param(10_000, marks=pytest.mark.nightly, id="10000")])  # fmt: skip
@pytest.mark.parametrize("make", [ofx_file, qif_file])
@pytest.mark.guard("G10")
def test_any_file_of_a_format_that_describes_itself(make, count: int, guard: Guard) -> None:
    for number in range(count):
        rng = random.Random(f"{SEED} {make.__name__} {number}")
        encoding = rng.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
        content = make(rng).encode(
            encoding, errors="surrogateescape" if encoding == "utf-8" else "replace"
        )
        try:
            check(damaged(rng, content))
            found = check(content)
            text = content.decode(encoding, errors="surrogateescape")
            if make is ofx_file and "<!" not in text and "<?" not in text:
                # No block is lost or doubled, whatever stands between.
                assert found == len(_BLOCK.findall(text))
        except Exception as error:
            raise AssertionError(f"file {number} of seed {SEED}: {error!r}") from error
    guard("G10", reached=f"0 crashes of {make.__name__}s made at random", n=count, seed=SEED)


SLOW = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="<&"),
    max_size=30,
)
LEDGER = st.lists(
    st.tuples(
        st.dates(date(1990, 1, 1), date(2079, 12, 31)), TEXT, st.decimals(-(10**9), 10**9, places=2)
    ),
    min_size=1,
    max_size=20,
)


@SLOW
@given(LEDGER, st.sampled_from(["utf-8", "utf-16"]), st.booleans())
def test_a_well_written_ofx_file_gives_back_every_row(
    ledger: list[tuple[date, str, Decimal]], encoding: str, closes: bool
) -> None:
    end = "</STMTTRN>" if closes else ""
    body = "".join(
        f"<STMTTRN><DTPOSTED>{d:%Y%m%d}<TRNAMT>{a}<FITID>{n}<NAME>{t}{end}\n"
        for n, (d, t, a) in enumerate(ledger, 1)
    )
    content = (
        f"<OFX>\n<STMTRS><CURDEF>EUR<BANKTRANLIST>{body}</BANKTRANLIST></STMTRS></OFX>".encode(
            encoding
        )
    )
    read = list(rows(io.BytesIO(content), detect(content).layout))
    assert [(r.booked_on, r.amount) for r in read if isinstance(r, Line)] == [
        (d, a) for d, _, a in ledger
    ]
    assert len(read) == len(ledger)


@SLOW
@given(LEDGER, st.data())
def test_damage_to_one_qif_record_costs_one_row(
    ledger: list[tuple[date, str, Decimal]], data: st.DataObject
) -> None:
    made = [f"D{d}\nT{a}\nPROW {n}\n^\n" for n, (d, _, a) in enumerate(ledger)]
    content = ("!Type:Bank\n" + "".join(made)).encode()
    layout = detect(content).layout
    whole = list(rows(io.BytesIO(content), layout))
    at = data.draw(st.integers(0, len(made) - 1))
    made[at] = made[at].replace("\nT", "\nTx")
    read = list(rows(io.BytesIO(("!Type:Bank\n" + "".join(made)).encode()), layout))
    assert [r.line for r in read] == [r.line for r in whole]
    assert [type(r) for r in read].count(Reject) == 1 and isinstance(read[at], Reject)
    assert read[:at] + read[at + 1 :] == whole[:at] + whole[at + 1 :]
