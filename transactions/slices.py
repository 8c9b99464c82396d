"""One frozen Slice: the page's URL, the API's query, a specification's filter block, a trace link.

Half-open inside (start in, end out); both days are included in every URL. Amounts are of one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from accounts.customers.models import Customer
from accounts.customers.queries import bank_profile
from transactions import periods
from transactions.doors import PAGE, Door
from transactions.models import BankAccount

# The days a slice without bounds reaches over: as far as the ledger accepts days.
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
NO_CATEGORY = "none"


@dataclass(frozen=True, slots=True)
class CustomerRef:
    pk: int
    public_id: UUID


@dataclass(frozen=True, slots=True)
class AccountRef:
    pk: int
    public_id: UUID
    name: str = field(compare=False)
    currency: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class CategoryRef:
    """A category by both its numbers; pk 0 = the uncategorised. `root` is its first level."""

    pk: int
    public_id: UUID | None
    name: str = field(default="", compare=False)
    kind: str = field(default="", compare=False)
    root: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        return str(self.public_id) if self.public_id else NO_CATEGORY


@dataclass(frozen=True, slots=True)
class MerchantRef:
    """A merchant by the key of its lines' text, and the texts of the person's lines that are among it."""

    key: str
    name: str = field(default="", compare=False)
    texts: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class TagRef:
    pk: int
    public_id: UUID
    name: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """Which lines: a customer's accounts (None: the whole bank), a period, and filters.

    `within` is the wider choice of categories that a share is taken of; no other metric reads it.
    `convert`: lines in other currencies count too, each at the stored rate of its day. `rated` takes only
    lines that have a rate to a currency ("EUR"), or only those that have none ("-EUR").
    """

    currency: str
    customer: CustomerRef | None = None
    start: date = EARLIEST
    end: date = LATEST
    accounts: tuple[AccountRef, ...] = ()
    categories: tuple[CategoryRef, ...] = ()
    within: tuple[CategoryRef, ...] = ()
    text: str = ""
    month_start: int = 1
    merchant: MerchantRef | None = None
    tags: tuple[TagRef, ...] = ()
    convert: bool = False
    rated: str = ""

    def __post_init__(self) -> None:
        if self.month_start not in periods.MONTH_STARTS:
            raise ValueError("A month starts on a day from 1 to 28.")
        if self.start > self.end:
            raise ValueError("The period ends before it starts.")

    @property
    def from_totals(self) -> bool:
        """Whether month totals can answer: whole calendar months, and no filter that reads rows."""
        return (
            self.start.day == self.end.day == self.month_start == 1
            and self.start < self.end
            and not self.text
            and self.merchant is None
            and not self.tags
            and not self.rated
        )

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def is_bounded(self) -> bool:
        return self.start > EARLIEST and self.end < LATEST

    def months(self) -> list[date]:
        """First days of the months it reaches into."""
        return periods.months_in(self.start, self.end, self.month_start)

    def over(self, start: date, end: date) -> "Slice":
        """The same choice of lines over another period."""
        return replace(self, start=start, end=end)

    def in_month(self, first: date) -> "Slice":
        """The part that lies in the month beginning on `first`."""
        last = periods.add_months(first, 1)
        return replace(self, start=max(self.start, first), end=min(self.end, last))

    def in_category(self, category: CategoryRef) -> "Slice":
        """The part in one first-level category: what the filter names of it, else all of it."""
        named = tuple(c for c in self.categories if c.root == category.pk)
        if not named or any(c.pk == category.pk for c in named):
            named = (category,)
        return replace(self, categories=named)

    def widened(self) -> "Slice":
        """What a share of this slice is taken of."""
        return replace(self, categories=self.within, within=())

    def before(self) -> "Slice":
        """The period before, of the same length."""
        start, end = periods.period_before(self.start, self.end, self.month_start)
        return replace(self, start=start, end=end)

    def year_before(self) -> "Slice":
        start, end = periods.year_before(self.start, self.end)
        return replace(self, start=start, end=end)

    def params(self, door: Door = PAGE) -> list[tuple[str, str]]:
        """What stands in the URL, always in the same order; transactions.slice_parsing reads it back."""
        found: list[tuple[str, str]] = []
        if self.customer and door.customer:
            found.append((door.customer, str(self.customer.public_id)))
        if self.start > EARLIEST:
            found.append(("start_date", self.start.isoformat()))
        if self.end < LATEST:
            found.append(("end_date", self.last_day.isoformat()))
        if self.accounts:
            found.append((door.account, ",".join(str(a.public_id) for a in self.accounts)))
        if self.categories:
            found.append(("categories", ",".join(c.key for c in self.categories)))
        if self.within:
            found.append(("within", ",".join(c.key for c in self.within)))
        if self.tags:
            found.append(("tag", ",".join(str(t.public_id) for t in self.tags)))
        if self.text:
            found.append(("q", self.text))
        if self.merchant:
            found.append(("merchant", self.merchant.key))
        if self.month_start != 1:
            found.append(("month_start", str(self.month_start)))
        found.append(("currency", self.currency))
        if self.convert:
            found.append(("convert", "1"))
        if self.rated:
            found.append(("rated", self.rated))
        return found

    def query(self, door: Door = PAGE, **more: str) -> str:
        """The query string, without a question mark; `more` stands behind (`metric="expenses"`)."""
        return urlencode([*self.params(door), *more.items()], safe=",")

    def rows_url(self, flow: str, door: Door = PAGE) -> str:
        """The list of the rows behind a sum."""
        return f"{door.list_path}?{self.query(door, metric=flow)}"

    def parts_url(self, metric: str, door: Door = PAGE) -> str:
        """The parts behind a derived figure."""
        return f"{door.trace_path.format(metric)}?{self.query(door)}"


def slice_of(
    customer: Customer,
    *,
    currency: str = "",
    start: date = EARLIEST,
    end: date = LATEST,
    accounts: tuple[AccountRef, ...] = (),
    categories: tuple[CategoryRef, ...] = (),
    text: str = "",
    month_start: int = 1,
) -> Slice:
    """A slice of one customer's lines; the currency is theirs unless named."""
    return Slice(
        currency=currency or currency_of(customer, accounts),
        customer=CustomerRef(customer.pk, customer.public_id),
        start=start,
        end=end,
        accounts=accounts,
        categories=categories,
        text=text,
        month_start=month_start,
    )


def currency_of(customer: Customer, accounts: tuple[AccountRef, ...] = ()) -> str:
    """The currency a person's figures are in; of accounts chosen, one of theirs."""
    if accounts:
        found = [account.currency for account in accounts]
    else:
        found = list(
            BankAccount.objects.held_by(customer).order_by("id").values_list("currency", flat=True)
        )
    return chosen_currency(customer, found)


def chosen_currency(customer: Customer, found: Sequence[str]) -> str:
    """Of the currencies of some accounts: the one the person chose, else the bank's, else the first's."""
    bank = bank_profile().currency
    for wanted in (customer.reporting_currency, bank):
        if wanted and wanted in found:
            return wanted
    return found[0] if found else bank
