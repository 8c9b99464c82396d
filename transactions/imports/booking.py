"""Lines that a program sends to be booked at once: the plan of any import, answered row by row."""

import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from accounts.customers.queries import business_day
from accounts.models import User
from transactions import ids
from transactions.adapters import Line, Reject
from transactions.adapters.words import CURRENCIES
from transactions.days import DayError, parse_day
from transactions.imports import reading
from transactions.imports import verdict_codes as codes
from transactions.imports.lines import import_lines
from transactions.ledger import AccountBusy
from transactions.models import BankAccount, ImportBatch

SOURCE = "api"
# Ids of a program are its own: one that equals an id of another source is another payment's.
ID_PREFIX = "api:"
LONGEST_TEXT, LONGEST_ID = 500, 128
VERDICTS = {
    codes.NEW: "new",
    codes.SAME: "same",
    codes.DOUBTFUL: "same?",
    codes.CHANGED: "changed",
    codes.REJECTED: "rejected",
}
_FIELDS = frozenset(
    {
        "account_id",
        "booked_on",
        "value_on",
        "amount",
        "currency",
        "description",
        "counterparty",
        "reference",
        "external_id",
        "status",
        "book_anyway",
    }
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIGURE = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
# How often a busy account is asked again, and how long apart.
_TRIES, _PAUSE_SECONDS = 8, 0.25

# The ledger's row of each staged line; counts on transaction_once.
_ROWS = """
select s.n, t.id from import_stage s join transactions_transaction t
  on t.account_id = s.account_id and t.fingerprint = s.fingerprint
  and t.occurrence = case when s.provider_id = '' then s.occurrence else 0 end
"""
_LIKE = "select n, transaction_id from import_known where verdict = 'q'"


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row; `transaction_id` is the row in the ledger, or the one it looks like."""

    row: int
    verdict: str
    transaction_id: str | None = None
    code: str = ""
    column: str = ""
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """All answers, in the order of the request. `batch` is None where nothing was written."""

    rows: list[RowAnswer]
    batch: ImportBatch | None = None
    counts: dict[str, int] = field(default_factory=dict)


class _Fault(Exception):
    def __init__(self, column: str, value: Any, code: str, reason: str, fix: str) -> None:
        super().__init__(code)
        self.parts = column, cut_card_numbers(str(value))[:200], code, reason, fix


def book(rows: Iterable[Any], *, customer: Customer, user: User | None) -> Booked:
    """Books rows as a program states them, each for itself: a row that can't be read holds back no other.

    Parameters: `rows` are what the JSON held. Rows to accounts that the customer doesn't hold are rejected.
    Raises AccountBusy when an account is being written for longer than a moment.
    """
    accounts = {str(a.public_id): a for a in BankAccount.objects.held_by(customer)}
    lines: list[Line | Reject] = []
    anyway: list[int] = []
    for no, said in enumerate(rows, start=1):
        try:
            lines.append(_line(no, said, accounts))
            if said.get("book_anyway"):
                anyway.append(no)
        except _Fault as fault:
            column, value, code, reason, fix = fault.parts
            lines.append(Reject(no, column, value, code, reason, fix, ""))
    named = {line.account for line in lines if isinstance(line, Line)}
    touched = {name: account for name, account in accounts.items() if name in named}
    return _patiently(lines, touched, anyway, customer, user)


def _patiently(
    lines: list[Line | Reject],
    accounts: Mapping[str, BankAccount],
    anyway: Collection[int],
    customer: Customer,
    user: User | None,
) -> Booked:
    """A person's other act on the account is over in a moment; a long import is not waited for."""
    for left in reversed(range(_TRIES)):
        try:
            return _book(lines, accounts, anyway, customer, user)
        except AccountBusy:
            if not left:
                raise
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError("unreachable")


def _book(
    lines: list[Line | Reject],
    accounts: Mapping[str, BankAccount],
    anyway: Collection[int],
    customer: Customer,
    user: User | None,
) -> Booked:
    with transaction.atomic():
        batch = import_lines(
            lines,
            accounts=accounts,
            source=SOURCE,
            customer=customer,
            user=user,
            bring_in=anyway,
            wait=False,
        ).batch
        found = Booked(_answers(batch), batch, dict(batch.counts))
        if batch.state != ImportBatch.State.COMMITTED:
            # Nothing to apply: as with a file, no batch is left of it.
            transaction.set_rollback(True)
            return Booked(found.rows, None, found.counts)
    return found


def _answers(batch: ImportBatch) -> list[RowAnswer]:
    verdicts = reading.verdicts_of(batch).decode()
    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
        found = dict(cursor.fetchall())
        cursor.execute(_LIKE)
        found |= dict(cursor.fetchall())
    public = dict(zip(found, ids.encode(list(found.values())), strict=True))
    why = {issue.line: issue for issue in batch.issues.filter(verdict="rejected")}
    answers = []
    for n, verdict in enumerate(verdicts):
        if verdict == codes.REJECTED:
            issue = why[n + 1]
            answers.append(
                RowAnswer(
                    n + 1,
                    VERDICTS[verdict],
                    None,
                    issue.code,
                    issue.column,
                    issue.reason,
                    issue.fix,
                )
            )
        elif verdict == codes.DOUBTFUL:
            answers.append(
                RowAnswer(
                    n + 1,
                    VERDICTS[verdict],
                    public.get(n),
                    "looks_the_same",
                    "",
                    _("A payment of this account, day and amount came from elsewhere already."),
                    _("Leave it, or send it again with book_anyway."),
                )
            )
        else:
            answers.append(RowAnswer(n + 1, VERDICTS[verdict], public.get(n)))
    return answers


def _line(no: int, said: Any, accounts: Mapping[str, BankAccount]) -> Line:
    """One row as it was sent. Raises _Fault."""
    if not isinstance(said, Mapping):
        raise _Fault("", "", "row_format", _("A row is an object."), _("Send its fields by name."))
    for name in said:
        if name not in _FIELDS:
            raise _Fault(
                str(name)[:40],
                "",
                "field_unknown",
                _("There is no such field here."),
                _("Leave it out."),
            )
    if not isinstance(said.get("book_anyway", False), bool):
        raise _Fault(
            "book_anyway", "", "field_format", _("This is true or false."), _("Send one of them.")
        )
    account = _account(said, accounts)
    currency = _text(said, "currency", 3).upper()
    if currency and currency != account.currency:
        known = currency in CURRENCIES
        raise _Fault(
            "currency",
            currency,
            "currency_mismatch" if known else "currency_unknown",
            _("The row is in %(given)s; the account is kept in %(kept)s.")
            % {"given": currency, "kept": account.currency}
            if known
            else _("This is no currency."),
            _("Choose an account in that currency.")
            if known
            else _("Write three letters, such as EUR."),
        )
    text = _text(said, "description", LONGEST_TEXT)
    if not text:
        raise _Fault(
            "description",
            "",
            "description_missing",
            _("The row says nothing of what it is."),
            _("Send the text of the payment."),
        )
    status = _text(said, "status", 7) or "posted"
    if status not in ("posted", "pending"):
        raise _Fault(
            "status",
            status,
            "status_unknown",
            _("A payment is posted or pending."),
            _("Say which."),
        )
    external = _text(said, "external_id", LONGEST_ID)
    booked_on = _day(said, "booked_on")
    if status == "posted" and booked_on > business_day():
        raise _Fault(
            "booked_on",
            booked_on,
            "day_ahead",
            _("This day is still to come, so nothing is posted on it yet."),
            _("Send it as pending, or on its day."),
        )
    return Line(
        line=no,
        booked_on=booked_on,
        value_on=_day(said, "value_on") if said.get("value_on") is not None else None,
        amount=_amount(said),
        text=text,
        counterparty=_text(said, "counterparty", LONGEST_TEXT),
        reference=_text(said, "reference", LONGEST_TEXT),
        category="",
        account=str(account.public_id),
        currency=currency,
        balance=None,
        provider_id=f"{ID_PREFIX}{external}" if external else "",
        status=status,
    )


def _account(said: Mapping[str, Any], accounts: Mapping[str, BankAccount]) -> BankAccount:
    named = said.get("account_id")
    if named is None:
        raise _Fault(
            "account_id",
            "",
            "account_missing",
            _("The row names no account."),
            _("Send the account’s id."),
        )
    try:
        account = accounts.get(str(UUID(named))) if isinstance(named, str) else None
    except ValueError:
        account = None
    if account is None:
        # A foreign account is as missing as one that doesn't exist.
        raise _Fault(
            "account_id",
            named,
            "account_unknown",
            _("This is not an account of this customer."),
            _("Send the id of one that is."),
        )
    return account


def _day(said: Mapping[str, Any], name: str) -> date:
    given = said.get(name)
    if given is None:
        raise _Fault(
            name, "", "date_missing", _("The row has no day."), _("Send it as 2026-06-14.")
        )
    if not isinstance(given, str) or not _ISO.fullmatch(given):
        raise _Fault(
            name, given, "date_format", _("This is not a day."), _("Send it as 2026-06-14.")
        )
    try:
        return parse_day(given, "ymd")
    except DayError as error:
        raise _Fault(name, given, error.code, error.reason, error.fix) from None


def _amount(said: Mapping[str, Any]) -> Decimal:
    given = said.get("amount")
    if given is None:
        raise _Fault(
            "amount",
            "",
            "amount_missing",
            _("The row has no amount."),
            _("Send it as text, such as “-42.10”."),
        )
    if not isinstance(given, str) or not _FIGURE.fullmatch(given):
        # A JSON number has been through binary fractions on its way; text has not.
        raise _Fault(
            "amount",
            given,
            "amount_format",
            _("This is not an amount as text."),
            _("Send it as text with a point, such as “-42.10”."),
        )
    return Decimal(given)


def _text(said: Mapping[str, Any], name: str, longest: int) -> str:
    given = said.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise _Fault(
            name, given, "field_format", _("This is not text."), _("Send it in quotation marks.")
        )
    if len(given) > longest:
        raise _Fault(
            name,
            "",
            "field_length",
            _("This has more than %(n)d characters.") % {"n": longest},
            _("Shorten it."),
        )
    return given.strip()
