"""After an import or before an undo: a search of the touched accounts among the jobs, in the same transaction.

Imports nothing heavy: every process that serves reads it.
"""

from accounts.jobs import services as jobs
from transactions.enrichment import Delivery

KIND = "regulars"
# A bank's own deliveries for many customers wait for the night.
AT_ONCE = 20


def search_soon(delivery: Delivery) -> None:
    """A customer's own file: its regular payments show within seconds, not after the next night."""
    if len(delivery.accounts) <= AT_ONCE:
        jobs.enqueue(kind=KIND, arguments={"accounts": sorted(delivery.accounts)})
