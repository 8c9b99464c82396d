"""What an entry and a balance of a CAMT statement say, by ISO 20022's own definitions.

Decided here:
- The sign is CdtDbtInd alone. RvslInd only says that the entry takes an earlier one back: a reversal
  marked CRDT brings money back that a debit took. Its parties are those of the earlier payment, so
  the other party changes sides.
- An entry of several payments becomes one line each where every one states an amount in the entry's
  currency and together they are the entry's; else it is one line (charges may have gone off, or the
  amounts are those of another currency).
- FUTR (on the books, to be booked later) is pending like PDNG. INFO moves no money.
- PRCD is the balance at the end of its day: it opens the day after.
- No line has a provider's id. AcctSvcrRef should be unique, yet banks give one to all entries of a
  batch, to a payment and its charge, or write NONREF; NtryRef counts within one statement; an
  EndToEndId or UETR comes again with a return. A row known by such an id would be taken for a change
  of another. They are shown as the reference.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from transactions.adapters.base import Line, NotATransaction, Reject, Row, Stated
from transactions.adapters.camt_xml import Node, plain
from transactions.amounts import AmountError, parse_amount
from transactions.days import DayError, parse_day

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.{0,40}|Z|[+-][0-9]{2}:[0-9]{2})?")
_AMOUNT = re.compile(r"\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_CURRENCY = re.compile("[A-Z]{3}")
_NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "N/A", "NA", "0"})
_SIGNS = {"CRDT": 1, "DBIT": -1}
_STATUSES = {"": "posted", "BOOK": "posted", "PDNG": "pending", "FUTR": "pending"}
_USTRD = 140  # characters; a piece so long goes on in the next
_JOINED = 400  # characters of the texts of a batch that stays one line


class Detail(NamedTuple):
    """What is kept of one payment inside an entry."""

    line: int
    amount: str
    currency: str
    direction: str
    debtor: str
    creditor: str
    text: str  # as the payer wrote it
    note: str  # as the bank wrote it
    references: tuple[str, ...]
    bank_reference: str


class Account(NamedTuple):
    number: str
    currency: str


class _Unreadable(Exception):
    def __init__(self, column: str, value: str, code: str, reason: str, fix: str) -> None:
        self.parts = column, value[:200], code, reason, fix


def account_of(node: Node) -> Account:
    """The account of a statement: its IBAN, or its other number, and its currency."""
    number = node.text_at("Id", "IBAN") or node.text_at("Id", "Othr", "Id")
    return Account(number.replace(" ", "")[:80], node.text_at("Ccy"))


def detail_of(node: Node) -> Detail:
    """A TxDtls, packed."""
    amount = node.find("Amt") or node.find("AmtDtls", "TxAmt", "Amt")
    remittance = node.find("RmtInf")
    structured = remittance.all("Strd") if remittance else []
    text = _join((piece.text for piece in remittance.all("Ustrd")), _USTRD) if remittance else ""
    added = (piece.text for part in structured for piece in part.all("AddtlRmtInf"))
    given = [node.text_at("Refs", "EndToEndId")]
    given += [part.text_at("CdtrRefInf", "Ref") for part in structured]
    given += [doc.text_at("Nb") for part in structured for doc in part.all("RfrdDocInf")]
    given += [node.text_at("Refs", "ChqNb")]
    return Detail(
        node.line,
        amount.text if amount else "",
        amount.currency if amount else "",
        node.text_at("CdtDbtInd"),
        _party(node, "Dbtr"),
        _party(node, "Cdtr"),
        text or _join(added, _USTRD),
        node.text_at("AddtlTxInf") or node.text_at("RtrInf", "AddtlInf"),
        tuple(dict.fromkeys(r for r in given if r.upper() not in _NO_REFERENCE)),
        node.text_at("Refs", "AcctSvcrRef"),
    )


def _party(node: Node, role: str) -> str:
    for name in (role, f"Ultmt{role}"):
        found = node.find("RltdPties", name)
        if found and (named := found.text_at("Nm") or found.text_at("Pty", "Nm")):
            return named
    return ""


def _join(pieces: Iterable[str], full: int) -> str:
    joined, before = "", full
    for piece in pieces:
        joined += piece if before >= full else f" {piece}"
        before = len(piece)
    return " ".join(joined.split())


def balance_row(node: Node, account: Account) -> Row:
    """A booked balance at the start or end of a day, or no transaction where it is another one."""
    code = node.text_at("Tp", "CdOrPrtry", "Cd") or node.text_at("Tp", "CdOrPrtry", "Prtry")
    raw = plain(node)
    if code not in ("OPBD", "PRCD", "CLBD"):
        return NotATransaction(node.line, raw, f"states a balance that is not booked: {code[:20]}")
    if node.text_at("Tp", "SubTp", "Cd") == "INTM":
        return NotATransaction(node.line, raw, "states the balance between two pages")
    try:
        amount, currency = _money(node.find("Amt"), account)
        day = _day(node, "Dt")
    except _Unreadable:
        return NotATransaction(node.line, raw, "states a balance that cannot be read")
    sign = _SIGNS.get(node.text_at("CdtDbtInd"))
    if sign is None or day is None:
        return NotATransaction(node.line, raw, "states a balance that cannot be read")
    if code == "PRCD":
        day += timedelta(days=1)
    return Stated(node.line, account.number, currency, day, sign * amount, code != "CLBD", raw)


def entry_rows(node: Node, account: Account) -> Iterator[Row]:
    """The lines of one entry, or one row that says why it has none."""
    try:
        yield from _entry(node, account)
    except _Unreadable as error:
        yield Reject(node.line, *error.parts, plain(node))


def _entry(node: Node, account: Account) -> Iterator[Row]:
    said = node.text_at("Sts", "Cd") or node.text_at("Sts", "Prtry") or node.text_at("Sts")
    if said == "INFO":
        yield NotATransaction(node.line, plain(node), "is for information only")
        return
    status = _STATUSES.get(said)
    if status is None:
        raise _Unreadable(
            "Sts", said, "status_unknown",
            f"“{said[:40]}” is not a status of an entry.", "Write BOOK, PDNG or INFO.",
        )  # fmt: skip
    value_on = _day(node, "ValDt")
    booked_on = _day(node, "BookgDt") or value_on
    if booked_on is None:
        if status == "pending":
            yield NotATransaction(node.line, plain(node), "is still pending and has no day yet")
            return
        raise _Unreadable(
            "BookgDt", "", "date_missing", "The entry has no day.", "Write its booking day."
        )
    amount, currency = _money(node.find("Amt"), account)
    direction = node.text_at("CdtDbtInd")
    sign = _sign(direction)
    reversal = node.text_at("RvslInd").lower() in ("true", "1")
    details = [d.packed for part in node.all("NtryDtls") for d in part.all("TxDtls")]
    parts = _parts(details, sign, amount, currency)
    if not parts:
        parts = [(_merged(details, node), sign * amount)]
    for detail, signed in parts:
        outward = (signed < 0) != reversal
        party = detail.creditor if outward else detail.debtor
        bank = detail.bank_reference or node.text_at("AcctSvcrRef") or node.text_at("NtryRef")
        references = detail.references or (() if bank.upper() in _NO_REFERENCE else (bank,))
        text = (
            detail.text
            or detail.note
            or node.text_at("AddtlNtryInf")
            or " ".join(detail.references[-1:])
            or party
        )
        if node.broken and "\ufffd" in text + party:
            raise _Unreadable(
                "", "", "encoding", "The entry holds bytes that are no letters in the encoding of"
                " this file.", "Export the file anew, or choose another encoding.",
            )  # fmt: skip
        yield Line(
            detail.line, booked_on, value_on, signed, text, party, " ".join(references), "",
            account.number, currency, None, "", status,
        )  # fmt: skip


def _parts(
    details: list[Detail], sign: int, amount: Decimal, currency: str
) -> list[tuple[Detail, Decimal]]:
    """Each payment with its signed amount, where they are the entry's together; else nothing."""
    if len(details) < 2:
        return []
    parts = []
    for detail in details:
        if not _AMOUNT.fullmatch(detail.amount) or detail.currency not in ("", currency):
            return []
        try:
            part = parse_amount(detail.amount.lstrip("+"))
        except AmountError:
            return []
        parts.append((detail, part * _SIGNS.get(detail.direction, sign)))
    total = sum((part for _, part in parts), Decimal(0))
    return parts if total == sign * amount else []


def _merged(details: list[Detail], node: Node) -> Detail:
    """All payments of an entry as one."""
    if len(details) == 1:
        return details[0]._replace(line=node.line)
    texts = [d.text or d.note for d in details] if not node.text_at("AddtlNtryInf") else []
    debtors, creditors = {d.debtor for d in details}, {d.creditor for d in details}
    batch = node.find("NtryDtls", "Btch")
    named = batch.text_at("PmtInfId") or batch.text_at("MsgId") if batch else ""
    return Detail(
        node.line, "", "", "",
        debtors.pop() if len(debtors) == 1 else "",
        creditors.pop() if len(creditors) == 1 else "",
        "; ".join(dict.fromkeys(t for t in texts if t))[:_JOINED],
        "", (named,) if named.upper() not in _NO_REFERENCE else (), "",
    )  # fmt: skip


def _sign(direction: str) -> int:
    if direction not in _SIGNS:
        raise _Unreadable(
            "CdtDbtInd", direction,
            "direction_unknown" if direction else "direction_missing",
            f"“{direction[:40]}” says neither in nor out." if direction
            else "Nothing says whether the money came in or went out.",
            "Write CRDT for money in or DBIT for money out.",
        )  # fmt: skip
    return _SIGNS[direction]


def _money(node: Node | None, account: Account) -> tuple[Decimal, str]:
    text = node.text if node else ""
    currency = (node.currency if node else "") or account.currency
    if not _CURRENCY.fullmatch(currency):
        raise _Unreadable(
            "Ccy", currency, "currency_unknown",
            f"“{currency[:20]}” is no currency." if currency else "The amount names no currency.",
            "Write its three letters, as EUR.",
        )  # fmt: skip
    try:
        if _AMOUNT.fullmatch(text):
            return parse_amount(text.lstrip("+")), currency
        parse_amount(text)
    except AmountError as error:
        raise _Unreadable("Amt", text, error.code, error.reason, error.fix) from error
    raise _Unreadable(
        "Amt", text, "amount_format",
        "An amount here is digits and a dot alone; CdtDbtInd says which way it goes.",
        "Write it as 1234.56",
    )  # fmt: skip


def _day(node: Node, name: str) -> date | None:
    """The day as the bank wrote it; a time of day and its zone are passed over."""
    text = node.text_at(name, "Dt") or node.text_at(name, "DtTm") or node.text_at(name)
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if found is None:
        raise _Unreadable(
            name, text, "date_format", f"“{text[:40]}” is not a day in XML.",
            "Write it as 2024-12-31",
        )  # fmt: skip
    try:
        return parse_day(found[1])
    except DayError as error:
        raise _Unreadable(name, text, error.code, error.reason, error.fix) from error
