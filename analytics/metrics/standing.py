"""What accounts hold, for the registry: stated balances, lines since, and what neither explains.

A balance is of the end of the slice's last day, or of today where that is still to come. Accounts of which
nothing is stated up to then have no balance; a sum leaves them out, and the page names them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from accounts.customers.queries import business_day
from transactions.balances import queries
from transactions.balances.queries import ONE_DAY, Gap, Standing
from transactions.models import AccountHolder
from transactions.rates.book import Rate, RateBook, converted
from transactions.slices import AccountRef, Slice

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OfAccount:
    """One account of a slice with the slice of its own, and what it holds there.

    `rate` is there where the account's balance counts in another currency than its own.
    """

    ref: AccountRef
    slice: Slice
    standing: Standing
    gap: Gap | None = None
    rate: Rate | None = None

    @property
    def value(self) -> Decimal | None:
        balance = self.standing.balance
        if balance is None or self.rate is None:
            return balance
        return converted(balance, self.rate.value, self.slice.currency)

    @property
    def own_slice(self) -> Slice:
        """The same account in its own currency."""
        return replace(self.slice, currency=self.ref.currency, convert=False)

    @property
    def moved_slice(self) -> Slice:
        """The lines between the statement that the balance rests on and its day."""
        assert self.standing.statement
        first = self.standing.statement.day + ONE_DAY
        return self.own_slice.over(first, self.standing.day + ONE_DAY)


class Holdings:
    """The accounts that a slice takes; each read is done once.

    Those in its currency; where it converts, those in others too, as far as the day has a rate for them.
    """

    def __init__(self, slice: Slice) -> None:
        self.slice = slice

    @cached_property
    def day(self) -> date:
        return min(self.slice.last_day, business_day())

    @cached_property
    def refs(self) -> list[AccountRef]:
        """The customer's accounts that the slice names, or all, in every currency."""
        if self.slice.customer is None:
            return []
        held = AccountHolder.objects.filter(
            customer_id=self.slice.customer.pk, account__draft_of=None
        ).select_related("account")
        if self.slice.accounts:
            held = held.filter(account_id__in=[a.pk for a in self.slice.accounts])
        return [
            AccountRef(
                holder.account_id,
                holder.account.public_id,
                f"{holder.own_name or holder.account.name} {holder.account.masked_number}".strip(),
                holder.account.currency,
            )
            for holder in held.order_by("account_id")
        ]

    @cached_property
    def accounts(self) -> list[OfAccount]:
        refs, rates = self._counted()
        pks = [ref.pk for ref in refs]
        stated = queries.counting(queries.statements(pks, self.day)) if pks else {}
        standings = queries.standings(pks, self.day, stated=stated)
        return [
            OfAccount(
                ref,
                replace(self.slice, accounts=(ref,)),
                standings[ref.pk],
                rate=rates.get(ref.currency),
            )
            for ref in refs
        ]

    def _counted(self) -> tuple[list[AccountRef], dict[str, Rate]]:
        others = {ref.currency for ref in self.refs} - {self.slice.currency}
        rates: dict[str, Rate] = {}
        if self.slice.convert and others:
            book = RateBook.of_day(self.slice.currency, others, self.day)
            found = {currency: book.rate(currency, self.day) for currency in others}
            rates = {currency: rate for currency, rate in found.items() if rate}
        counted = {self.slice.currency, *rates}
        return [ref for ref in self.refs if ref.currency in counted], rates

    @property
    def known(self) -> list[OfAccount]:
        return [a for a in self.accounts if a.standing.statement]

    @cached_property
    def compared(self) -> list[OfAccount]:
        """Accounts with a balance stated before the slice and one within it: the two, and what lies between."""
        own = [ref for ref in self.refs if ref.currency == self.slice.currency]
        stated = queries.counting(queries.statements([ref.pk for ref in own], self.day))
        pairs = {}
        for pk, found in stated.items():
            inside = [s for s in found if s.day >= self.slice.start]
            before = [s for s in found if s.day < self.slice.start]
            if inside and before:
                pairs[pk] = [before[-1], inside[-1]]
        gaps = {pk: found[0] for pk, found in queries.gaps(pairs).items()}
        whole = replace(self.slice, convert=False)
        return [
            OfAccount(
                ref,
                replace(whole, accounts=(ref,)),
                Standing(ref.pk, gap.closing.day, gap.opening, gap.moved),
                gap,
            )
            for ref in own
            if (gap := gaps.get(ref.pk))
        ]


def balance(slice: Slice) -> Decimal | None:
    return _sum(a.value for a in Holdings(slice).known)


def stated(slice: Slice) -> Decimal | None:
    known = Holdings(replace(slice, convert=False)).known
    return _sum(a.standing.statement.amount for a in known if a.standing.statement)


def expected(slice: Slice) -> Decimal | None:
    return _sum(a.gap.expected for a in Holdings(slice).compared if a.gap)


def unexplained(slice: Slice) -> Decimal | None:
    return _sum(a.gap.unexplained for a in Holdings(slice).compared if a.gap)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None
