"""Learning from a person's own choices: visible, for them alone, and taken back as easily.

A choice for one line is remembered. Two alike for one merchant and direction, none against, teach it; so
does "always do this" at once. One against unteaches what only repetition had taught.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from accounts.models import User
from transactions.categories.categorise import searchable
from transactions.categories.clean import clean_text
from transactions.models import Category, Correction, LearnedMerchant, RuleRun, Transaction
from transactions.rules import runs
from transactions.rules.books import Shelf
from transactions.rules.decisions import LEARNED
from transactions.rules.history import Counts, Scope, preview
from transactions.rules.matching import LearnedSpec, learned_key

ENOUGH = 2
# A line's choice is one of so many remembered for a merchant; the newest say enough.
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of choices: a merchant learned or unlearned by repetition."""

    merchant: LearnedMerchant
    is_new: bool


def sign_of(row: Transaction) -> int:
    return 1 if row.amount > 0 else -1


def merchant_name(row: Transaction) -> str:
    """How the merchant is called in sentences and lists: the payment's name without a branch's number."""
    name = row.counterparty or clean_text(row.raw_text)
    key = set(learned_key(row.raw_text, row.counterparty).split())
    kept = [word for word in name.split() if searchable(word).strip() in key]
    return cut_card_numbers(" ".join(kept) or name)[:120]


def note_choices(
    customer: Customer, rows: Iterable[Transaction], category: Category | None
) -> list[Lesson]:
    """Remembers this person's own choice for lines of accounts they own; returns what it taught.

    To be called in the transaction of the choice itself.
    """
    owned = set(runs.accounts_of(customer))
    merchants: dict[tuple[str, int], Transaction] = {}
    said = []
    for row in rows:
        if row.account_id not in owned:
            continue
        key, sign = learned_key(row.raw_text, row.counterparty), sign_of(row)
        said.append(
            Correction(
                customer=customer, transaction_id=row.pk, key=key, sign=sign, category=category
            )
        )
        merchants[key, sign] = row
    with transaction.atomic():
        Correction.objects.bulk_create(
            said,
            batch_size=5_000,
            update_conflicts=True,
            unique_fields=["customer", "transaction_id"],
            update_fields=["key", "sign", "category", "at"],
        )
        lessons = [_lesson(customer, key, sign, row) for (key, sign), row in merchants.items()]
    return [lesson for lesson in lessons if lesson is not None]


def _lesson(customer: Customer, key: str, sign: int, row: Transaction) -> Lesson | None:
    said = Correction.objects.filter(customer=customer, key=key, sign=sign).order_by("-at", "-pk")
    chosen = list(said.values_list("category_id", flat=True)[:_LOOKED_AT])
    alike = set(chosen)
    known = LearnedMerchant.objects.filter(customer=customer, key=key, sign=sign).first()
    if known is not None:
        if known.how == LearnedMerchant.How.REPEATED and alike != {known.category_id}:
            _note("merchant.forgotten", known)
            known_pk = known.pk
            known.delete()
            known.pk = known_pk
            return Lesson(known, is_new=False)
        return None
    if len(chosen) < ENOUGH or len(alike) > 1 or None in alike:
        return None
    category = Category.objects.get(pk=chosen[0])
    merchant = _learn(customer, row, category, LearnedMerchant.How.REPEATED)
    _note("merchant.learned", merchant)
    return Lesson(merchant, is_new=True)


def _learn(customer: Customer, row: Transaction, category: Category, how: str) -> LearnedMerchant:
    merchant, _ = LearnedMerchant.objects.update_or_create(
        customer=customer,
        key=learned_key(row.raw_text, row.counterparty),
        sign=sign_of(row),
        defaults={
            "raw_text": row.raw_text[:2000],
            "counterparty": row.counterparty[:200],
            "name": merchant_name(row),
            "category": category,
            "how": how,
        },
    )
    return merchant


def _note(act: str, merchant: LearnedMerchant, run: RuleRun | None = None) -> None:
    said = {"name": merchant.name, "category": merchant.category_id, "how": merchant.how}
    audit.record(
        act=act,
        subject=merchant,
        after=said | {"run": run.pk if run else None},
        customer_id=merchant.customer_id,
    )


def preview_always(customer: Customer, row: Transaction, category: Category) -> Counts:
    """What "always do this" would change among the lines that are there."""
    key, sign = learned_key(row.raw_text, row.counterparty), sign_of(row)
    known = LearnedMerchant.objects.filter(customer=customer, key=key, sign=sign).first()
    taught = LearnedSpec(known.pk if known else 0, key, sign, category.pk, category.kind)
    return preview(runs.accounts_of(customer), Shelf(taught=taught), Scope(LEARNED, taught.pk))


def always(
    customer: Customer,
    row: Transaction,
    category: Category,
    *,
    to_history: bool = True,
    user: User | None = None,
) -> tuple[LearnedMerchant, RuleRun | None]:
    """Teaches the merchant of this line for good, and puts the lines that are there right too.

    Raises AccountBusy where lines are put right at once and one of the accounts is being written;
    nothing is learned then.
    """
    with transaction.atomic():
        merchant = _learn(customer, row, category, LearnedMerchant.How.ALWAYS)
        run = None
        if to_history:
            run = runs.start(
                customer=customer,
                scope=Scope(LEARNED, merchant.pk),
                title=f"{merchant.name} → {category.name}",
                user=user,
                is_part=True,
            )
        _note("merchant.learned", merchant, run)
    return merchant, run


def forget(merchant: LearnedMerchant, *, user: User | None = None) -> RuleRun:
    """Forgets a merchant and the choices that taught it; lines it had decided go where they would be without.

    Raises AccountBusy as `always` does; it stays learned then.
    """
    with transaction.atomic():
        Correction.objects.filter(
            customer=merchant.customer_id, key=merchant.key, sign=merchant.sign
        ).delete()
        pk = merchant.pk
        merchant.delete()
        merchant.pk = pk
        run = runs.start(
            customer=merchant.customer,
            scope=Scope(LEARNED, pk),
            title=f"{merchant.name} ✕",
            user=user,
            is_part=True,
        )
        _note("merchant.forgotten", merchant, run)
        return run
