"""Balances that a file states as rows of their own: what is kept of them, and whether its payments fit."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from transactions.adapters import Stated

# A row that the file says twice counts once.
_MOVED = """
select account_id, sum(amount) from import_stage
where status = 'posted' and account_id = any(%s) and not (provider_id <> '' and occurrence > 0)
group by 1
"""


def closings(stated: Mapping[int, Sequence[Stated]]) -> list[dict[str, Any]]:
    """The balance at the end of each day, per account; of two for one day the later one in the file."""
    last = {
        (account, row.day): row.amount
        for account, rows in stated.items()
        for row in rows
        if not row.opening
    }
    return [
        {"account": account, "day": str(day), "amount": f"{amount:f}"}
        for (account, day), amount in sorted(last.items())
    ]


def between(stated: Mapping[int, Sequence[Stated]], cursor: Any) -> list[dict[str, Any]]:
    """Per account with an opening and a closing balance: both, and the payments of the file between.

    Several statements of one account are taken together: what their closings are above their openings
    is what all payments must come to, whatever their order and whatever lies between them.
    """
    cursor.execute(_MOVED, [list(stated)])
    moved = dict(cursor.fetchall())
    found = []
    for account, rows in stated.items():
        opened = [row for row in rows if row.opening]
        closed = [row for row in rows if not row.opening]
        if not opened or not closed:
            continue
        if len(opened) != len(closed):
            # Balances between pages are not of a kind with the rest: the first and the last are.
            opened = [min(opened, key=lambda row: row.day)]
            closed = [max(reversed(closed), key=lambda row: row.day)]
        opening = sum((row.amount for row in opened), Decimal(0))
        closing = sum((row.amount for row in closed), Decimal(0))
        found.append(
            {
                "account": account,
                "opening": f"{opening:f}",
                "closing": f"{closing:f}",
                "moved": f"{moved.get(account, Decimal(0)):f}",
                "statements": len(closed),
            }
        )
    return found
