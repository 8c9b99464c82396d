from datetime import date
from decimal import Decimal

from tests.factories import make_account, make_transaction, make_transactions
from transactions.models import MonthTotal


def test_made_rows_are_in_the_totals(north):
    account = make_account()
    make_transaction(account=account, amount="-12.50", category="supermarket")
    rows = make_transactions(
        account,
        [
            {"amount": "2.50", "category": "supermarket"},
            {"amount": "-9", "status": "pending"},
            {"amount": "100", "booked_on": date(2026, 7, 1)},
        ],
    )
    assert [row.amount for row in rows] == [Decimal("2.50"), Decimal(-9), Decimal(100)]
    found = (
        MonthTotal.objects.filter(account=account)
        .order_by("month")
        .values_list("month", "money_in", "money_out", "n")
    )
    assert list(found) == [
        (date(2026, 6, 1), Decimal("2.50"), Decimal("-12.50"), 2),
        (date(2026, 7, 1), Decimal(100), Decimal(0), 1),
    ]
