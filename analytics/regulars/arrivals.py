"""After an import or before an undo: a search of the touched accounts among the jobs, in the same transaction.

Imports nothing heavy: every process that serves reads it.
"""

from django.db import connection

from accounts.jobs import services as jobs
from transactions.enrichment import Delivery, Removal

KIND = "regulars"
# A bank's own deliveries for many customers wait for the night.
AT_ONCE = 20


def search_soon(delivery: Delivery) -> None:
    """A customer's own file: its regular payments show within seconds, not after the next night."""
    if len(delivery.accounts) <= AT_ONCE:
        jobs.enqueue(kind=KIND, arguments={"accounts": sorted(delivery.accounts)})


_LET_GO = """
delete from analytics_regularpaymentdate d using analytics_regularpayment r
where r.id = d.regular_id and r.account_id = any(%(accounts)s) and d.transaction_id = any(%(rows)s)
"""


def let_go(removal: Removal) -> None:
    """Rows that their source took back belong to no regular payment; what it is without them is searched."""
    with connection.cursor() as cursor:
        cursor.execute(_LET_GO, {"accounts": list(removal.accounts), "rows": list(removal.rows)})
        found = cursor.rowcount
    if found and len(removal.accounts) <= AT_ONCE:
        jobs.enqueue(kind=KIND, arguments={"accounts": sorted(removal.accounts)})
