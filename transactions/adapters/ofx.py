"""OFX and QFX (Quicken, Money): bank and card statements, in SGML, XML or something between."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from transactions.adapters.base import Detection, Evidence, Layout, Option, Refused, Row
from transactions.adapters.ofx_rows import Found, OfxRows
from transactions.adapters.ofx_tokens import encoding_of, header_of, looks_like_ofx
from transactions.adapters.sample import Sample

_ACCOUNTS_SHOWN = 5
_KINDS = {"bank": "bank account", "card": "card", "investment": "cash of an investment account"}


class Ofx:
    """One reader for every version: what a tag means has not changed since 1997."""

    name = "OFX"
    label = "OFX or QFX"
    reads_plainly = False

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        if not looks_like_ofx(sample.head):
            return None
        encoding, encoding_evidence = encoding_of(sample)
        layout = Layout(adapter=self.name, encoding=encoding, date_order="ymd", described=True)
        found = Found()
        try:
            for _ in OfxRows(layout, found).read(BytesIO(sample.head)):
                pass
        except Refused as refusal:
            # The sample ends somewhere; the rest of the file may go on from there.
            if sample.complete or refusal.code != "cut_off":
                raise
        if sample.complete and (refusal_now := found.refusal()):
            raise refusal_now
        mark = "," if found.commas > found.dots else "."
        version, how = _version(header_of(sample.head))
        layout = Layout.from_json({**layout.to_json(), "decimal": mark})
        evidence = (
            Evidence("Kind", f"OFX {version}".strip(), how),
            encoding_evidence,
            _accounts_found(found),
            _mark_found(mark, found),
            Evidence("Sign", "minus is money out", "OFX states each amount so", field="sign"),
        )
        label = f"OFX file of {found.bank}" if found.bank else "OFX file"
        return Detection(self.name, layout, 1.0, evidence, label=label)

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        layout.check()
        found = Found()
        yield from OfxRows(layout, found).read(stream)
        if refusal := found.refusal():
            raise refusal


def _version(said: Mapping[str, str]) -> tuple[str, str]:
    digits = said.get("VERSION", "")
    if digits.isascii() and digits.isdigit() and len(digits) == 3:
        return f"{digits[0]}.{digits[1:]}", "its header says so"
    if said:
        return "", "its header says so"
    return "", "it begins with <OFX>; it has no header"


def _accounts_found(found: Found) -> Evidence:
    words = [
        " ".join(
            part
            for part in (_KINDS.get(kind, ""), _ending(name), f"in {currency}" if currency else "")
            if part
        )
        for name, currency, kind in found.accounts
    ]
    shown = ", ".join(words[:_ACCOUNTS_SHOWN]) or "none named"
    if len(words) > _ACCOUNTS_SHOWN:
        shown += f" and {len(words) - _ACCOUNTS_SHOWN} more"
    if len(words) > 1:
        return Evidence("Accounts", shown, "the file names them")
    return Evidence("Account", shown, "the file names it")


def _ending(name: str) -> str:
    return f"··{name[-4:]}" if len(name) > 4 else name


def _mark_found(mark: str, found: Found) -> Evidence:
    names = {".": "dot: 1284.07", ",": "comma: 1284,07"}
    against = min(found.commas, found.dots)
    total = found.commas + found.dots
    why = (
        f"{against} of {total} amounts speak against it" if against
        else "so the amounts are written" if total
        else "no amount has decimals"
    )  # fmt: skip
    other = "," if mark == "." else "."
    return Evidence(
        "Decimal mark", names[mark], why, not against, "decimal", (Option(other, names[other]),)
    )
