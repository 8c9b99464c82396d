"""Files that are no delimited text: named, so that the refusal says what the file is."""

import re

from transactions.adapters.base import Refused

_BYTES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
)
_TEXTS = (
    (re.compile(r"^\s*<(?:!doctype html|html)\b", re.IGNORECASE), "a web page"),
    (re.compile(r"^\s*<\?xml|^\s*<[A-Za-z][\w:.-]*[ >]"), "an XML file"),
    (re.compile(r"^\s*[\[{]\s*(?:[\"\[{\]}]|$)"), "a JSON file"),
)


_COMPOUND = b"\xd0\xcf\x11\xe0"


def refuse_other_formats(head: bytes) -> None:
    """Raise Refused, code no_adapter, where the file is of a known kind that no adapter reads."""
    if head.startswith(_COMPOUND):
        raise _old_office(head)
    kind = next((words for start, words in _BYTES if head.startswith(start)), "")
    if head.startswith(b"PK\x03\x04"):
        kind = "an Excel workbook" if b"xl/" in head[:65536] else "an archive or office document"
    if not kind:
        text = head[:8192].decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1",
                                  errors="replace")  # fmt: skip
        text = text.removeprefix("ï»¿")
        kind = next((words for pattern, words in _TEXTS if pattern.search(text)), "")
    if kind:
        raise Refused(
            "no_adapter",
            f"This is {kind}, which cannot be read yet; export the transactions as OFX, CAMT, MT940, QIF or CSV.",
        )


def _old_office(head: bytes) -> Refused:
    """Office's older container: a workbook locked with a password, or one of the old format."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        return Refused(
            "packed_locked",
            "This workbook is locked with a password. Open it in Excel, save it without one, and bring that in.",
        )
    return Refused(
        "packed_kind",
        "This is an old Excel workbook (.xls). Open it in Excel, save it as an Excel workbook (.xlsx) or as CSV, "
        "and bring that in.",
    )
