"""The posted rows of accounts as the search takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection
from numpy.typing import NDArray

# Letters alone: numbers in a name are branches and references, which change.
_KEY = (
    "left(btrim(regexp_replace(lower(coalesce(nullif(t.counterparty, ''), t.clean_text)),"
    " '[^[:alpha:]]+', ' ', 'g')), 80)"
)
# Bare cash has no other side, so nothing about it is due; split parents are told by their parts.
# Counts on transaction_account_day (account, booked_on, id).
_ROWS = f"""
select t.id, t.account_id, (t.amount > 0) as is_in, t.booked_on - date '1970-01-01',
       (abs(t.amount) * 10000)::bigint, coalesce(t.category_id, 0),
       {_KEY} as key
from transactions_transaction t
left join transactions_category c on c.id = t.category_id
where t.account_id = any(%(accounts)s) and t.status = 'posted' and not t.is_split and t.amount <> 0
  and t.booked_on > %(since)s and t.booked_on <= %(through)s
  and coalesce(c.code, '') not in ('cash', 'cash_withdrawal', 'cash_deposit')
"""
_KEY_OF = f"select {_KEY} from transactions_transaction t where id = %s"
_NAMES = """
select id, coalesce(nullif(counterparty, ''), clean_text)
from transactions_transaction where id = any(%(ids)s)
"""


@dataclass(frozen=True, eq=False)
class Rows:
    """Columns of shape (n,); `day` since 1970, `amount` a size in ten-thousandths.

    `place` numbers the tuples in `places`: (account, is_in, key).
    """

    id: NDArray[np.int64]
    place: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.int64]
    category: NDArray[np.int64]
    places: list[tuple[int, bool, str]]


def rows_of(accounts: Sequence[int], *, since: date, through: date) -> Rows:
    """All rows of these accounts after `since`, up to `through`."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"accounts": list(accounts), "since": since, "through": through})
        found = cursor.fetchall()
    numbers: dict[tuple[int, bool, str], int] = {}
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    place = [
        numbers.setdefault(where, len(numbers))
        for where in zip(columns[1], columns[2], columns[6], strict=True)
    ]
    return Rows(
        id=np.array(columns[0], dtype=np.int64),
        place=np.array(place, dtype=np.int64),
        day=np.array(columns[3], dtype=np.int64),
        amount=np.array(columns[4], dtype=np.int64),
        category=np.array(columns[5], dtype=np.int64),
        places=list(numbers),
    )


def names_of(ids: Sequence[int]) -> dict[int, str]:
    """What each row calls its other side."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"ids": list(ids)})
        return dict(cursor.fetchall())


def key_of(row: int) -> str:
    """How the search groups this row's other side."""
    with connection.cursor() as cursor:
        cursor.execute(_KEY_OF, [row])
        return str(cursor.fetchone()[0])
