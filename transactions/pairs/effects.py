"""What a pair does to its lines: a category with its totals, and the way back."""

from collections.abc import Iterable, Mapping

from django.db import connection

from transactions import totals
from transactions.ledger import lock_accounts
from transactions.models import BankAccount, Category, RowPair, Transaction

_SET = f"""
update transactions_transaction
set category_id = p.category, category_origin = p.origin, confidence = p.confidence,
    version = transactions_transaction.version + 1
from (select * from unnest(%(ids)s::bigint[], %(categories)s::bigint[], %(origins)s::text[],
                           %(confidences)s::int[]) as u(id, category, origin, confidence)) p
where transactions_transaction.id = p.id and account_id = any(%(accounts)s)
  and category_origin <> all(%(kept)s)
  and (category_id is distinct from p.category or category_origin is distinct from p.origin)
returning {totals.UPDATED}
"""
# Who stands above a pair.
ABOVE = [Transaction.Origin.PERSON.value, Transaction.Origin.RULE.value]
CONFIDENCE = 95
# What a line had before: category, origin, confidence.
Before = tuple[int | None, str, int]


def apply(
    pair: RowPair,
    first: Transaction,
    second: Transaction,
    kinds: Mapping[int, str],
    codes: Mapping[str, int],
) -> dict[str, Before]:
    """Gives the lines the category that the pair means; what those had that changed, by id."""
    changed = meant(pair, first, second, kinds, codes)
    put_all(changed, {first.account_id, second.account_id})
    return before(changed, first, second)


def meant(
    pair: RowPair,
    first: Transaction,
    second: Transaction,
    kinds: Mapping[int, str],
    codes: Mapping[str, int],
) -> dict[int, int]:
    """The category that the pair means for its lines, by id, of those alone that it changes."""
    wanted: dict[int, int] = {}
    if pair.kind == RowPair.Kind.TRANSFER:
        category = codes[_transfer_code({kinds[first.account_id], kinds[second.account_id]})]
        wanted = {
            row.pk: category
            for row in (first, second)
            if row.category is None or row.category.kind != Category.Kind.TRANSFER
        }
    elif first.category_id and first.category and first.category.kind == Category.Kind.EXPENSE:
        wanted = {second.pk: first.category_id}
    return {
        row.pk: wanted[row.pk]
        for row in (first, second)
        if row.pk in wanted
        and row.category_origin not in ABOVE
        and row.category_id != wanted[row.pk]
    }


def before(changed: Iterable[int], *rows: Transaction) -> dict[str, Before]:
    """What those of the lines that change had, by id."""
    had = {row.pk: (row.category_id, row.category_origin, row.confidence) for row in rows}
    return {str(pk): had[pk] for pk in changed}


def put_all(wanted: Mapping[int, int], accounts: Iterable[int]) -> int:
    """As `put`, for categories that pairs mean."""
    return put(
        {
            pk: (category, Transaction.Origin.PAIR.value, CONFIDENCE)
            for pk, category in wanted.items()
        },
        accounts,
    )


def _transfer_code(kinds: set[str]) -> str:
    if BankAccount.Kind.CARD in kinds:
        return "card_payment"
    if BankAccount.Kind.SAVINGS in kinds:
        return "savings_transfer"
    return "own_transfer"


def put(wanted: Mapping[int, Before], accounts: Iterable[int]) -> int:
    """Sets category, origin and confidence of lines by id, with their totals; returns how many changed.

    The accounts must be locked and the ledger open. What a person or a rule decided stays.
    """
    if not wanted:
        return 0
    return totals.apply_change(
        _SET,
        {
            "ids": list(wanted),
            "categories": [value[0] for value in wanted.values()],
            "origins": [value[1] for value in wanted.values()],
            "confidences": [value[2] for value in wanted.values()],
            "accounts": sorted(set(accounts)),
            "kept": ABOVE,
        },
    )


def take_back(pairs: Iterable[RowPair]) -> None:
    """Gives lines the category back that they had before these pairs, unless it was changed since.

    The pairs' accounts must be locked and the ledger open.
    """
    for pair in pairs:
        ids = [int(pk) for pk in pair.before]
        now = Transaction.objects.filter(pk__in=ids, category_origin=Transaction.Origin.PAIR)
        still = set(now.values_list("pk", flat=True))
        put(
            {int(pk): tuple(had) for pk, had in pair.before.items() if int(pk) in still},  # type: ignore[misc]
            {pair.first_account_id, pair.second_account_id},
        )
        pair.before = {}


def both_rows(pair: RowPair) -> tuple[Transaction, Transaction]:
    """The payment and the money in; RowPair.DoesNotExist when one of them is gone."""
    rows = Transaction.objects.select_related("category").in_bulk([pair.first_id, pair.second_id])
    if pair.first_id not in rows or pair.second_id not in rows:
        raise RowPair.DoesNotExist
    return rows[pair.first_id], rows[pair.second_id]


def lock_more(accounts: Iterable[int]) -> None:
    """Locks further accounts inside a write act, never waiting: two acts could wait for each other."""
    ids = sorted(set(accounts))
    if not ids:
        return
    lock_accounts(ids, wait=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "update transactions_bankaccount set revision = revision + 1 where id = any(%s)", [ids]
        )
