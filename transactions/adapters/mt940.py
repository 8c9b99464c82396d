"""MT940 and MT942: SWIFT's statement and interim report, in envelopes or bare, as banks hand them out.

Pages join: :60M: and :62M: are balances between two of them. No row has a provider's id: the bank's own
reference behind // is missing as often as not, and comes again on the next booking of a batch, so it
is shown as the reference and never tells rows apart.
"""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple

from transactions.adapters.base import (
    Detection,
    Evidence,
    Layout,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Row,
    Stated,
)
from transactions.adapters.mt940_fields import Field, Unreadable, fields, read_balance, read_entry
from transactions.adapters.mt940_info import NO_REFERENCE, Info, clean, read_info
from transactions.adapters.sample import Sample
from transactions.adapters.words import CURRENCIES

_BALANCE = re.compile(r"\s*:(?:60|62)[FM]?:[CD][0-9]{6}[A-Z]{3}[0-9]")
_ENTRY = re.compile(r"\s*:61:[0-9]{6}")
_ENVELOPE = re.compile(r"\{2:[IO]94[02]")
_NO_SUCH_DAY = re.compile(r"\s*:61:[0-9]{2}0230")
_INTERIM = re.compile(r"\s*:(?:34F|13D|90[CD]):|\{2:[IO]942")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_CURRENCY = re.compile(r"[A-Z]{3}")
_STATES_MORE = frozenset({"61", "62", "62F", "62M", "90C", "90D", "13D"})
_MOST_INFOS = 20  # to one row; the format knows one
_TROUBLES = {
    "nul_byte": (
        "The row holds a zero byte, so it is damaged.",
        "Remove it and type the row anew.",
    ),
    "encoding": (
        "The row holds bytes that are no letters in the encoding of this file.",
        "Choose another encoding.",
    ),
    "unknown_field": (
        "The row is like a booking but does not begin with :61:, so it may be damaged.",
        "Write :61: at its start.",
    ),
    "line_too_long": (
        "The row is far longer than the format allows.",
        "Check the file's line breaks.",
    ),
}


class _Booking(NamedTuple):
    """:61: with the :86: that follow it."""

    field: Field
    infos: list[Field]


class Mt940:
    name = "MT940"
    label = "MT940 statement"
    reads_plainly = False

    def detect(self, sample: Sample, saved: Sequence[Layout]) -> Detection | None:
        """By its fields at the start of lines; Refused where they make no statement."""
        if not re.search(
            rb":\0?6\0?[0-9]\0?[FM]?\0?:|:\0?2\0?0\0?:|\{\0?2\0?:\0?[IO]", sample.head
        ):
            return None
        lines = sample.lines
        tags = {line.lstrip()[:5].rstrip("\n") for line in lines if line.lstrip().startswith(":")}
        shaped = any(_BALANCE.match(line) or _ENTRY.match(line) for line in lines)
        enveloped = any(_ENVELOPE.search(line) for line in lines[:50])
        named = any(t.startswith(":20:") for t in tags) and any(t.startswith(":25") for t in tags)
        if not (shaped or enveloped or named):
            return None
        layout = Layout(adapter=self.name, encoding=sample.encoding, decimal=",", described=True)
        for _ in _rows(BytesIO(sample.head), layout, final=sample.complete):
            pass
        interim = any(_INTERIM.match(line) or "{2:O942" in line for line in lines)
        kind = "MT942, interim report" if interim else "MT940, statement"
        evidence = [
            Evidence("Kind", kind, "its lines begin with the fields of this format"),
            Evidence("Sign", "each row says C or D", "the format has no minus"),
            sample.encoding_evidence,
        ]
        if any(_NO_SUCH_DAY.match(line) for line in lines):
            evidence.append(
                Evidence(
                    "Value days",
                    "30 February is taken as the last day of February",
                    "banks that count 30 days to every month write it",
                )
            )
        return Detection(
            adapter=self.name,
            layout=layout,
            score=1.0,
            evidence=tuple(evidence),
            label=kind.partition(",")[0],
        )

    def rows(self, stream: BinaryIO, layout: Layout) -> Iterator[Row]:
        """Every :61: and every balance once, in file order; memory stays flat."""
        return _rows(stream, layout, final=True)


def _rows(stream: BinaryIO, layout: Layout, *, final: bool) -> Iterator[Row]:
    account = currency = ""
    booking: _Booking | None = None
    found = False
    for field in fields(stream, layout.encoding):
        found = found or field.tag in _STATES_MORE
        if field.tag == "86":
            # Behind a balance it tells of the statement, not of a row.
            if booking and len(booking.infos) < _MOST_INFOS:
                booking.infos.append(field)
            elif booking:
                booking.infos[-1] = booking.infos[-1]._replace(trouble="line_too_long")
            continue
        if booking:
            yield _booked(booking, account, currency)
            booking = None
        first = field.lines[0].strip() if field.lines else ""
        if field.tag == "20":
            account = currency = ""
        elif field.tag.startswith("25"):
            account = _account(first)
        elif field.tag == "34F":
            currency = first[:3] if _CURRENCY.match(first) else currency
        elif field.tag == "61":
            booking = _Booking(field, [])
        elif field.tag[0] == "6":
            row = _balance(field, account)
            if isinstance(row, Stated):
                currency = row.currency
            elif field.tag == "60M" and (stated := read_balance(first)):
                currency = stated.currency
            yield row
        elif field.tag in ("90C", "90D"):
            yield NotATransaction(field.line, _raw(field), "states a total")
    if booking:
        yield _booked(booking, account, currency)
    if final and not found:
        raise Refused(
            "no_rows",
            "The file has fields of MT940 but no statement: no row and no closing balance."
            " Export it again, whole.",
        )


def _account(text: str) -> str:
    """The number as the bank writes it, without the currency that some add."""
    number, _, last = text.rpartition(" ")
    if number and last in CURRENCIES:
        text = number.strip()
    elif text[-3:] in CURRENCIES and text[-4:-3].isdigit() and text[:2].isalpha():
        text = text[:-3]
    return clean(_storable(text))[:80]


def _balance(field: Field, account: str) -> Stated | NotATransaction:
    raw = _raw(field)
    if field.tag in ("64", "65"):
        return NotATransaction(field.line, raw, "states an available balance")
    if field.tag.endswith("M"):
        return NotATransaction(field.line, raw, "states the balance between two pages")
    stated = read_balance(field.lines[0].strip()) if field.lines else None
    if stated is None:
        return NotATransaction(field.line, raw, "states a balance that cannot be read")
    return Stated(
        field.line, account, stated.currency, stated.day, stated.amount, field.tag[:2] == "60", raw
    )


def _booked(booking: _Booking, account: str, currency: str) -> Line | Reject:
    field = booking.field
    raw = "\n".join(_raw(part) for part in (field, *booking.infos))
    trouble = next((part.trouble for part in (field, *booking.infos) if part.trouble), "")
    if trouble:
        return Reject(field.line, "", "", trouble, *_TROUBLES[trouble], raw)
    try:
        entry = read_entry(field.lines[0])
    except Unreadable as error:
        column, value, code, reason, fix = error.parts
        return Reject(field.line, column, _storable(value), code, reason, fix, raw)
    info = read_info([line for part in booking.infos for line in part.lines])
    given = (entry.reference, info.reference, entry.bank_reference)
    reference = next((clean(r) for r in given if r.upper() not in NO_REFERENCE), "")
    return Line(
        field.line,
        entry.booked_on,
        entry.value_on,
        entry.amount,
        _text(info, field, reference) or entry.kind[1:],
        info.counterparty,
        reference,
        "",
        account,
        currency,
        None,
        "",
        "pending" if entry.pending else "posted",
    )


def _text(info: Info, field: Field, reference: str) -> str:
    """What the row is for; where :86: is silent, the second line of :61:, or the reference."""
    return info.text or info.counterparty or clean(" ".join(field.lines[1:])) or reference


def _raw(field: Field) -> str:
    tag = "" if field.trouble == "unknown_field" else f":{field.tag}:"
    return _storable(tag + "\n".join(field.lines)).strip()


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
