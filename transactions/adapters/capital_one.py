"""Capital One: card files with a debit and a credit column, 360 accounts with a type column."""

from transactions.adapters.named import NamedFormat, Shape

_CARD = Shape(
    label="Capital One card",
    required={
        "transaction date": "booked_on", "posted date": "value_on", "card no": "account",
        "description": "text", "debit": "money_out", "credit": "money_in",
    },
    optional={"category": "category"},
    sign="two_columns",
    convention="charges are under Debit, payments under Credit",
)  # fmt: skip
_360 = Shape(
    label="Capital One 360",
    required={
        "account number": "account", "transaction date": "booked_on",
        "transaction amount": "amount", "transaction type": "direction",
        "transaction description": "text", "balance": "balance",
    },
    sign="direction",
    directions={"debit": -1, "credit": 1},
    convention="amounts have no sign; Transaction Type says in or out",
)  # fmt: skip


class CapitalOne(NamedFormat):
    name = "CAPITALONE"
    label = "Capital One"
    shapes = (_CARD, _360)
