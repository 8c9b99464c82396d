"""When pairs are looked for: after an import by a job, for the rest in the night; and when lines go."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.jobs import services as jobs
from accounts.jobs.context import JobContext
from accounts.jobs.registry import handles
from transactions import enrichment
from transactions.enrichment import Delivery
from transactions.models import Category, ImportBatch, RowPair, Transaction
from transactions.pairs import effects, services, told, upkeep

KIND = "pairs_find"
_AT_ONCE = 2_000


def register() -> None:
    enrichment.AFTER_COMMIT.append(_look_soon)
    enrichment.BEFORE_UNDO.append(_let_go)
    enrichment.BEFORE_REMOVAL.append(lambda gone: upkeep.forget(gone.rows, gone.accounts))
    enrichment.AFTER_EDIT.append(_follow)


@handles(KIND, title=_("Look for transfers and refunds"))
def pairs_find(context: JobContext) -> dict[str, int] | None:
    batch = ImportBatch.objects.filter(pk=context.arguments["batch"]).first()
    if batch is None or batch.state != ImportBatch.State.COMMITTED:
        return None  # undone meanwhile
    found = services.find_in(batch)
    return {"transfers": found.transfers, "refunds": found.refunds, "asked": found.asked}


def find_open() -> int:
    """Looks at every batch that wasn't looked at yet, for the night; returns how many pairs were found."""
    found = services.Report()
    for batch in services.open_batches():
        found += services.find_in(batch)
    return found.transfers + found.refunds


def _look_soon(delivery: Delivery) -> None:
    """A person's own file is looked at right away; what comes for many customers waits for the night."""
    batch = delivery.batch
    if batch.customer_id is not None:
        jobs.enqueue(kind=KIND, arguments={"batch": batch.pk}, unique_key=f"{KIND}:{batch.pk}")


def _let_go(delivery: Delivery) -> None:
    touched = RowPair.objects.filter(
        first_account_id__in=delivery.accounts
    ) | RowPair.objects.filter(second_account_id__in=delivery.accounts)
    # Asked from the pairs: a batch may have a million rows, and few of them are in one.
    paired = {pk for sides in touched.values_list("first_id", "second_id") for pk in sides if pk}
    if paired:
        rows = Transaction.objects.filter(pk__in=paired, batch_id=delivery.batch.pk)
        # Rows that this import posted are pending again after it, and a pending row is in no pair.
        waiting = delivery.batch.issues.filter(
            verdict="changed", transaction_id__in=paired, before__status="pending"
        )
        going = {*rows.values_list("pk", flat=True)} | {
            pk for pk in waiting.values_list("transaction_id", flat=True) if pk
        }
        upkeep.forget(sorted(going), delivery.accounts)


def _follow(ids: Sequence[int]) -> None:
    """A person gave lines another category: money back follows its payment, and a line that they say is
    no transfer is in no pair any more."""
    pairs = [
        pair
        for at in range(0, len(ids), _AT_ONCE)
        for pair in RowPair.objects.of_rows(list(ids[at : at + _AT_ONCE])).standing()
    ]
    if not pairs:
        return
    pairs = list({pair.pk: pair for pair in pairs}.values())
    chosen = set(ids)
    rows = Transaction.objects.select_related("category").in_bulk(
        [pk for pair in pairs for pk in (pair.first_id, pair.second_id) if pk]
    )
    for pair in pairs:
        first, second = rows.get(pair.first_id or 0), rows.get(pair.second_id or 0)
        if first is None or second is None:
            continue
        if pair.kind == RowPair.Kind.TRANSFER:
            edited = first if first.pk in chosen else second
            if edited.category is None or edited.category.kind != Category.Kind.TRANSFER:
                _part(pair, edited)
                told.note([pair], rows, together=False)
        elif (
            first.pk in chosen and first.category_id and second.category_origin not in effects.ABOVE
        ):
            _join(pair, first, second)


def _part(pair: RowPair, edited: Transaction) -> None:
    effects.lock_more({pair.first_account_id, pair.second_account_id} - {edited.account_id})
    effects.take_back([pair])
    pair.state = RowPair.State.REJECTED
    pair.save(update_fields=["state", "before"])


def _join(pair: RowPair, payment: Transaction, back: Transaction) -> None:
    had = (back.category_id, back.category_origin, back.confidence)
    pair.before.setdefault(str(back.pk), had)
    pair.save(update_fields=["before"])
    effects.put(
        {back.pk: (payment.category_id, Transaction.Origin.PAIR.value, effects.CONFIDENCE)},
        {back.account_id},
    )
