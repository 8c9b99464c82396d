"""Field :86: of MT940, free by the standard and in truth one of three languages.

- German: three digits, a mark (mostly ?), then parts of two digits each: 00 the kind of booking, 20-29
  and 60-63 the purpose, 32 and 33 the other party. The purpose may hold SEPA words: EREF+, SVWZ+.
- Dutch: words between strokes, /NAME/ and /REMI/.
- Plain text, wrapped at 65 characters.
"""

import re
from typing import NamedTuple

_GERMAN = re.compile(r"\s*[0-9]{3}([?<>~@^+!|§$#*%&=;])(?=([0-9]{2}))")
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|DDAT)\+")
_WORDS = (
    "TRTP|IBAN|BIC|NAME|REMI|EREF|BENM|ORDP|ISDT|CSID|MARF|RTRN|CNTP|ULTB|ULTD|ULTC|PREF|CREF|IREF"
    "|PURP|ADDR|SVCL|TRCD|NRTX|OCMT|CHGS|EXCH|PROC|MSID|UPAS"
)
_DUTCH = re.compile(rf"\s*/(?:{_WORDS})/")
_DUTCH_WORD = re.compile(rf"/({_WORDS})/")
# Unstructured by its own code, with the number of the bank's journal.
_UNSTRUCTURED = re.compile(r"\s*999(?:PN[0-9]{1,6})?(?=[^0-9])")
_PIECE = 27  # characters; a German part so long goes on in the next
_LINE = 64  # characters; a line so long was cut wherever it stood
# Controls that stand for letters of Windows-1252, after a wrong turn into Unicode; the rest is space.
_CONTROLS = {
    code: (bytes([code]).decode("cp1252", errors="ignore") or " ") if code >= 0x80 else " "
    for code in (*range(1, 32), *range(0x7F, 0xA0))
}
NO_REFERENCE = frozenset({
    "", "N", "NONREF", "NOREF", "NOTPROVIDED", "NOT PROVIDED", "EREF", "EREF+", "KREF", "KREF+", "MREF",
    "MREF+", "PREF", "MARF",
})  # fmt: skip


class Info(NamedTuple):
    """What a payment is for, who is on its other side, and its reference."""

    text: str
    counterparty: str
    reference: str


def read_info(lines: list[str]) -> Info:
    """The meaning of the lines of :86:, the first without its tag."""
    if not lines:
        return Info("", "", "")
    joined = "".join(lines)
    found = _GERMAN.match(joined)
    if found and (found[1] == "?" or found[2] in ("00", "20")):
        return _german(joined[found.start(1) :], found[1])
    if _DUTCH.match(joined):
        return _dutch(clean(_unwrapped(lines)))
    whole = _unwrapped(lines)
    return Info(clean(_UNSTRUCTURED.sub("", whole)) or clean(whole), "", "")


def clean(text: str) -> str:
    """The text in one line, without control characters."""
    return " ".join(text.translate(_CONTROLS).split())


def _unwrapped(lines: list[str]) -> str:
    """Lines as one text: a word or number cut at the edge of a full line is whole again."""
    joined, full = "", False
    for line in lines:
        before, after = joined[-1:], line[:1]
        same = (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit())
        joined += line if full and same else f" {line}"
        full = len(line) >= _LINE
    return joined


def _german(text: str, mark: str) -> Info:
    _, *split = re.split(rf"{re.escape(mark)}([0-9]{{2}})", text)
    parts = list(zip(split[::2], split[1::2], strict=True))
    purpose = _pieces([p for c, p in parts if "20" <= c <= "29" or "60" <= c <= "63"], mark)
    party = _pieces([p for c, p in parts if c in ("32", "33")], mark)
    kind = next((p for c, p in parts if c == "00"), "")
    before, *words = _SEPA.split(purpose)
    said: dict[str, str] = {}
    for word, value in zip(words[::2], words[1::2], strict=True):
        said.setdefault(word, clean(value))
    text = said.get("SVWZ", "") or clean(before) or clean(kind)
    references = (said.get(word, "") for word in ("EREF", "KREF"))
    reference = next((r for r in references if r.upper() not in NO_REFERENCE), "")
    return Info(text, clean(party), reference)


def _pieces(pieces: list[str], mark: str) -> str:
    joined, full = "", True
    for piece in pieces:
        joined += piece if full else f" {piece}"
        full = len(piece) >= _PIECE
    return joined.rstrip().removesuffix(mark)


def _dutch(text: str) -> Info:
    _, *split = _DUTCH_WORD.split(text)
    said: dict[str, str] = {}
    for word, value in zip(split[::2], split[1::2], strict=True):
        said.setdefault(word, value)
    party = said.get("NAME", "").strip("/ ")
    if not party and "CNTP" in said:  # account, bank, name, place
        party = "".join(said["CNTP"].split("/")[2:3]).strip()
    purpose = said.get("REMI", "")
    reference = said.get("EREF", "").strip("/ ")
    if found := re.match(r"/?STRD/([^/]*)/(.*)", purpose):
        purpose = found[2].strip("/ ")
        reference = purpose or reference
    purpose = re.sub(r"^/?USTD/", "", purpose).strip("/ ")
    if reference.upper() in NO_REFERENCE:
        reference = ""
    return Info(purpose or party or said.get("TRTP", "").strip("/ ") or text, party, reference)
