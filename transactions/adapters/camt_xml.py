"""Statement XML as a stream of small trees, read so that a hostile file costs nothing.

Only accounts, balances and entries are built, one at a time, each with its physical line; all else
passes by. A document type, and so every entity and outside file, is refused; depth, the length of a
text and the size of one entry are bounded. Names are taken without their namespace.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from transactions.adapters.base import Refused
from transactions.adapters.words import vocabulary

BLOCK = 1 << 16
FIRST = 1 << 20  # the part that the encoding is judged by
MAX_DEPTH = 100  # the deepest real statement has about 20
MAX_TEXT = 100_000  # characters between two tags
MAX_TOKEN = 1 << 20  # bytes of one tag, comment or instruction
MAX_NODES = 50_000  # of one entry at a time, its details packed
MAX_NAMES = 5_000
MAX_DETAILS = 20_000
RAW_BYTES = 4_000

MESSAGES = {"BkToCstmrAcctRpt": "052", "BkToCstmrStmt": "053", "BkToCstmrDbtCdtNtfctn": "054"}
GROUPS = frozenset({"Rpt", "Stmt", "Ntfctn"})
_UNITS = frozenset({"Acct", "Bal", "Ntry"})
# What is kept of them; all else passes by.
_WANTED = vocabulary("""
    Id IBAN Othr Ccy Tp CdOrPrtry Cd Prtry SubTp Amt CdtDbtInd Dt DtTm RvslInd Sts BookgDt ValDt
    AcctSvcrRef NtryRef AddtlNtryInf NtryDtls Btch PmtInfId MsgId TxDtls Refs EndToEndId ChqNb AmtDtls
    TxAmt RltdPties Dbtr Cdtr UltmtDbtr UltmtCdtr Pty Nm RmtInf Ustrd Strd CdtrRefInf Ref RfrdDocInf Nb
    AddtlRmtInf AddtlTxInf RtrInf AddtlInf
""")
_KNOWN = {  # of expat
    "utf-8": "utf-8", "utf-16": "utf-16", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be",
    "ascii": "us-ascii", "iso8859-1": "iso-8859-1",
}  # fmt: skip
# Python also has codecs by names as rot13 and zip, which are no letters.
_LETTERS = re.compile(
    r"utf-(?:8|16|32)[a-z-]*|ascii|(?:cp|iso8859-|mac-|koi8-|gb|big5|euc_|shift_jis)[a-z0-9_-]*"
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']""")


class Node:
    """An element: its local name, its line, the currency it names, its text or its children."""

    __slots__ = (
        "broken", "children", "currency", "encoding", "line", "name", "packed", "raw", "text",
    )  # fmt: skip

    def __init__(self, name: str, line: int, currency: str) -> None:
        self.name, self.line, self.currency = name, line, currency
        self.text = ""
        self.raw, self.encoding = b"", "utf-8"
        self.broken = False  # read by another encoding than the file's own
        self.children: list[Node] = []
        self.packed: Any = None

    def find(self, *path: str) -> "Node | None":
        """The first element at the path below this one."""
        node = self
        for name in path:
            found = next((child for child in node.children if child.name == name), None)
            if found is None:
                return None
            node = found
        return node

    def all(self, name: str) -> "list[Node]":
        return [child for child in self.children if child.name == name]

    def text_at(self, *path: str) -> str:
        found = self.find(*path)
        return found.text if found is not None else ""


def units(
    stream: BinaryIO,
    *,
    fallback: str,
    pack: Callable[[Node], object],
    final: bool = True,
) -> Iterator[Node]:
    """Each statement begun (a node without children), account, balance and entry, in file order.

    Parameters: `fallback` is the encoding to read by where the file is not in the one it declares;
    `pack` makes what is kept of a TxDtls; `final` is False where the stream is only a beginning.

    Raises
    ------
    Refused
        With code unsafe_xml, xml_too_deep, xml_too_long or damaged_xml.
    """
    block = stream.read(FIRST)
    encoding = declared_encoding(block)
    broken = misdeclared(block)
    if broken:
        encoding = fallback
    # Expat knows few encodings; what else there is reaches it as UTF-8.
    known = encoding in _KNOWN and not broken
    letters = None if known else codecs.getincrementaldecoder(encoding)("replace").decode
    reader = _Reader(encoding if known else "utf-8", broken, pack)
    while block:
        yield from reader.feed(_utf8(letters, block, False), False)
        block = stream.read(BLOCK)
    if final:
        yield from reader.feed(_utf8(letters, b"", True), True)


def _utf8(letters: Callable[[bytes, bool], str] | None, block: bytes, final: bool) -> bytes:
    if letters is None:
        return block
    try:
        return letters(block, final).encode()
    except UnicodeError as error:
        raise Refused(
            "encoding", "The file is not in the encoding chosen for it; choose another."
        ) from error


def declared_encoding(head: bytes) -> str:
    """The encoding by the file's first bytes or its own words; UTF-8 where it says nothing.

    "" where it names one that is none.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(b"<\0"):
        return "utf-16-le"
    if head.startswith(b"\0<"):
        return "utf-16-be"
    found = _DECLARED.search(head[:1024])
    if found is None:
        return "utf-8"
    try:
        name = codecs.lookup(found[1].decode()).name
    except LookupError:
        return ""
    # Single bytes that say they are double ones: a well-known fault of programs that write XML.
    if name.startswith(("utf-16", "utf-32")):
        return "utf-8"
    return name if _LETTERS.fullmatch(name) else ""


def misdeclared(head: bytes) -> bool:
    """Whether the file is not in the encoding it declares."""
    declared = declared_encoding(head)
    if not declared:
        return True
    try:
        codecs.getincrementaldecoder(declared)().decode(head)
    except UnicodeError:
        return True
    return False


def plain(node: Node) -> str:
    """The element as in the file, its beginning at least, without the space between tags."""
    text = node.raw.decode(node.encoding, errors="ignore").replace("\0", "\ufffd")
    return re.sub(r">\s+<", "><", text).strip()


class _Reader:
    def __init__(self, encoding: str, broken: bool, pack: Callable[[Node], object]) -> None:
        parser = self.parser = expat.ParserCreate(_KNOWN[encoding])
        self.encoding, self.broken = encoding, broken
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._unsafe
        parser.EntityDeclHandler = self._unsafe
        parser.ExternalEntityRefHandler = self._unsafe
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self.pack = pack
        self.done: list[Node] = []
        self.depth = self.skipping = self.message_depth = self.group_depth = 0
        self.open: list[Node] = []
        self.parts: list[str] = []
        self.length = self.nodes = self.details = self.stuck = 0
        self.moved = False
        self.block = b""
        self.block_at = self.unit_at = 0  # places in the file, in bytes
        self.kept = b""  # of an entry that began in an earlier block

    def feed(self, block: bytes, final: bool) -> list[Node]:
        self.done, self.block, self.moved = [], block, False
        try:
            self.parser.Parse(block, final)
        except expat.ExpatError as error:
            raise _damaged(error.lineno) from error
        self.stuck = 0 if self.moved else self.stuck + len(block)
        if self.stuck > MAX_TOKEN or len(self.parser.intern) > MAX_NAMES:
            raise _too_long(self.parser.CurrentLineNumber)
        if self.open and len(self.kept) < RAW_BYTES:
            self.kept += block[max(0, self.unit_at - self.block_at) :][:RAW_BYTES]
        self.block_at += len(block)
        return self.done

    def _unsafe(self, *_: object) -> int:
        raise Refused(
            "unsafe_xml",
            "The file brings rules of its own (a document type), which no statement needs;"
            " it is not read, so that it can do no harm.",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.moved = True
        self.length = 0
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused(
                "xml_too_deep",
                f"At line {self.parser.CurrentLineNumber} more than {MAX_DEPTH} elements lie in one"
                " another; no statement does that, so the file is not read.",
            )
        if self.skipping:
            self.skipping += 1
            return
        local = name.rpartition(":")[2]
        if self.open:
            self._inside(local, attributes)
        elif self.group_depth:
            if self.depth == self.group_depth + 1 and local in _UNITS:
                self._begin(local)
        elif self.message_depth:
            if self.depth == self.message_depth + 1 and local in GROUPS:
                self.group_depth = self.depth
                self.done.append(Node(local, self.parser.CurrentLineNumber, ""))
        elif local in MESSAGES:
            self.message_depth = self.depth

    def _begin(self, local: str) -> None:
        self.open = [Node(local, self.parser.CurrentLineNumber, "")]
        self.parts, self.kept = [], b""
        self.nodes = self.details = 0
        self.unit_at = self.parser.CurrentByteIndex

    def _inside(self, local: str, attributes: dict[str, str]) -> None:
        if local not in _WANTED:
            self.skipping = 1
            return
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _too_long(self.parser.CurrentLineNumber)
        node = Node(local, self.parser.CurrentLineNumber, attributes.get("Ccy", "").strip())
        self.open[-1].children.append(node)
        self.open.append(node)
        self.parts = []

    def _characters(self, data: str) -> None:
        self.moved = True
        self.length += len(data)
        if self.length > MAX_TEXT:
            raise _too_long(self.parser.CurrentLineNumber)
        if self.open and not self.skipping:
            self.parts.append(data)

    def _end(self, name: str) -> None:
        self.moved = True
        self.length = 0
        self.depth -= 1
        if self.skipping:
            self.skipping -= 1
        elif self.open:
            self._close()
        elif self.depth < self.group_depth:
            self.group_depth = 0
        elif self.depth < self.message_depth:
            self.message_depth = 0

    def _close(self) -> None:
        node = self.open.pop()
        if not node.children:
            node.text = " ".join("".join(self.parts).split())
        self.parts = []
        if node.name == "TxDtls" and self.open:
            self.details += 1
            if self.details > MAX_DETAILS:
                self.open[-1].children.pop()
            else:
                node.packed = self.pack(node)
            node.children = []
            self.nodes = self.details // 16
        if not self.open:
            start = max(0, self.unit_at - self.block_at)
            stop = self.block.find(b">", max(0, self.parser.CurrentByteIndex - self.block_at))
            stop += 2 if self.encoding.startswith("utf-16") else 1
            node.raw = (self.kept + self.block[start : min(stop, start + RAW_BYTES)])[:RAW_BYTES]
            node.encoding, node.broken = self.encoding, self.broken
            self.done.append(node)


def _damaged(line: int) -> Refused:
    return Refused(
        "damaged_xml",
        f"At line {line} the file is no longer XML: it is cut off or was changed there. "
        "Export it again, whole.",
    )


def _too_long(line: int) -> Refused:
    return Refused(
        "xml_too_long",
        f"At line {line} a text or an element is far longer than any in a statement,"
        " so the file is not read.",
    )
