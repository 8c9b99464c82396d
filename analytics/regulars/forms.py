"""What people send about a regular payment."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.regulars.models import RegularPayment
from transactions.amounts import AmountError, parse_amount

FURTHEST = timedelta(days=2 * 366)


class _DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class WhenForm(forms.Form):
    """How often, and the next day: all it takes to make one from a row."""

    cadence = forms.ChoiceField(label=_("How often"), choices=RegularPayment.Cadence.choices)
    next_on = forms.DateField(
        label=_("Next on"),
        widget=_DayInput(),
        error_messages={"invalid": _("Write the day as in 2026-12-05.")},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_next_on(self) -> date:
        day: date = self.cleaned_data["next_on"]
        if day < self.today - timedelta(days=45):
            raise forms.ValidationError(_("That day is long past. Choose the next day it is due."))
        if day > self.today + FURTHEST:
            raise forms.ValidationError(_("That day is more than two years ahead."))
        return day


class CorrectForm(WhenForm):
    """The four things a person may know better."""

    name = forms.CharField(label=_("Name"), max_length=120)
    amount = forms.CharField(
        label=_("Amount"),
        max_length=30,
        help_text=_("Without a sign, as in 12.99"),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    field_order = ["name", "amount", "cadence", "next_on"]

    def clean_amount(self) -> Decimal:
        try:
            amount = parse_amount(self.cleaned_data["amount"])
        except AmountError as error:
            raise forms.ValidationError(
                _("This is no amount. Write it as in 12.99, without a currency.")
            ) from error
        if not 0 < amount < Decimal(10) ** 12 or amount != amount.quantize(Decimal("0.0001")):
            raise forms.ValidationError(
                _("Write an amount above zero, with at most four decimals.")
            )
        return amount


class WordForm(forms.Form):
    """One word on it, under the version that was seen."""

    word = forms.ChoiceField(choices=RegularPayment.Word.choices, required=False)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
