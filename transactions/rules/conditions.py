"""What a rule asks of a payment: words, direction, amount, account, days, and the category it would have.

People's words are literal, or literal with a star for "anything": both are looked for in linear time
whatever is typed. There are no regular expressions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from transactions.categories.categorise import searchable
from transactions.fingerprints import amount_text

WORDS_AT_MOST = 3
WORD_LENGTH = 80

PLACES: dict[str, str | Promise] = {
    "text": gettext_lazy("Text or name"),
    "party": gettext_lazy("Name of the other side"),
}
WAYS: dict[str, str | Promise] = {
    "contains": gettext_lazy("contains"),
    "word": gettext_lazy("has the word"),
    "starts": gettext_lazy("starts with"),
    "is": gettext_lazy("is exactly"),
    "fits": gettext_lazy("fits, * for anything"),
}
DIRECTIONS: dict[int, str | Promise] = {
    0: gettext_lazy("in or out"),
    -1: gettext_lazy("money out"),
    1: gettext_lazy("money in"),
}
WEEKDAYS: tuple[str | Promise, ...] = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip


class BadCondition(ValueError):
    """A condition that can't be met or read; the text says why, in the person's words."""


@dataclass(frozen=True, slots=True)
class Word:
    """Words to be found in one of the payment's texts, whatever case, accents and signs."""

    place: str  # one of PLACES
    way: str  # one of WAYS
    what: str

    def problem(self) -> str:
        if self.place not in PLACES or self.way not in WAYS:
            return _("This comparison doesn't exist. Choose one of the list.")
        if len(self.what) > WORD_LENGTH:
            return _("At most %(n)d characters are looked for. Keep the part that tells it.") % {
                "n": WORD_LENGTH
            }
        if not searchable(self.what).strip():
            return _("There is no letter or digit in it to look for.")
        return ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of it holds, but of `words` any one where `any_word`. Amounts are without sign, in the account's
    currency; days of the month wrap round (28 to 3); `without` is a category the line would have unruled."""

    words: tuple[Word, ...] = ()
    any_word: bool = False
    sign: int = 0
    least: Decimal | None = None
    most: Decimal | None = None
    accounts: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    days: tuple[int, int] | None = None
    without: int | None = None

    def check(self) -> None:
        """Raises BadCondition for what can't be met, or where nothing is asked at all."""
        for word in self.words:
            if problem := word.problem():
                raise BadCondition(problem)
        if len(self.words) > WORDS_AT_MOST:
            raise BadCondition(_("A rule looks for at most %(n)d texts.") % {"n": WORDS_AT_MOST})
        if self.least is not None and self.most is not None and self.least > self.most:
            raise BadCondition(_("The smallest amount is above the largest one. Swap the two."))
        if self.days and not all(1 <= day <= 31 for day in self.days):
            raise BadCondition(_("A day of the month is from 1 to 31."))
        if not (
            self.words or self.sign or self.least is not None or self.most is not None
            or self.accounts or self.weekdays or self.days or self.without
        ):  # fmt: skip
            raise BadCondition(
                _("Say at least one thing that tells these payments from all others.")
            )

    @property
    def needs_row(self) -> bool:
        """Whether texts and direction alone can't answer it."""
        return bool(self.least is not None or self.most is not None or self.weekdays or self.days)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.words:
            found["words"] = [[w.place, w.way, w.what] for w in self.words]
        if self.any_word:
            found["any"] = True
        if self.sign:
            found["sign"] = self.sign
        for name in ("least", "most"):
            if (amount := getattr(self, name)) is not None:
                found[name] = amount_text(amount)
        for name in ("accounts", "weekdays", "days"):
            if value := getattr(self, name):
                found[name] = list(value)
        if self.without:
            found["without"] = self.without
        return found

    def sentence(
        self, accounts: Mapping[int, str] | None = None, categories: Mapping[int, str] | None = None
    ) -> str:
        """In words, for lists: “text contains ‘rent’, money out, from 500 to 900”."""
        joint = f" {_('or')} " if self.any_word else f" {_('and')} "
        parts: list[str] = []
        if self.words:
            said = [f"{PLACES[w.place]} {WAYS[w.way]} “{w.what}”" for w in self.words]
            parts.append(joint.join(said))
        if self.sign:
            parts.append(str(DIRECTIONS[self.sign]))
        parts += self._amounts()
        if self.accounts:
            names = [(accounts or {}).get(pk, _("an account that is gone")) for pk in self.accounts]
            parts.append(_("on %(accounts)s") % {"accounts": ", ".join(names)})
        if self.weekdays:
            parts.append(", ".join(str(WEEKDAYS[day]) for day in self.weekdays))
        if self.days:
            first, last = self.days
            day = _("on day %(first)d of the month")
            span = _("from day %(first)d to %(last)d of the month")
            parts.append((day if first == last else span) % {"first": first, "last": last})
        if self.without:
            name = (categories or {}).get(self.without, _("a category that is gone"))
            parts.append(_("otherwise in %(category)s") % {"category": name})
        return " · ".join(parts)

    def _amounts(self) -> list[str]:
        if self.least is not None and self.least == self.most:
            return [_("exactly %(amount)s") % {"amount": amount_text(self.least)}]
        parts = []
        if self.least is not None:
            parts.append(_("at least %(amount)s") % {"amount": amount_text(self.least)})
        if self.most is not None:
            parts.append(_("at most %(amount)s") % {"amount": amount_text(self.most)})
        return parts


def read(stored: Mapping[str, Any]) -> Conditions:
    """Conditions as `as_json` wrote them. Raises BadCondition for what isn't that."""
    try:
        days = stored.get("days")
        found = Conditions(
            words=tuple(Word(*map(str, word)) for word in stored.get("words", ())),
            any_word=bool(stored.get("any")),
            sign=int(stored.get("sign", 0)),
            least=_amount(stored.get("least")),
            most=_amount(stored.get("most")),
            accounts=_numbers(stored.get("accounts", ())),
            weekdays=_numbers(stored.get("weekdays", ())),
            days=(int(days[0]), int(days[1])) if days else None,
            without=stored.get("without"),
        )
    except (TypeError, ValueError, IndexError, InvalidOperation) as error:
        raise BadCondition(_("This rule's conditions can't be read.")) from error
    found.check()
    return found


def _amount(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def _numbers(values: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
