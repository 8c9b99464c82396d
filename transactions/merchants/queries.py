"""What a line's merchant is called for one reader, and which lines are among a merchant's."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from transactions.categories.clean import merchant_key, merchant_name
from transactions.categories.reference import BY_CODE
from transactions.models import AccountHolder, MerchantAlias, Transaction
from transactions.slices import MerchantRef

MAX_KEY = 80
# Texts of one merchant that a filter names at most; beyond it the newest branches' texts would be cut, so
# far above what one person's lines hold.
_MAX_TEXTS = 5_000
_SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A line's merchant: its key, what it is called, and who said so ("person", "bank", "text")."""

    key: str
    name: str
    said_by: str = "text"

    def __bool__(self) -> bool:
        return bool(self.key)


def text_of(raw_text: str, counterparty: str) -> str:
    """What the merchant is read from: the counterparty where the source names one."""
    return counterparty or raw_text


def named(customer_id: int | None, texts: Collection[str]) -> dict[str, Named]:
    """The merchants of these texts as one person calls them, by text. One query.

    A person's own name stands above the bank's; without either it is made from the text.
    """
    keys = {text: merchant_key(text) for text in texts}
    own, bank = _names(customer_id, set(keys.values()))
    found = {}
    for text, key in keys.items():
        if key in own:
            found[text] = Named(key, own[key], "person")
        elif key in bank:
            found[text] = Named(key, bank[key], "bank")
        else:
            found[text] = Named(key, merchant_name(text))
    return found


def named_rows(customer_id: int | None, rows: Iterable[Mapping[str, Any]]) -> dict[str, Named]:
    """`named` for rows of a list (`raw_text`, `counterparty`), by `text_of`."""
    texts = {text_of(row["raw_text"], row["counterparty"]) for row in rows}
    return named(customer_id, texts)


def _names(customer_id: int | None, keys: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    found = MerchantAlias.objects.filter(_reachable(customer_id), key__in=keys - {""})
    own: dict[str, str] = {}
    bank: dict[str, str] = {}
    for key, customer, name in found.values_list("key", "customer_id", "merchant__name"):
        (bank if customer is None else own)[key] = name
    return own, bank


def _reachable(customer_id: int | None) -> Q:
    return Q(customer=None) | Q(customer=customer_id) if customer_id else Q(customer=None)


def keys_with(customer_id: int | None, key: str) -> set[str]:
    """All keys whose lines are called the same as this one's, itself included. Two queries."""
    aliases = list(
        MerchantAlias.objects.filter(_reachable(customer_id), key=key).values_list(
            "customer_id", "merchant_id"
        )
    )
    if not aliases:
        return {key}
    # The person's own before the bank's.
    _, merchant = max(aliases, key=lambda alias: alias[0] is not None)
    keys = set(MerchantAlias.objects.filter(merchant=merchant).values_list("key", flat=True))
    if customer_id and all(customer is None for customer, _ in aliases):
        # What the person calls otherwise is theirs.
        taken = MerchantAlias.objects.filter(customer=customer_id, key__in=keys)
        keys -= set(taken.values_list("key", flat=True))
    return keys | {key}


def merchant_ref(customer_id: int, key: str) -> MerchantRef:
    """A merchant as a filter: the texts of this person's lines that are among it. Four queries.

    The database is asked for texts with the key's longest word; whether a text has the key is decided here,
    where keys are made.
    """
    keys = keys_with(customer_id, key)
    held = AccountHolder.objects.filter(customer_id=customer_id).values("account_id")
    rows = Transaction.objects.filter(account_id__in=held).annotate(
        told=Coalesce(NullIf(F("counterparty"), Value("", output_field=TextField())), F("raw_text"))
    )
    words = {max(one.split(), key=len, default="") for one in keys}
    if all(len(word) >= _SHORTEST_WORD and word.isascii() for word in words):
        some = Q()
        for word in words:
            some |= Q(told__icontains=word) | Q(clean_text__icontains=word)
            # A key has lost the apostrophes that a text can have.
            if word.endswith("s"):
                some |= Q(told__icontains=f"{word[:-1]}'s") | Q(told__icontains=f"{word[:-1]}’s")
        rows = rows.filter(some)
    texts = rows.order_by().values_list("told", flat=True).distinct()
    mine = tuple(sorted(text for text in texts if merchant_key(text) in keys)[:_MAX_TEXTS])
    name = named(customer_id, mine[:1]).popitem()[1].name if mine else key
    return MerchantRef(key, name, mine)


def codes_by_key() -> dict[str, str]:
    """Categories that the bank gave its merchants, by key: what an import asks."""
    rows = MerchantAlias.objects.filter(
        customer=None, merchant__category__code__in=BY_CODE
    ).values_list("key", "merchant__category__code")
    return {key: str(code) for key, code in rows}
