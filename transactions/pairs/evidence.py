"""From a line's text and category to hints: does it speak of a transfer, of money back, of a shop?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from transactions.categories.categorise import keyword_hits, searchable
from transactions.categories.clean import merchant_key
from transactions.categories.keywords import refund_words
from transactions.categories.reference import kind_of
from transactions.pairs.calc.entries import Hints


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STRONG_MOVES = _words(
    """
    transfer xfer trf tfr uberweisung ueberweisung virement overboeking prevod przelew bonifico
    transferencia umbuchung
    """
)
_EARNED = _words(
    """
    wages bonus pension benefits unemployment family_benefit dividends interest_earned tax_refund
    self_employed cashback insurance_claim loan_received
    """
)
_BACK = frozenset(word for entry in refund_words() for word in searchable(entry).split())
# They say refund beside a name; alone they stand on any money that comes in.
_VAGUE_BACK = frozenset(("gutschrift", "return", "retoure", "voucher", "credit"))
# What stands on a transfer without naming anybody: kinds of account, ways, small words.
_PLAIN = _STRONG_MOVES | _words(
    """
    to from of and via an auf von zu vom der die das du de la le les vers verso da do na z od pro
    naar van per il al ref reference no nr order standing dauerauftrag auftrag online mobile internet
    web phone app banking bank instant faster payment payments pmt zahlung platba ach wire sepa fund
    funds own eigene eigenes eigenubertrag eigen vlastnimi vlastni mezi ucty ucet konto compte comptes
    rekening conto cuenta account accounts acct acc a c checking chk chq cheque current savings saving
    sav spar sparkonto giro girokonto tagesgeld festgeld deposit withdrawal livret interne internal inter
    inkomende credit debit card kreditkarte karte gutschrift lastschrift in out recurring scheduled
    monthly everyday reserve pot space pocket round up auto move money book entry
    """
)
_MASKED = re.compile(r"(?:[xX*.•·]{2,}|[xX*]+-)([0-9]{4})\b")
_NUMBER = re.compile(r"[0-9]{4,}")
_NAME_LENGTH = 6
# The strength of phrases by which banks say what a line is.
_PHRASE = 3


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account of the owner: the last digits of its number and its name, as texts mention them."""

    id: int
    tail: str
    name: str

    @classmethod
    def of(cls, pk: int, masked_number: str, name: str) -> "OwnAccount":
        digits = "".join(mark for mark in masked_number if mark.isdigit())[-4:]
        plain = searchable(name).strip()
        return cls(
            pk, digits if len(digits) == 4 else "", plain if len(plain) >= _NAME_LENGTH else ""
        )


@lru_cache(maxsize=50_000)
def _of_text(text: str) -> tuple[bool, bool, bool, bool, str, bool]:
    """Of one text: transfer, refund, shop, earned, merchant, and whether a transfer names somebody."""
    hits, refund = keyword_hits(text)
    best = hits[0].code if hits else ""
    kind = kind_of(best) if best else ""
    words = searchable(text).split()
    transfer = kind == "transfer" or (
        (not best or hits[0].tier < 2) and bool(_STRONG_MOVES.intersection(words))
    )
    strong = bool(best) and hits[0].tier >= 2
    earned = strong and best in _EARNED and not refund
    shop = strong and not transfer and not earned
    # Without the words for money back, so that a shop's refund has the key of its purchase.
    bare = " ".join(word for word in text.split() if searchable(word).strip() not in _BACK)
    merchant = merchant_key(bare) if bare else ""
    if not any(mark.isalpha() for mark in merchant):
        merchant = ""
        refund = refund and bool(_BACK.intersection(words) - _VAGUE_BACK)
    named = transfer and any(word.isalpha() and word not in _PLAIN for word in words)
    keyword = kind == "transfer" and hits[0].tier == _PHRASE
    return transfer, refund, shop, earned, merchant, named and not keyword


def hints_of(
    text: str,
    *,
    counterparty: str = "",
    category_kind: str = "",
    by_person: bool = False,
    own: Iterable[OwnAccount] = (),
    account: int = 0,
) -> Hints:
    """What a line says: its raw text, the counterparty beside it, and a person's own category.

    `category_kind` counts where a person chose the category, whatever the text says. `own` are the owner's
    accounts; the line's own one (`account`) named in its text says nothing.
    """
    transfer, refund, shop, earned, merchant, somebody = _of_text(text)
    if counterparty and counterparty not in text:
        other = _of_text(counterparty)
        transfer, refund, shop, earned = (
            transfer or other[0], refund or other[1], shop or other[2], earned or other[3],
        )  # fmt: skip
        merchant = other[4] or merchant
    if by_person:
        transfer = category_kind == "transfer"
        shop = category_kind == "expense"
        earned = category_kind == "income"
    own = tuple(own)
    accounts = _named(text, counterparty, own, account)
    return Hints(
        transfer=transfer,
        refund=refund,
        accounts=accounts,
        elsewhere=not accounts and (somebody or _is_foreign(text, own)),
        shop=shop,
        earned=earned,
        merchant=merchant,
        numbers=frozenset(number for number in _NUMBER.findall(text) if len(number) > 3),
    )


@lru_cache(maxsize=50_000)
def _mentions(whole: str) -> tuple[frozenset[str], str]:
    """The last digits of the numbers in a text, and the text as names are looked for in it."""
    return frozenset(number[-4:] for number in _NUMBER.findall(whole)), searchable(whole)


def _named(text: str, counterparty: str, own: Iterable[OwnAccount], account: int) -> frozenset[int]:
    tails, plain = _mentions(f"{text} {counterparty}")
    return frozenset(
        one.id
        for one in own
        if one.id != account
        and ((one.tail and one.tail in tails) or (one.name and f" {one.name} " in plain))
    )


def _is_foreign(text: str, own: tuple[OwnAccount, ...]) -> bool:
    """Whether the text names an account by its last digits that is none of these; unknown ones can't tell."""
    tails = set(_MASKED.findall(text))
    return bool(tails) and all(one.tail for one in own) and tails.isdisjoint(o.tail for o in own)
