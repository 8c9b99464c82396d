"""Lines come and go: pairs that became untrue are taken apart, and a person's word waits for its lines."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import connection

from transactions.models import BankAccount, Category, RowPair, Transaction
from transactions.pairs import effects

_REUNITE = """
update transactions_rowpair p set first_id = coalesce(a.id, p.first_id), second_id = coalesce(b.id, p.second_id)
from transactions_rowpair q
left join transactions_transaction a on a.account_id = q.first_account_id
  and a.fingerprint = q.first_fingerprint and a.occurrence = q.first_occurrence and a.status = 'posted'
left join transactions_transaction b on b.account_id = q.second_account_id
  and b.fingerprint = q.second_fingerprint and b.occurrence = q.second_occurrence and b.status = 'posted'
where q.id = p.id and p.customer_id = %(customer)s and (p.first_id is null or p.second_id is null)
  and p.first_account_id = any(%(accounts)s)
returning p.id
"""


def reunite(customer_id: int, accounts: Sequence[int]) -> None:
    """What a person said of lines that were taken back is said of them again when they return."""
    with connection.cursor() as cursor:
        cursor.execute(_REUNITE, {"customer": customer_id, "accounts": list(accounts)})
        ids = [pk for (pk,) in cursor.fetchall()]
    kinds = dict(BankAccount.objects.filter(pk__in=accounts).values_list("pk", "kind"))
    for pair in RowPair.objects.filter(
        pk__in=ids, state=RowPair.State.CONFIRMED, first_id__isnull=False, second_id__isnull=False
    ):
        first, second = effects.both_rows(pair)
        pair.before = effects.apply(pair, first, second, kinds, Category.objects.ids_by_code())
        pair.save(update_fields=["before"])


def dissolve_untrue(customer_id: int, accounts: Sequence[int]) -> int:
    """Takes pairs apart that a later delivery made untrue: a line is gone, or its amount is another."""
    pairs = list(
        RowPair.objects.filter(
            customer_id=customer_id,
            first_account_id__in=accounts,
            state__in=RowPair.STANDING,
            first_id__isnull=False,
            second_id__isnull=False,
        )
    )
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id) if pk}
    amounts = dict(Transaction.objects.filter(pk__in=ids).values_list("pk", "amount"))
    untrue = [pair for pair in pairs if not _holds(pair, amounts)]
    effects.take_back(untrue)
    RowPair.objects.filter(pk__in=[pair.pk for pair in untrue]).delete()
    return len(untrue)


def _holds(pair: RowPair, amounts: Mapping[int, Decimal]) -> bool:
    first, second = amounts.get(pair.first_id or 0), amounts.get(pair.second_id or 0)
    if first is None or second is None:
        return False
    if pair.kind == RowPair.Kind.TRANSFER:
        return first < 0 and first + second == 0
    return first < 0 < second <= -first


def forget(ids: Sequence[int], locked: Sequence[int]) -> None:
    """Lines are about to go: their pairs are taken apart, and a person's word waits for their return.

    `locked` are the accounts the caller holds; others are locked at once or AccountBusy is raised.
    """
    pairs = list(RowPair.objects.of_rows(list(ids)))
    if not pairs:
        return
    others = {pk for p in pairs for pk in (p.first_account_id, p.second_account_id)} - set(locked)
    effects.lock_more(others)
    effects.take_back([pair for pair in pairs if pair.state in RowPair.STANDING])
    said = [p.pk for p in pairs if p.state in (RowPair.State.CONFIRMED, RowPair.State.REJECTED)]
    going = set(ids)
    for pair in pairs:
        if pair.pk in said:
            pair.first_id = None if pair.first_id in going else pair.first_id
            pair.second_id = None if pair.second_id in going else pair.second_id
            pair.save(update_fields=["first_id", "second_id", "before"])
    RowPair.objects.filter(pk__in=[p.pk for p in pairs if p.pk not in said]).delete()
