"""Words to rows: what a person types into the search, as one condition on their lines.

Every word must be somewhere in the line: in its texts, counterparty, reference, or in the person's own note
and tags. "two words" in quotes stand together, a minus before a word leaves lines with it out, and an amount
finds that amount too, in or out. Letters meet whatever their case and accents: each becomes a class of a
regular expression, so no stored text is changed, no extension is needed and an import pays for no index.
"""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import IRegex

from transactions.models import Note, TransactionTag

_TOKEN = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_AMOUNT = re.compile(r"[-+−]?[0-9][0-9., ’']{0,18}")
# Letters that Unicode doesn't take apart.
_WITHOUT_MARK = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ħ": "h",
    "ı": "i",
    "ŧ": "t",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
}


def fold(text: str) -> str:
    """Letters without case and accents, as a query is compared."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    return "".join(_WITHOUT_MARK.get(c, c) for c in bare)


def _classes() -> dict[str, str]:
    found: dict[str, list[str]] = defaultdict(list)
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code).lower()
        base = fold(letter)
        if len(base) == 1 and base != letter and letter not in found[base]:
            found[base].append(letter)
    return {base: f"[{base}{''.join(letters)}]" for base, letters in found.items()}


_CLASSES = _classes()
_PAIRS = {"ss": "(?:ss|ß)", "ae": "(?:[aàáâãäåāăą]e|æ|ä)", "oe": "(?:oe|œ|ö)", "ue": "(?:ue|ü)"}


def pattern(text: str) -> str:
    """A PostgreSQL regular expression for this text in any case and accents."""
    folded, made, at = fold(text), [], 0
    while at < len(folded):
        if pair := _PAIRS.get(folded[at : at + 2]):
            made.append(pair)
            at += 2
            continue
        c = folded[at]
        made.append(
            _CLASSES.get(c) or (c if c.isalnum() else "[ \t]+" if c.isspace() else f"\\{c}")
        )
        at += 1
    return "".join(made)


@dataclass(frozen=True, slots=True)
class Word:
    """One word or phrase of a query; `amount` where it can be read as one."""

    text: str
    is_left_out: bool = False
    amount: Decimal | None = None


def words(query: str) -> list[Word]:
    """The parts of a query. Whatever is typed is read somehow; signs alone are passed over."""
    found = []
    for minus, phrase, bare in _TOKEN.findall(query.replace("\0", " ")):
        text = " ".join((phrase or bare).split())
        amount = None if phrase else as_amount(minus + text)
        if minus and amount is not None:
            # A minus before figures is their sign.
            found.append(Word(minus + text, amount=amount))
        elif any(c.isalnum() for c in text) or (text and not minus):
            found.append(Word(text, bool(minus), amount))
    return found


def as_amount(text: str) -> Decimal | None:
    """The amount a word says, with point or comma; None for whatever isn't one."""
    if not _AMOUNT.fullmatch(text):
        return None
    figure = text.replace("−", "-").translate(str.maketrans("", "", " ’'"))
    point = max(figure.rfind("."), figure.rfind(","))
    if point >= 0:
        whole, decimals = figure[:point], figure[point + 1 :]
        if len(decimals) == 3 and figure.count(".") + figure.count(",") == 1:
            whole, decimals = whole + decimals, ""  # 1,000 is a thousand
        figure = re.sub(r"[.,]", "", whole) + ("." + decimals if decimals else "")
    try:
        return Decimal(figure)
    except InvalidOperation:
        return None


def condition(query: str, customer: int | None) -> Q:
    """The lines that a query means; no word at all means every line.

    Parameters: `customer` whose own notes and tags are searched too (None: texts alone).
    """
    found = Q()
    for word in words(query):
        if word.amount is not None and word.text[:1] in "-−+":
            found &= Q(amount=word.amount)
            continue
        holds = _somewhere(word, customer)
        found &= ~holds if word.is_left_out else holds
    return found


def _somewhere(word: Word, customer: int | None) -> Q:
    wanted = pattern(word.text)
    text = Func(
        Value("\n"), F("clean_text"), F("raw_text"), F("counterparty"), F("reference"),
        function="concat_ws", output_field=TextField(),
    )  # fmt: skip
    found = Q(IRegex(text, Value(wanted)))
    if word.amount is not None:
        found |= Q(amount__in=[word.amount, -word.amount])
    if customer is not None:
        # Asked once, not line by line: both are one person's own and few.
        noted = Note.objects.filter(customer_id=customer, text__iregex=wanted).values(
            "transaction_id"
        )
        tagged = TransactionTag.objects.filter(
            tag__customer_id=customer, tag__name__iregex=wanted
        ).values("transaction_id")
        found |= Q(pk__in=noted) | Q(parent_id__in=noted) | Q(pk__in=tagged)
    return found
