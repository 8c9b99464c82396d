"""What a person types into a rule, an own category, and the choice where lines go."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from transactions.models import Category, CategoryRule, Tag
from transactions.reach import Reach
from transactions.rules.actions import PIECES_AT_MOST, Piece, value_of
from transactions.rules.actions import read as read_actions
from transactions.rules.conditions import (
    DIRECTIONS,
    PLACES,
    WAYS,
    WEEKDAYS,
    WORD_LENGTH,
    WORDS_AT_MOST,
    BadCondition,
    Conditions,
    Word,
    read,
)

Choices = list[Any]


def category_choices(reach: Reach, empty: str, *, skip: int | None = None) -> Choices:
    """All that a person may choose, by first level."""
    found: Choices = [("", empty)]
    for name, refs in reach.groups():
        found.append((name, [(ref.key, ref.name) for ref in refs if ref.pk != skip]))
    return found


class AmountField(forms.DecimalField):
    """An amount without sign; a comma is a decimal mark, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, min_value=Decimal(0), max_digits=19, decimal_places=4,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs,
        )  # fmt: skip

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.count(",") == 1 and "." not in value:
            value = value.replace(",", ".")
        return super().to_python(value)


class ConditionsForm(forms.Form):
    """What a rule asks: up to three texts, then what else must hold."""

    join = forms.ChoiceField(
        label=_("Of these texts"),
        choices=[("all", _("all must be there")), ("any", _("one is enough"))],
        required=False,
    )
    sign = forms.TypedChoiceField(
        label=_("Direction"), choices=list(DIRECTIONS.items()), coerce=int, required=False, empty_value="0"
    )  # fmt: skip
    least = AmountField(label=_("Amount from"))
    most = AmountField(label=_("Amount to"), help_text=_("The same in both means exactly that."))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Only on these days of the week"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    day_from = forms.IntegerField(
        label=_("From day of the month"), required=False, min_value=1, max_value=31
    )
    day_to = forms.IntegerField(
        label=_("To day of the month"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=_("From 28 to 3 means over the end of the month."),
    )
    without = forms.ChoiceField(
        label=_("Only what would else be in"),
        required=False,
        help_text=_("The category that the payment would have without rules."),
    )

    def add_words(self) -> None:
        for n in range(WORDS_AT_MOST):
            self.fields[f"place_{n}"] = forms.ChoiceField(
                label=gettext("Where"), choices=list(PLACES.items()), required=False
            )
            self.fields[f"way_{n}"] = forms.ChoiceField(
                label=gettext("How"), choices=list(WAYS.items()), required=False
            )
            self.fields[f"what_{n}"] = forms.CharField(
                label=gettext("Text to look for"), required=False, max_length=WORD_LENGTH
            )

    def choose(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def conditions_of(
        self, cleaned: dict[str, Any], *, accounts: tuple[int, ...] = (), without: int | None
    ) -> Conditions | None:
        """The conditions as typed; None where something is wrong, which stands at its field then."""
        words = []
        for n in range(WORDS_AT_MOST):
            what = cleaned.get(f"what_{n}", "").strip()
            if not what:
                continue
            word = Word(
                cleaned.get(f"place_{n}") or "text", cleaned.get(f"way_{n}") or "contains", what
            )
            if problem := word.problem():
                self.add_error(f"what_{n}", problem)
            words.append(word)
        first, last = cleaned.get("day_from"), cleaned.get("day_to")
        days = None if first is last is None else (int(first or last or 1), int(last or first or 1))
        found = Conditions(
            words=tuple(words),
            any_word=cleaned.get("join") == "any" and len(words) > 1,
            sign=int(cleaned.get("sign") or 0),
            least=cleaned.get("least"),
            most=cleaned.get("most"),
            accounts=accounts,
            weekdays=tuple(sorted(cleaned.get("weekdays", ()))),
            days=days,
            without=without,
        )
        if self.errors:
            return None
        try:
            found.check()
        except BadCondition as error:
            self.add_error(None, str(error))
            return None
        return found


class RuleForm(ConditionsForm):
    """One own rule: what it asks, and what follows."""

    name = forms.CharField(
        label=_("Name of the rule"),
        required=False,
        max_length=80,
        help_text=_("Left empty, it is called by what it looks for."),
    )
    accounts = forms.MultipleChoiceField(
        label=_("Only on these accounts"), required=False, widget=forms.CheckboxSelectMultiple
    )
    category = forms.ChoiceField(
        label=_("Put it into"),
        required=False,
        help_text=_(
            "Money between your own accounts: choose Own transfer. It then counts neither as income nor as "
            "spending."
        ),
    )
    rename_to = forms.CharField(
        label=_("Show it as"),
        required=False,
        max_length=80,
        help_text=_("What the bank received stays one click away."),
    )

    tag = forms.CharField(
        label=_("Put this tag on it"),
        required=False,
        max_length=40,
        help_text=_("Your own word; a new one is made."),
    )

    def __init__(self, *args: Any, reach: Reach, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reach = reach
        self.add_words()
        for n in range(PIECES_AT_MOST):
            self.fields[f"size_{n}"] = forms.CharField(
                label=gettext("Split off"),
                required=False,
                max_length=24,
                widget=forms.TextInput(attrs={"placeholder": "30 %", "autocomplete": "off"}),
            )
            self.fields[f"part_{n}"] = forms.ChoiceField(
                label=gettext("into"),
                choices=category_choices(reach, gettext("choose a category")),
                required=False,
            )
        self._accounts = {str(a.public_id): a for a in reach.owned}
        self.choose("accounts", [(key, str(a)) for key, a in self._accounts.items()])
        if len(self._accounts) < 2:
            del self.fields["accounts"]
        self.choose("without", category_choices(reach, gettext("any category")))
        self.choose("category", category_choices(reach, gettext("leave the category as it is")))

    @property
    def word_rows(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"place_{n}"], self[f"way_{n}"], self[f"what_{n}"]] for n in range(WORDS_AT_MOST)
        ]

    @property
    def piece_rows(self) -> list[list[forms.BoundField]]:
        return [[self[f"size_{n}"], self[f"part_{n}"]] for n in range(PIECES_AT_MOST)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = self._ref(cleaned.get("category", ""))
        cleaned["tag"] = " ".join(cleaned.get("tag", "").split())
        if "," in cleaned["tag"]:
            self.add_error("tag", gettext("A tag's name has no comma. Leave it out."))
        cleaned["pieces"] = self._pieces(cleaned)
        follows = chosen or cleaned.get("rename_to") or cleaned.get("tag") or cleaned["pieces"]
        if not self.errors and not follows:
            self.add_error(
                "category",
                gettext("Say what follows: choose a category, a name to show, a tag or a split."),
            )
        accounts = tuple(self._accounts[key].pk for key in cleaned.get("accounts", ()))
        without = self._ref(cleaned.get("without", ""))
        conditions = self.conditions_of(cleaned, accounts=accounts, without=without)
        if conditions is not None:
            cleaned["conditions"] = conditions
            cleaned["chosen"] = Category.objects.get(pk=chosen) if chosen else None
            cleaned["name"] = cleaned["name"] or named_by(conditions)
        return cleaned

    def _pieces(self, cleaned: dict[str, Any]) -> tuple[Piece, ...]:
        found = []
        for n in range(PIECES_AT_MOST):
            size, category = cleaned.get(f"size_{n}", ""), self._ref(cleaned.get(f"part_{n}", ""))
            if not size and not category:
                continue
            value = value_of(size)
            if value is None:
                self.add_error(
                    f"size_{n}", gettext("Write a share such as 30 %, or an amount such as 12.50.")
                )
            elif category is None:
                self.add_error(f"part_{n}", gettext("Choose the category of this part."))
            else:
                found.append(Piece(*value, category))
        if sum(p.value for p in found if p.is_percent) >= 100:
            self.add_error("size_0", gettext("The shares must leave something over; lower one."))
        return tuple(found)

    def _ref(self, key: str) -> int | None:
        return next((pk for pk, ref in self.reach.refs.items() if pk and ref.key == key), None)


def named_by(conditions: Conditions) -> str:
    """What a rule without a name is called: what it looks for."""
    return (conditions.words[0].what if conditions.words else conditions.sentence())[:80]


def initial_of(rule: CategoryRule, reach: Reach) -> dict[str, Any]:
    """A saved rule as the form shows it."""
    found: dict[str, Any] = {"name": rule.name, "rename_to": rule.rename_to}
    if rule.category_id:
        found["category"] = reach.ref(rule.category_id).key
    acts = read_actions(rule.actions)
    tag = Tag.objects.filter(pk=acts.tag).first() if acts.tag else None
    found["tag"] = tag.name if tag else ""
    for n, piece in enumerate(acts.pieces):
        found |= {f"size_{n}": str(piece), f"part_{n}": reach.ref(piece.category_id).key}
    try:
        asked = read(rule.conditions)
    except BadCondition:
        return found
    keys = {a.pk: str(a.public_id) for a in reach.owned}
    return (
        found
        | typed(asked)
        | {
            "accounts": [keys[pk] for pk in asked.accounts if pk in keys],
            "without": reach.ref(asked.without).key if asked.without else "",
        }
    )


def typed(asked: Conditions) -> dict[str, Any]:
    """Conditions as they would be typed."""
    found: dict[str, Any] = {}
    for n, word in enumerate(asked.words):
        found |= {f"place_{n}": word.place, f"way_{n}": word.way, f"what_{n}": word.what}
    return found | {
        "join": "any" if asked.any_word else "all",
        "sign": asked.sign,
        "least": _plain(asked.least),
        "most": _plain(asked.most),
        "weekdays": list(asked.weekdays),
        "day_from": asked.days[0] if asked.days else None,
        "day_to": asked.days[1] if asked.days else None,
    }


def initial_for(text: str) -> dict[str, Any]:
    """A new rule begun from a payment's text."""
    return {"what_0": text[:WORD_LENGTH], "way_0": "contains", "place_0": "text"}


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"


class NewCategoryForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        error_messages={"required": _("Give the category a name.")},
    )
    parent = forms.ChoiceField(
        label=_("Stands in"),
        help_text=_("Figures of the whole show it as part of that one."),
        error_messages={"required": _("Choose the category it stands in.")},
    )

    def __init__(self, *args: Any, reach: Reach, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parent"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", gettext("Choose one")),
            *((r.key, r.name) for r in reach.first_levels()),
        ]


class RenameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=60, error_messages={"required": _("Give the category a name.")}
    )


class MergeForm(forms.Form):
    into = forms.ChoiceField(
        label=_("Move its payments to"),
        error_messages={
            "required": _("Choose where its payments go."),
            "invalid_choice": _("There is no such category. Choose one of the list."),
        },
    )

    def __init__(self, *args: Any, reach: Reach, source: Category, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found: Choices = [("", gettext("Choose one"))]
        for name, refs in reach.groups([source.kind]):
            found.append((name, [(ref.key, ref.name) for ref in refs if ref.pk != source.pk]))
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = found
