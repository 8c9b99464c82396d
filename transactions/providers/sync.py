"""From the provider's news to the ledger: fetch all pages, then write rows, cursor and balances in one act.

Pages are fetched before anything is locked: a bank that answers slowly holds nobody up. Only a run of pages
that ends is written, so the cursor kept is always that of a finished one. Where rows change while pages are
fetched, the run begins anew at it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import services as audit
from accounts.customers.queries import business_day
from transactions.adapters import Line, Row
from transactions.adapters.plaid import NAME, line_of
from transactions.imports.lines import import_lines
from transactions.ledger import writing_accounts
from transactions.models import (
    BalanceStatement,
    BankAccount,
    ImportBatch,
    ProviderAccount,
    ProviderLink,
)
from transactions.providers import described, mirror
from transactions.providers.client import Client
from transactions.providers.errors import CursorUnknown, MutatedMeanwhile, ProviderBusy
from transactions.providers.mirror import Became

RESTARTS = 10
MAX_PAGES = 2_000
# Accounts whose balance is what is owed: negative from the owner's side.
_OWED = (BankAccount.Kind.CARD, BankAccount.Kind.LOAN)
_FOUR_DECIMALS = Decimal("0.0001")
_MOST = Decimal(10) ** 15


class LinkMoved(RuntimeError):
    """The connection was changed while its news were fetched: they are no longer what it needs."""


@dataclass
class News:
    """What changed since `since`, folded over all pages: per id the last thing said of it."""

    since: str
    asked_from: (
        str  # the cursor that was kept then; `since` is "" where the provider had forgotten it
    )
    cursor: str = ""
    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    accounts: list[Mapping[str, Any]] = field(default_factory=list)
    is_whole: bool = True  # whether the bank's whole history was told

    @property
    def is_full(self) -> bool:
        """Whether this is everything there is, not what changed."""
        return not self.since


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a run wrote."""

    new: int
    changed: int
    removed: int
    doubtful: int
    rejected: int
    batch: ImportBatch | None

    def as_dict(self) -> dict[str, int]:
        return {
            "new": self.new,
            "changed": self.changed,
            "removed": self.removed,
            "doubtful": self.doubtful,
            "rejected": self.rejected,
        }


def fetch(
    client: Client, access_token: str, cursor: str, told: Callable[[int], None] = lambda n: None
) -> News:
    """All news after `cursor`. A cursor that the provider no longer knows: all there is.

    Raises ProviderProblem; `told` hears how many rows have come.
    """
    try:
        return _fetch(client, access_token, cursor, cursor, told)
    except CursorUnknown:
        if not cursor:
            raise
        return _fetch(client, access_token, "", cursor, told)


def _fetch(
    client: Client, access_token: str, cursor: str, asked_from: str, told: Callable[[int], None]
) -> News:
    for _restart in range(RESTARTS):
        news = News(since=cursor, asked_from=asked_from, cursor=cursor)
        try:
            for _page in range(MAX_PAGES):
                page = client.sync_page(access_token, news.cursor)
                _fold(news, page)
                told(len(news.rows))
                if page.get("has_more") is not True:
                    return news
        except MutatedMeanwhile:
            continue
        raise ProviderBusy("endless_pages")
    raise ProviderBusy("mutated_too_often")


def _fold(news: News, page: Mapping[str, Any]) -> None:
    """Adds a page. Raises ProviderBusy where it isn't one: nothing of a broken run is written."""
    following = page.get("next_cursor")
    if not isinstance(following, str) or (page.get("has_more") and following == news.cursor):
        raise ProviderBusy("answer_unreadable")
    for name in ("added", "modified", "removed"):
        for said in _listed(page, name):
            key = said.get("transaction_id")
            if not isinstance(key, str) or not key or len(key) > 200:
                raise ProviderBusy("answer_unreadable")
            if name == "removed":
                news.rows.pop(key, None)
                news.removed.add(key)
            else:
                # Put last: later pages have the newer word.
                news.rows.pop(key, None)
                news.rows[key] = said
                news.removed.discard(key)
    news.accounts = _listed(page, "accounts") or news.accounts
    news.cursor = following
    status = page.get("transactions_update_status")
    news.is_whole = status not in ("NOT_READY", "INITIAL_UPDATE_COMPLETE")


def _listed(page: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = page.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise ProviderBusy("answer_unreadable")
    return found


def apply(
    link: ProviderLink,
    news: News,
    *,
    at_end: Callable[[SyncResult], None] = lambda result: None,
) -> SyncResult:
    """Writes the news, and how far they go, in one transaction; `at_end` runs as its last statement.

    Raises LinkMoved where the connection ended, or another run was sooner.
    """
    with transaction.atomic():
        link = ProviderLink.objects.select_for_update().get(pk=link.pk)
        if not link.is_open or link.cursor != news.asked_from:
            raise LinkMoved(str(link.public_id))
        found_new = described.refresh(link, news.accounts)
        linked = {
            row.external_id: row.account
            for row in link.accounts.select_related("account").filter(
                choice=ProviderAccount.Choice.LINKED
            )
            if row.account is not None
        }
        result, had_rows = _write(link, news, linked)
        _keep_balances(link, news, linked, result.batch)
        # A full run over rows that are here waits for the whole history: only then is what it doesn't name gone.
        if not (news.is_full and had_rows and not news.is_whole):
            link.cursor = news.cursor
        if found_new:
            link.notice = "new_accounts"
        link.state, link.error_code = ProviderLink.State.ACTIVE, ""
        link.synced_at = timezone.now()
        link.save(update_fields=["cursor", "notice", "state", "error_code", "synced_at"])
        at_end(result)
    return result


def _write(
    link: ProviderLink, news: News, linked: Mapping[str, BankAccount]
) -> tuple[SyncResult, bool]:
    account_ids = sorted({account.pk for account in linked.values()})
    if not account_ids:
        return SyncResult(0, 0, 0, 0, 0, None), False
    # A pending payment that is told beside its posted one is the same payment.
    posted = {said.get("pending_transaction_id") for said in news.rows.values()}
    wanted = [
        said
        for key, said in news.rows.items()
        if said.get("account_id") in linked and not (said.get("pending") is True and key in posted)
    ]
    wanted.sort(key=lambda said: (str(said.get("date")), str(said.get("transaction_id"))))
    rows = [line_of(n, said, str(said["account_id"])) for n, said in enumerate(wanted, start=1)]
    with writing_accounts(account_ids, wait=True):
        became = mirror.become_posted(list(_pairs(wanted, rows, linked)))
        gone = mirror.rows_of_ids(account_ids, sorted(news.removed))
        here: dict[int, UUID] = {}
        if news.is_full:
            here = mirror.rows_of_link(link, account_ids)
            if news.is_whole:
                told = {mirror.print_of(key) for key in news.rows}
                gone = sorted({*gone, *(pk for pk, print_ in here.items() if print_ not in told)})
        if not wanted and not gone:
            return SyncResult(0, 0, 0, 0, 0, None), bool(here)
        done = import_lines(
            rows,
            accounts=dict(linked),
            source=link.provider,
            source_key=link.source_key,
            adapter=NAME,
            customer=link.customer,
            choices={"doubtful": "all"} if link.takes_doubtful else None,
        )
        batch = done.batch
        removed = mirror.remove(gone, account_ids, batch)
    counts = batch.counts
    result = SyncResult(
        done.new, done.changed, removed, counts["doubtful"], counts["rejected"], batch
    )
    if removed or became:
        batch.counts |= {"removed": removed, "became_posted": became}
        if removed and batch.state == ImportBatch.State.EMPTY:
            batch.state, batch.committed_at = ImportBatch.State.COMMITTED, timezone.now()
        batch.save(update_fields=["counts", "state", "committed_at"])
    if removed:
        audit.record(
            act="provider.rows_removed",
            subject=link,
            after=result.as_dict(),
            customer_id=link.customer_id,
        )
    if not (done.new or done.changed or removed or result.doubtful or result.rejected):
        # Nothing came of it: no delivery to show.
        batch.delete()
        return SyncResult(0, 0, 0, 0, 0, None), bool(here)
    return result, bool(here)


def _pairs(
    wanted: list[Mapping[str, Any]], rows: Sequence[Row], linked: Mapping[str, BankAccount]
) -> Iterator[Became]:
    """Posted rows that can go in and name the pending one they take the place of."""
    for said, row in zip(wanted, rows, strict=True):
        pending = said.get("pending_transaction_id")
        if (
            isinstance(row, Line)
            and row.status == "posted"
            and isinstance(pending, str)
            and pending
        ):
            yield Became(linked[row.account].pk, pending, row.provider_id, row.amount)


def _keep_balances(
    link: ProviderLink,
    news: News,
    linked: Mapping[str, BankAccount],
    batch: ImportBatch | None,
) -> None:
    """What the bank states now, as the balance of its day."""
    for said in news.accounts:
        account = linked.get(str(said.get("account_id")))
        balances = said.get("balances")
        if account is None or not isinstance(balances, Mapping):
            continue
        amount, currency = balances.get("current"), balances.get("iso_currency_code")
        if isinstance(amount, bool) or not isinstance(amount, Decimal | int):
            continue
        if currency != account.currency or not Decimal(amount).copy_abs() < _MOST:
            continue
        # Which way it counts is the provider's kind of the account, not the person's name for it.
        owed = described.kind_of(said) in _OWED
        value = Decimal(amount).quantize(_FOUR_DECIMALS, ROUND_HALF_EVEN)
        BalanceStatement.objects.update_or_create(
            account=account,
            day=business_day(),
            source=f"{link.provider} {link.pk}"[:20],
            defaults={"amount": -value if owed else value, "batch_id": batch.pk if batch else None},
        )
