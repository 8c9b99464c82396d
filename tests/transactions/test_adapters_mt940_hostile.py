"""MT940 files that are endless or changed at random: refused or read, never worse."""

from dataclasses import replace
from io import BytesIO
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transactions.made_mt940 import ENTRY, LAYOUT, message
from tests.transactions.statements import EXPORTS, changed, lines, read, rejects
from transactions.adapters.base import Line, Refused, Reject
from transactions.adapters.mt940 import Mt940
from transactions.adapters.sample import Sample


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (ENTRY + "\n:86:", b"x"), (ENTRY + "\n:86:", b"x\n"), (ENTRY + "\n", b":86:x\n"),
        (ENTRY + "\n:86:166", b"?20"), (":25:", b"1"), ("{1:", b"{4:"), ("", b":20:"),
    ],
)  # fmt: skip
def test_endless_field_is_cut_off(start: str, more: bytes) -> None:
    head = b":20:START\n:25:1\n:60F:C240301EUR1,00\n" + start.encode()
    content = head + more * (2_000_000 // len(more)) + b"\n:62F:C240331EUR1,00\n"
    began = process_time()
    rows = list(Mt940().rows(BytesIO(content), LAYOUT))
    assert process_time() - began < 10
    # What is kept of a field is bounded, so memory is.
    assert sum(len(row.raw) for row in rows if isinstance(row, Reject)) < 50_000
    assert len(lines(rows)) == 0
    assert {code for _, _, code in rejects(rows)} <= {"line_too_long"}


REAL = [path.read_bytes() for path in sorted((EXPORTS / "mt940").glob("*"))] or [message(ENTRY)]
NASTY = st.sampled_from([
    b"", b":61:", b":86:", b"\n", b"\r", b"\n-\n", b"{4:", b"-}", b":20:", b"\0", b"\xff", b"?", b"?20", b"\n:",
    b"C", b"RD", b",", b".", b"99", b"0230", b"\n:62F:", b"\n:61:999999", b"/NAME/", b"//", b"\x01", b" ",
    "٣".encode(), b"\xef\xbb\xbf", b"EUR", b"\n940\n", b"+", b"SVWZ+", b"166?00",
])  # fmt: skip
MUTATION = st.tuples(st.floats(0, 1), st.integers(0, 30), st.one_of(NASTY, st.binary(max_size=6)))


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.sampled_from(REAL), st.lists(MUTATION, min_size=1, max_size=5))
def test_changed_file_is_read_or_refused(
    real: bytes, changes: list[tuple[float, int, bytes]]
) -> None:
    content = changed(real, changes)
    layouts = [LAYOUT]
    try:
        found = Mt940().detect(Sample(content), ())
        layouts += [found.layout] if found else []
    except Refused as refusal:
        assert refusal.code
        assert refusal.message.endswith(".")
    for layout in layouts:
        try:
            rows = list(Mt940().rows(BytesIO(content), layout))
        except Refused as refusal:
            assert refusal.code == "no_rows"
        else:
            numbers = [row.line for row in rows]
            assert numbers == sorted(set(numbers))
            assert not [
                row for row in lines(rows) if "\0" in row.text + row.account + row.reference
            ]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["240305", "2403050306", "240230", "2402300301", "2x0305", ""]),
            st.sampled_from(["C", "D", "RD", "X", ""]),
            st.sampled_from(["1,00", "", "1,000.00", "-3,", "1e9", "12345,6789", "NaN", "٣"]),
            st.sampled_from(["NTRFNONREF//1", "", "NTRF\nmore"]),
            st.sampled_from(["", "\n:86:rent", "\n:86:166?20a\n?21b", "\n:86:/REMI/"]),
        ),
        max_size=20,
    )
)
def test_every_row_comes_out_once(made: list[tuple[str, ...]]) -> None:
    content = message(*(f":61:{''.join(parts)}" for parts in made))
    rows = read(Mt940(), content)[1][1:-1]
    assert len(rows) == len(made)
    assert all(isinstance(row, Line | Reject) for row in rows)


def test_encoding_that_cannot_be_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        list(Mt940().rows(BytesIO(message(ENTRY)), replace(LAYOUT, encoding="utf-16")))
    assert refusal.value.code == "encoding"
