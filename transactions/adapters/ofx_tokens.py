"""The marks of an OFX file, one by one: a small tolerant reader for SGML, XML and what lies between.

It takes what banks write: tags that are never closed or closed in the wrong place, a file in one line,
a "<" inside a text. It holds one value at a time, so memory stays flat. A file that brings its own
entities (a DTD) is refused: nothing is ever expanded but the five of XML and numbers.
"""

import codecs
import html
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from transactions.adapters.base import Evidence, Refused
from transactions.adapters.encodings import NAMES
from transactions.adapters.sample import Sample

BLOCK = 1 << 16
MAX_VALUE = 100_000  # characters of one value, comment or declaration

# A tag with the text behind it.
_PLAIN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._:-]{0,63})(?:\s[^<>]{0,400})?/?>([^<]*)")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_LOOKAHEAD = 600  # no tag is longer
# Bytes that text in single-byte pages does not hold: what is declared as such is then UTF-8.
_DECLARED = {
    "1250": "cp1250", "1251": "cp1251", "1252": "cp1252", "1253": "cp1253", "1254": "cp1254",
    "1257": "cp1257", "8859-1": "cp1252", "8859-2": "iso8859-2", "8859-15": "iso8859-15",
    "utf-8": "utf-8", "utf8": "utf-8", "unicode": "utf-8", "utf-16": "utf-16",
}  # fmt: skip
_HEADER = re.compile(r"\b(OFXHEADER|VERSION|ENCODING|CHARSET)\s*[:=]\s*\"?([A-Za-z0-9._-]+)")
_XML_ENCODING = re.compile(r"<\?xml[^>]{0,200}\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,30})", re.I)
_START = re.compile(
    r"OFXHEADER\s*[:=]|<\?OFX\b|(?:^|>)\s*<(?:OFX|SIGNONMSGSRSV1|BANKMSGSRSV1|CREDITCARDMSGSRSV1)\b[^<>]*>",
    re.IGNORECASE | re.MULTILINE,
)


class Mark(NamedTuple):
    """One tag: the line it stands on, its name in capitals, whether it opens, the text behind it."""

    line: int
    name: str
    opens: bool
    text: str


def beginning(head: bytes) -> str:
    """The first letters of a file as far as they are plain ones, whatever its encoding."""
    return head[:8192].replace(b"\0", b"").decode("latin-1").lstrip("ï»¿ÿþ")


def looks_like_ofx(head: bytes) -> bool:
    """Whether the file's first lines are those of an OFX file, whatever its encoding."""
    start = beginning(head)
    found = _START.search(start)
    # A text that speaks of OFX in the middle of a table is no OFX file.
    return found is not None and not re.search(r"^[^<\n]*[,;\t]", start[: found.start()], re.M)


def header_of(head: bytes) -> dict[str, str]:
    """VERSION, ENCODING and CHARSET as the header says them, wherever it stands."""
    start = beginning(head)
    start = re.split(r"<OFX\b", start, maxsplit=1, flags=re.IGNORECASE)[0]
    said = {name.upper(): value for name, value in _HEADER.findall(start)}
    declared = re.search(r"<\?OFX\b[^>]{0,400}\bVERSION\s*=\s*[\"']([0-9]+)", start, re.IGNORECASE)
    if declared:  # the XML declaration has a version too
        said["VERSION"] = declared[1]
    elif "<?xml" in start.lower() and "OFXHEADER" not in said:
        said.pop("VERSION", None)
    if xml := _XML_ENCODING.search(start):
        said["ENCODING"] = xml[1]
        said.pop("CHARSET", None)
    return said


def encoding_of(sample: Sample) -> tuple[str, Evidence]:
    """The encoding that the header names, unless the file's own bytes say otherwise."""
    found, evidence = sample.encoding, sample.encoding_evidence
    said = header_of(sample.head)
    name = said.get("CHARSET", "").lower()
    if name in ("", "none") or said.get("ENCODING", "").lower() in ("utf-8", "unicode"):
        name = said.get("ENCODING", "").lower()
    for start in ("windows-", "cp", "iso-", "iso"):
        name = name.removeprefix(start)
    declared = _DECLARED.get(name)
    if declared is None or "encoding" in sample.choices or found.startswith(("utf-16", "utf-32")):
        return found, evidence
    if found in ("utf-8", "utf-8-sig"):
        if declared != "utf-8" and not sample.head.isascii():
            why = f"the header says {NAMES[declared]}, but every letter is well formed UTF-8"
            evidence = evidence._replace(why=why)
        return found, evidence
    if declared in ("utf-8", "utf-16"):
        return found, evidence._replace(why="the header says UTF-8, but the letters are not")
    return declared, evidence._replace(found=NAMES[declared], why="the header says so")


def marks(stream: BinaryIO, encoding: str) -> Iterator[Mark]:
    """Every tag of the file with the text up to the next one.

    Raises
    ------
    Refused
        entities where the file defines its own; cut_off where a value or a comment does not end.
    """
    reader = _Reader(stream, encoding)
    held: Mark | None = None
    more: list[str] = []  # what of its text stands behind a comment, a stray "<" or a block's end
    length = 0
    while reader.fill():
        found = _PLAIN.match(reader.buffer, reader.at)
        if found is not None:
            if held is not None:
                yield held._replace(text=held.text + "".join(more)) if more else held
            line, (closes, name, text) = reader.line, found.groups()
            held = Mark(line, name.upper(), not closes, text)
            reader.at = found.end()
            if "\n" in found[0]:
                reader.line += found[0].count("\n")
            if more:
                more = []
            length = len(text)
            continue
        piece = reader.piece()
        if held is not None and piece:
            more.append(piece)
            length += len(piece)
            if length > MAX_VALUE:
                raise _endless(held.line)
    if held is not None:
        yield held._replace(text=held.text + "".join(more)) if more else held


class _Reader:
    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        wide = encoding.startswith(("utf-16", "utf-32"))
        self.stream = stream
        self.decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(encoding)("replace" if wide else "surrogateescape"),
            translate=True,
        )
        self.buffer, self.at, self.line, self.ended = "", 0, 1, False

    def fill(self) -> bool:
        """Makes sure that a whole tag is at hand; False at the end of the file."""
        while len(self.buffer) - self.at < _LOOKAHEAD and self.more():
            pass
        return self.at < len(self.buffer)

    def piece(self) -> str:
        """What stands here and is no tag: the text it adds to the value before it."""
        if self.buffer[self.at] != "<":
            end = self.buffer.find("<", self.at)
            return self.take(end if end >= 0 else len(self.buffer))
        if self.buffer.startswith(("<!", "<?"), self.at):
            return self.aside()
        return self.take(self.at + 1)  # a "<" of the text

    def aside(self) -> str:
        """Comments and declarations are passed over; literal text (CDATA) is text."""
        line = self.line
        if self.buffer.startswith("<!--", self.at):
            self.take_to("-->", line)
        elif self.buffer.startswith("<![CDATA[", self.at):
            text = self.take_to("]]>", line)
            return text[9:-3].replace("&", "&amp;")
        elif self.buffer.startswith("<?", self.at):
            self.take_to(">", line)
        elif re.match(r"<![A-Za-z]", self.buffer[self.at : self.at + 3]):
            raise Refused(
                "entities",
                f"The file defines its own abbreviations in line {line} (a DTD), which no bank's OFX "
                "file does; it was not read. Download it from your bank again.",
            )
        else:
            return self.take(self.at + 2)
        return ""

    def take_to(self, end: str, line: int) -> str:
        while (at := self.buffer.find(end, self.at)) < 0:
            if len(self.buffer) - self.at > MAX_VALUE or not self.more():
                raise _endless(line)
        return self.take(at + len(end))

    def take(self, end: int) -> str:
        piece = self.buffer[self.at : end]
        self.line += piece.count("\n")
        self.at = end
        return piece

    def more(self) -> bool:
        if self.ended:
            return False
        block = self.stream.read(BLOCK)
        self.ended = not block
        self.buffer = self.buffer[self.at :] + self.decoder.decode(block, final=self.ended)
        self.at = 0
        return True


def _endless(line: int) -> Refused:
    return Refused(
        "cut_off",
        f"What begins in line {line} does not end, so the file is damaged or cut off there. "
        "Download it from your bank again.",
    )


def plain(text: str) -> str:
    """The value behind a tag: entities read, also where a bank has written them twice, one line."""
    text = text.strip()
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return " ".join(text.split()) if "\n" in text or "\t" in text else text.strip()
