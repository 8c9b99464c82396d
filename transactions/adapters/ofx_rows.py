"""The rows of an OFX file from its tags: payments, balances, and what stands in for neither.

What a value belongs to is told by the aggregate it stands in, whatever leaves are left open around it:
some banks close no tag, some close them all at the end of the row.

The bank's id (FITID) alone is no key. Some banks leave it empty, give every payment the same one, or
begin anew with each file, so an id would then meet another payment and overwrite it. The provider id
made here is therefore FITID, day and amount together; an id that says nothing (empty, zeros, the day
itself) is left out, and the row is known by day, amount, text and its number among equal ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import BinaryIO

from transactions.adapters.base import (
    Layout,
    Line,
    NotATransaction,
    Refused,
    Reject,
    Row,
    Stated,
)
from transactions.adapters.ofx_tokens import Mark, marks, plain
from transactions.adapters.words import CURRENCIES
from transactions.amounts import AmountError, parse_amount
from transactions.days import DayError, parse_day
from transactions.fingerprints import amount_text

MAX_DEPTH = 500
MAX_TAGS = 100_000  # without a transaction among them
MAX_CELL = 20_000
_RAW = 2_000

_STATEMENTS = {"STMTRS": "bank", "CCSTMTRS": "card", "INVSTMTRS": "investment"}
_ROWS = frozenset({"STMTTRN", "STMTTRNP"})
_ACCOUNTS = frozenset({"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"})
_BALANCES = frozenset({"LEDGERBAL", "AVAILBAL"})
# What the values of a row stand in; the rest of the tree is passed through.
_AGGREGATES = frozenset(
    {
        *_STATEMENTS, *_ROWS, *_ACCOUNTS, *_BALANCES, "OFX", "SONRS", "STATUS", "PAYEE", "CURRENCY",
        "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO", "LOANACCTTO", "IMAGEDATA", "BANKTRANLIST",
        "BANKTRANLISTP", "INVTRANLIST", "BAL", "STMTTRNRS", "CCSTMTTRNRS", "INVSTMTTRNRS",
    }
)  # fmt: skip
# Purchases and sales of securities: they are no payments of an account in money.
_TRADES = frozenset(
    {
        "BUYDEBT", "BUYMF", "BUYOPT", "BUYOTHER", "BUYSTOCK", "CLOSUREOPT", "INCOME", "INVEXPENSE",
        "JRNLFUND", "JRNLSEC", "MARGININTEREST", "REINVEST", "RETOFCAP", "SELLDEBT", "SELLMF",
        "SELLOPT", "SELLOTHER", "SELLSTOCK", "SPLIT", "TRANSFER",
    }
)  # fmt: skip
CUT = (
    "The file ends inside this row, so it was cut off here.",
    "Download or copy the file again, whole.",
)
_HALF, _UNSTORABLE = re.compile("[\ud800-\udfff]"), re.compile("[\0\ud800-\udfff]")
_NO_ID = re.compile(r"[0\W_]*|none|null|n/?a|unknown", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}")
_DOT = re.compile(r"[+-]?[0-9]*\.[0-9]+|[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")


@dataclass
class Found:
    """What a file holds beside its rows; filled while it is read."""

    accounts: dict[tuple[str, str, str], int] = field(default_factory=dict)  # with their rows
    bank: str = ""
    rows: int = 0
    trades: int = 0
    balances: int = 0
    commas: int = 0
    dots: int = 0
    refusals: list[tuple[str, str, str]] = field(default_factory=list)  # where, code, message

    def refusal(self) -> Refused | None:
        """Why there is nothing to bring in."""
        if self.rows:
            return None
        for where, code, message in self.refusals:
            said = f": “{message[:200].rstrip('. ')}”" if message else ""
            if where == "SONRS":
                return Refused(
                    "signon_failed",
                    f"The bank refused the sign-on ({code}){said}. The file holds that answer and no "
                    "payments. Sign in at your bank and download it again.",
                )
            return Refused(
                "bank_error",
                f"The bank answered with an error ({code}){said}. The file holds no payments. "
                "Download it from your bank again.",
            )
        if self.trades:
            return Refused(
                "investments",
                "This is a file of an investment account: it holds purchases and sales of securities "
                "and no payments, so there is nothing to bring in.",
            )
        if self.balances:
            return Refused("no_rows", "The file states balances and holds no transactions.")
        return Refused("no_rows", "This OFX file holds no transactions.")


class OfxRows:
    """The rows of one file in its order; what else is met goes into `found`."""

    def __init__(self, layout: Layout, found: Found) -> None:
        self.layout, self.found = layout, found
        self.turn = -1 if layout.sign == "reversed" else 1
        self.stack: list[tuple[str, str]] = []  # tag, and the aggregate it stands in
        self.kind = self.account = self.currency = ""
        self.values: dict[str, str] = {}
        self.status: dict[str, str] = {}
        self.started = 0  # line of the open row or balance
        self.raw: list[str] = []
        self.cut = False

    def read(self, stream: BinaryIO) -> Iterator[Row]:
        # Files of one line give their rows numbers all the same: a person chooses rows by them.
        last = 0
        for row in self.found_in(stream):
            last = max(row.line, last + 1)
            yield row if row.line == last else row._replace(line=last)

    def found_in(self, stream: BinaryIO) -> Iterator[Row]:
        stack, tags = self.stack, 0
        for mark in marks(stream, self.layout.encoding):
            _, name, opens, _ = mark
            if name in _ROWS or name in _TRADES:
                tags = 0
            tags += 1
            if tags > MAX_TAGS:
                raise _damaged(
                    f"{MAX_TAGS:,} tags and no transaction stand before line {mark.line}"
                )
            if not opens:
                if stack and stack[-1][0] == name and name not in _AGGREGATES:
                    stack.pop()
                else:
                    yield from self.close(name)
            elif name in _AGGREGATES or name in _TRADES:
                yield from self.open(mark)
            else:
                self.leaf(mark)
        # What the file leaves open at its very end may be half a value.
        self.cut = True
        while self.stack:
            yield from self.end(self.stack.pop()[0])

    # The tree

    def open(self, mark: Mark) -> Iterator[Row]:
        name = mark.name
        if name in _AGGREGATES:
            # Left open before: the next of its kind ends it.
            if any(open_name == name for open_name, _ in self.stack):
                yield from self.close(name)
            self.begin(name, mark.line)
        elif name in _TRADES and self.kind == "investment" and self.inside() == "INVTRANLIST":
            self.found.trades += 1
            yield NotATransaction(mark.line, f"<{name}>", "is a trade of securities, no payment")
        if name in _AGGREGATES:
            self.push(name, name, mark.line)
        else:
            self.leaf(mark)

    def leaf(self, mark: Mark) -> None:
        within = self.inside()
        self.push(mark.name, within, mark.line)
        self.value(mark.name, within, mark)

    def push(self, name: str, within: str, line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _damaged(f"More than {MAX_DEPTH} tags stand open in line {line}")
        self.stack.append((name, within))

    def close(self, name: str) -> Iterator[Row]:
        """Ends the tag and all that stand open in it; a stray end is passed over."""
        if all(open_name != name for open_name, _ in self.stack):
            return
        while True:
            ended, _ = self.stack.pop()
            yield from self.end(ended)
            if ended == name:
                return

    def inside(self) -> str:
        return self.stack[-1][1] if self.stack else ""

    def row_around(self) -> bool:
        return any(name in _ROWS for name, _ in self.stack)

    def begin(self, name: str, line: int) -> None:
        if name in _STATEMENTS:
            self.kind, self.account, self.currency = _STATEMENTS[name], "", ""
        elif name in _ROWS or (name in _BALANCES and not self.row_around()):
            self.values, self.started, self.raw = {}, line, []
        elif name == "STATUS":
            self.status = {}

    def value(self, name: str, within: str, mark: Mark) -> None:
        text = plain(mark.text)
        if self.started and len(self.raw) < 60:
            self.raw.append(f"<{name}>{text[:400]}")
        if not text:
            return
        if within in _ROWS or within in _BALANCES:
            self.values.setdefault(name, text)
        elif within in ("PAYEE", "CURRENCY"):
            self.values.setdefault(f"{within}.{name}", text)
        elif within in _ACCOUNTS and name == "ACCTID":
            self.account = _storable(text[:200])
            self.name_account(0)
        elif name == "CURDEF":
            self.currency = _storable(text.upper()[:10])
        elif name == "ORG" and within == "SONRS":
            self.found.bank = _storable(text[:60])
        elif within == "STATUS":
            self.status.setdefault(name, text)

    def name_account(self, rows: int) -> None:
        key = self.account, self.currency, self.kind
        accounts = self.found.accounts
        if key in accounts or len(accounts) < 1_000:
            accounts[key] = accounts.get(key, 0) + rows

    def end(self, name: str) -> Iterator[Row]:
        if name in _ROWS:
            self.found.rows += 1
            self.name_account(1)
            yield self.row(pending=name == "STMTTRNP")
            self.started = 0
        elif name in _BALANCES and self.started:
            self.found.balances += 1
            yield self.balance(name)
            self.started = 0
        elif name == "STATUS" and self.status.get("SEVERITY", "").upper() == "ERROR":
            where = next((n for n, _ in reversed(self.stack) if n in _AGGREGATES), "")
            if len(self.found.refusals) < 10:
                self.found.refusals.append(
                    (where, self.status.get("CODE", "")[:20], self.status.get("MESSAGE", ""))
                )

    # Rows

    def row(self, *, pending: bool) -> Row:
        values = self.values
        problem = self.unstorable()
        if problem is not None:
            return problem
        if self.cut:
            return self.reject("", "cut_off", *CUT)
        posted = next((n for n in ("DTPOSTED", "DTTRAN") if n in values), "DTPOSTED")
        try:
            booked_on = _day(values.get(posted, ""))
        except DayError as error:
            return self.reject(posted, error.code, error.reason, error.fix)
        figure = values.get("TRNAMT", "")
        self.count_mark(figure)
        try:
            amount = parse_amount(figure, self.layout.decimal) * self.turn
        except AmountError as error:
            return self.reject("TRNAMT", error.code, error.reason, error.fix)
        currency = values.get("CURRENCY.CURSYM", self.currency).upper()
        if currency and currency not in CURRENCIES:
            return self.reject(
                "CURSYM" if "CURRENCY.CURSYM" in values else "CURDEF",
                "currency_unknown",
                f"“{currency[:40]}” is no currency code.",
                "Type its code.",
                currency,
            )
        name = values.get("EXTDNAME", "") or values.get("NAME", "") or values.get("PAYEE.NAME", "")
        memo = values.get("MEMO", "")
        number = values.get("CHECKNUM", "").strip("0") and values.get("CHECKNUM", "")
        reference = number or values.get("REFNUM", "")
        # Never empty: a row that says nothing else is known by its kind ("CHECK 1000").
        text = joined_text(name, memo) or " ".join(
            p for p in (values.get("TRNTYPE", ""), reference) if p
        )
        return Line(
            line=self.started,
            booked_on=booked_on,
            value_on=_day_or_none(values.get("DTAVAIL") or values.get("DTUSER", "")),
            amount=amount,
            text=text,
            counterparty=_party(values.get("PAYEE.NAME", ""), name, memo),
            reference=reference,
            category="",
            account=self.account,
            currency=currency,
            balance=None,
            provider_id=provider_id(values.get("FITID", ""), booked_on, amount_text(amount)),
            status="pending" if pending else "posted",
        )

    def balance(self, name: str) -> Row:
        values, raw = self.values, "".join(self.raw)[:_RAW]
        if self.cut:
            return NotATransaction(self.started, raw, "is a balance at which the file is cut off")
        if name == "AVAILBAL":
            # With an overdraft in it, or what is left of a card's limit: no balance of the account.
            return NotATransaction(self.started, raw, "states what is available, no balance")
        try:
            day = _day(values.get("DTASOF", ""))
            amount = parse_amount(values.get("BALAMT", ""), self.layout.decimal) * self.turn
        except (DayError, AmountError):
            return NotATransaction(self.started, raw, "states no balance that can be read")
        return Stated(self.started, self.account, self.currency, day, amount, False, raw)

    def unstorable(self) -> Reject | None:
        for name, text in self.values.items():
            if len(text) > MAX_CELL:
                return self.reject(
                    name, "cell_size", f"The text is {len(text):,} characters long.",
                    f"Shorten it to {MAX_CELL:,}.", text[:200],
                )  # fmt: skip
            if "\0" in text:
                return self.reject(
                    name, "nul_byte", "The value holds a zero byte, so it is damaged.",
                    "Remove it and type the value anew.",
                )  # fmt: skip
            if not text.isprintable() and _HALF.search(text):
                return self.reject(
                    name, "encoding",
                    "The value holds bytes that are no letters in the encoding of this file.",
                    "Save the file as UTF-8, or choose another encoding.",
                )  # fmt: skip
        return None

    def reject(
        self, column: str, code: str, reason: str, fix: str, value: str | None = None
    ) -> Reject:
        said = self.values.get(column, "") if value is None else value
        raw = "".join(self.raw)[:_RAW]
        return Reject(
            self.started, column, _storable(said[:200]), code, reason, fix, _storable(raw)
        )

    def count_mark(self, figure: str) -> None:
        self.found.commas += _COMMA.fullmatch(figure) is not None
        self.found.dots += _DOT.fullmatch(figure) is not None


def provider_id(fitid: str, booked_on: date, amount: str) -> str:
    """The bank's id with what it must agree with; "" for one that tells nothing apart."""
    day = f"{booked_on:%Y%m%d}"
    is_day = fitid == day or (len(fitid) >= 12 and fitid[:8] == day and not fitid[8:].strip("0"))
    if is_day or _NO_ID.fullmatch(fitid):
        return ""
    return f"{fitid[:255]} {booked_on.isoformat()} {amount}"


def _damaged(what: str) -> Refused:
    return Refused("damaged", f"{what}, so the file is damaged. Download it from your bank again.")


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    """The day as written: its clock and zone are the bank's own."""
    found = re.match(r"[0-9]{8}", text)
    return parse_day(found[0] if found else text.split("T")[0], "ymd")


def _day_or_none(text: str) -> date | None:
    try:
        return _day(text)
    except DayError:
        return None


def joined_text(name: str, memo: str) -> str:
    """Both texts of a row, once: many banks cut NAME at 32 letters and say all of it in MEMO."""
    one, two = name.casefold(), memo.casefold()
    if not two or two in one:
        return name
    if not one or one in two:
        return memo
    return f"{name} {memo}"


def _party(payee: str, name: str, memo: str) -> str:
    if payee:
        return payee
    # A name that the memo only goes on with is cut off, or the row's text and no party.
    return "" if not memo or memo.casefold().startswith(name.casefold()) else name


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
