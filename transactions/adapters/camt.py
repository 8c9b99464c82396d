"""CAMT.052, .053 and .054: account reports, statements and notifications in ISO 20022's XML.

Every version reads alike, by the elements' own names, with its namespace or without. A file without a
movement is a statement all the same; one without a statement is refused.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

from transactions.adapters.base import Detection, Evidence, Layout, Refused, Row
from transactions.adapters.camt_entries import (
    Account,
    account_of,
    balance_row,
    detail_of,
    entry_rows,
)
from transactions.adapters.camt_xml import (
    FIRST,
    GROUPS,
    MESSAGES,
    declared_encoding,
    misdeclared,
    units,
)
from transactions.adapters.encodings import NAMES
from transactions.adapters.sample import Sample

_MESSAGE = re.compile(rf"<(?:[\w.-]{{1,40}}:)?({'|'.join(MESSAGES)})[\s/>]")
_VERSION = re.compile(r"tech:xsd:camt\.(05[234])\.[0-9]{3}\.([0-9]{2})")
_KINDS = {"052": "account report", "053": "statement", "054": "notification"}


class Camt:
    name = "CAMT"
    label = "CAMT statement (XML)"
    reads_plainly = False

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        """The kind by its root; Refused where it is CAMT and cannot be read as a whole."""
        text = _head_text(sample.head)
        named, message = _VERSION.search(text), _MESSAGE.search(text)
        if not text.removeprefix("\ufeff").lstrip().startswith("<") or not (named or message):
            return None
        kind = named[1] if named else MESSAGES[message[1]] if message else ""
        wrong = misdeclared(sample.head[:FIRST])
        encoding = sample.encoding if wrong else declared_encoding(sample.head)
        layout = Layout(adapter=self.name, encoding=encoding, described=True)
        for _ in _rows(BytesIO(sample.head), layout, final=sample.complete):
            pass
        version = f"version {int(named[2])}" if named else "no version named"
        found = f"CAMT.{kind}, {_KINDS[kind]}, {version}"
        how = "the file is not in the encoding it names" if wrong else "the file says so"
        return Detection(
            adapter=self.name,
            layout=layout,
            score=1.0,
            evidence=(
                Evidence("Kind", found, "its first element says so"),
                Evidence("Sign", "each entry says CRDT or DBIT", "the format has no minus"),
                Evidence("Encoding", NAMES.get(encoding, encoding.upper()), how),
            ),
            label=f"CAMT.{kind}",
        )

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        """Every entry and balance once, in file order; memory stays flat.

        A row's line is that of its element. Where several begin on one line, as in a file written
        without line breaks, they count on from it, so that each has a number of its own.
        """
        return _rows(stream, layout, final=True)


def _head_text(head: bytes) -> str:
    encoding = declared_encoding(head)
    wide = encoding.startswith("utf-16")
    return head.removeprefix(BOM_UTF8).decode(encoding if wide else "latin-1", errors="replace")


def _rows(stream: BinaryIO, layout: Layout, *, final: bool) -> Iterator[Row]:
    account, statements, number = Account("", ""), 0, 0
    for unit in units(stream, fallback=layout.encoding, pack=detail_of, final=final):
        if unit.name in GROUPS:
            account, statements = Account("", ""), statements + 1
            continue
        if unit.name == "Acct":
            account = account_of(unit)
            continue
        made: Iterator[Row] = (
            iter((balance_row(unit, account),)) if unit.name == "Bal" else entry_rows(unit, account)
        )
        for row in made:
            number = max(row.line, number + 1)
            yield row if row.line == number else row._replace(line=number)
    if final and not statements:
        raise Refused(
            "no_rows",
            "The file is CAMT but holds no statement; export it again for days with movements.",
        )
