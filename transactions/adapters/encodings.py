"""Which characters the bytes of a file stand for, and the file as physical lines.

UTF-8 proves itself; among single-byte code pages nothing does, so each is tried on the words of the
file: whose letters belong to one language, sit in words of their own case, and make headings known.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from transactions.adapters.base import Evidence, Option, Refused
from transactions.adapters.words import heading

BLOCK = 1 << 18
MAX_LINE = 100_000  # characters; under the csv module's own limit of 131,072 for a cell

NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a mark at its start",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little end first",
    "utf-16-be": "UTF-16, big end first",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252, western Europe",
    "cp1250": "Windows-1250, central Europe",
    "iso8859-15": "Latin-9",
    "iso8859-2": "Latin-2, central Europe",
    "cp1251": "Windows-1251, Cyrillic",
    "cp1253": "Windows-1253, Greek",
    "cp1254": "Windows-1254, Turkish",
    "cp1257": "Windows-1257, Baltic",
    "mac-roman": "Mac Roman",
    "cp850": "DOS 850, western Europe",
    "cp852": "DOS 852, central Europe",
}
_SINGLE = (
    "cp1252", "cp1250", "iso8859-15", "iso8859-2", "cp1257", "cp1254", "cp1251", "cp1253",
    "mac-roman", "cp850", "cp852",
)  # fmt: skip
_LETTERS = tuple(
    frozenset(letters)
    for letters in (
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ¿¡", "àèéìòù", "ãõáéíóúâêôçà", "éëïóöüèê", "åäöé",
        "æøåé", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîșțşţ",
        "čćđšž", "çğıöşü", "āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž", "áéíóúýðþæö",
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ", "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώς",
    )
)  # fmt: skip
_MARKS = frozenset("€£—–’‘“”„«»°·…§²³½ªº\u00a0´")
_WORD = re.compile(r"[^\s,;|\"\t]+")


class TooLong(str):
    """The beginning of a line that goes on beyond MAX_LINE."""

    __slots__ = ()


class Unended(str):
    """The last line of a file that does not end with a line break: it may be cut off."""

    __slots__ = ()


def find_encoding(head: bytes, *, complete: bool) -> tuple[str, Evidence]:
    """The encoding of `head` and what it rests on; Refused where it is no text at all."""
    marked = _by_mark(head) or _by_zeros(head)
    if marked:
        return marked, _evidence(marked, "the file says so in its first bytes or its even bytes")
    noise = len(re.findall(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]", head))
    if noise * 50 > len(head):
        raise Refused(
            "binary", "This is not a text file; export the transactions as OFX, QIF or CSV."
        )
    if head.isascii():
        return "utf-8", _evidence("utf-8", "only plain letters occur")
    if _is_utf8(head, complete):
        return "utf-8", _evidence(
            "utf-8", "every special letter is well formed" + _words(head, "utf-8")
        )
    best = max(_SINGLE, key=lambda name: (_plausibility(head, name), -_SINGLE.index(name)))
    shown = _words(head, best).replace(": ", "").strip()
    others = tuple(Option(name, NAMES[name]) for name in _SINGLE if name != best)
    why = f"{shown} read right; it is not UTF-8" if shown else "it is not UTF-8"
    return best, Evidence("Encoding", NAMES[best], why, True, "encoding", others)


def _evidence(encoding: str, why: str) -> Evidence:
    others = tuple(Option(name, NAMES[name]) for name in ("utf-8", *_SINGLE) if name != encoding)
    return Evidence("Encoding", NAMES[encoding], why, True, "encoding", others)


def _by_mark(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return ""


def _by_zeros(head: bytes) -> str:
    """UTF-16 without a mark: nearly every second byte is zero. Other zeros mean no text."""
    zeros = head.count(0)
    if not zeros:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd * 5 > len(head) and even * 20 < odd:
        return "utf-16-le"
    if even * 5 > len(head) and odd * 20 < even:
        return "utf-16-be"
    if zeros > 3 and zeros * 200 > len(head):
        raise Refused(
            "nul_bytes",
            f"The file holds {zeros} zero bytes, so it is damaged or no text; export it again.",
        )
    return ""


def _is_utf8(head: bytes, complete: bool) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head, final=complete)
    except UnicodeDecodeError:
        text = head.decode("utf-8", errors="surrogateescape")
        bad = sum("\udc80" <= c <= "\udcff" for c in text)
        good = sum(c > "\x7f" for c in text) - bad
        return bad * 10 <= good  # a few broken letters in a file that is plainly UTF-8
    return True


def _words(head: bytes, encoding: str) -> str:
    text = head[:65536].decode(encoding, errors="ignore")
    found = [w for w in _WORD.findall(text) if not w.isascii() and any(c.isalpha() for c in w)]
    distinct = list(dict.fromkeys(w[:24] for w in found))[:2]
    return ": " + ", ".join(f"“{w}”" for w in distinct) if distinct else ""


def _plausibility(head: bytes, encoding: str) -> float:
    lines = [line[:300] for line in head[: 1 << 18].splitlines() if not line.isascii()][:100]
    text = b"\n".join(lines).decode(encoding, errors="replace")
    score = 0.0
    letters: list[str] = []
    for word in {w for w in _WORD.findall(text) if not w.isascii()}:
        for at, c in enumerate(word):
            if c <= "\x7f":
                continue
            beside = word[max(0, at - 1) : at] + word[at + 1 : at + 2]
            if c.isalpha():
                letters.append(c.casefold())
                score += _letter_score(c, beside)
            elif c in _MARKS:
                score += 1 if c in "€£" and (beside[-1:].isdigit() or len(word) == 1) else 0.5
            else:
                score -= 5 if c == "\ufffd" or c < "\xa0" else 1.5
    if letters:
        covered = max(sum(c in known for c in letters) for known in _LETTERS)
        score += 2 * covered - 1.5 * (len(letters) - covered)
    first = text.splitlines()[:1]
    for cells in (re.split(r"[,;\t|]", line) for line in first):
        score += 2 * sum(heading(cell.strip(' "')).weight == 3 for cell in cells)
    return score


def _letter_score(c: str, beside: str) -> float:
    if any(b.isdigit() for b in beside):
        return -1
    plain = [b for b in beside if b.isascii() and b.isalpha()]
    if c > "\u036f" and c < "\u1e00" and plain:
        return -3  # Greek or Cyrillic inside a Latin word
    if c.isupper() and any(b.islower() for b in beside[:1]):
        return -2
    return 0.5


def physical_lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of a stream without their ends, whatever those are; memory stays flat.

    Bytes that the encoding does not know come out as lone surrogates (UTF-16 and 32: U+FFFD), so
    that only their own line need be rejected. A lone CR ends a line too.
    """
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(encoding)("replace" if wide else "surrogateescape"),
        translate=True,
    )
    rest, skipping = "", False
    while block := stream.read(BLOCK):
        lines = (rest + decoder.decode(block)).split("\n")
        rest = lines.pop()
        if skipping and lines:
            lines, skipping = lines[1:], False
        yield from lines
        if len(rest) > MAX_LINE or skipping:
            if not skipping:
                yield TooLong(rest[:200])
            rest, skipping = "", True
    tail = rest + decoder.decode(b"", final=True)
    if not skipping:
        yield from _last(tail)


def _last(rest: str) -> Iterator[str]:
    *lines, tail = rest.split("\n")
    yield from lines
    if tail:
        yield Unended(tail)
