"""The bank's own currency stays while its ledger holds lines in it.

Budgets, segments, forecasts and staff figures of the past are in that currency; another one would leave all of
them empty at once, without a word. Accounts carry their own, so a bank without lines in it may still change.
"""

from typing import Any

from django.utils.translation import gettext as _

from transactions.models import MonthTotal, Transaction


def refusal(sender: Any, old: str, new: str, **kwargs: Any) -> str:
    """Why the bank's currency can't change from `old` to `new`; "" where it can."""
    held = MonthTotal.objects.filter(account__currency=old, n__gt=0).exists()
    if not held and not Transaction.objects.filter(account__currency=old).exists():
        return ""
    return _(
        "The ledger holds payments in %(old)s, and figures, budgets and forecasts that are in it, so the "
        "bank's currency stays. A customer with accounts in %(new)s may choose it for their own pages."
    ) % {"old": old, "new": new}
