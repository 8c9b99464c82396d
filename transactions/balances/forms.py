"""What a person says of an account they hold: a balance on a day, its name and kind."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_decimal_symbol
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from transactions.amounts import AmountError, parse_amount
from transactions.models import BankAccount
from transactions.plain_money import decimals_of
from transactions.slices import EARLIEST

DEBTS = frozenset({BankAccount.Kind.CARD.value, BankAccount.Kind.LOAN.value})
_MARKS = re.compile(r"[.,]")


def typed_amount(text: str, locale: str) -> Decimal:
    """An amount as a person types it. Raises AmountError with what is wrong and how to mend it.

    The last mark parts the decimals, unless exactly three digits follow it: then the locale decides, since
    1.250 is a thousand for some and one and a quarter for others.
    """
    text = text.strip()
    marks = _MARKS.findall(text)
    mark = marks[-1] if marks else "."
    if marks and len(text) - text.rindex(mark) == 4 and len(set(marks)) == 1:
        mark = get_decimal_symbol(locale.replace("-", "_"))
        mark = mark if mark in ".," else "."
    return parse_amount(text, mark)


class BalanceForm(forms.Form):
    """A balance at the end of a day, as a statement or the bank's own page shows it."""

    day = forms.DateField(
        label=gettext_lazy("At the end of"), widget=forms.DateInput(attrs={"type": "date"})
    )
    amount = forms.CharField(
        label=gettext_lazy("Balance"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    side = forms.ChoiceField(
        label=gettext_lazy("This is what"),
        choices=[("owed", gettext_lazy("I owe")), ("mine", gettext_lazy("I have"))],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self, *args: Any, account: BankAccount, today: date, locale: str, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"day": today, "side": "owed"})
        super().__init__(*args, **kwargs)
        self.account, self.today, self.locale = account, today, locale
        self.fields["day"].widget.attrs["max"] = today.isoformat()
        self.fields["amount"].help_text = _("In %(currency)s. Below zero is money owed.") % {
            "currency": account.currency
        }
        if account.kind in DEBTS:
            self.fields["amount"].help_text = _("In %(currency)s, as the bill shows it.") % {
                "currency": account.currency
            }
        else:
            del self.fields["side"]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError(
                _("This day is still to come. Choose today or an earlier one.")
            )
        if day < EARLIEST:
            raise forms.ValidationError(_("The ledger keeps days from 1900-01-01 on."))
        return day

    def clean_amount(self) -> Decimal:
        try:
            amount = typed_amount(self.cleaned_data["amount"], self.locale)
        except AmountError as error:
            raise forms.ValidationError(f"{error.reason} {error.fix}") from None
        most = decimals_of(self.account.currency)
        if amount != round(amount, most):
            raise forms.ValidationError(
                ngettext(
                    "%(currency)s has %(n)d decimal; this has more. Type it as the bank shows it.",
                    "%(currency)s has %(n)d decimals; this has more. Type it as the bank shows it.",
                    most,
                )
                % {"currency": self.account.currency, "n": most}
            )
        return amount

    @property
    def value(self) -> Decimal:
        """The balance as the ledger signs it: what is owed is below zero, however it was typed."""
        amount: Decimal = self.cleaned_data["amount"]
        if "side" not in self.fields:
            return amount
        return abs(amount) if self.cleaned_data["side"] == "mine" else -abs(amount)


class DescribeForm(forms.Form):
    """What the person calls the account; its owner may also say what kind it is."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        required=False,
        help_text=gettext_lazy(
            "Yours alone: others who hold the account keep their own name for it."
        ),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=BankAccount.Kind.choices)

    def __init__(self, *args: Any, account: BankAccount, is_owner: bool, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"name": account.name, "kind": account.kind})
        super().__init__(*args, **kwargs)
        if not is_owner:
            del self.fields["kind"]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class CurrencyForm(forms.Form):
    """The currency of a person's figures, one of those they hold accounts in."""

    currency = forms.ChoiceField(label=gettext_lazy("Show my figures in"))

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(c, c) for c in currencies]  # type: ignore[attr-defined]
