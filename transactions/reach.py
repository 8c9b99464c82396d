"""What one person holds and may choose from: their accounts and categories, two queries a request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, Value

from accounts.customers.models import Customer
from transactions import ids
from transactions.models import (
    AccountHolder,
    BankAccount,
    Category,
    HiddenCategory,
    RowPair,
    SavedFilter,
    Tag,
    Transaction,
)
from transactions.queries import uncategorised
from transactions.slices import AccountRef, CategoryRef, chosen_currency


@dataclass(frozen=True, slots=True)
class Choice:
    """One category as a list offers it: its first level is the heading, itself included."""

    ref: CategoryRef
    parent: int | None
    is_hidden: bool


class Reach:
    """Read once, asked often; everything else of another person is unknown here."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer

    @cached_property
    def accounts(self) -> list[BankAccount]:
        """With their own names for them, and since when they are folded away (`put_away_on`)."""
        held = BankAccount.objects.held_by(self.customer).annotate(
            role=F("holders__role"),
            own_name=F("holders__own_name"),
            put_away_on=F("holders__put_away_on"),
        )
        found = list(held.order_by("id"))
        for account in found:
            account.name = account.own_name or account.name  # type: ignore[attr-defined]
        return found

    @cached_property
    def owned(self) -> list[BankAccount]:
        """Those that bank-wide figures count under this person."""
        return [a for a in self.accounts if a.role == AccountHolder.Role.OWNER]  # type: ignore[attr-defined]

    def line(self, public_id: str) -> Transaction | None:
        """The line of an account this person holds; None for whatever else, missing or foreign."""
        row = self.payment(public_id)
        return row if row and not row.is_split else None

    def payment(self, public_id: str) -> Transaction | None:
        """The same, or a whole payment that is split into lines; not one that counts as another."""
        pk = ids.decode(public_id)
        if pk is None:
            return None
        held = [account.pk for account in self.accounts]
        found = Transaction.objects.filter(pk=pk, account__in=held)
        return found.exclude(status=Transaction.Status.MERGED).first()

    @cached_property
    def shelf(self) -> list[tuple[str, UUID, str, str]]:
        """The person's own tags and saved filters by name, and pairs to ask about: kind, public id, name,
        query; one query."""
        nothing = Value("", output_field=CharField())
        tags = Tag.objects.filter(customer=self.customer).order_by()
        filters = SavedFilter.objects.filter(person=self.customer.user_id or 0).order_by()
        rows = tags.annotate(of=Value("tag"), said=nothing).values_list(
            "of", "public_id", "name", "said"
        )
        others = filters.annotate(of=Value("filter")).values_list(
            "of", "public_id", "name", "query"
        )
        asked = RowPair.objects.filter(customer=self.customer, state=RowPair.State.ASKED)
        questions = (
            asked.order_by()
            .annotate(of=Value("pair"), name=nothing, said=nothing)
            .values_list("of", "public_id", "name", "said")
        )
        found = rows.union(others, questions, all=True)
        return sorted(found, key=lambda row: row[2].casefold())

    @property
    def tags(self) -> list[tuple[str, str]]:
        """This person's own tags, by name: public id and name."""
        return [(str(key), name) for kind, key, name, _query in self.shelf if kind == "tag"]

    @property
    def filters(self) -> list[tuple[str, str]]:
        """This person's saved filters, by name: name and query."""
        return [(name, query) for kind, _key, name, query in self.shelf if kind == "filter"]

    @property
    def asked_pairs(self) -> int:
        """How many pairs of lines wait for this person's word."""
        return sum(kind == "pair" for kind, _key, _name, _query in self.shelf)

    @cached_property
    def account_refs(self) -> dict[UUID, AccountRef]:
        return {
            a.public_id: AccountRef(a.pk, a.public_id, str(a), a.currency) for a in self.accounts
        }

    @cached_property
    def choices(self) -> list[Choice]:
        """Every category of the bank and of this person, parents before children, in the bank's order."""
        rows = list(
            Category.objects.filter(Q(customer=None) | Q(customer=self.customer))
            .annotate(
                hidden=Q(is_hidden=True)
                | Exists(
                    HiddenCategory.objects.filter(category=OuterRef("pk"), customer=self.customer)
                )
            )
            .order_by("position", "id")
            .values_list("pk", "public_id", "name", "kind", "parent_id", "hidden")
        )
        parents = {pk: parent for pk, _, _, _, parent, _ in rows}

        def root(pk: int) -> int:
            above = parents.get(pk)
            return pk if above is None else root(above)

        return [
            Choice(CategoryRef(pk, public_id, name, kind, root(pk)), parent, hidden)
            for pk, public_id, name, kind, parent, hidden in rows
        ]

    @cached_property
    def refs(self) -> dict[int, CategoryRef]:
        """Categories by key; 0 is the uncategorised."""
        return {0: uncategorised(), **{c.ref.pk: c.ref for c in self.choices}}

    def ref(self, pk: int | None) -> CategoryRef:
        return self.refs.get(pk or 0) or self.refs[0]

    def root(self, pk: int | None) -> CategoryRef:
        """The first level that a category belongs to."""
        found = self.ref(pk)
        return self.ref(found.root) if found.pk else found

    def groups(
        self, kinds: Iterable[str] = Category.Kind.values
    ) -> list[tuple[str, list[CategoryRef]]]:
        """What may be chosen, by first level: its name, itself and all below it."""
        found: dict[int, list[CategoryRef]] = {}
        for choice in self.choices:
            if not choice.is_hidden and choice.ref.kind in kinds:
                found.setdefault(choice.ref.root, []).append(choice.ref)
        ordered = [(self.ref(root), refs) for root, refs in found.items()]
        return [(root.name, sorted(refs, key=lambda r: r.pk != r.root)) for root, refs in ordered]

    def first_levels(self) -> Iterator[CategoryRef]:
        return (c.ref for c in self.choices if c.parent is None and not c.is_hidden)

    def currency(self, accounts: Iterable[AccountRef] = ()) -> str:
        """The currency of this person's figures, as transactions.slices.currency_of says it."""
        found = [a.currency for a in accounts] or [a.currency for a in self.accounts]
        return chosen_currency(self.customer, found)
