"""What the pages about a customer's accounts show: balances, net worth, differences, each as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from analytics import charts
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, figure_of
from analytics.metrics.standing import OfAccount
from analytics.metrics.trace import Part, balance_parts
from config.pages.customer_scope import View
from transactions.balances import queries as balances
from transactions.balances.forms import DEBTS
from transactions.balances.queries import Gap, Held, Standing, Statement, Whole
from transactions.models import AccountHolder, BankAccount, ImportBatch
from transactions.rates.book import Rate, RateBook
from transactions.slices import LATEST, AccountRef, CustomerRef, Slice

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AccountRow:
    """One account as the list shows it; `balance` has no value where none was ever stated."""

    account: Any  # BankAccount with `role` and `put_away_on` (transactions.reach.Reach)
    url: str
    balance: Figure
    count: Figure
    held: Held
    spark: SafeString
    gaps: list[Gap]
    others: int
    pending_url: str

    @property
    def is_debt(self) -> bool:
        return self.account.kind in DEBTS

    @property
    def is_owner(self) -> bool:
        return bool(self.account.role == AccountHolder.Role.OWNER)

    @property
    def is_folded(self) -> bool:
        return self.account.put_away_on is not None

    @property
    def is_known(self) -> bool:
        return self.balance.value is not None

    @property
    def disagrees(self) -> bool:
        return bool(self.gaps)


@dataclass(frozen=True)
class Worth:
    """What the accounts in one currency hold together; `missing` have no balance that is known."""

    currency: str
    figure: Figure
    n: int
    missing: list[str]


@dataclass(frozen=True)
class Counted:
    """One currency inside the converted total: what it is there, here, and by which rate."""

    currency: str
    own: Figure
    converted: Figure
    rate: Rate


@dataclass(frozen=True)
class Together:
    """All currencies in the person's own; `without` are those that have no rate for today."""

    figure: Figure
    counted: list[Counted]
    without: list[str]


@dataclass(frozen=True)
class StatementRow:
    """A stated balance, who said it, and what the lines since the one before leave unexplained."""

    statement: Statement
    amount: Decimal
    source: str
    url: str
    gap: Gap | None = None
    unexplained: Figure | None = None
    counts: bool = True

    @property
    def may_go(self) -> bool:
        return self.statement.is_by_hand


class AccountsReading:
    """The accounts a customer holds, as of today; each read is done once and kept."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.accounts: Sequence[Any] = view.reach.accounts

    def slice(self, ref: AccountRef | None = None, currency: str = "") -> Slice:
        """Everything up to today; of one account, or of all in a currency."""
        return Slice(
            currency=ref.currency if ref else currency,
            customer=CustomerRef(self.view.customer.pk, self.view.customer.public_id),
            end=self.view.today + ONE_DAY,
            accounts=(ref,) if ref else (),
        )

    def ref(self, account: BankAccount) -> AccountRef:
        return self.view.reach.account_refs[account.public_id]

    @cached_property
    def said(self) -> list[Statement]:
        return balances.statements([a.pk for a in self.accounts], self.view.today)

    @cached_property
    def counting(self) -> dict[int, list[Statement]]:
        return balances.counting(self.said)

    @cached_property
    def whole(self) -> Whole:
        return balances.whole([a.pk for a in self.accounts], self.view.today, self.counting)

    @property
    def standings(self) -> dict[int, Standing]:
        return self.whole.standings

    @property
    def gaps(self) -> dict[int, list[Gap]]:
        return self.whole.gaps

    @cached_property
    def rows(self) -> list[AccountRow]:
        held = balances.held([a.pk for a in self.accounts], self.view.today)
        sparks = self.whole.month_ends
        holders = self._holders()
        return [
            self._row(a, held[a.pk], sparks.get(a.pk, []), holders[a.pk]) for a in self.accounts
        ]

    def _holders(self) -> dict[int, int]:
        found = dict.fromkeys((a.pk for a in self.accounts), 0)
        for pk in AccountHolder.objects.filter(account__in=list(found)).values_list(
            "account_id", flat=True
        ):
            found[pk] += 1
        return found

    def _row(
        self, account: BankAccount, held: Held, ends: list[Decimal], holders: int
    ) -> AccountRow:
        slice = self.slice(self.ref(account))
        words = {"account": str(account.public_id), "status": "pending", **self.view.named}
        query = "&".join(f"{name}={value}" for name, value in words.items())
        return AccountRow(
            account=account,
            url=reverse("accounts_held:one", args=[account.public_id]) + self.view.words,
            balance=self._figure("balance", self.standings[account.pk].balance, slice),
            count=self._figure("count", held.lines, replace(slice, end=LATEST)),
            held=held,
            spark=charts.sparkline(ends, partial=True),
            gaps=[g for g in self.gaps.get(account.pk, []) if g.unexplained],
            others=holders - 1,
            pending_url=f"{reverse('transactions:list')}?{query}",
        )

    def _figure(self, name: str, value: Decimal | int | None, slice: Slice) -> Figure:
        return figure_of(METRICS[name], value, slice, self.view.door)

    @property
    def currencies(self) -> list[str]:
        """Those of the accounts, the one that the figures are in first."""
        own = self.view.reach.currency()
        found = sorted({a.currency for a in self.accounts})
        return sorted(found, key=lambda c: c != own)

    @cached_property
    def worth(self) -> list[Worth]:
        made = []
        for currency in self.currencies:
            rows = [row for row in self.rows if row.account.currency == currency]
            known = [row.balance.value for row in rows if row.balance.value is not None]
            total = sum((Decimal(v) for v in known), Decimal(0)) if known else None
            # A folded account without a balance or a line is over and done with.
            missing = [
                str(r.account)
                for r in rows
                if not r.is_known and not (r.is_folded and not r.held.lines)
            ]
            figure = self._figure("net_worth", total, self.slice(currency=currency))
            made.append(Worth(currency, figure, len(known), missing))
        return made

    @cached_property
    def together(self) -> Together | None:
        """Only where there is more than one currency to put together."""
        home, *others = self.currencies or [""]
        if not others:
            return None
        book = RateBook.of_day(home, others, self.view.today)
        rates = {currency: book.rate(currency, self.view.today) for currency in others}
        whole = replace(self.slice(currency=home), convert=True)
        by_currency: dict[str, list[OfAccount]] = {}
        for row in self.rows:
            ref = self.ref(row.account)
            rate = rates.get(ref.currency)
            if not row.is_known or (ref.currency != home and rate is None):
                continue
            one = OfAccount(ref, replace(whole, accounts=(ref,)), self.standings[ref.pk], rate=rate)
            by_currency.setdefault(ref.currency, []).append(one)
        if not set(by_currency) - {home}:
            without = [w.currency for w in self.worth if w.currency != home and w.n]
            return (
                Together(self._figure("net_worth", None, whole), [], without) if without else None
            )
        total = Decimal(0)
        counted = []
        for currency, held in by_currency.items():
            amount = sum((one.value or Decimal(0) for one in held), Decimal(0))
            total += amount
            if rate := rates.get(currency):
                part = replace(whole, accounts=tuple(one.ref for one in held))
                own = next(w.figure for w in self.worth if w.currency == currency)
                counted.append(
                    Counted(currency, own, self._figure("net_worth", amount, part), rate)
                )
        without = [
            c
            for c in others
            if rates[c] is None and any(w.currency == c and w.n for w in self.worth)
        ]
        return Together(self._figure("net_worth", total, whole), counted, without)

    # -- one account -----------------------------------------------------------------------------

    def parts(self, account: BankAccount) -> list[Part]:
        """What the balance is made of; nothing where none is known."""
        ref, stands = self.ref(account), self.standings[account.pk]
        if stands.statement is None:
            return []
        return balance_parts(OfAccount(ref, self.slice(ref), stands), self.view.door)

    def statements(self, account: BankAccount) -> list[StatementRow]:
        """Everything stated of an account, newest first."""
        mine = [s for s in self.said if s.account == account.pk]
        gaps = {g.closing: g for g in self.gaps.get(account.pk, [])}
        counting = set(self.counting.get(account.pk, []))
        batches = self._batches({s.batch for s in mine if s.batch})
        slice = self.slice(self.ref(account))
        made = []
        for one in reversed(mine):
            gap = gaps.get(one)
            figure = None
            if gap:
                between = slice.over(gap.opening.day + ONE_DAY, gap.closing.day + ONE_DAY)
                figure = self._figure("unexplained", gap.unexplained, between)
            source, url = self._source(one, batches)
            made.append(
                StatementRow(one, one.amount, source, url, gap, figure, counts=one in counting)
            )
        return made

    def _batches(self, keys: set[int]) -> dict[int, ImportBatch]:
        return {b.pk: b for b in ImportBatch.objects.filter(pk__in=keys).select_related("file")}

    def _source(self, one: Statement, batches: dict[int, ImportBatch]) -> tuple[str, str]:
        batch = batches.get(one.batch or 0)
        if batch is not None:
            mine = self.view.is_own and batch.customer_id == self.view.customer.pk
            name = batch.file.name if batch.file and mine else _("a file")
            return name, batch.page("done") if mine else ""
        named = {
            balances.BY_HAND: _("stated by hand"),
            "admin": _("entered by the bank"),
            "bank": _("stated by the bank"),
            "opening": _("when the account was opened"),
        }
        return named.get(one.source, _("your bank's own feed")), ""

    def imports(self, account: BankAccount) -> list[ImportBatch]:
        """The files of this customer that were brought into the account, newest first."""
        named = Q(account_id=account.pk) | Q(basis__accounts__has_key=str(account.pk))
        found = ImportBatch.objects.filter(
            named, customer=self.view.customer, state=ImportBatch.State.COMMITTED
        )
        return list(found.select_related("file").order_by("-id")[:20])


def lost_rows(files: Sequence[ImportBatch], first: date, last: date) -> list[ImportBatch]:
    """Those files whose days meet a period and that had rows left out."""
    found = []
    for batch in files:
        counts = batch.counts
        if not counts.get("rejected") and not counts.get("doubtful"):
            continue
        start, end = counts.get("first_day"), counts.get("last_day")
        if not start or (start <= last.isoformat() and end >= first.isoformat()):
            found.append(batch)
    return found
