"""Rules that tag and split, on arriving lines and over history, and the way back.

A rule does each thing to a line once: what a person took off or joined stays so, also after an undo and the
same file again. What it did stands in the line's history, which is known by fingerprint.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from transactions import totals
from transactions.enrichment import Delivery
from transactions.models import (
    AccountHolder,
    BankAccount,
    Category,
    CategoryRule,
    Note,
    RowPair,
    RuleRun,
    Tag,
    Transaction,
    TransactionTag,
)
from transactions.rows import changes
from transactions.rows.splits_many import join_many, split_many
from transactions.rules import actions
from transactions.rules.actions import Actions, Piece
from transactions.rules.books import Shelf, merged_into
from transactions.rules.decisions import RULE
from transactions.rules.history import Judge, Line, Scope, lines_of_batch
from transactions.rules.matching import Reading

PIECE = 5_000

_DONE = """
select t.id, c.act, coalesce(c.after->>'rule', c.before->>'rule')::bigint,
       coalesce(c.after->>'tag', c.before->>'tag', ''), c.after ? 'rule'
from transactions_transaction t
join transactions_rowchange c on c.account_id = t.account_id and c.fingerprint = t.fingerprint
  and c.occurrence = t.occurrence
where t.id = any(%(ids)s) and c.act in ('tagged', 'untagged', 'split', 'joined')
  and (c.after ? 'rule' or c.before ? 'rule')
order by c.id
"""
_TAG = """
insert into transactions_transactiontag (transaction_id, tag_id)
select t.id, %(tag)s from transactions_transaction t where t.id = any(%(ids)s) order by t.id
on conflict do nothing returning transaction_id
"""
_UNTAG = """
delete from transactions_transactiontag g using transactions_transaction t
where g.tag_id = %(tag)s and g.transaction_id = t.id and (t.id = any(%(ids)s) or t.parent_id = any(%(ids)s))
returning coalesce(t.parent_id, t.id)
"""
_OF_RUN = """
select t.id, c.act, c.after, c.customer_id from transactions_rowchange c
join transactions_transaction t on t.account_id = c.account_id and t.fingerprint = c.fingerprint
  and t.occurrence = c.occurrence
where c.account_id = any(%(accounts)s) and c.after ? 'run' and (c.after->>'run')::bigint = %(run)s order by c.id
"""


@dataclass(frozen=True, slots=True)
class Acting:
    """A rule as far as it acts; `pk` 0 is a draft, `tag` 0 a tag that is not made yet."""

    pk: int
    customer_id: int
    name: str
    tag: int | None
    tag_name: str
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class Wanted:
    """What is to be done: tags by rule and line, splits by line."""

    tags: list[tuple[Acting, int]] = field(default_factory=list)
    splits: dict[int, tuple[Acting, list[dict[str, Any]]]] = field(default_factory=dict)

    @property
    def lines(self) -> set[int]:
        return {pk for _rule, pk in self.tags} | set(self.splits)


class Doer:
    """Gathers what rules want of lines that a judge reads; does it when it is told to."""

    def __init__(self, rules: Sequence[Acting], run: int | None = None) -> None:
        self._rules, self._run = rules, run
        self._found: list[tuple[Line, Acting]] = []
        self._currency = dict(BankAccount.objects.values_list("pk", "currency")) if rules else {}
        self._merged = merged_into()
        self._there = set(Category.objects.values_list("pk", flat=True))

    def consider(self, line: Line, reading: Reading) -> None:
        for rule in self._rules:
            if reading.fits_rule(rule.pk, line.amount, line.booked_on):
                self._found.append((line, rule))

    def take(self) -> Wanted:
        """What is left to do of what was gathered since: not what was done before, nor what stands so."""
        found, self._found = self._found, []
        wanted = Wanted()
        if not found:
            return wanted
        ids = sorted({line.pk for line, _rule in found})
        done = self._done(ids)
        tagged = set(
            TransactionTag.objects.filter(
                transaction__in=ids, tag__in={rule.tag for rule in self._rules if rule.tag}
            ).values_list("transaction_id", "tag_id")
        )
        fixed = self._fixed(ids)
        rests = {
            pk: (category, origin, sure)
            for pk, category, origin, sure in Transaction.objects.filter(pk__in=ids).values_list(
                "pk", "category_id", "category_origin", "confidence"
            )
        }
        for line, rule in found:
            if (
                rule.tag is not None
                and (line.pk, rule.tag) not in tagged
                and (line.pk, changes.TAGGED, rule.pk, rule.tag_name) not in done
            ):
                wanted.tags.append((rule, line.pk))
            if (
                rule.pieces
                and line.pk not in fixed
                and line.pk not in wanted.splits
                and (line.pk, changes.SPLIT, rule.pk, "") not in done
            ):
                parts = self._parts(line, rule, rests.get(line.pk, (None, "none", 0)))
                if parts:
                    wanted.splits[line.pk] = rule, parts
        return wanted

    def do(self, wanted: Wanted) -> int:
        """Tags and splits; returns how many lines. The accounts are locked and the ledger open."""
        by_rule: dict[Acting, list[int]] = defaultdict(list)
        for rule, pk in wanted.tags:
            by_rule[rule].append(pk)
        for rule, ids in by_rule.items():
            with connection.cursor() as cursor:
                cursor.execute(_TAG, {"tag": rule.tag, "ids": ids})
                put = [pk for (pk,) in cursor.fetchall()]
            said = self._mark(rule) | {"tag": rule.tag_name, "rule_name": rule.name}
            changes.note(
                changes.TAGGED,
                (changes.Change(pk, {}, said) for pk in put),
                customer_id=rule.customer_id,
            )
        split_many({pk: parts for pk, (_rule, parts) in wanted.splits.items()})
        changes.note(
            changes.SPLIT,
            (
                changes.Change(pk, {"parts": []}, {"parts": parts} | self._mark(rule))
                for pk, (rule, parts) in wanted.splits.items()
            ),
        )
        return len(wanted.lines)

    def _mark(self, rule: Acting) -> dict[str, Any]:
        return {"rule": rule.pk} | ({"run": self._run} if self._run else {})

    def _done(self, ids: list[int]) -> set[tuple[int, str, int, str]]:
        """Which rule did what to which line, as far as no run of it was taken back."""
        back = {changes.UNTAGGED: changes.TAGGED, changes.JOINED: changes.SPLIT}
        found = set()
        with connection.cursor() as cursor:
            cursor.execute(_DONE, {"ids": ids})
            for pk, act, rule, tag, did in cursor.fetchall():
                if did:
                    found.add((pk, act, rule, tag))
                else:
                    found.discard((pk, back.get(act, act), rule, tag))
        return found

    def _fixed(self, ids: list[int]) -> set[int]:
        """Lines that stay whole: those split or merged already, and those that belong to another line."""
        fixed = set(
            Transaction.objects.filter(pk__in=ids, is_split=True).values_list("pk", flat=True)
        )
        for sides in RowPair.objects.of_rows(ids).standing().values_list("first_id", "second_id"):
            fixed |= {pk for pk in sides if pk}
        return fixed

    def _parts(
        self, line: Line, rule: Acting, rest: tuple[int | None, str, int]
    ) -> list[dict[str, Any]] | None:
        sizes = actions.amounts(line.amount, self._currency[line.account_id], rule.pieces)
        if sizes is None:
            return None
        said = []
        for piece, size in zip(rule.pieces, sizes, strict=False):
            category = self._merged.get(piece.category_id, piece.category_id)
            here = category if category in self._there else None
            said.append(_part(size, here, RULE, 100))
        return [*said, _part(sizes[-1], *rest)]


def _part(amount: Any, category: int | None, origin: str, sure: int) -> dict[str, Any]:
    return {
        "amount": f"{amount:f}", "text": "", "category_id": category, "origin": origin,
        "confidence": sure,
    }  # fmt: skip


def acting_of(rules: Iterable[CategoryRule]) -> list[Acting]:
    """These rules as far as they act; a tag that is gone is left out."""
    read = [(rule, actions.read(rule.actions)) for rule in rules if rule.actions]
    names = dict(
        Tag.objects.filter(pk__in=[acts.tag for _r, acts in read if acts.tag]).values_list(
            "pk", "name"
        )
    )
    return [
        draft(rule.pk, rule.customer_id, rule.name, acts, names.get(acts.tag or 0, ""))
        for rule, acts in read
        if rule.customer_id
    ]


def draft(pk: int, customer_id: int, name: str, acts: Actions, tag_name: str) -> Acting:
    tag = acts.tag if tag_name else None
    return Acting(pk, customer_id, name, tag, tag_name, acts.pieces)


def rules_that_act(customers: Iterable[int] | None = None) -> list[CategoryRule]:
    found = CategoryRule.objects.filter(is_on=True).exclude(actions={}).exclude(customer=None)
    if customers is not None:
        found = found.filter(customer__in=list(customers))
    return list(found.order_by("position", "id"))


def doer_of(scope: Scope, run: RuleRun) -> Doer | None:
    """For a run over history: its rule, or all of the person's; None where nothing acts."""
    if run.customer_id is None or scope.kind not in ("", RULE):
        return None
    rules = rules_that_act([run.customer_id])
    if scope.kind:
        rules = [rule for rule in rules if rule.pk == scope.pk]
    return Doer(acting_of(rules), run.pk) if rules else None


def act_on_arrival(delivery: Delivery) -> None:
    """Tags and splits lines that an import just wrote; one question to the database where no rule acts."""
    rules = rules_that_act()
    if not rules:
        return
    owned = AccountHolder.objects.filter(
        account__in=delivery.accounts, role=AccountHolder.Role.OWNER,
        customer__in={rule.customer_id for rule in rules},
    ).values_list("account_id", "customer_id")  # fmt: skip
    by_owner: dict[int, list[Acting]] = defaultdict(list)
    for rule in acting_of(rules):
        by_owner[rule.customer_id].append(rule)
    shelf = Shelf()
    for account, owner in owned:
        doer = Doer(by_owner[owner])
        judge = Judge(shelf, Scope(RULE, -1), doer)
        lines = lines_of_batch(account, delivery.batch.pk)
        for at in range(0, len(lines), PIECE):
            judge.changes(lines[at : at + PIECE])
            doer.do(doer.take())


def take_back(run: RuleRun, accounts: Sequence[int]) -> int:
    """Takes off what a run tagged, and joins what it split where nobody changed a part since.

    Returns how many lines. The accounts are locked and the ledger open.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OF_RUN, {"accounts": list(accounts), "run": run.pk})
        found = [
            (pk, act, json.loads(after) if isinstance(after, str) else after, who)
            for pk, act, after, who in cursor.fetchall()
        ]
    splits = {pk: after for pk, act, after, _who in found if act == changes.SPLIT}
    whole = _as_made(splits)
    join_many(whole)
    changes.note(
        changes.JOINED,
        (
            changes.Change(pk, {"parts": splits[pk]["parts"], "rule": splits[pk]["rule"]}, {"parts": []})
            for pk in whole
        ),
    )  # fmt: skip
    restored = set(whole)
    by_tag: dict[tuple[int, str, int], list[int]] = defaultdict(list)
    for pk, act, after, who in found:
        if act == changes.TAGGED:
            by_tag[who, after["tag"], after["rule"]].append(pk)
    for (who, name, rule), ids in by_tag.items():
        tag = Tag.objects.filter(customer=who, name__iexact=name).first()
        if tag is None:
            continue
        with connection.cursor() as cursor:
            cursor.execute(_UNTAG, {"tag": tag.pk, "ids": ids})
            off = {pk for (pk,) in cursor.fetchall()}
        said = {"tag": name, "rule": rule}
        changes.note(
            changes.UNTAGGED, (changes.Change(pk, said, {}) for pk in sorted(off)), customer_id=who
        )
        restored |= off
    totals.drop_empty_cells(accounts)
    return len(restored)


def _as_made(splits: dict[int, dict[str, Any]]) -> list[int]:
    """Of these lines those whose parts are as the rule made them and have no note."""
    now: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    parts = Transaction.objects.filter(parent__in=list(splits)).order_by("id")
    noted = set(
        Note.objects.filter(transaction__parent__in=list(splits)).values_list(
            "transaction__parent_id", flat=True
        )
    )
    for part in parts:
        image = (f"{part.amount.normalize():f}", part.category_id, part.category_origin)
        now[part.parent_id or 0].append(image)
    return sorted(
        pk
        for pk, after in splits.items()
        if pk not in noted and now.get(pk) == [_image(part) for part in after["parts"]]
    )


def _image(part: dict[str, Any]) -> tuple[Any, ...]:
    return f"{Decimal(part['amount']).normalize():f}", part["category_id"], part["origin"]
