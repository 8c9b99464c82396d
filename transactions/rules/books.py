"""Books of rules by account, read from the tables once for a file or a run."""

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.db.models import Q

from transactions.models import AccountHolder, Category, CategoryRule, LearnedMerchant
from transactions.rules.conditions import BadCondition, read
from transactions.rules.matching import Book, LearnedSpec, RuleSpec, learned_key


class Shelf:
    """The books of accounts, made when first asked for. A person's own rules and what was learned count
    on the accounts they own.

    Parameters: `draft` is a rule that is not saved, or stands in place of the saved one with its key, of
    the customer `draft_of` (None: the bank's); `taught` a merchant that is not saved, of whoever is asked.
    """

    def __init__(
        self,
        *,
        draft: RuleSpec | None = None,
        draft_of: int | None = None,
        taught: LearnedSpec | None = None,
    ) -> None:
        self._draft, self._draft_of, self._taught = draft, draft_of, taught
        self._rules: dict[int | None, list[RuleSpec]] = {}
        self._learned: dict[int, list[LearnedSpec]] = {}
        self._books: dict[int, Book | None] = {}
        self._owners: dict[int, int] = {}

    def of(self, account_id: int) -> Book | None:
        """The book of an account; None where nothing is to be said."""
        if account_id not in self._books:
            self._books[account_id] = self._book(account_id)
        return self._books[account_id]

    def version(self, account_ids: Iterable[int]) -> str:
        """A short hash over all that these accounts' books say, "" for none: part of a plan's version."""
        said: list[str] = []
        for owner in sorted({self._owner(pk) for pk in account_ids}):
            said += [repr(spec) for spec in [*self._rules_of(owner), *self._learned_of(owner)]]
        if not said:
            return ""
        return sha256("\n".join(said).encode()).hexdigest()[:12]

    def _book(self, account_id: int) -> Book | None:
        if not self._anything:
            return None
        owner = self._owner(account_id)
        rules, learned = self._rules_of(owner), self._learned_of(owner)
        if not rules and not learned:
            return None
        book = Book(
            rules, learned, account_id=account_id, within=self._within, expenses=self._expenses
        )
        return book or None

    @cached_property
    def _anything(self) -> bool:
        """Whether anybody of this bank has taught anything: mostly the only question an import asks."""
        return bool(
            self._draft or self._taught
            or CategoryRule.objects.filter(is_on=True).exists()
            or LearnedMerchant.objects.exists()
        )  # fmt: skip

    def _owner(self, account_id: int) -> int:
        if account_id not in self._owners:
            owner = AccountHolder.objects.filter(
                account=account_id, role=AccountHolder.Role.OWNER
            ).values_list("customer_id", flat=True)
            self._owners[account_id] = owner.first() or 0
        return self._owners[account_id]

    def _rules_of(self, owner: int) -> list[RuleSpec]:
        own, bank = self._saved_rules(owner), self._saved_rules(None)
        if self._draft is not None:
            if self._draft_of is None:
                bank = _with(bank, self._draft)
            elif self._draft_of == owner:
                own = _with(own, self._draft)
        return [*own, *bank]

    def _saved_rules(self, customer: int | None) -> list[RuleSpec]:
        if customer not in self._rules:
            # The bank's come along with the first person's.
            wanted = {customer} | ({None} - self._rules.keys())
            rows = CategoryRule.objects.filter(
                Q(customer=customer) | Q(customer=None) if None in wanted else Q(customer=customer)
            ).order_by("position", "id")
            # A draft of a rule that is off keeps its place.
            shown = [r for r in rows if r.is_on or (self._draft and self._draft.pk == r.pk)]
            for one in wanted:
                self._rules[one] = [
                    spec for rule in shown if rule.customer_id == one and (spec := spec_of(rule))
                ]
        return self._rules[customer]

    def _learned_of(self, customer: int) -> list[LearnedSpec]:
        if customer not in self._learned:
            rows = LearnedMerchant.objects.filter(customer=customer).order_by("id")
            self._learned[customer] = [learned_spec(row) for row in rows.select_related("category")]
            if self._taught is not None:
                self._learned[customer].append(self._taught)
        return self._learned[customer]

    @cached_property
    def _categories(self) -> list[tuple[int, int | None, str]]:
        return list(Category.objects.values_list("pk", "parent_id", "kind"))

    @cached_property
    def _within(self) -> dict[int, frozenset[int]]:
        """Each category of a first level with all below it, so that “in Groceries” means those too."""
        above = {pk: parent for pk, parent, _ in self._categories}
        found: dict[int, set[int]] = {pk: {pk} for pk in above}
        for pk in above:
            parent = above[pk]
            while parent is not None:
                found[parent].add(pk)
                parent = above.get(parent)
        return {pk: frozenset(below) for pk, below in found.items() if len(below) > 1}

    @cached_property
    def _expenses(self) -> frozenset[int]:
        return frozenset(pk for pk, _, kind in self._categories if kind == Category.Kind.EXPENSE)


def _with(rules: list[RuleSpec], draft: RuleSpec) -> list[RuleSpec]:
    """The draft in the place of the rule it stands for, else at the end."""
    if draft.pk and any(spec.pk == draft.pk for spec in rules):
        return [draft if spec.pk == draft.pk else spec for spec in rules]
    return [*rules, draft]


def spec_of(rule: CategoryRule) -> RuleSpec | None:
    """A saved rule, ready to be asked; None where its conditions can't be read any more."""
    try:
        conditions = read(rule.conditions)
    except BadCondition:
        return None
    return RuleSpec(rule.pk, conditions, rule.category_id, rule.rename_to)


def learned_spec(row: LearnedMerchant) -> LearnedSpec:
    key = learned_key(row.raw_text, row.counterparty)
    return LearnedSpec(row.pk, key, row.sign, row.category_id, row.category.kind)


def merged_into() -> dict[int, int]:
    """Categories that became another, and what: bases remembered on lines may name them."""
    rows: Any = Category.objects.exclude(merged_into=None).values_list("pk", "merged_into_id")
    return dict(rows)
