"""CAMT files that are hostile, endless, damaged or changed at random: refused or read, never worse."""

import sys
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from time import process_time
from typing import BinaryIO, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transactions.made_camt import details, document, entry
from tests.transactions.statements import EXPORTS, changed, read
from transactions.adapters.base import Layout, Line, NotATransaction, Refused, Reject, Row, Stated
from transactions.adapters.camt import Camt
from transactions.adapters.sample import Sample

START = '<?xml version="1.0"?>'
ROOT = "<Document><BkToCstmrStmt><Stmt>"
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "&{a};&{a};&{a};">' for a, b in ("ab", "bc", "cd"))
    + "]>"
)
BOMBS = {
    "laughs": (START + LAUGHS + ROOT + "<Ntry>&d;</Ntry>", "unsafe_xml"),
    "outside": (
        START
        + '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + ROOT
        + "<Ntry>&x;</Ntry>",
        "unsafe_xml",
    ),
    "outside rules": (START + '<!DOCTYPE l SYSTEM "http://rules.test/l.dtd">' + ROOT, "unsafe_xml"),
    "undefined entity": (START + ROOT + "<Ntry>&x;</Ntry>", "damaged_xml"),
    "deep": (START + ROOT + "<a>" * 10_000, "xml_too_deep"),
    "deep entry": (START + ROOT + "<Ntry>" + "<a>" * 10_000, "xml_too_deep"),
    "cut": (START + ROOT + "<Ntry><Amt", "damaged_xml"),
    "wide entry": (START + ROOT + "<Ntry>" + "<Id/>" * 60_000, "xml_too_long"),
    "names": (START + ROOT + "".join(f"<n{n}/>" for n in range(100_000)), "xml_too_long"),
}


def _rows(content: bytes) -> Iterator[Row]:
    return Camt().rows(BytesIO(content), Layout(adapter="CAMT", described=True))


@pytest.mark.parametrize("name", list(BOMBS))
def test_hostile_file_is_refused(name: str) -> None:
    content, code = BOMBS[name]
    began = process_time()
    with pytest.raises(Refused) as refusal:
        list(_rows(content.encode()))
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")
    assert process_time() - began < 2


def test_hostile_file_is_refused_when_it_is_looked_at() -> None:
    for name in ("laughs", "outside", "deep", "cut"):
        with pytest.raises(Refused) as refusal:
            Camt().detect(Sample(BOMBS[name][0].encode()), ())
        assert refusal.value.code == BOMBS[name][1]


class _Endless:
    """A stream of a start and then one thing again and again, made as it is read."""

    def __init__(self, start: str, more: bytes, size: int) -> None:
        self.start, self.more, self.left = start.encode(), more, size

    def read(self, size: int) -> bytes:
        begin, self.start = self.start, b""
        size = min(size, self.left) - len(begin)
        self.left -= size + len(begin)
        return begin + self.more * (size // len(self.more))


def _streamed(stream: _Endless) -> Iterator[Row]:
    return Camt().rows(cast(BinaryIO, stream), Layout(adapter="CAMT", described=True))


@pytest.mark.parametrize(
    ("start", "more"),
    [
        ("<Ntry><AddtlNtryInf>", b"x"), ("<Ntry><AddtlNtryInf>", b"x\n"), ("<Other>", b"y"),
        ("<Ntry><Amt Ccy='", b"E"), ("<!--", b"-z"), ("<?p ", b"q"), ("<![CDATA[", b"c"), ("<n", b"n"),
        ("<Ntry><NtryDtls><TxDtls><RmtInf>", b"<Ustrd>x</Ustrd>"),
    ],
)  # fmt: skip
def test_endless_text_or_tag_is_refused_with_flat_memory(start: str, more: bytes) -> None:
    def refuse() -> None:
        with pytest.raises(Refused) as refusal:
            list(_streamed(_Endless(START + ROOT + start, more, 50_000_000)))
        assert refusal.value.code == "xml_too_long"

    began = process_time()
    refuse()
    assert process_time() - began < 2
    tracemalloc.start()
    try:
        refuse()
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_long_file_is_read_with_flat_memory() -> None:
    whole = document("@").decode().split("@")[0]
    detail = details("<RmtInf><Ustrd>Payment for the month</Ustrd></RmtInf>" + "<Id/>" * 20)
    stream = _Endless(whole, (entry(after=detail) + "\n").encode(), 4_000_000)
    held: list[int] = []
    count = 0
    with pytest.raises(Refused) as refusal:  # the end is missing
        for count, row in enumerate(_streamed(stream), start=1):
            assert isinstance(row, Line)
            if count > 4_000 and not count % 500:  # the first megabyte is read as one
                held.append(sys.getallocatedblocks())
    assert refusal.value.code == "damaged_xml"
    assert count > 10_000
    assert held[-1] - held[0] < 40_000


# Fuzz

REAL = [path.read_bytes() for path in sorted((EXPORTS / "camt").glob("*"))] or [document(entry())]
NASTY = st.sampled_from([
    b"", b"<", b">", b"&", b"\0", b"\xff", b"</Ntry>", b"<Ntry>", b"<Stmt>", b"]]>", b"<!--", b"&#0;",
    b"<Amt Ccy='EUR'>1e999</Amt>", b"<!DOCTYPE a>", b"\xef\xbb\xbf", b"2024-02-30", b"-1", b"'", b"\r",
    b"encoding='rot13'",
     b"encoding='idna'", b"encoding='zip'", b"NaN", b"<TxDtls/>", b"DBIT", b"PDNG", b"<Dt>", b"UTF-16", b"utf-7", b" ",
])  # fmt: skip
MUTATION = st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(NASTY, st.binary(max_size=6)))


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.sampled_from(REAL), st.lists(MUTATION, min_size=1, max_size=4))
def test_changed_file_is_read_or_refused(
    real: bytes, changes: list[tuple[float, int, bytes]]
) -> None:
    content = changed(real, changes)
    try:
        found = Camt().detect(Sample(content), ())
        if found is not None:
            rows = list(Camt().rows(BytesIO(content), found.layout))
            assert all(isinstance(r, Line | NotATransaction | Reject | Stated) for r in rows)
            numbers = [row.line for row in rows]
            assert numbers == sorted(set(numbers))
    except Refused as refusal:
        assert refusal.code
        assert refusal.message.endswith(".")
    try:
        list(_rows(content))
    except Refused as refusal:
        assert refusal.code


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1.00", "", "1,00", "-3", "1e9", "12345.6789", "NaN", "٣"]),
            st.sampled_from(["CRDT", "DBIT", "", "X"]),
            st.sampled_from(["BOOK", "PDNG", "INFO", "?"]),
            st.sampled_from(["2024-03-05", "2024-02-30", "", "0000-00-00", "9999-12-31"]),
        ),
        max_size=20,
    )
)
def test_every_entry_comes_out_once(made: list[tuple[str, str, str, str]]) -> None:
    entries = [
        entry(a, w, sts=f"<Sts>{s}</Sts>", day=f"<BookgDt><Dt>{d}</Dt></BookgDt>")
        for a, w, s, d in made
    ]
    _, rows = read(Camt(), document("\n".join(entries)))
    assert len(rows) == len(made)
    assert [row.line for row in rows] == list(range(8, 8 + len(made)))


def test_a_broken_letter_in_utf_8_costs_its_entry_alone() -> None:
    texts = ["Käse, Brötchen, Äpfel, Öl, Möhren, Nüsse, Gemüse, Küche, Tür", "Stra@e", "Grüße"]
    made = (entry(after=details(f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>")) for text in texts)
    found, rows = read(Camt(), document("\n".join(made)).replace(b"@", b"\xdf"))
    assert found.layout.encoding == "utf-8"
    assert [row.code for row in rows if isinstance(row, Reject)] == ["encoding"]
    assert [row.text for row in rows if isinstance(row, Line)] == [texts[0], texts[2]]


def test_encoding_that_cannot_be_is_refused() -> None:
    content = b'<?xml version="1.0" encoding="rot13"?>' + document(entry()).partition(b"\n")[2]
    with pytest.raises(Refused) as refusal:
        list(
            Camt().rows(BytesIO(content), Layout(adapter="CAMT", encoding="utf-16", described=True))
        )
    assert refusal.value.code == "encoding"
