"""Files packed as gzip or zip: what is inside is read as if it had been uploaded by itself."""

import gzip
import io
import struct
import zipfile

import pytest

from tests.transactions.made_xlsx import workbook, zipped
from transactions.adapters import Layout, Line, Refused, detect, detect_file, rows

CSV = b"Date,Text,Amount\n2024-08-01,BREAD,-3.20\n2024-08-02,WAGES,900.00\n2024-08-03,TEA,-1.10\n"
QIF = b"!Type:Bank\nD2024-08-01\nT-3.20\nPBREAD\n^\n"
BOOK = workbook(
    {
        "M": [
            ["Date", "Text", "Amount"],
            ["2024-08-01", "BREAD", "-3.20"],
            ["2024-08-02", "TEA", "-1"],
        ]
    }
)


def read(content: bytes) -> tuple[Layout, list[tuple[int, str, str]]]:
    layout = detect_file(io.BytesIO(content), name="x").layout
    layout = Layout.from_json(layout.to_json())
    found = rows(io.BytesIO(content), layout)
    return layout, [(r.line, r.text, str(r.amount)) for r in found if isinstance(r, Line)]


PLAIN = [(2, "BREAD", "-3.20"), (3, "WAGES", "900.00"), (4, "TEA", "-1.10")]


@pytest.mark.parametrize(
    ("content", "within"),
    [
        (gzip.compress(CSV), ("gzip",)),
        (gzip.compress(CSV[:40]) + gzip.compress(CSV[40:]), ("gzip",)),
        (zipped({"export.csv": CSV}), ("zip:1",)),
        (zipped({"export.csv": CSV}, compression=zipfile.ZIP_STORED), ("zip:1",)),
        (zipped({"in/a folder/Ümsätze.CSV": CSV}), ("zip:1",)),
        (zipped({"__MACOSX/._export.csv": b"x", ".DS_Store": b"x", "export": CSV}), ("zip:3",)),
        (zipped({"export.csv": CSV, "terms.pdf": b"%PDF"}), ("zip:1",)),
    ],
)
def test_one_packed_export_reads_as_it_does_unpacked(
    content: bytes, within: tuple[str, ...]
) -> None:
    layout, found = read(content)
    assert (layout.within, found) == (within, PLAIN)
    assert layout.signature() == detect(CSV).layout.signature()


def test_formats_that_describe_themselves_may_be_packed_too() -> None:
    layout, found = read(zipped({"a.qif": QIF}))
    assert layout.described and layout.within == ("zip:1",)
    assert found == [(2, "BREAD", "-3.20")]


@pytest.mark.parametrize("content", [zipped({"a.xlsx": BOOK}), gzip.compress(BOOK)])
def test_a_workbook_may_be_packed_once_more(content: bytes) -> None:
    layout, found = read(content)
    assert layout.within[1:] == ("sheet:1",)
    assert [text for _, text, _ in found] == ["BREAD", "TEA"]


def locked(content: bytes) -> bytes:
    """The same archive with the mark that its files are encrypted."""
    at = content.rfind(b"PK\x01\x02")
    body = bytearray(content)
    body[at + 8] |= 1
    body[6] |= 1
    return bytes(body)


REFUSED = [
    (zipped({}), "packed_empty"),
    (zipped({"__MACOSX/x": b"x"}), "packed_empty"),
    (zipped({"a.csv": CSV, "b.csv": CSV}), "packed_many"),
    (zipped({"a.pdf": b"x", "b.doc": b"x"}), "packed_many"),
    (locked(zipped({"a.csv": CSV})), "packed_locked"),
    (zipped({"a.csv": CSV}, compression=zipfile.ZIP_BZIP2), "packed_kind"),
    (zipped({"a.zip": zipped({"a.csv": CSV})}), "packed_nested"),
    (zipped({"a.csv.gz": gzip.compress(CSV)}), "packed_nested"),
    (gzip.compress(gzip.compress(CSV)), "packed_nested"),
    (gzip.compress(zipped({"a.csv": CSV})), "packed_nested"),
    (gzip.compress(CSV)[:-12], "packed_damaged"),
    (gzip.compress(CSV)[:4] + b"\xff" * 40, "packed_damaged"),
    (zipped({"a.csv": CSV})[:-20], "packed_damaged"),
    (zipped({"a.csv": CSV}).replace(b"a.csv", b"b.csv", 1), "packed_damaged"),
    (zipped({f"{n}.csv": b"x" for n in range(1_500)}), "packed_too_large"),
    (zipped({"a.csv": b"\0" * 20_000_000}), "packed_too_large"),
    (gzip.compress(b"\0" * 20_000_000), "packed_too_large"),
    (zipped({"empty.csv": b""}), "empty"),
    (gzip.compress(b""), "empty"),
    (zipped({"a.pdf": b"%PDF-1.7"}), "no_adapter"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_what_is_packed_and_cannot_be_read_is_refused_in_one_sentence(
    content: bytes, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        detect_file(io.BytesIO(content), name="x")
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_the_sentence_names_the_files_of_an_archive() -> None:
    with pytest.raises(Refused) as refusal:
        detect_file(io.BytesIO(zipped({f"20{n}.csv": CSV for n in range(10, 16)})))
    assert (
        "6 files (“2010.csv”, “2011.csv”, “2012.csv”, “2013.csv” and 2 more)"
        in refusal.value.message
    )


def test_a_length_that_the_archive_states_wrongly_is_found_out() -> None:
    content = bytearray(zipped({"a.csv": CSV + b"x" * 9_000_000}))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 100)  # says that it unpacks to 100 bytes
    with pytest.raises(Refused):
        detect_file(io.BytesIO(bytes(content)))


def test_a_stream_that_cannot_go_back_is_read_as_well() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, content: bytes) -> None:
            self.inner = io.BytesIO(content)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            return self.inner.read(min(size, 7) if size > 0 else 7)

    for content in (zipped({"a.csv": CSV}), gzip.compress(CSV), BOOK):
        layout = detect_file(Pipe(content)).layout  # type: ignore[arg-type]
        assert any(isinstance(r, Line) for r in rows(Pipe(content), layout))  # type: ignore[arg-type]
