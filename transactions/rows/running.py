"""The balance after each line of one account, from what the bank states and the lines between.

A list of many pages stays flat: whole months come from the totals, so that the first row of any page costs
one statement, and the others only subtract.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from transactions import periods
from transactions.models import BalanceStatement, BankAccount, MonthTotal, Transaction


@dataclass(frozen=True, slots=True)
class Running:
    """The balance after each line by its key, and the statement that all of them rest on."""

    statement: BalanceStatement
    after: dict[int, Decimal]


def latest_statement(account: BankAccount) -> BalanceStatement | None:
    """What the bank or a file said last; of one day, what was noted last."""
    return BalanceStatement.objects.filter(account=account).order_by("-day", "-id").first()


def running(account: BankAccount, rows: Iterable[dict[str, Any]]) -> Running | None:
    """The balance after each of these lines; None where no statement says where to start.

    Parameters: `rows` posted lines as `queries.rows_of_page` gives them, newest first and without gaps.
    """
    listed = list(rows)
    statement = latest_statement(account)
    if statement is None or not listed:
        return None
    first = listed[0]
    day: date = first["booked_on"]
    later = _posted(account).filter(booked_on=day, pk__gt=first["id"])
    balance = balance_at_end(statement, day) - _sum(later)
    after = {}
    for row in listed:
        after[row["id"]] = balance
        balance -= row["amount"]
    return Running(statement, after)


def balance_at_end(statement: BalanceStatement, day: date) -> Decimal:
    """The account's balance at the end of a day, counted on or back from a statement's."""
    one = timedelta(days=1)
    if day >= statement.day:
        return statement.amount + net(statement.account_id, statement.day + one, day + one)
    return statement.amount - net(statement.account_id, day + one, statement.day + one)


def net(account_id: int, start: date, end: date) -> Decimal:
    """What an account's posted lines of these days (end excluded) come to."""
    if start >= end:
        return Decimal(0)
    first = start if start.day == 1 else periods.add_months(start.replace(day=1), 1)
    last = end.replace(day=1)
    rows = Transaction.objects.lines().posted().filter(account_id=account_id)
    if first >= last:
        return _sum(rows.filter(booked_on__gte=start, booked_on__lt=end))
    months = MonthTotal.objects.filter(account_id=account_id, month__gte=first, month__lt=last)
    whole = months.aggregate(came=Sum("money_in"), went=Sum("money_out"))
    total = (whole["came"] or Decimal(0)) + (whole["went"] or Decimal(0))
    if start < first:
        total += _sum(rows.filter(booked_on__gte=start, booked_on__lt=first))
    if last < end:
        total += _sum(rows.filter(booked_on__gte=last, booked_on__lt=end))
    return total


def _posted(account: BankAccount) -> Any:
    return Transaction.objects.lines().posted().filter(account=account)


def _sum(rows: Any) -> Decimal:
    return rows.aggregate(money=Sum("amount"))["money"] or Decimal(0)
